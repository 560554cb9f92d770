"""Tags that write one value, or keep it with `as name`: dates, links, money, firstof and kin."""

import calendar
import html
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from babel.core import UnknownLocaleError
from babel.numbers import format_currency
from django.template.base import Token
from django.template.exceptions import TemplateSyntaxError

from towpath.templates.filters.dates import format_date
from towpath.templates.filters.model import date_format_problem
from towpath.templates.model import TemplateRenderError
from towpath.templates.render_limits import TAG_WORDS_MAX
from towpath.templates.render_nodes import Evaluates, Node, Text
from towpath.templates.render_parser import TagCompiler, TemplateParser
from towpath.templates.render_state import RenderState, marked_safe
from towpath.templates.render_values import ARITHMETIC, MISSING, as_number
from towpath.templates.tags.blocks import words

CURRENCY_DEFAULT = "USD"
CURRENCY_WORK_UNITS = 5  # measured: five times a plain tag
LOCALE_DEFAULT = "en_US"
STRFTIME = re.compile(r"(?:[^%]|%-?[aAbBdHIjmMpSyY]|%%)*")
DIRECTIVE = re.compile(r"%(-?)([a-zA-Z%])")
LINK_TEXTS = {
    "unsubscribe": "Unsubscribe",
    "manage_preferences": "Manage preferences",
    "web_view": "View in browser",
}
BRACES = {
    "openblock": "{%",
    "closeblock": "%}",
    "openvariable": "{{",
    "closevariable": "}}",
    "openbrace": "{",
    "closebrace": "}",
    "opencomment": "{#",
    "closecomment": "#}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueTag:
    """How a tag makes its value from the values of its arguments."""

    make: Callable[[RenderState, list[object]], object]
    arguments_min: int = 0
    arguments_max: int = 0
    problem: Callable[[object], str | None] | None = None  # of the first argument, as of filters


class MadeValue(Node):
    """`{% tag argument ... as name %}`."""

    def __init__(
        self, tag: str, kind: ValueTag, arguments: Sequence[Evaluates], name: str | None
    ) -> None:
        """With `name` nothing is written."""
        self.tag = tag
        self.kind = kind
        self.expressions = tuple(arguments)
        self.binds = name

    def render(self, context: RenderState) -> str:
        """Make the value; write or keep it."""
        values = [expression.resolve(context) for expression in self.expressions]
        problem = self.kind.problem(values[0]) if self.kind.problem and values else None
        if problem:
            raise TemplateRenderError(f"The tag {self.tag} {problem}.")
        made = self.kind.make(context, [None if value is MISSING else value for value in values])
        if self.binds is None:
            return context.show(made)
        context.bind(self.binds, made)
        return ""


def _now(state: RenderState, values: list[object]) -> object:
    return format_date(state.now, state.text(values[0]))


def _today(state: RenderState, values: list[object]) -> object:
    """`{% today '%Y-%m-%d' as today %}`, in the account's timezone."""
    format_ = state.text(values[0]) if values else "%Y-%m-%d"

    def written(directive: re.Match[str]) -> str:
        text = state.now.strftime(f"%{directive[2]}")
        return text.lstrip("0") or "0" if directive[1] else text

    return DIRECTIVE.sub(written, format_)


def _today_problem(value: object) -> str | None:
    problem = date_format_problem(value)
    if problem is None and not (isinstance(value, str) and STRFTIME.fullmatch(value)):
        problem = "takes a format of letters such as %Y, %m and %d"
    return problem


def _current_day(state: RenderState, values: list[object]) -> object:
    del values
    return state.now.day


def _current_month(state: RenderState, values: list[object]) -> object:
    del values
    return state.now.month


def _current_year(state: RenderState, values: list[object]) -> object:
    del values
    return state.now.year


def _current_month_name(state: RenderState, values: list[object]) -> object:
    del values
    return calendar.month_name[state.now.month]


def _current_weekday(state: RenderState, values: list[object]) -> object:
    del values
    return calendar.day_name[state.now.weekday()]


def _currency_format(state: RenderState, values: list[object]) -> object:
    """Write a number as money of the account's currency; anything else as it is."""
    number = as_number(values[0])
    if number is None:
        return values[0]
    state.budget.work(CURRENCY_WORK_UNITS)
    currency = state.text(state.find(("organization", "currency"))) or CURRENCY_DEFAULT
    locale = state.text(state.find(("organization", "locale"))) or LOCALE_DEFAULT
    try:
        return format_currency(number, currency, locale=locale.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return format_currency(number, currency, locale=LOCALE_DEFAULT)


def _widthratio(state: RenderState, values: list[object]) -> object:
    del state
    value, most, width = (as_number(given) for given in values)
    if value is None or width is None or most is None:
        return ""
    if most == 0:
        return "0"
    return str(round(ARITHMETIC.multiply(ARITHMETIC.divide(value, most), width)))


def _firstof(state: RenderState, values: list[object]) -> object:
    del state
    return next((value for value in values if value), "")


def _link(tag: str) -> Callable[[RenderState, list[object]], object]:
    """Make a link with words, of the address that the caller supplied."""

    def make(state: RenderState, values: list[object]) -> object:
        address = _supplied(state, f"{tag}_link")
        words_ = state.text(values[0]) if values else LINK_TEXTS[tag]
        if not state.is_html:
            return f"{words_}: {address}"
        return marked_safe(f'<a href="{html.escape(address)}">{html.escape(words_)}</a>')

    return make


def _address(tag: str) -> Callable[[RenderState, list[object]], object]:
    def make(state: RenderState, values: list[object]) -> object:
        del values
        return _supplied(state, tag)

    return make


def _coupon_code(state: RenderState, values: list[object]) -> object:
    return _supplied(state, f"coupon_code:{state.text(values[0])}")


def _supplied(state: RenderState, key: str) -> str:
    """Give what the caller supplies for a tag; a link that leads nowhere is never made up."""
    if key not in state.given.links:
        tag, _, name = key.partition(":")
        what = f"{{% {tag} '{name}' %}}" if name else f"{{% {tag} %}}"
        raise TemplateRenderError(f"This message has nothing to put for {what}; remove the tag.")
    return state.given.links[key]


VALUE_TAGS: dict[str, ValueTag] = {
    "coupon_code": ValueTag(make=_coupon_code, arguments_min=1, arguments_max=1),
    "currency_format": ValueTag(make=_currency_format, arguments_min=1, arguments_max=1),
    "current_day": ValueTag(make=_current_day),
    "current_month": ValueTag(make=_current_month),
    "current_month_name": ValueTag(make=_current_month_name),
    "current_weekday": ValueTag(make=_current_weekday),
    "current_year": ValueTag(make=_current_year),
    "firstof": ValueTag(make=_firstof, arguments_min=1, arguments_max=TAG_WORDS_MAX),
    "now": ValueTag(make=_now, arguments_min=1, arguments_max=1, problem=date_format_problem),
    "today": ValueTag(make=_today, arguments_max=1, problem=_today_problem),
    "widthratio": ValueTag(make=_widthratio, arguments_min=3, arguments_max=3),
    **{tag: ValueTag(make=_link(tag), arguments_max=1) for tag in LINK_TEXTS},
    **{f"{tag}_link": ValueTag(make=_address(f"{tag}_link")) for tag in LINK_TEXTS},
}


def _value_tag(parser: TemplateParser, token: Token) -> Node:
    command, *parts = words(token)
    kind = VALUE_TAGS[command]
    name = None
    if len(parts) >= 2 and parts[-2] == "as":
        name = parts[-1]
        parts = parts[:-2]
        if not name.isidentifier() or name.startswith("_"):
            raise TemplateSyntaxError(f"'{name}' cannot be a name")
    if not kind.arguments_min <= len(parts) <= kind.arguments_max:
        raise TemplateSyntaxError(f"The tag '{command}' takes {_count(kind)}, not {len(parts)}")
    arguments = [parser.compile_filter(part) for part in parts]
    constant = arguments[0].constant() if arguments else None
    problem = kind.problem(constant) if kind.problem and constant is not None else None
    if problem:
        raise TemplateSyntaxError(f"The tag '{command}' {problem}")
    return MadeValue(command, kind, arguments, name)


def _count(kind: ValueTag) -> str:
    if kind.arguments_min == kind.arguments_max:
        number = str(kind.arguments_max)
    else:
        number = f"{kind.arguments_min} to {kind.arguments_max}"
    return f"{number} argument" if kind.arguments_max == 1 else f"{number} arguments"


def _templatetag(parser: TemplateParser, token: Token) -> Node:
    del parser
    match words(token)[1:]:
        case [name] if name in BRACES:
            return Text(BRACES[name])
        case _:
            raise TemplateSyntaxError(f"'templatetag' takes one of {', '.join(BRACES)}")


TAGS: dict[str, TagCompiler] = {
    **dict.fromkeys(VALUE_TAGS, _value_tag),
    "templatetag": _templatetag,
}
