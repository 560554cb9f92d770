"""What a time delay may say."""

from datetime import time, timedelta
from typing import Any

import pytest

from tests.flows.definition.refusals import refusals
from tests.flows.definition.samples import delay, flow
from towpath.flows import definition
from towpath.flows.definition import TimeDelay, Weekday


def read(**data: Any) -> TimeDelay:
    document = flow(delay("a"))
    document["actions"][0]["data"] = data
    read = definition.parse(document).actions["a"].data
    assert isinstance(read, TimeDelay)
    return read


@pytest.mark.parametrize(
    ("data", "duration"),
    [
        ({"value": 2}, timedelta(days=2)),
        ({"value": 0}, timedelta()),
        ({"unit": "days", "value": 1, "secondary_value": 3}, timedelta(days=1, hours=3)),
        ({"unit": "hours", "value": 1, "secondary_value": 30}, timedelta(hours=1, minutes=30)),
        ({"unit": "minutes", "value": 30}, timedelta(minutes=30)),
        ({"unit": "minutes", "value": 30, "secondary_value": 0}, timedelta(minutes=30)),
        ({"unit": "minutes", "value": 30, "secondary_value": None}, timedelta(minutes=30)),
    ],
)
def test_the_second_value_counts_the_next_smaller_unit(
    data: dict[str, Any], duration: timedelta
) -> None:
    assert read(**data).duration == duration


def test_absent_fields_have_the_defaults_of_the_reference() -> None:
    delay = read(value=1)

    assert delay == TimeDelay(
        unit=definition.DelayUnit.DAYS,
        value=1,
        secondary_value=0,
        timezone="profile",
        delay_until_time=None,
        delay_until_weekdays=frozenset(),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [("09:30:15", time(9, 30, 15)), ("09:30", time(9, 30)), ("23:59:59", time(23, 59, 59))],
)
def test_a_time_of_day_is_read_with_and_without_seconds(text: str, expected: time) -> None:
    assert read(value=1, delay_until_time=text).delay_until_time == expected


def test_no_weekday_chosen_means_any_weekday() -> None:
    assert read(value=1, delay_until_weekdays=[]).delay_until_weekdays == frozenset()
    assert read(unit="hours", value=1, delay_until_weekdays=[]).delay_until_weekdays == frozenset()


def test_weekdays_are_read_once_each() -> None:
    delay = read(value=1, delay_until_weekdays=["sunday", "monday", "sunday"])

    assert delay.delay_until_weekdays == {Weekday.MONDAY, Weekday.SUNDAY}
    assert [day.iso_number for day in Weekday] == [1, 2, 3, 4, 5, 6, 7]


def test_the_longest_wait_allows_for_time_of_day_weekday_and_changing_clocks() -> None:
    assert read(value=1).duration_max == timedelta(days=1)
    assert read(value=1, delay_until_time="09:00").duration_max == timedelta(days=3)
    assert read(value=1, delay_until_weekdays=["monday"]).duration_max == timedelta(days=8)
    both = read(value=1, delay_until_time="09:00", delay_until_weekdays=["monday"])
    assert both.duration_max == timedelta(days=9)


@pytest.mark.parametrize(
    ("key", "data"),
    [
        ("value", {"value": None}),
        ("value", {"value": -1}),
        ("value", {"value": 1.0}),
        ("value", {"value": True}),
        ("value", {"value": "1"}),
        ("value", {"value": 3_651}),
        ("value", {"value": 10**80}),
        ("value", {"unit": "minutes", "value": 3_651 * 24 * 60}),
        ("unit", {"value": 1, "unit": "weeks"}),
        ("unit", {"value": 1, "unit": ["days"]}),
        ("secondary_value", {"value": 1, "secondary_value": -1}),
        ("secondary_value", {"value": 1, "secondary_value": 1.5}),
        ("secondary_value", {"value": 1, "unit": "minutes", "secondary_value": 30}),
        ("delay_until_time", {"value": 1, "delay_until_time": "24:00:00"}),
        ("delay_until_time", {"value": 1, "delay_until_time": "9:00"}),
        ("delay_until_time", {"value": 1, "delay_until_time": "\u0660\u0669:\u0660\u0660"}),
        ("delay_until_time", {"value": 1, "unit": "hours", "delay_until_time": "09:00"}),
        ("delay_until_weekdays", {"value": 1, "delay_until_weekdays": "monday"}),
        ("delay_until_weekdays/1", {"value": 1, "delay_until_weekdays": ["monday", "Tuesday"]}),
        ("delay_until_weekdays", {"value": 1, "unit": "hours", "delay_until_weekdays": ["monday"]}),
        ("timezone", {"value": 1, "timezone": "europe/berlin"}),
        ("timezone", {"value": 1, "timezone": "America"}),
        ("timezone", {"value": 1, "timezone": "../../etc/passwd"}),
        ("timezone", {"value": 1, "timezone": "localtime"}),
        ("timezone", {"value": 1, "timezone": ""}),
    ],
)
def test_a_wrong_value_is_refused_at_its_place(key: str, data: dict[str, Any]) -> None:
    document = flow(delay("a"))
    document["actions"][0]["data"] = data

    assert list(refusals(document)) == [f"/actions/0/data/{key}"]


def test_midnight_is_a_time_of_day_too() -> None:
    document = flow(delay("a", unit="hours", delay_until_time="00:00"))

    assert list(refusals(document)) == ["/actions/0/data/delay_until_time"]


def test_timezones_are_profile_or_a_name_of_the_tz_database() -> None:
    assert read(value=1, timezone="Europe/Berlin").timezone == "Europe/Berlin"
    assert read(value=1, timezone="UTC").timezone == "UTC"
    assert read(value=1, timezone=None).timezone == "profile"
