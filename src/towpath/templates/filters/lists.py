"""Filters on lists, and those that pick from any value."""

import html
import operator
import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from django.template import defaultfilters as django_filters
from django.utils.safestring import SafeData

from towpath.templates.filters.model import Argument, Filter, Kind
from towpath.templates.render_limits import CHARACTERS_MADE_PER_UNIT, VALUE_CHARACTERS_MAX
from towpath.templates.render_state import RenderState, marked_safe
from towpath.templates.render_values import (
    MISSING,
    as_integer,
    as_number,
    step,
    too_long,
    weigh,
)

EMPTY_IMAGE = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="
COMPARISON = re.compile(r"\s*([^<>=!]{1,200}?)\s*(<=|>=|=>|==|!=|=|<|>)\s*(.{0,500}?)\s*")
# Any: `operator` compares what can be compared; two numbers or two texts here.
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=>": operator.ge,
    "==": operator.eq,
    "=": operator.eq,
    "!=": operator.ne,
}


def _lookup(value: object, argument: object) -> object:
    found = step(value, str(argument) if isinstance(argument, str | int) else "")
    return "" if found is MISSING else found


def _default(value: object, argument: object) -> object:
    return value or argument


def _default_if_none(value: object, argument: object) -> object:
    return argument if value is None else value


def _missing_image(value: object) -> object:
    """Put an image of one transparent pixel where there is no address of one."""
    return value or EMPTY_IMAGE


def _length(value: object) -> int:
    return len(value) if isinstance(value, str | list | tuple | dict) else 0


def _first(value: object) -> object:
    return value[0] if isinstance(value, str | list | tuple) and value else ""


def _last(value: object) -> object:
    return value[-1] if isinstance(value, str | list | tuple) and value else ""


def _slice(value: object, argument: str) -> object:
    if not isinstance(value, str | list | tuple):
        return value
    bounds = [as_integer(part) if part.strip() else None for part in argument.split(":")]
    if len(bounds) > 3:
        return value
    return value[slice(*bounds)]


def _reverse(value: object) -> object:
    return value[::-1] if isinstance(value, str | list | tuple) else value


def _add(state: RenderState, value: object, argument: object) -> object:
    """Add whole numbers, else texts, else lists, as Django does."""
    left, right = as_integer(value), as_integer(argument)
    if left is not None and right is not None:
        return left + right
    if isinstance(value, str) and isinstance(argument, str):
        return value + argument
    if isinstance(value, list) and isinstance(argument, list):
        return _joined(state, value, argument)
    return ""


def _concat(state: RenderState, value: object, argument: object) -> object:
    if isinstance(value, list) and isinstance(argument, list):
        return _joined(state, value, argument)
    left = value if isinstance(value, str) else state.text(value)
    return left + (argument if isinstance(argument, str) else state.text(argument))


def _joined(state: RenderState, left: list[object], right: list[object]) -> list[object]:
    # Paid for all the way down: doubling a list of large items must not be cheap.
    weigh(left, state.budget)
    weigh(right, state.budget)
    return left + right


def _join(state: RenderState, value: list[object], argument: str) -> str:
    return _glued(state, value, argument, argument)


def _list_to_string(state: RenderState, value: list[object]) -> str:
    """`apple, banana and orange`."""
    return _glued(state, value, ", ", " and ")


def _glued(state: RenderState, value: list[object], between: str, before_last: str) -> str:
    length = 0
    pieces: list[str] = []
    for index, item in enumerate(value):
        glue = "" if index == 0 else before_last if index == len(value) - 1 else between
        for text in (glue, state.text(item)):
            piece = _escaped(text) if state.autoescape else text
            length += len(piece)
            pieces.append(piece)
        if length > VALUE_CHARACTERS_MAX:
            raise too_long("The joined list")
    joined = "".join(pieces)
    return marked_safe(joined) if state.autoescape else joined


def _escaped(text: str) -> str:
    return text if isinstance(text, SafeData) else html.escape(text)


def _compact(value: list[object]) -> list[object]:
    return [item for item in value if item is not None]


def _map(value: list[object], argument: str) -> list[object]:
    return [None if found is MISSING else found for found in _picked(value, argument)]


def _sort(state: RenderState, value: list[object], argument: str = "") -> list[object]:
    return _sorted(state, value, argument, _rank)


def _sort_natural(state: RenderState, value: list[object], argument: str = "") -> list[object]:
    return _sorted(state, value, argument, _rank_folded)


def _dictsortreversed(state: RenderState, value: list[object], argument: str) -> list[object]:
    return _sort(state, value, argument)[::-1]


