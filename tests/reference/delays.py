"""When a time delay ends: plain Python over `zoneinfo`, from flows.md §4, Time delay."""

from datetime import UTC, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

Json = Any  # it is JSON

SMALLER: Final = {"days": "hours", "hours": "minutes"}
DAY: Final = timedelta(days=1)


def written_duration(data: Json) -> timedelta:
    """Return the wait as written, without time of day and weekdays."""
    unit = data.get("unit") or "days"
    duration = timedelta(**{unit: data["value"]})
    if data.get("secondary_value"):
        duration += timedelta(**{SMALLER[unit]: data["secondary_value"]})
    return duration


def end_of_delay(data: Json, *, begins: datetime, zone: ZoneInfo) -> datetime:
    """Return when a wait that begins at `begins` is over for somebody who lives in `zone`."""
    until = data.get("delay_until_time")
    allowed = data.get("delay_until_weekdays") or []
    ends = begins + written_duration(data)
    if until is None and not allowed:
        return ends
    if until is None:
        wall = wall_time(ends, zone)
        put_off = first_allowed(wall, allowed)
        return ends if put_off == wall else instant(put_off, zone)
    began = wall_time(begins, zone)
    day = (began + written_duration(data)).date()
    wall = datetime.combine(day, time.fromisoformat(until))
    if wall < began:
        wall += DAY
    return instant(first_allowed(wall, allowed), zone)


def first_allowed(wall: datetime, weekdays: list[str]) -> datetime:
    """Return the same time of day on the first allowed weekday at or after."""
    while weekdays and f"{wall:%A}".lower() not in weekdays:
        wall += DAY
    return wall


def wall_time(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return what a clock on the wall shows there, without its zone."""
    return moment.astimezone(zone).replace(tzinfo=None)


def instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return when clocks show `wall`: a skipped hour moves forward, a doubled one is its second."""
    early, late = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    is_skipped = wall_time(early, zone) != wall
    # With fold=0 Python reads a skipped time by the offset before the change: moved forward.
    return early if is_skipped else late
