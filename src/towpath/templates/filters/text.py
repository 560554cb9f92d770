"""Filters on text."""

import base64
import binascii
import hashlib
import html
import re
from urllib.parse import quote, quote_plus, unquote, unquote_plus

from django.template import defaultfilters as django_filters
from django.utils.safestring import SafeData

from towpath.templates.filters.model import Argument, Filter, Kind, width_problem
from towpath.templates.render_limits import (
    DECIMAL_PLACES_MAX,
    VALUE_CHARACTERS_MAX,
    WIDTH_MAX,
)
from towpath.templates.render_state import RenderState, marked_safe
from towpath.templates.render_values import as_number, too_long

TRUNCATE_CHARACTERS_DEFAULT = 50
STRIP_PASSES_MAX = 50
TAG = re.compile(r"<(?:/?[A-Za-z]|[!?])[^<>]*>")
ENTITY = re.compile(r"&amp;(#\d{1,7}|#x[0-9a-fA-F]{1,6}|\w{1,31});")
PRINTF = re.compile(
    r"[-+ #0]{0,5}(?P<width>\d{0,9})(?:\.(?P<places>\d{0,9}))?(?P<type>[sdiouxXeEfFgG])"
)


def _append(value: str, argument: str) -> str:
    # Two texts of the template's author stay safe; anything from the data makes it unsafe.
    return value + argument


def _prepend(value: str, argument: str) -> str:
    return argument + value


def _strip_newlines(value: str) -> str:
    return value.replace("\r", "").replace("\n", "")


def _remove(value: str, argument: str) -> str:
    return value.replace(argument, "")


def _remove_first(value: str, argument: str) -> str:
    return value.replace(argument, "", 1)


def _remove_last(value: str, argument: str) -> str:
    return _replace(value, f"{argument}|", last=True)


def _find_replace(value: str, argument: str) -> str:
    return _replace(value, argument)


def _replace_first(value: str, argument: str) -> str:
    return _replace(value, argument, times_max=1)


def _replace_last(value: str, argument: str) -> str:
    return _replace(value, argument, last=True)


def _replace(value: str, argument: str, *, times_max: int = -1, last: bool = False) -> str:
    """Replace as `'find|replacement'` says, the odd form of the reference product."""
    find, _, replacement = argument.rpartition("|")
    if not find:
        return value
    if last:
        before, found, after = value.rpartition(find)
        return before + replacement + after if found else value
    times = value.count(find) if times_max < 0 else times_max
    if len(value) + times * len(replacement) > VALUE_CHARACTERS_MAX:
        raise too_long("The result of replacing")
    return value.replace(find, replacement, times_max)


def _strip_html(value: str) -> str:
    """Drop tags and comments, again and again while dropping them makes new ones."""
    for _ in range(STRIP_PASSES_MAX):
        stripped = TAG.sub("", _without_comments(value))
        if stripped == value:
            return value
        value = stripped
    return value.replace("<", "")


def _without_comments(value: str) -> str:
    kept: list[str] = []
    position = 0
    while (start := value.find("<!--", position)) >= 0:
        end = value.find("-->", start)
        if end < 0:
            break
        kept.append(value[position:start])
        position = end + len("-->")
    return "".join(kept) + value[position:]


def _split(value: str, argument: str = "") -> list[str]:
    return value.split(argument or None)


def _wordcount(value: str) -> int:
    return len(value.split())


def _truncate(value: str, width: int = TRUNCATE_CHARACTERS_DEFAULT) -> object:
    return django_filters.truncatechars(value, width)


def _truncatechars_html(value: str, width: int) -> object:
    try:
        return django_filters.truncatechars_html(value, width)
    except AssertionError:  # Python's HTML parser on a broken declaration such as `<![a`
        return django_filters.truncatechars(_strip_html(value), width)


def _truncatewords_html(value: str, width: int) -> object:
    try:
        return django_filters.truncatewords_html(value, width)
    except AssertionError:  # as above
        return django_filters.truncatewords(_strip_html(value), width)


def _stringformat(state: RenderState, value: object, argument: str) -> str:
    match = PRINTF.fullmatch(argument)
    if match is None:
        return ""
    if match["type"] == "s":
        return f"%{argument}" % state.text(value)
    number = None if isinstance(value, str) else as_number(value)
    if number is None:
        return ""
    return f"%{argument}" % (float(number) if match["type"] in "eEfFgG" else int(number))


def _stringformat_problem(argument: object) -> str | None:
    match = PRINTF.fullmatch(argument) if isinstance(argument, str) else None
    if match is None:
        return None
    if int(match["width"] or 0) > WIDTH_MAX or int(match["places"] or 0) > DECIMAL_PLACES_MAX:
        return f"fills at most {WIDTH_MAX:,} characters and {DECIMAL_PLACES_MAX} decimal places"
    return None


def _urlencode(value: str, argument: str = "/") -> str:
    return quote(value, safe=argument)


def _base64_encode(value: str) -> str:
    return base64.b64encode(value.encode()).decode()


def _base64_url_safe_encode(value: str) -> str:
    return base64.urlsafe_b64encode(value.encode()).decode()