def _sorted(
    state: RenderState,
    value: list[object],
    name: str,
    rank: Callable[[object], tuple[int, Decimal, str]],
) -> list[object]:
    ranks = [rank(picked) for picked in _picked(value, name)]
    # Each text is compared several times.
    state.budget.work(sum(len(text) for _, _, text in ranks) // CHARACTERS_MADE_PER_UNIT)
    order = sorted(range(len(value)), key=ranks.__getitem__)
    return [value[index] for index in order]


def _rank(value: object) -> tuple[int, Decimal, str]:
    """Order anything: numbers, then texts, then the rest as it came."""
    if isinstance(value, str):
        return 1, Decimal(0), value
    number = as_number(value)
    return (2, Decimal(0), "") if number is None else (0, number, "")


def _rank_folded(value: object) -> tuple[int, Decimal, str]:
    kind, number, text = _rank(value)
    return kind, number, text.casefold()


def _uniq(state: RenderState, value: list[object], argument: str = "") -> list[object]:
    seen: set[object] = set()
    kept = []
    for item, picked in zip(value, _picked(value, argument), strict=True):
        key = (isinstance(picked, str), state.text(picked))
        if key not in seen:
            seen.add(key)
            kept.append(item)
    return kept


def _list_where(state: RenderState, value: list[object], argument: str) -> list[object]:
    """`list_where:'name=a'`, and `dictfilter:'price>2'`: the items whose property compares so."""
    match = COMPARISON.fullmatch(argument)
    if match is None:
        return []
    name, sign, wanted = match.groups()
    wanted = wanted.strip("\"'")
    return [
        item
        for item, picked in zip(value, _picked(value, name), strict=True)
        if _compares(state, picked, sign, wanted)
    ]


def _compares(state: RenderState, picked: object, sign: str, wanted: str) -> bool:
    if picked is MISSING:
        return False
    left, right = as_number(picked), as_number(wanted)
    if left is not None and right is not None:
        return COMPARISONS[sign](left, right)
    return COMPARISONS[sign](state.text(picked), wanted)


def _picked(value: list[object], name: str) -> Iterable[object]:
    """Give the property of that dotted name of each item; without a name the items themselves."""
    keys = name.split(".") if name else []
    for item in value:
        found = item
        for key in keys:
            found = step(found, key)
        yield found


def _safeseq(state: RenderState, value: list[object]) -> list[object]:
    return [marked_safe(state.text(item)) for item in value]


def _pluralize(value: object, argument: str = "s") -> object:
    return django_filters.pluralize(value, argument)


def _yesno(value: object, argument: str = "yes,no,maybe") -> object:
    return django_filters.yesno(value, argument)


def _of_list(
    function: Callable[..., object],
    argument: Argument = Argument.NONE,
    *,
    needs_state: bool = False,
) -> Filter:
    return Filter(function=function, reads=Kind.LIST, argument=argument, needs_state=needs_state)


def _of_any(
    function: Callable[..., object],
    argument: Argument = Argument.NONE,
    *,
    reads: Kind = Kind.ANY,
    needs_state: bool = False,
    keeps_safe: bool = False,
) -> Filter:
    return Filter(
        function=function,
        reads=Kind.ANY,
        argument=argument,
        argument_reads=reads,
        needs_state=needs_state,
        keeps_safe=keeps_safe,
    )


_MISSING_IMAGE = _of_any(_missing_image)
_LENGTH = _of_any(_length)
_WHERE = _of_list(_list_where, Argument.REQUIRED, needs_state=True)

FILTERS: dict[str, Filter] = {
    "add": _of_any(_add, Argument.REQUIRED, needs_state=True),
    "compact": _of_list(_compact),
    "concat": _of_any(_concat, Argument.REQUIRED, needs_state=True),
    "count": _LENGTH,
    "default": _of_any(_default, Argument.REQUIRED),
    "default_if_none": _of_any(_default_if_none, Argument.REQUIRED),
    "dictfilter": _WHERE,
    "dictsort": _of_list(_sort, Argument.REQUIRED, needs_state=True),
    "dictsortreversed": _of_list(_dictsortreversed, Argument.REQUIRED, needs_state=True),
    "first": _of_any(_first),
    "join": _of_list(_join, Argument.REQUIRED, needs_state=True),
    "last": _of_any(_last, keeps_safe=True),
    "length": _LENGTH,
    "list_to_string": _of_list(_list_to_string, needs_state=True),
    "list_where": _WHERE,
    "missing_image": _MISSING_IMAGE,
    "missing_product_image": _MISSING_IMAGE,
    "lookup": _of_any(_lookup, Argument.REQUIRED),
    "map": _of_list(_map, Argument.REQUIRED),
    "pluralize": _of_any(_pluralize, Argument.OPTIONAL, reads=Kind.TEXT),
    "reverse": _of_any(_reverse),
    "safeseq": _of_list(_safeseq, needs_state=True),
    "size": _LENGTH,
    "slice": _of_any(_slice, Argument.REQUIRED, reads=Kind.TEXT, keeps_safe=True),
    "sort": _of_list(_sort, Argument.OPTIONAL, needs_state=True),
    "sort_natural": _of_list(_sort_natural, Argument.OPTIONAL, needs_state=True),
    "uniq": _of_list(_uniq, Argument.OPTIONAL, needs_state=True),
    "yesno": _of_any(_yesno, Argument.OPTIONAL, reads=Kind.TEXT),
}
