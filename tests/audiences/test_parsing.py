"""Reading the public JSON: exact round trip, every problem by its pointer, unknown parts kept."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reference import strategies_conditions as drawn
from towpath.audiences.conditions import (
    ConditionGroups,
    Place,
    Reference,
    ReferenceKind,
    Unsupported,
    parse_groups,
)
from towpath.audiences.conditions.kinds.profile_property import ProfileProperty
from towpath.audiences.conditions.limits import (
    CONDITIONS_MAX,
    PROBLEMS_MAX,
    QUANTITY_MAX,
    VALUES_MAX,
)
from towpath.kit.errors import Problem, Problems

SUPPORTED = {"profile-property", "profile-metric", "metric-property"}

IS_SET = {"type": "existence", "operator": "is-set"}
ALLTIME = {"type": "date", "operator": "alltime"}
ONCE = {"type": "numeric", "operator": "greater-than-or-equal", "value": 1}
ORDERED = {
    "type": "profile-metric",
    "metric_id": "ORDER1",
    "measurement": "count",
    "measurement_filter": ONCE,
    "timeframe_filter": ALLTIME,
}

filters_of_a_segment = drawn.condition_groups(
    st.one_of(drawn.profile_properties(in_flow=False), drawn.profile_metrics(in_flow=False))
)


def read(*conditions: object, place: Place = Place.FLOW_PROFILE_FILTER) -> ConditionGroups:
    document = {"condition_groups": [{"conditions": list(conditions)}]}
    return parse_groups(document, pointer="/definition/profile_filter", place=place)


def on(property_: str, filter_: object = IS_SET) -> dict[str, Any]:
    return {"type": "profile-property", "property": property_, "filter": filter_}


def problems(value: object, place: Place = Place.FLOW_PROFILE_FILTER) -> dict[str | None, str]:
    with pytest.raises(Problem) as raised:
        parse_groups(value, pointer="", place=place)
    found = raised.value
    several = found.problems if isinstance(found, Problems) else [found]
    return {problem.pointer: problem.detail for problem in several}


def problems_of(*conditions: object, place: Place = Place.FLOW_PROFILE_FILTER) -> dict[str, str]:
    """Return the problems with their pointers cut down to the condition's own."""
    document = {"condition_groups": [{"conditions": list(conditions)}]}
    prefix = "/condition_groups/0/conditions/"
    return {
        (pointer or "").removeprefix(prefix): detail
        for pointer, detail in problems(document, place).items()
    }


def fixture_conditions(fixtures: Path) -> list[Any]:
    return [
        condition
        for name in ("conditions.json", "segment_conditions.json")
        for condition in json.loads((fixtures / name).read_text())
    ]


def test_every_condition_of_the_fixtures_is_read_and_written_back_unchanged(
    fixtures: Path,
) -> None:
    for condition in fixture_conditions(fixtures):
        is_funnel = condition["type"] == "profile-metric-funnel"
        groups = read(condition, place=Place.SEGMENT if is_funnel else Place.FLOW_PROFILE_FILTER)

        assert groups.to_json() == {"condition_groups": [{"conditions": [condition]}]}
        assert bool(groups.unsupported()) is (condition["type"] not in SUPPORTED)


@given(document=filters_of_a_segment)
def test_whatever_is_read_is_written_back_unchanged(document: Any) -> None:
    before = json.dumps(document)

    groups = parse_groups(document, pointer="", place=Place.SEGMENT)

    assert json.dumps(groups.to_json()) == json.dumps(document) == before
    assert parse_groups(groups.to_json(), pointer="", place=Place.SEGMENT) == groups


def test_unknown_keys_are_kept() -> None:
    groups = read({**on("email"), "note": {"x": 1.0}})

    assert json.dumps(groups.to_json()["condition_groups"]).count('"note": {"x": 1.0}') == 1


