"""What is unknown is kept, listed, and in the way only where somebody can come to it."""

from typing import Any

import pytest

from tests.flows.definition.samples import alert, delay, fixture, flow, split
from towpath.flows import definition

UNKNOWN: dict[str, Any] = {"id": "x", "type": "teleport", "links": {"next": None}}


def pointers(document: Any) -> list[str | None]:
    return [one.pointer for one in definition.obstacles_to_live(definition.parse(document))]


def test_what_is_carried_out_may_go_live() -> None:
    assert pointers(flow(delay("a", "b"), split("b", "c"), alert("c"))) == []


def test_an_unknown_action_is_in_the_way_only_where_somebody_comes() -> None:
    reached = flow(delay("a", "x"), UNKNOWN)
    unreached = flow(delay("a"), UNKNOWN)

    assert pointers(reached) == ["/actions/1/type"]
    assert pointers(unreached) == []
    assert [one.pointer for one in definition.unsupported(definition.parse(unreached))] == [
        "/actions/1/type"
    ]


def test_a_variation_is_reached_with_its_test() -> None:
    document = fixture("flow_all_actions.json")
    document["entry_action_id"] = "ab"

    found = pointers(document)

    assert "/actions/12/data/main_action/type" in found
    assert "/actions/7/type" not in found


@pytest.mark.parametrize(
    "trigger",
    [
        {"type": "full-moon"},
        {"type": "date", "date_field_type": "sky"},
        {"type": "segment", "id": "SEGVIP"},
    ],
)
def test_a_trigger_that_is_not_carried_out_is_in_the_way(trigger: dict[str, Any]) -> None:
    assert pointers(flow(alert("a"), triggers=[trigger])) == ["/triggers/0/type"]


def test_a_flow_without_metric_or_actions_is_not_ready() -> None:
    document = flow(triggers=[{"type": "metric", "id": None}])

    assert pointers(document) == ["/triggers/0/id", "/actions"]


@pytest.mark.parametrize(
    ("action", "pointer"),
    [
        ({"id": "a", "type": "time-delay", "data": None}, "/actions/0/data"),
        (
            {"id": "a", "type": "conditional-split", "data": {"profile_filter": None}},
            "/actions/0/data/profile_filter",
        ),
        (
            {"id": "a", "type": "trigger-split", "data": {"trigger_filter": None}},
            "/actions/0/data/trigger_filter",
        ),
        (
            {"id": "a", "type": "send-internal-alert", "data": {"message": None}},
            "/actions/0/data/message",
        ),
        (
            delay("a") | {"links": {"next": None, "next_on_sunday": "a2"}},
            "/actions/0/links/next_on_sunday",
        ),
    ],
)
def test_what_is_not_filled_in_is_kept_and_in_the_way(action: dict[str, Any], pointer: str) -> None:
    document = flow(action, alert("a2"), entry_action_id="a")

    assert pointers(document) == [pointer]


def test_an_unknown_condition_is_in_the_way_where_somebody_comes() -> None:
    strange = {"condition_groups": [{"conditions": [{"type": "profile-mood"}]}]}
    unreached = split("b")
    unreached["data"]["profile_filter"] = strange

    assert pointers(flow(alert("a"), unreached)) == []
    assert pointers(flow(unreached)) != []
    assert pointers(flow(alert("a"), profile_filter=strange)) != []


def test_branches_are_judged_in_their_order_and_the_else_branch_last() -> None:
    branches = [
        {"branch_id": "else", "is_else": True, "order": 0},
        {"branch_id": "third", "order": 2},
        {"branch_id": "second", "order": 1},
        {"branch_id": "first", "order": 0},
    ]
    action = {"id": "m", "type": "multi-branch-split", "data": {"branches": branches}}

    data = definition.parse(flow(action)).actions["m"].data

    assert isinstance(data, definition.MultiBranchSplit)
    assert [one.branch_id for one in data.branches] == ["first", "second", "third", "else"]


def test_every_filter_of_a_flow_is_at_hand_for_checks() -> None:
    parsed = definition.parse(fixture("flow_all_actions.json"))

    assert len(parsed.filters) == 5
