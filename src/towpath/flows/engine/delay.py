"""`time-delay`: the moment a wait ends, as SQL over a set (flows.md §4, "Time delay")."""

from datetime import timedelta

from sqlalchemy import DateTime, Integer, Interval, Time, case, cast, func, literal
from sqlalchemy.sql.elements import ColumnElement

from towpath.flows.definition import PROFILE_TIMEZONE, TimeDelay, Weekday

ONE_DAY = timedelta(days=1)


def end_of_delay(
    delay: TimeDelay, *, base: ColumnElement[object], profile_timezone: ColumnElement[str]
) -> ColumnElement[object]:
    """Return when a wait that starts at `base` ends, as a timestamptz.

    Without a time of day N days are N × 24 hours. With one they are N calendar days in the
    timezone and then that time; zero days until a time that has passed today means tomorrow.
    Weekdays: the first allowed one at or after. Local wall time wins over a change of the clocks
    in the way of `AT TIME ZONE`: a skipped hour moves forward, a doubled one is its second pass.
    """
    if delay.delay_until_time is None and not delay.delay_until_weekdays:
        return base + _interval(delay.duration)
    zone = profile_timezone if delay.timezone == PROFILE_TIMEZONE else literal(delay.timezone)
    if delay.delay_until_time is None:
        end = base + _interval(delay.duration)
        local = func.timezone(zone, end)
        shift = _days_to_weekday(local, delay.delay_until_weekdays)
        return case((shift == 0, end), else_=func.timezone(zone, local + _days(shift)))
    start = func.timezone(zone, base)
    midnight = func.date_trunc("day", start + _interval(delay.duration), type_=DateTime())
    local = midnight + cast(literal(delay.delay_until_time, Time()), Interval())
    local = case((local < start, local + _interval(ONE_DAY)), else_=local)
    if delay.delay_until_weekdays:
        local = local + _days(_days_to_weekday(local, delay.delay_until_weekdays))
    return func.timezone(zone, local, type_=DateTime(timezone=True))


def _days_to_weekday(
    local: ColumnElement[object], allowed: frozenset[Weekday]
) -> ColumnElement[int]:
    numbers = {day.iso_number for day in allowed}
    waits = {
        today: next(days for days in range(7) if (today - 1 + days) % 7 + 1 in numbers)
        for today in range(1, 8)
    }
    return case(waits, value=cast(func.extract("isodow", local), Integer))


def _days(count: ColumnElement[int]) -> ColumnElement[timedelta]:
    return func.make_interval(0, 0, 0, count, type_=Interval())


def _interval(duration: timedelta) -> ColumnElement[timedelta]:
    return literal(duration, Interval())