def test_what_was_read_does_not_change_with_the_document_it_came_from() -> None:
    document: dict[str, Any] = {"condition_groups": [{"conditions": [on("email")]}]}
    groups = parse_groups(document, pointer="", place=Place.SEGMENT)

    document["condition_groups"].clear()
    groups.to_json().clear()

    assert groups.to_json() == {"condition_groups": [{"conditions": [on("email")]}]}


@pytest.mark.parametrize(
    ("condition", "where"),
    [
        ({"type": "profile-horoscope"}, "type"),
        ({"type": "profile-sample", "percentage": 50}, "type"),
        (
            on("email", {"type": "string", "operator": "sounds-like", "value": "x"}),
            "filter/operator",
        ),
        (on("email", {"type": "colour", "operator": "equals"}), "filter/type"),
        (on("favourite_colour"), "property"),
        (on("$source"), "property"),
        (on("email", {"type": "string", "operator": "regex", "value": r"\bx"}), "filter/value"),
        ({**ORDERED, "metric_filters": [{"property": "x"}]}, "metric_filters/0/filter"),
    ],
)
def test_what_is_not_carried_out_is_kept_and_named(condition: Any, where: str) -> None:
    groups = read(on("email"), condition)

    pointer = f"/definition/profile_filter/condition_groups/0/conditions/1/{where}"
    assert [part.pointer for part in groups.unsupported()] == [pointer]
    assert groups.to_json() == {"condition_groups": [{"conditions": [on("email"), condition]}]}


def test_an_unsupported_part_is_named() -> None:
    (part,) = read({"type": "profile-sample", "percentage": 50}).unsupported()

    assert part == Unsupported(
        pointer="/definition/profile_filter/condition_groups/0/conditions/0/type",
        what='the condition "profile-sample"',
    )


@pytest.mark.parametrize(
    ("property_", "part", "name"),
    [
        ("email", "profile", "email"),
        ("created", "profile", "created"),
        ("location['country']", "location", "country"),
        ('location["zip"]', "location", "zip"),
        ("properties['Any name, 100%']", "properties", "Any name, 100%"),
        (r"properties['it\'s']", "properties", "it's"),
        (r"properties['a\\b']", "properties", r"a\b"),
        ("properties['say \"so\"']", "properties", 'say "so"'),
        ('properties["it\'s"]', "properties", "it's"),
        ("properties['email']", "properties", "email"),
    ],
)
def test_a_property_path_names_one_property(property_: str, part: str, name: str) -> None:
    ((condition,),) = read(on(property_)).groups

    assert isinstance(condition, ProfileProperty)
    assert (condition.property.part, condition.property.name) == (part, name)


@pytest.mark.parametrize(
    "property_",
    [
        "", "properties[vip]", "properties['vip'", "properties['']",
        "properties['it's']", "properties['a']['b']", "properties['a\\q']", "location['galaxy']",
        "person['email']", "properties['" + "x" * 256 + "']", "email; DROP TABLE profile", " email",
    ],
)  # fmt: skip
def test_a_path_outside_the_grammar_is_refused(property_: str) -> None:
    assert list(problems_of(on(property_))) == ["0/property"]


