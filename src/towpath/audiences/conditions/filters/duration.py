"""Lengths of time in relative dates. Hours, days and weeks are fixed: a day is 24 hours."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Integer, func, literal, literal_column

from towpath.audiences.conditions.limits import QUANTITY_MAX
from towpath.audiences.conditions.reading import Fields
from towpath.audiences.conditions.words import Words


class DateUnit(StrEnum):
    """Units of relative dates."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"


_HOURS: Final[Mapping[DateUnit, int]] = {DateUnit.HOUR: 1, DateUnit.DAY: 24, DateUnit.WEEK: 168}


@dataclass(frozen=True, slots=True, kw_only=True)
class Duration:
    """A number of units."""

    quantity: int
    unit: DateUnit

    @property
    def hours(self) -> int:
        """The whole of it in hours."""
        return self.quantity * _HOURS[self.unit]

    def before(self, instant: ColumnElement[datetime]) -> ColumnElement[datetime]:
        """Return the instant this long before another."""
        return instant - self._interval()

    def after(self, instant: ColumnElement[datetime]) -> ColumnElement[datetime]:
        """Return the instant this long after another."""
        return instant + self._interval()

    def describe(self, words: Words) -> str:
        """Say `10 days`."""
        return words.duration(self.quantity, self.unit)

    def _interval(self) -> ColumnElement[Any]:
        """Return it in hours: PostgreSQL adds days by the calendar of the session's timezone."""
        nothing = literal_column("0", Integer())
        return func.make_interval(nothing, nothing, nothing, nothing, literal(self.hours))


def read_duration(fields: Fields) -> Duration | None:
    """Read `quantity` and `unit`."""
    quantity = fields.whole_number("quantity", minimum=0, maximum=QUANTITY_MAX)
    unit = fields.choice("unit", DateUnit)
    if quantity is None or unit is None:
        return None
    return Duration(quantity=quantity, unit=unit)
