"""`time-delay`: wait so long, or so many days until a time of day (flows.md §4)."""

from dataclasses import dataclass
from datetime import time, timedelta
from enum import StrEnum
from typing import Final

from towpath.flows.definition.limits import DELAY_DAYS_MAX
from towpath.flows.definition.reading import Fields
from towpath.flows.definition.schedule import (
    Weekday,
    read_time_of_day,
    read_timezone,
    read_weekdays,
)

_DELAY_MAX = timedelta(days=DELAY_DAYS_MAX)

_SLACK_FOR_TIME_OF_DAY: Final = timedelta(days=1)
_SLACK_FOR_WEEKDAYS: Final = timedelta(days=6)
_SLACK_FOR_CLOCKS: Final = timedelta(days=1)
"""Clocks change by an hour, and a zone has skipped a whole day before."""


class DelayUnit(StrEnum):
    """The unit of a delay's `value`."""

    DAYS = "days"
    HOURS = "hours"
    MINUTES = "minutes"

    @property
    def duration(self) -> timedelta:
        """How long one of it lasts."""
        return timedelta(**{self.value: 1})

    @property
    def smaller(self) -> "DelayUnit | None":
        """The unit of the `secondary_value`; minutes have none."""
        match self:
            case DelayUnit.DAYS:
                return DelayUnit.HOURS
            case DelayUnit.HOURS:
                return DelayUnit.MINUTES
            case DelayUnit.MINUTES:
                return None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeDelay:
    """A wait of `value` units and `secondary_value` of the next smaller one.

    With `delay_until_time` the days are calendar days, and the wait ends at that time of day in
    the timezone. `delay_until_weekdays` puts the end off to the first of those days at or after;
    empty means any day. Only delays in days have either.
    """

    unit: DelayUnit
    value: int
    secondary_value: int
    timezone: str
    delay_until_time: time | None
    delay_until_weekdays: frozenset[Weekday]

    @property
    def duration(self) -> timedelta:
        """The wait as written, without regard to time of day and weekdays."""
        smaller = self.unit.smaller
        rest = self.secondary_value * smaller.duration if smaller else timedelta()
        return self.value * self.unit.duration + rest

    @property
    def duration_max(self) -> timedelta:
        """What no wait here exceeds, whatever the clock and the timezone do."""
        longest = self.duration
        if self.delay_until_time is not None:
            longest += _SLACK_FOR_TIME_OF_DAY
        if self.delay_until_weekdays:
            longest += _SLACK_FOR_WEEKDAYS
        goes_by_the_clock = self.delay_until_time is not None or self.delay_until_weekdays
        return longest + _SLACK_FOR_CLOCKS if goes_by_the_clock else longest


def read(fields: Fields) -> TimeDelay:
    """Read the `data` of a time delay."""
    unit = fields.choice("unit", DelayUnit, default=DelayUnit.DAYS)
    value = fields.whole_number("value", default=None, maximum=_DELAY_MAX // unit.duration)
    delay = TimeDelay(
        unit=unit,
        value=value or 0,
        secondary_value=_read_secondary_value(fields, unit),
        timezone=read_timezone(fields),
        delay_until_time=read_time_of_day(fields, "delay_until_time"),
        delay_until_weekdays=read_weekdays(fields, "delay_until_weekdays"),
    )
    if unit is not DelayUnit.DAYS:
        for key, given in [
            ("delay_until_time", delay.delay_until_time),
            ("delay_until_weekdays", delay.delay_until_weekdays),
        ]:
            if given:
                detail = f'`{key}` needs a delay in days; remove it or set `unit` to "days".'
                fields.refuse(key, detail)
    return delay


def _read_secondary_value(fields: Fields, unit: DelayUnit) -> int:
    if unit.smaller is None:
        if fields.values.get("secondary_value") in (None, 0):
            return 0
        detail = "`secondary_value` counts the next smaller unit, and minutes have none; remove it."
        fields.refuse("secondary_value", detail)
        return 0
    maximum = _DELAY_MAX // unit.smaller.duration
    return fields.whole_number("secondary_value", default=0, maximum=maximum)