BAD_FILTERS: list[tuple[object, str]] = [
    (None, "filter"),
    ("x", "filter"),
    ({"operator": "equals", "value": "x"}, "filter/type"),
    ({"type": "string", "value": "x"}, "filter/operator"),
    ({"type": "string", "operator": 1, "value": "x"}, "filter/operator"),
    ({"type": "string", "operator": "equals"}, "filter/value"),
    ({"type": "string", "operator": "equals", "value": 1}, "filter/value"),
    ({"type": "string", "operator": "equals", "value": "x" * 2_001}, "filter/value"),
    ({"type": "string", "operator": "equals", "value": "a\x00b"}, "filter/value"),
    ({"type": "string", "operator": "equals", "value": "\ud800"}, "filter/value"),
    ({"type": "string", "operator": "in", "value": "x"}, "filter/value"),
    ({"type": "string", "operator": "in", "value": ["x", 1]}, "filter/value/1"),
    ({"type": "string", "operator": "in", "value": ["x"] * (VALUES_MAX + 1)}, "filter/value"),
    ({"type": "string", "operator": "phone-country-code-in", "value": ["de"]}, "filter/value/0"),
    ({"type": "string", "operator": "phone-country-code-in", "value": ["001"]}, "filter/value/0"),
    ({"type": "string", "operator": "regex", "value": "x" * 501}, "filter/value"),
    ({"type": "string", "operator": "regex", "value": "***=x"}, "filter/value"),
    ({"type": "string", "operator": "regex", "value": "(a)\\1"}, "filter/value"),
    ({"type": "string", "operator": "nregex", "value": "((a{200}){200}){9}"}, "filter/value"),
    ({"type": "numeric", "operator": "equals", "value": "1"}, "filter/value"),
    ({"type": "numeric", "operator": "equals", "value": True}, "filter/value"),
    ({"type": "numeric", "operator": "equals", "value": None}, "filter/value"),
    ({"type": "numeric", "operator": "equals", "value": 10**300}, "filter/value"),
    ({"type": "numeric", "operator": "equals", "value": float("inf")}, "filter/value"),
    ({"type": "numeric", "operator": "between", "start": 2, "end": 1}, "filter/end"),
    ({"type": "boolean", "operator": "equals", "value": "true"}, "filter/value"),
    ({"type": "date", "operator": "before", "date": "yesterday"}, "filter/date"),
    ({"type": "date", "operator": "before", "date": "2026-02-30"}, "filter/date"),
    ({"type": "date", "operator": "before", "date": "0001-01-01T00:00:00+10:00"}, "filter/date"),
    (
        {"type": "date", "operator": "between-static", "start": "2026-02-01", "end": "2026-01-01"},
        "filter/end",
    ),
    ({"type": "date", "operator": "in-the-last", "unit": "eon", "quantity": 1}, "filter/unit"),
    ({"type": "date", "operator": "at-least", "unit": "day", "quantity": -1}, "filter/quantity"),
    ({"type": "date", "operator": "at-least", "unit": "day", "quantity": 1.5}, "filter/quantity"),
    (
        {"type": "date", "operator": "in-the-next", "unit": "day", "quantity": QUANTITY_MAX + 1},
        "filter/quantity",
    ),
    ({"type": "date", "operator": "between", "start": 3, "end": 2, "unit": "day"}, "filter/end"),
    ({"type": "date", "operator": "calendar-month", "value": 13}, "filter/value"),
    ({"type": "list", "operator": "contains", "value": None}, "filter/value"),
    ({"type": "list", "operator": "contains-any", "value": [1]}, "filter/value/0"),
    ({"type": "list", "operator": "length-equals", "value": "2"}, "filter/value"),
]


@pytest.mark.parametrize(("filter_", "where"), BAD_FILTERS)
def test_a_bad_filter_is_refused_where_it_is_bad(filter_: object, where: str) -> None:
    assert list(problems_of(on("email"), on("email", filter_))) == [f"1/{where}"]


@pytest.mark.parametrize(
    ("members", "where"),
    [
        ({"metric_id": None}, "metric_id"),
        ({"metric_id": ""}, "metric_id"),
        ({"metric_id": 7}, "metric_id"),
        ({"measurement": "average"}, "measurement"),
        ({"measurement_filter": ALLTIME}, "measurement_filter"),
        ({"timeframe_filter": ONCE}, "timeframe_filter"),
        ({"timeframe_filter": None}, "timeframe_filter"),
        ({"metric_filters": {}}, "metric_filters"),
        ({"metric_filters": [{"filter": IS_SET}]}, "metric_filters/0/property"),
        ({"metric_filters": [{"property": "x", "filter": IS_SET}] * 21}, "metric_filters"),
    ],
)
def test_a_bad_profile_metric_is_refused_where_it_is_bad(members: Any, where: str) -> None:
    assert list(problems_of({**ORDERED, **members})) == [f"0/{where}"]


