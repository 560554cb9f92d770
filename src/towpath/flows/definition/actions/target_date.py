"""`target-date`: in a date flow, wait for the date itself."""

from dataclasses import dataclass
from datetime import time

from towpath.flows.definition.reading import Fields
from towpath.flows.definition.schedule import (
    Weekday,
    read_time_of_day,
    read_timezone,
    read_weekdays,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetDate:
    """Wait until `target_time` on the date, on an allowed weekday; empty means any."""

    timezone: str
    target_time: time | None
    target_days: frozenset[Weekday]


def read(fields: Fields) -> TargetDate:
    """Read the `data` of a target date."""
    return TargetDate(
        timezone=read_timezone(fields),
        target_time=read_time_of_day(fields, "target_time"),
        target_days=read_weekdays(fields, "target_days"),
    )
