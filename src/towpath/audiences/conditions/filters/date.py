"""`date`: an instant against fixed dates, or against the instant of the judgement, T.

Relative windows are open at their start and closed at their end, so that neighbours neither
overlap nor leave a gap: `in-the-last` 1 day is (T - 1 day, T], `in-the-next` is (T, T + 1 day],
`between` 1 and 2 days ago is (T - 2 days, T - 1 day], `at-least` 2 days ago is the rest up to
T - 2 days. `before` and `after` are strict; `between-static` includes both its ends.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal, assert_never

from sqlalchemy import ColumnElement, DateTime, and_, false, func, literal

from towpath.audiences.conditions.filters.anniversary import (
    Anniversary,
    AnniversaryLast,
    AnniversaryMonth,
    AnniversaryNext,
    CalendarMonth,
)
from towpath.audiences.conditions.filters.duration import DateUnit, Duration, read_duration
from towpath.audiences.conditions.limits import QUANTITY_MAX
from towpath.audiences.conditions.model import Place
from towpath.audiences.conditions.reading import Fields
from towpath.audiences.conditions.scope import Scope
from towpath.audiences.conditions.values import Value
from towpath.audiences.conditions.words import Words


class DateOperator(StrEnum):
    """How an instant is compared."""

    BEFORE = "before"
    AFTER = "after"
    BETWEEN_STATIC = "between-static"
    IN_THE_LAST = "in-the-last"
    IN_THE_NEXT = "in-the-next"
    AT_LEAST = "at-least"
    BETWEEN = "between"
    ANNIVERSARY_LAST = "anniversary-last"
    ANNIVERSARY_NEXT = "anniversary-next"
    ANNIVERSARY = "anniversary"
    ANNIVERSARY_MONTH = "anniversary-month"
    CALENDAR_MONTH = "calendar-month"
    ALLTIME = "alltime"
    FLOW_START = "flow-start"


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """`before` a fixed instant."""

    date: datetime

    def holds(self, instant: ColumnElement[datetime], _scope: Scope) -> ColumnElement[bool]:
        """Return SQL that is null for a null instant."""
        return instant < _fixed(self.date)

    def describe(self, subject: str, words: Words) -> str:
        """Say it of `subject`."""
        date = words.instant(self.date)
        return words.say("{subject} is before {date}", subject=subject, date=date)


@dataclass(frozen=True, slots=True, kw_only=True)
class After:
    """`after` a fixed instant."""

    date: datetime

    def holds(self, instant: ColumnElement[datetime], _scope: Scope) -> ColumnElement[bool]:
        """Return SQL that is null for a null instant."""
        return instant > _fixed(self.date)

    def describe(self, subject: str, words: Words) -> str:
        """Say it of `subject`."""
        date = words.instant(self.date)
        return words.say("{subject} is after {date}", subject=subject, date=date)


@dataclass(frozen=True, slots=True, kw_only=True)
class BetweenStatic:
    """`between-static`: from `start` to `end`, both included."""

    start: datetime
    end: datetime

    def holds(self, instant: ColumnElement[datetime], _scope: Scope) -> ColumnElement[bool]:
        """Return SQL that is null for a null instant."""
        return and_(instant >= _fixed(self.start), instant <= _fixed(self.end))

    def describe(self, subject: str, words: Words) -> str:
        """Say it of `subject`."""
        return words.say(
            "{subject} is between {start} and {end}",
            subject=subject,
            start=words.instant(self.start),
            end=words.instant(self.end),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class InTheLast:
    """`in-the-last`: in (T - duration, T]."""

    duration: Duration

    def holds(self, instant: ColumnElement[datetime], scope: Scope) -> ColumnElement[bool]:
        """Return SQL that is null for a null instant."""
        return and_(instant > self.duration.before(scope.now), instant <= scope.now)

    def describe(self, subject: str, words: Words) -> str:
        """Say it of `subject`."""
        duration = self.duration.describe(words)
        return words.say("{subject} is in the last {time}", subject=subject, time=duration)


@dataclass(frozen=True, slots=True, kw_only=True)
class InTheNext:
    """`in-the-next`: in (T, T + duration]."""

    duration: Duration

    def holds(self, instant: ColumnElement[datetime], scope: Scope) -> ColumnElement[bool]:
        """Return SQL that is null for a null instant."""
        return and_(instant > scope.now, instant <= self.duration.after(scope.now))

    def describe(self, subject: str, words: Words) -> str:
        """Say it of `subject`."""
        duration = self.duration.describe(words)
        return words.say("{subject} is in the next {time}", subject=subject, time=duration)


@dataclass(frozen=True, slots=True, kw_only=True)
class AtLeast:
    """`at-least`: that long ago or longer."""

    duration: Duration

    def holds(self, instant: ColumnElement[datetime], scope: Scope) -> ColumnElement[bool]:
        """Return SQL that is null for a null instant."""
        return instant <= self.duration.before(scope.now)

    def describe(self, subject: str, words: Words) -> str:
        """Say it of `subject`."""
        duration = self.duration.describe(words)
        return words.say("{subject} is at least {time} ago", subject=subject, time=duration)


@dataclass(frozen=True, slots=True, kw_only=True)
class Between:
    """`between`: from `start` (the nearer) to `end` ago."""

    start: Duration
    end: Duration

    def holds(self, instant: ColumnElement[datetime], scope: Scope) -> ColumnElement[bool]:
        """Return SQL that is null for a null instant."""
        is_after = instant > self.end.before(scope.now)
        return and_(is_after, instant <= self.start.before(scope.now))

    def describe(self, subject: str, words: Words) -> str:
        """Say it of `subject`."""
        return words.say(
            "{subject} is between {start} and {end} ago",
            subject=subject,
            start=self.start.describe(words),
            end=self.end.describe(words),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AllTime:
    """`alltime`: whenever it was."""

    def holds(self, instant: ColumnElement[datetime], _scope: Scope) -> ColumnElement[bool]:
        """Return SQL that is false for a null instant."""
        return instant.is_not(None)

    def describe(self, subject: str, words: Words) -> str:
        """Say it of `subject`."""
        return words.say("{subject} is at any time", subject=subject)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowStart:
    """`flow-start`: strictly after the run's start; its own event does not count (flows.md §3)."""

    def holds(self, instant: ColumnElement[datetime], scope: Scope) -> ColumnElement[bool]:
        """Return SQL that is null for a null instant."""
        assert scope.started_at is not None, "flow-start is refused where there is no flow"
        return instant > scope.started_at

    def describe(self, subject: str, words: Words) -> str:
        """Say it of `subject`."""
        return words.say("{subject} is since starting this flow", subject=subject)


