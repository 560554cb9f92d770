"""Filters on dates. Dates keep the offset they came with; nothing is moved to another timezone."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from django.utils import dateformat, timesince

from towpath.templates.filters.model import Argument, Filter, Kind, date_format_problem
from towpath.templates.render_state import RenderState

DATE_TEXT_CHARACTERS_MAX = 64
DATE_FORMAT_DEFAULT = "N j, Y"
TIME_FORMAT_DEFAULT = "P"
OTHER_DATE_FORMATS = ("%m-%d-%Y", "%m/%d/%Y", "%Y/%m/%d")
DAYS_PER_WEEK = 7


def format_date(value: date, format_: str) -> str:
    """Write a date in Django's format letters (those of PHP)."""
    return str(dateformat.format(value, format_))


def as_date(value: object) -> date | None:
    """Read a date or time: ISO 8601, or month, day and year; None for anything else."""
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or len(value) > DATE_TEXT_CHARACTERS_MAX:
        return None
    text = value.strip()
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    for format_ in OTHER_DATE_FORMATS:
        try:
            return datetime.strptime(text, format_)  # noqa: DTZ007 -- a date without a timezone
        except ValueError:
            continue
    return None


def _format_date_string(value: object) -> object:
    return as_date(value) or ""


def _date(value: object, argument: str = DATE_FORMAT_DEFAULT) -> str:
    moment = as_date(value)
    return "" if moment is None else format_date(moment, argument)


def _time(value: object, argument: str = TIME_FORMAT_DEFAULT) -> str:
    moment = as_date(value)
    return format_date(moment, argument) if isinstance(moment, datetime) else ""


def _days_later(value: object, days: Decimal) -> object:
    """Move a date by whole days; a text stays a text of the same shape."""
    moment = as_date(value)
    if moment is None:
        return ""
    moved = moment + timedelta(days=int(days))
    if isinstance(value, date):
        return moved
    return moved.isoformat() if "T" in str(value) else moved.isoformat()[: len("YYYY-MM-DD")]


def _weeks_since(state: RenderState, value: object, argument: object = None) -> object:
    start = as_date(value)
    end = state.now if argument is None else as_date(argument)
    if start is None or end is None:
        return ""
    return (_aware(end) - _aware(start)) // timedelta(days=DAYS_PER_WEEK)


def _timesince(state: RenderState, value: object, argument: object = None) -> str:
    return _between(state, value, argument, timesince.timesince)


def _timeuntil(state: RenderState, value: object, argument: object = None) -> str:
    return _between(state, value, argument, timesince.timeuntil)


def _between(
    state: RenderState, value: object, argument: object, describe: Callable[..., object]
) -> str:
    moment = as_date(value)
    other = state.now if argument is None else as_date(argument)
    if moment is None or other is None:
        return ""
    return str(describe(_aware(moment), _aware(other)))


def _aware(moment: date) -> datetime:
    """Take a date as its first moment, and a time without offset as UTC."""
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time.min)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _of_date(function: Callable[..., object]) -> Filter:
    return Filter(
        function=function,
        reads=Kind.ANY,
        argument=Argument.OPTIONAL,
        problem=date_format_problem,
    )


def _against_now(function: Callable[..., object]) -> Filter:
    return Filter(
        function=function,
        reads=Kind.ANY,
        argument=Argument.OPTIONAL,
        argument_reads=Kind.ANY,
        needs_state=True,
    )


_PARSE = Filter(function=_format_date_string, reads=Kind.ANY)

FILTERS: dict[str, Filter] = {
    "date": _of_date(_date),
    "datetime_from_string": _PARSE,
    "days_later": Filter(
        function=_days_later,
        reads=Kind.ANY,
        argument=Argument.REQUIRED,
        argument_reads=Kind.NUMBER,
    ),
    "format_date_string": _PARSE,
    "time": _of_date(_time),
    "timesince": _against_now(_timesince),
    "timeuntil": _against_now(_timeuntil),
    "weeks_since": _against_now(_weeks_since),
}
