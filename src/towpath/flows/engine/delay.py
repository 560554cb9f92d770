"""`time-delay`: the moment a wait ends, as SQL over a set (flows.md §4, "Time delay")."""

from datetime import datetime, timedelta

from sqlalchemy import DateTime, Integer, Interval, Time, case, cast, func, literal
from sqlalchemy.sql.elements import ColumnElement

from towpath.flows.definition import PROFILE_TIMEZONE, TimeDelay, Weekday

ONE_DAY = timedelta(days=1)


def end_of_delay(
    delay: TimeDelay, *, base: ColumnElement[datetime], profile_timezone: ColumnElement[str]
) -> ColumnElement[datetime]:
    """Return when a wait that starts at `base` ends, as a timestamptz.

    Without a time of day N days are 24 hours each. With one they are N calendar days in the
    timezone and then that time; zero days until a time that has passed today means tomorrow.
    Weekdays: the first allowed one at or after. Local wall time wins over a change of the clocks
    in the way of `AT TIME ZONE`: a skipped hour moves forward, a doubled one is its second pass.
    """
    if delay.delay_until_time is None and not delay.delay_until_weekdays:
        return base + _exactly(delay.duration)
    zone = profile_timezone if delay.timezone == PROFILE_TIMEZONE else literal(delay.timezone)
    if delay.delay_until_time is None:
        end = base + _exactly(delay.duration)
        end_wall = _wall_time(zone, end)
        shift = _days_to_weekday(end_wall, delay.delay_until_weekdays)
        return case((shift == 0, end), else_=_moment(zone, end_wall + _days(shift)))
    start = _wall_time(zone, base)
    midnight = func.date_trunc("day", start + _interval(delay.duration), type_=DateTime())
    that_day = midnight + cast(literal(delay.delay_until_time, Time()), Interval())
    wall: ColumnElement[datetime] = case(
        (that_day < start, that_day + _interval(ONE_DAY)), else_=that_day
    )
    if delay.delay_until_weekdays:
        wall = wall + _days(_days_to_weekday(wall, delay.delay_until_weekdays))
    return _moment(zone, wall)


def _wall_time(
    zone: ColumnElement[str], moment: ColumnElement[datetime]
) -> ColumnElement[datetime]:
    return func.timezone(zone, moment, type_=DateTime())


def _moment(zone: ColumnElement[str], wall: ColumnElement[datetime]) -> ColumnElement[datetime]:
    return func.timezone(zone, wall, type_=DateTime(timezone=True))


def _days_to_weekday(
    local: ColumnElement[datetime], allowed: frozenset[Weekday]
) -> ColumnElement[int]:
    numbers = {day.iso_number for day in allowed}
    waits = {
        today: next(days for days in range(7) if (today - 1 + days) % 7 + 1 in numbers)
        for today in range(1, 8)
    }
    return case(waits, value=cast(func.extract("isodow", local), Integer))


def _days(count: ColumnElement[int]) -> ColumnElement[timedelta]:
    return func.make_interval(0, 0, 0, count, type_=Interval())


def _exactly(duration: timedelta) -> ColumnElement[timedelta]:
    """Return it in minutes: PostgreSQL adds days by the calendar of the session's timezone."""
    return func.make_interval(0, 0, 0, 0, 0, duration // timedelta(minutes=1), type_=Interval())


def _interval(duration: timedelta) -> ColumnElement[timedelta]:
    return literal(duration, Interval())