DateComparison = (
    Before
    | After
    | BetweenStatic
    | InTheLast
    | InTheNext
    | AtLeast
    | Between
    | AnniversaryLast
    | AnniversaryNext
    | Anniversary
    | AnniversaryMonth
    | CalendarMonth
    | AllTime
    | FlowStart
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DateFilter:
    """How an instant compares."""

    comparison: DateComparison

    def compile(self, value: Value, scope: Scope) -> ColumnElement[bool]:
        """Return SQL that is true or false, never null."""
        return func.coalesce(self.comparison.holds(value.instant, scope), false())

    def describe(self, subject: str, words: Words) -> str:
        """Say it of `subject`."""
        return self.comparison.describe(subject, words)


def read_date(fields: Fields) -> DateFilter | None:
    """Read a date filter."""
    operator = fields.operator(DateOperator)
    comparison = None if operator is None else _read_comparison(fields, operator)
    return None if comparison is None else DateFilter(comparison=comparison)


def _read_comparison(  # noqa: PLR0911 -- one per operator
    fields: Fields, operator: DateOperator
) -> DateComparison | None:
    match operator:
        case DateOperator.BEFORE | DateOperator.AFTER:
            date = fields.instant("date")
            fixed = Before if operator is DateOperator.BEFORE else After
            return None if date is None else fixed(date=date)
        case DateOperator.BETWEEN_STATIC:
            return _read_between_static(fields)
        case DateOperator.BETWEEN:
            return _read_between(fields)
        case DateOperator.CALENDAR_MONTH:
            month = fields.whole_number("value", minimum=1, maximum=12)
            return None if month is None else CalendarMonth(month=month)
        case DateOperator.ANNIVERSARY:
            return Anniversary()
        case DateOperator.ANNIVERSARY_MONTH:
            return AnniversaryMonth()
        case DateOperator.ALLTIME:
            return AllTime()
        case DateOperator.FLOW_START:
            return _read_flow_start(fields)
        case _:
            duration = read_duration(fields)
            return None if duration is None else _relative(operator, duration)


def _relative(
    operator: Literal[
        DateOperator.IN_THE_LAST,
        DateOperator.IN_THE_NEXT,
        DateOperator.AT_LEAST,
        DateOperator.ANNIVERSARY_LAST,
        DateOperator.ANNIVERSARY_NEXT,
    ],
    duration: Duration,
) -> DateComparison:
    match operator:
        case DateOperator.IN_THE_LAST:
            return InTheLast(duration=duration)
        case DateOperator.IN_THE_NEXT:
            return InTheNext(duration=duration)
        case DateOperator.AT_LEAST:
            return AtLeast(duration=duration)
        case DateOperator.ANNIVERSARY_LAST:
            return AnniversaryLast(duration=duration)
        case DateOperator.ANNIVERSARY_NEXT:
            return AnniversaryNext(duration=duration)
        case _:
            assert_never(operator)


def _read_between_static(fields: Fields) -> BetweenStatic | None:
    start, end = fields.instant("start"), fields.instant("end")
    if start is None or end is None:
        return None
    if start > end:
        fields.refuse("end", "`end` is before `start`; swap them.")
        return None
    return BetweenStatic(start=start, end=end)


def _read_between(fields: Fields) -> Between | None:
    start = fields.whole_number("start", minimum=0, maximum=QUANTITY_MAX)
    end = fields.whole_number("end", minimum=0, maximum=QUANTITY_MAX)
    unit = fields.choice("unit", DateUnit)
    if start is None or end is None or unit is None:
        return None
    if start > end:
        fields.refuse("end", "`end` is the longer time ago; swap it with `start`.")
        return None
    return Between(start=Duration(quantity=start, unit=unit), end=Duration(quantity=end, unit=unit))


def _read_flow_start(fields: Fields) -> FlowStart | None:
    if fields.reading.place is Place.SEGMENT:
        fields.refuse("operator", "A segment has no flow to start; use another time frame.")
        return None
    return FlowStart()


def _fixed(date: datetime) -> ColumnElement[datetime]:
    return literal(date, DateTime(timezone=True))
