"""A filter as a sentence."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.audiences.test_operators import CASES
from tests.reference import strategies_conditions as drawn
from towpath.audiences.conditions import ConditionGroups, Place, describe, parse_groups

NAMES = {"ORDER1": "Placed Order"}


def read(*groups: Any) -> ConditionGroups:
    document = {"condition_groups": [{"conditions": list(group)} for group in groups]}
    return parse_groups(document, pointer="", place=Place.BRANCH)


def on(property_: str, **filter_: Any) -> dict[str, Any]:
    return {"type": "profile-property", "property": property_, "filter": filter_}


def ordered(**members: Any) -> dict[str, Any]:
    return {
        "type": "profile-metric",
        "metric_id": "ORDER1",
        "measurement": "count",
        "measurement_filter": {"type": "numeric", "operator": "equals", "value": 0},
        "timeframe_filter": {"type": "date", "operator": "flow-start"},
        **members,
    }


@pytest.mark.parametrize(
    ("groups", "sentence"),
    [
        ([], "everybody"),
        (
            [[on("email", type="string", operator="ends-with", value="@shop.example")]],
            "email ends with “@shop.example”",
        ),
        (
            [
                [
                    on("first_name", type="existence", operator="is-set"),
                    on("properties['vip']", type="boolean", operator="equals", value=True),
                ],
                [on("location['country']", type="string", operator="in", value=["DE", "AT"])],
            ],
            "first name is set or “vip” is true; and country is one of “DE”, “AT”",
        ),
        (
            [[ordered()]],
            (
                "the number of “Placed Order” events is 0, "
                "counting events of which the time of the event is since starting this flow"
            ),
        ),
        (
            [
                [
                    ordered(
                        measurement="sum",
                        measurement_filter={
                            "type": "numeric",
                            "operator": "greater-than-or-equal",
                            "value": 1500.5,
                        },
                        timeframe_filter={"type": "date", "operator": "alltime"},
                    )
                ]
            ],
            "the total value of “Placed Order” events is at least 1,500.5",
        ),
        (
            [[on("created", type="date", operator="between", start=1, end=2, unit="week")]],
            "created is between 1 week and 2 weeks ago",
        ),
        ([[{"type": "profile-sample"}]], "an unsupported condition (profile-sample)"),
    ],
)
def test_a_filter_reads_as_a_sentence(groups: list[list[Any]], sentence: str) -> None:
    assert describe(read(*groups), names=NAMES) == sentence


def test_braces_in_a_value_stay_as_they_are() -> None:
    groups = read([on("properties['{x}']", type="string", operator="equals", value="{subject}")])

    assert describe(groups, names={}) == "“{x}” is “{subject}”"


def test_numbers_dates_and_durations_follow_the_language() -> None:
    groups = read(
        [on("created", type="date", operator="in-the-last", unit="day", quantity=5)],
        [on("created", type="date", operator="after", date="2026-01-31")],
        [on("properties['x']", type="numeric", operator="equals", value=1234.5)],
    )

    german = {
        "{subject} is in the last {time}": "{subject} liegt in den letzten {time}",
        "{subject} is after {date}": "{subject} ist nach dem {date}",
        "{subject} is {number}": "{subject} ist {number}",
        "created": "Angelegt am",
        "; and ": "; und ",
        "“{text}”": "„{text}“",
    }
    said = describe(groups, names={}, locale="de", translate=lambda text: german.get(text, text))

    assert said == (
        "Angelegt am liegt in den letzten 5 Tage; und Angelegt am ist nach dem 31. Januar 2026;"
        " und „x“ ist 1.234,5"
    )


def test_operators_of_one_type_read_differently() -> None:
    sentences = [
        describe(read([on("properties['x']", **filter_)]), names={}) for filter_, _, _ in CASES
    ]
    distinct = {str(filter_) for filter_, _, _ in CASES}

    assert len(set(sentences)) == len(distinct)


@given(
    document=drawn.condition_groups(
        st.one_of(drawn.profile_properties(), drawn.profile_metrics(), drawn.metric_properties())
    ),
    locale=st.sampled_from(("en", "es", "pl", "de")),
)
def test_every_filter_can_be_described_in_every_language(document: Any, locale: str) -> None:
    groups = parse_groups(document, pointer="", place=Place.BRANCH)

    assert describe(groups, names=NAMES, locale=locale)