@pytest.mark.parametrize(
    ("value", "pointer"),
    [
        (None, ""),
        ([], ""),
        ({}, "/condition_groups"),
        ({"condition_groups": {}}, "/condition_groups"),
        ({"condition_groups": ["x"]}, "/condition_groups/0"),
        ({"condition_groups": [{}]}, "/condition_groups/0/conditions"),
        ({"condition_groups": [{"conditions": []}]}, "/condition_groups/0/conditions"),
        ({"condition_groups": [{"conditions": [1]}]}, "/condition_groups/0/conditions/0"),
        ({"condition_groups": [{"conditions": [{}]}]}, "/condition_groups/0/conditions/0/type"),
        ({"condition_groups": [{"conditions": [on("email")]}] * 101}, "/condition_groups"),
        (
            {"condition_groups": [{"conditions": [on("email")] * (CONDITIONS_MAX // 2 + 1)}] * 2},
            "/condition_groups",
        ),
    ],
)
def test_a_bad_container_is_refused_where_it_is_bad(value: object, pointer: str) -> None:
    assert list(problems(value)) == [pointer]


def test_all_problems_are_told_at_once_up_to_a_limit() -> None:
    bad = on("email", {"type": "numeric", "operator": "equals", "value": "x"})

    assert list(problems_of(bad, on("email"), bad)) == ["0/filter/value", "2/filter/value"]
    assert len(problems_of(*[bad] * (PROBLEMS_MAX + 1))) == PROBLEMS_MAX


@pytest.mark.parametrize(
    ("type_", "place"),
    [
        ("metric-property", Place.FLOW_PROFILE_FILTER),
        ("profile-property", Place.TRIGGER_FILTER),
        ("profile-property", Place.TRIGGER_SPLIT),
        ("profile-metric-funnel", Place.CONDITIONAL_SPLIT),
        ("profile-sample", Place.SEGMENT),
        ("profile-not-in-flow", Place.CONDITIONAL_SPLIT),
        ("profile-not-in-flow", Place.ADDITIONAL_FILTER),
        ("price-drop-property", Place.BRANCH),
    ],
)
def test_a_condition_in_a_place_it_does_not_belong_to_is_refused(type_: str, place: Place) -> None:
    assert list(problems_of({"type": type_}, place=place)) == ["0/type"]


def test_a_segment_has_no_flow_start() -> None:
    since_start = {**ORDERED, "timeframe_filter": {"type": "date", "operator": "flow-start"}}

    assert read(since_start).unsupported() == ()
    refused = problems_of(since_start, place=Place.SEGMENT)
    assert list(refused) == ["0/timeframe_filter/operator"]


@given(
    value=st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(
                st.sampled_from(("condition_groups", "conditions", "type", "filter", "value")),
                st.one_of(inner, st.sampled_from((*SUPPORTED, "string", "equals"))),
                max_size=3,
            ),
        ),
        max_leaves=10,
    )
)
def test_any_json_is_read_or_refused_with_pointers(value: object) -> None:
    try:
        parse_groups(value, pointer="/x", place=Place.BRANCH)
    except Problem as refused:
        several = refused.problems if isinstance(refused, Problems) else [refused]
        assert all((problem.pointer or "").startswith("/x") for problem in several)


def test_references_are_named_with_their_pointers() -> None:
    prefix = "/definition/profile_filter/condition_groups/0/conditions"

    groups = read(on("email"), {**ORDERED, "metric_id": "Placed Order"}, ORDERED)

    assert groups.references() == (
        Reference(kind=ReferenceKind.METRIC, id="Placed Order", pointer=f"{prefix}/1/metric_id"),
        Reference(kind=ReferenceKind.METRIC, id="ORDER1", pointer=f"{prefix}/2/metric_id"),
    )
