"""Triggers and the re-entry rule are read as the reference writes them."""

from datetime import time, timedelta
from typing import Any

import pytest

from tests.flows.definition.refusals import refusals
from tests.flows.definition.samples import alert, fixture, flow
from towpath.flows import definition
from towpath.flows.definition import Always, Never, OncePer

TRIGGERS = fixture("triggers.json")


def read(trigger: dict[str, Any]) -> definition.Trigger:
    return definition.parse(flow(alert("a"), triggers=[trigger])).trigger


def test_each_trigger_has_its_own_type() -> None:
    assert [type(read(trigger)) for trigger in TRIGGERS] == [
        definition.ListTrigger,
        definition.SegmentTrigger,
        definition.MetricTrigger,
        definition.ProfileDateTrigger,
        definition.CustomObjectDateTrigger,
        definition.PriceDropTrigger,
        definition.LowInventoryTrigger,
    ]


def test_a_date_trigger_has_the_defaults_of_the_reference() -> None:
    read_trigger = read(
        {
            "type": "date",
            "date_field_type": "profile-property",
            "date_profile_property": "Birthday",
            "timedelta_value_before_date": 2,
            "trigger_time": "08:30:00",
        }
    )

    assert isinstance(read_trigger, definition.ProfileDateTrigger)
    schedule = read_trigger.schedule
    assert (schedule.timedelta_value_before_date, schedule.timedelta_unit_before_date) == (
        2,
        "weeks",
    )
    assert (schedule.recurrence_frequency, schedule.timezone) == ("monthly", "profile")
    assert (schedule.trigger_time, schedule.trigger_days) == (time(8, 30), frozenset())


@pytest.mark.parametrize(
    ("number", "key"),
    [
        (3, "date_profile_property"),
        (3, "timedelta_value_before_date"),
        (3, "trigger_time"),
        (4, "custom_object_label"),
        (4, "custom_object_property_id"),
        (5, "price_drop_amount_value"),
        (5, "audience"),
        (6, "product_level"),
        (6, "inventory_count"),
    ],
)
def test_a_missing_required_field_is_named(number: int, key: str) -> None:
    trigger = {name: value for name, value in TRIGGERS[number].items() if name != key}

    assert set(refusals(flow(alert("a"), triggers=[trigger]))) == {f"/triggers/0/{key}"}


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        ({"duration": 1, "unit": "alltime"}, Never()),
        ({"duration": 0, "unit": "alltime"}, Always()),
        ({"duration": 7, "unit": "day"}, OncePer(period=timedelta(days=7))),
        ({"duration": 12, "unit": "hour"}, OncePer(period=timedelta(hours=12))),
        ({"duration": 2, "unit": "week"}, OncePer(period=timedelta(weeks=2))),
        ({"duration": 0, "unit": "week"}, Always()),
    ],
)
def test_the_reentry_rule_is_read(criteria: dict[str, Any], expected: definition.ReEntry) -> None:
    document = flow(alert("a"), reentry_criteria=criteria)

    assert definition.parse(document).reentry == expected


@pytest.mark.parametrize("number", range(7))
def test_without_a_rule_lists_and_segments_enter_once_and_the_others_always(number: int) -> None:
    parsed = definition.parse(flow(alert("a"), triggers=[TRIGGERS[number]]))

    assert parsed.reentry == (Never() if number < 2 else Always())
