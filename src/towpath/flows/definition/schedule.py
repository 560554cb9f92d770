"""Words of time that triggers and delays share: timezones, times of day, weekdays."""

import re
import zoneinfo
from datetime import time
from enum import StrEnum
from functools import cache
from typing import Final

from towpath.flows.definition.reading import Fields, named

PROFILE_TIMEZONE: Final = "profile"
"""The zone of each person, and the account's for those without one."""

_TIME_OF_DAY = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?")

# Files of a zoneinfo directory that stand for no place, or for whatever this machine is set to.
_NOT_A_PLACE = frozenset({"Factory", "localtime", "posixrules"})


class Weekday(StrEnum):
    """A day of the week, from Monday as in ISO 8601."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"

    @property
    def iso_number(self) -> int:
        """Monday is 1, Sunday is 7."""
        return list(Weekday).index(self) + 1


@cache
def _timezones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones() - _NOT_A_PLACE)


def read_timezone(fields: Fields, key: str = "timezone") -> str:
    """Read `profile` (the default) or an IANA name; names are spelt exactly."""
    name = fields.text(key)
    if name is None or name == PROFILE_TIMEZONE:
        return PROFILE_TIMEZONE
    if name not in _timezones():
        detail = f'`{key}` is "profile" or an IANA name such as "Europe/Berlin", not {named(name)}.'
        fields.refuse(key, detail)
        return PROFILE_TIMEZONE
    return name


def read_time_of_day(fields: Fields, key: str) -> time | None:
    """Read `HH:MM:SS` or `HH:MM`; None when it is absent or null."""
    text = fields.text(key)
    if text is None:
        return None
    match = _TIME_OF_DAY.fullmatch(text)
    if match is None:
        fields.refuse(key, f'`{key}` is a time of day such as "15:00:00", not {named(text)}.')
        return None
    hour, minute, second = match.groups(default="0")
    return time(int(hour), int(minute), int(second))


def read_weekdays(fields: Fields, key: str) -> frozenset[Weekday]:
    """Read the allowed weekdays; empty means any day.

    An empty array means the same as null: no day chosen is no restriction, since a wait for a
    weekday that never comes would be no wait but an end.
    """
    return fields.choices(key, Weekday)