def _base64_decode(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode("utf-8", "replace")
    except binascii.Error:
        return ""


def _base64_url_safe_decode(value: str) -> str:
    return _base64_decode(value.replace("-", "+").replace("_", "/"))


def _md5_hash(value: str) -> str:
    return hashlib.md5(value.encode(), usedforsecurity=False).hexdigest()


def _sha_1(value: str) -> str:
    return hashlib.sha1(value.encode(), usedforsecurity=False).hexdigest()


def _sha_256(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()


def _escape(value: str) -> str:
    return value if isinstance(value, SafeData) else _force_escape(value)


def _force_escape(value: str) -> str:
    return marked_safe(html.escape(value))


def _escape_once(value: str) -> str:
    return marked_safe(ENTITY.sub(r"&\1;", html.escape(value)))


def _safe(value: str) -> str:
    return marked_safe(value)


def _linebreaks(state: RenderState, value: str) -> object:
    return django_filters.linebreaks_filter(value, autoescape=state.autoescape)


def _linebreaksbr(state: RenderState, value: str) -> object:
    return django_filters.linebreaksbr(value, autoescape=state.autoescape)


def _urlize(state: RenderState, value: str) -> object:
    return django_filters.urlize(value, autoescape=state.autoescape)


def _urlizetrunc(state: RenderState, value: str, width: int) -> object:
    return django_filters.urlizetrunc(value, width, autoescape=state.autoescape)


def _plain(function: object, *, keeps_safe: bool = False) -> Filter:
    assert callable(function)
    return Filter(function=function, reads=Kind.TEXT, keeps_safe=keeps_safe)


def _with_text(function: object, argument: Argument = Argument.REQUIRED) -> Filter:
    assert callable(function)
    return Filter(function=function, reads=Kind.TEXT, argument=argument)


def _with_width(
    function: object,
    *,
    reads: Kind = Kind.TEXT,
    argument: Argument = Argument.REQUIRED,
    needs_state: bool = False,
) -> Filter:
    assert callable(function)
    return Filter(
        function=function,
        reads=reads,
        argument=argument,
        argument_reads=Kind.INTEGER,
        keeps_safe=True,
        problem=width_problem,
        needs_state=needs_state,
    )


_BREAKS = Filter(function=_linebreaksbr, reads=Kind.TEXT, needs_state=True)
_STRIP_HTML = Filter(function=_strip_html, reads=Kind.PARSED, keeps_safe=True)
_LOWER = _plain(str.lower, keeps_safe=True)
_UPPER = _plain(str.upper)
_CAPITALIZE = _plain(django_filters.capfirst, keeps_safe=True)
_STRIP = _plain(str.strip, keeps_safe=True)

FILTERS: dict[str, Filter] = {
    "addslashes": _plain(django_filters.addslashes, keeps_safe=True),
    "append": _with_text(_append),
    "base64_decode": _plain(_base64_decode),
    "base64_encode": _plain(_base64_encode),
    "base64_url_safe_decode": _plain(_base64_url_safe_decode),
    "base64_url_safe_encode": _plain(_base64_url_safe_encode),
    "capfirst": _CAPITALIZE,
    "capitalize": _CAPITALIZE,
    "center": _with_width(str.center),
    "cut": _with_text(_remove),
    "downcase": _LOWER,
    "escape": _plain(_escape),
    "escape_once": _plain(_escape_once),
    "escapejs": _plain(django_filters.escapejs_filter),
    "find_replace": _with_text(_find_replace),
    "force_escape": _plain(_force_escape),
    "iriencode": _plain(django_filters.iriencode, keeps_safe=True),
    "linebreaks": Filter(function=_linebreaks, reads=Kind.PARSED, needs_state=True),
    "linebreaksbr": _BREAKS,
    "ljust": _with_width(str.ljust),
    "lower": _LOWER,
    "lstrip": _plain(str.lstrip, keeps_safe=True),
    "make_list": _plain(list),
    "md5_hash": _plain(_md5_hash),
    "newline_to_br": _BREAKS,
    "prepend": _with_text(_prepend),
    "remove": _with_text(_remove),
    "remove_first": _with_text(_remove_first),
    "remove_last": _with_text(_remove_last),
    "replace_first": _with_text(_replace_first),
    "replace_last": _with_text(_replace_last),
    "rjust": _with_width(str.rjust),
    "rstrip": _plain(str.rstrip, keeps_safe=True),
    "safe": _plain(_safe),
    "sha_1": _plain(_sha_1),
    "sha_256": _plain(_sha_256),
    "slugify": _plain(django_filters.slugify, keeps_safe=True),
    "split": _with_text(_split, Argument.OPTIONAL),
    "stringformat": Filter(
        function=_stringformat,
        reads=Kind.ANY,
        argument=Argument.REQUIRED,
        needs_state=True,
        problem=_stringformat_problem,
    ),
    "strip": _STRIP,
    "strip_html": _STRIP_HTML,
    "strip_newlines": _plain(_strip_newlines, keeps_safe=True),
    "striptags": _STRIP_HTML,
    "title": _plain(django_filters.title, keeps_safe=True),
    "trim": _STRIP,
    "truncate": _with_width(_truncate, argument=Argument.OPTIONAL),
    "truncatechars": _with_width(django_filters.truncatechars),
    "truncatechars_html": _with_width(_truncatechars_html, reads=Kind.PARSED),
    "truncatewords": _with_width(django_filters.truncatewords, reads=Kind.PARSED),
    "truncatewords_html": _with_width(_truncatewords_html, reads=Kind.PARSED),
    "upcase": _UPPER,
    "upper": _UPPER,
    "urldecode": _plain(unquote),
    "urldecodeplus": _plain(unquote_plus),
    "urlencode": _with_text(_urlencode, Argument.OPTIONAL),
    "urlencodeplus": _plain(quote_plus),
    "urlize": Filter(function=_urlize, reads=Kind.PARSED, needs_state=True),
    "urlizetrunc": _with_width(_urlizetrunc, reads=Kind.PARSED, needs_state=True),
    "wordcount": _plain(_wordcount),
    "wordwrap": _with_width(django_filters.wordwrap, reads=Kind.PARSED),
}
