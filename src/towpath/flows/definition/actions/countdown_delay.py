"""`countdown-delay`: in a date flow, wait until so long before the date."""

from dataclasses import dataclass
from datetime import time

from towpath.flows.definition.limits import DELAY_DAYS_MAX
from towpath.flows.definition.reading import Fields
from towpath.flows.definition.schedule import (
    Weekday,
    read_time_of_day,
    read_timezone,
    read_weekdays,
)
from towpath.flows.definition.triggers.date import LeadUnit


@dataclass(frozen=True, slots=True, kw_only=True)
class CountdownDelay:
    """Wait until `value` units before the date, then for the time of day and weekday."""

    unit: LeadUnit
    value: int
    timezone: str
    delay_until_time: time | None
    delay_until_weekdays: frozenset[Weekday]


def read(fields: Fields) -> CountdownDelay:
    """Read the `data` of a countdown delay."""
    return CountdownDelay(
        unit=fields.choice("unit", LeadUnit, default=LeadUnit.DAYS),
        value=fields.whole_number("value", default=0, maximum=DELAY_DAYS_MAX),
        timezone=read_timezone(fields),
        delay_until_time=read_time_of_day(fields, "delay_until_time"),
        delay_until_weekdays=read_weekdays(fields, "delay_until_weekdays"),
    )
