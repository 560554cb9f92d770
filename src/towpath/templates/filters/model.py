"""What a filter is, and the one place where a filter is called."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar, assert_never

from django.utils.safestring import SafeData

from towpath.templates.model import TemplateRenderError
from towpath.templates.render_limits import (
    CHARACTERS_MADE_PER_UNIT,
    CHARACTERS_READ_PER_UNIT,
    DATE_FORMAT_CHARACTERS_MAX,
    DECIMAL_PLACES_MAX,
    ITEMS_READ_PER_UNIT,
    LIST_ITEMS_MAX,
    PARSED_CHARACTERS_MAX,
    VALUE_CHARACTERS_MAX,
    WIDTH_MAX,
)
from towpath.templates.render_state import RenderState, marked_safe
from towpath.templates.render_values import as_integer, as_number, too_long

_T = TypeVar("_T")


class Kind(StrEnum):
    """What a filter reads: the value, or its argument."""

    ANY = "any"
    TEXT = "text"
    PARSED = "parsed"  # a text that the filter takes apart, hence a shorter one
    NUMBER = "number"
    INTEGER = "integer"
    LIST = "list"


class Argument(StrEnum):
    """Whether a filter takes something after its colon."""

    NONE = "none"
    OPTIONAL = "optional"
    REQUIRED = "required"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """One entry of the allow-list.

    `function` gets the value as `reads` says, then the argument as `argument_reads` says; the
    rendering's state comes first when `needs_state`. `keeps_safe`: safe text in, safe text out.
    `problem` says what is wrong with an argument that asks for too much: at save when it is
    written out, else at rendering.
    """

    function: Callable[..., object]
    reads: Kind
    argument: Argument = Argument.NONE
    argument_reads: Kind = Kind.TEXT
    needs_state: bool = False
    keeps_safe: bool = False
    problem: Callable[[object], str | None] | None = None


class _Unfit(Exception):  # noqa: N818 -- a turn of events, not an error
    """The value or argument is not what the filter reads."""


def apply(
    filter_: Filter, *, state: RenderState, name: str, value: object, arguments: tuple[object, ...]
) -> object:
    """Call a filter on a value.

    A filter that does not fit the value gives an empty text, as Django's do: one profile with a
    word where a number was expected must not stop its message. Limits raise
    `TemplateRenderError`.
    """
    for argument in arguments:
        problem = filter_.problem(argument) if filter_.problem else None
        if problem:
            raise TemplateRenderError(f"The filter {name} {problem}.")
    try:
        given = _read(filter_.reads, state, name, value)
        rest = [_read(filter_.argument_reads, state, name, argument) for argument in arguments]
        if filter_.needs_state:
            made = filter_.function(state, given, *rest)
        else:
            made = filter_.function(given, *rest)
    except (_Unfit, ArithmeticError, LookupError, TypeError, ValueError):
        return ""
    _pay(state, name, made)
    if filter_.keeps_safe and isinstance(value, SafeData) and isinstance(made, str):
        return marked_safe(made)
    return made


def width_problem(value: object) -> str | None:
    """Say what is wrong with a number of characters; anything else is the filter's matter."""
    width = as_integer(value)
    if width is None and isinstance(value, int):
        return f"asks for more characters than the {WIDTH_MAX:,} it may fill"
    if width is not None and abs(width) > WIDTH_MAX:
        return f"asks for {width:,} characters; the most is {WIDTH_MAX:,}"
    return None


def places_problem(value: object) -> str | None:
    """Say what is wrong with a number of decimal places; anything else is the filter's matter."""
    places = as_integer(value)
    if (places is None and isinstance(value, int)) or abs(places or 0) > DECIMAL_PLACES_MAX:
        return f"rounds to at most {DECIMAL_PLACES_MAX} decimal places"
    return None


def date_format_problem(value: object) -> str | None:
    """Say what is wrong with the format of a date."""
    if isinstance(value, str) and len(value) > DATE_FORMAT_CHARACTERS_MAX:
        return f"takes a format of at most {DATE_FORMAT_CHARACTERS_MAX} characters"
    return None


def _read(kind: Kind, state: RenderState, name: str, value: object) -> object:
    match kind:
        case Kind.ANY:
            if isinstance(value, str):
                _limit(state, name, value, VALUE_CHARACTERS_MAX)
            return value
        case Kind.TEXT:
            text = state.text(value)
            _limit(state, name, text, VALUE_CHARACTERS_MAX)
            return text
        case Kind.PARSED:
            text = state.text(value)
            _limit(state, name, text, PARSED_CHARACTERS_MAX)
            state.budget.work(len(text) // CHARACTERS_MADE_PER_UNIT)
            return text
        case Kind.NUMBER:
            return _fit(as_number(value))
        case Kind.INTEGER:
            return _fit(as_integer(value))
        case Kind.LIST:
            if not isinstance(value, list | tuple):
                raise _Unfit
            state.budget.work(len(value) // ITEMS_READ_PER_UNIT)
            return list(value)
        case _:
            assert_never(kind)


def _fit(value: _T | None) -> _T:
    if value is None:
        raise _Unfit
    return value


def _limit(state: RenderState, name: str, text: str, characters_max: int) -> None:
    if len(text) > characters_max:
        if characters_max == VALUE_CHARACTERS_MAX:
            raise too_long(f"The text given to the filter {name}")
        raise TemplateRenderError(
            f"The text given to the filter {name} is longer than {characters_max:,} characters."
        )
    state.budget.work(len(text) // CHARACTERS_READ_PER_UNIT)


def _pay(state: RenderState, name: str, made: object) -> None:
    units = 1
    if isinstance(made, str):
        if len(made) > VALUE_CHARACTERS_MAX:
            raise too_long(f"The result of the filter {name}")
        units += len(made) // CHARACTERS_MADE_PER_UNIT
    elif isinstance(made, list):
        if len(made) > LIST_ITEMS_MAX:
            raise TemplateRenderError(
                f"The result of the filter {name} has more than {LIST_ITEMS_MAX:,} items."
            )
        units += len(made)
    state.budget.work(units)
