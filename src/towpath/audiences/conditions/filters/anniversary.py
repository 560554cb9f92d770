"""Dates whose year does not matter. Calendar parts are UTC, as the reference product's are.

The anniversary of an instant in some year is that instant with the year replaced; of 29 February
it is the 28th in common years.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    Text,
    and_,
    cast,
    extract,
    func,
    literal_column,
    or_,
)

from towpath.audiences.conditions.filters.duration import Duration
from towpath.audiences.conditions.scope import Scope
from towpath.audiences.conditions.words import Words

HOURS_BETWEEN_ANNIVERSARIES_MAX: Final = 366 * 24
"""Any window as long as this has an anniversary in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Anniversary:
    """`anniversary`: the day of the judgement is one."""

    def holds(self, instant: ColumnElement[datetime], scope: Scope) -> ColumnElement[bool]:
        """Return SQL that is null for a null instant."""
        now = _utc(scope.now)
        return cast(_in_year(_utc(instant), _year(now)), Date()) == cast(now, Date())

    def describe(self, subject: str, words: Words) -> str:
        """Say it of `subject`."""
        return words.say("the anniversary of {subject} is today", subject=subject)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnniversaryMonth:
    """`anniversary-month`: one falls in the month of the judgement."""

    def holds(self, instant: ColumnElement[datetime], scope: Scope) -> ColumnElement[bool]:
        """Return SQL that is null for a null instant."""
        return extract("month", _utc(instant)) == extract("month", _utc(scope.now))

    def describe(self, subject: str, words: Words) -> str:
        """Say it of `subject`."""
        return words.say("the anniversary of {subject} is this month", subject=subject)


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarMonth:
    """`calendar-month`: the instant falls in this month, 1 to 12, of any year."""

    month: int

    def holds(self, instant: ColumnElement[datetime], _scope: Scope) -> ColumnElement[bool]:
        """Return SQL that is null for a null instant."""
        return extract("month", _utc(instant)) == self.month

    def describe(self, subject: str, words: Words) -> str:
        """Say it of `subject`."""
        month = words.month(self.month)
        return words.say("{subject} is in the month of {month}", subject=subject, month=month)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnniversaryLast:
    """`anniversary-last`: one was in (T - duration, T]."""

    duration: Duration

    def holds(self, instant: ColumnElement[datetime], scope: Scope) -> ColumnElement[bool]:
        """Return SQL that is null, or false, for a null instant."""
        if self.duration.hours >= HOURS_BETWEEN_ANNIVERSARIES_MAX:
            return instant.is_not(None)
        now = _utc(scope.now)
        this_year, last_year = (_in_year(_utc(instant), _year(now) - back) for back in (0, 1))
        start = self.duration.before(now)
        return or_(*(and_(day > start, day <= now) for day in (this_year, last_year)))

    def describe(self, subject: str, words: Words) -> str:
        """Say it of `subject`."""
        return words.say(
            "an anniversary of {subject} was in the last {duration}",
            subject=subject,
            duration=self.duration.describe(words),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AnniversaryNext:
    """`anniversary-next`: one will be in (T, T + duration]."""

    duration: Duration

    def holds(self, instant: ColumnElement[datetime], scope: Scope) -> ColumnElement[bool]:
        """Return SQL that is null, or false, for a null instant."""
        if self.duration.hours >= HOURS_BETWEEN_ANNIVERSARIES_MAX:
            return instant.is_not(None)
        now = _utc(scope.now)
        this_year, next_year = (_in_year(_utc(instant), _year(now) + ahead) for ahead in (0, 1))
        end = self.duration.after(now)
        return or_(*(and_(day > now, day <= end) for day in (this_year, next_year)))

    def describe(self, subject: str, words: Words) -> str:
        """Say it of `subject`."""
        return words.say(
            "an anniversary of {subject} is in the next {duration}",
            subject=subject,
            duration=self.duration.describe(words),
        )


def _utc(instant: ColumnElement[datetime]) -> ColumnElement[Any]:
    """Return the date and time of day in UTC, whatever the session's timezone."""
    return func.timezone(literal_column("'UTC'", Text()), instant)


def _year(moment: ColumnElement[Any]) -> ColumnElement[int]:
    return cast(extract("year", moment), Integer())


def _in_year(moment: ColumnElement[Any], year: ColumnElement[int]) -> ColumnElement[Any]:
    """Return `moment` with another year; PostgreSQL takes 29 February to the 28th if need be."""
    return moment + func.make_interval(year - _year(moment))
