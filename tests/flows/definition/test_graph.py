"""What follows what: links, cycles, order, and how long the way is."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.flows.definition.refusals import refusals
from tests.flows.definition.samples import alert, delay, fixture, flow, split, update
from towpath.flows import definition
from towpath.flows.definition import limits


def test_links_resolve_by_id_and_by_temporary_id() -> None:
    both = alert("temporary") | {"id": "real"}
    parsed = definition.parse(flow(split("s", "real", "temporary"), both))

    assert parsed.actions["s"].target("next_if_true") == "real"
    assert parsed.actions["s"].target("next_if_false") == "real"
    assert definition.successors(parsed, "s") == ("real",)


def test_a_link_to_nowhere_is_refused_with_its_place() -> None:
    found = refusals(flow(delay("a", "b")))

    assert 'no action "b"' in found["/actions/0/links/next"]


def test_two_actions_of_one_name_are_refused() -> None:
    found = refusals(flow(delay("a"), alert("b"), {"id": "a", "type": "code"}))

    assert "/actions/0" in found["/actions/2/id"]


def test_a_variation_counts_among_the_names_and_cannot_be_linked_to() -> None:
    document = fixture("flow_all_actions.json")
    document["actions"][0]["links"]["next"] = "ab-b"
    document["actions"][1]["temporary_id"] = "ab-main"

    found = refusals(document)

    assert "variation" in found["/actions/0/links/next"]
    assert "/actions/12/data/main_action/temporary_id" in found


@pytest.mark.parametrize(
    ("actions", "way"),
    [
        ([delay("a", "a")], '"a" → "a"'),
        ([delay("a", "b"), alert("b", "a")], '"a" → "b" → "a"'),
        ([alert("a"), delay("b", "c"), delay("c", "b")], '"b" → "c" → "b"'),
    ],
)
def test_a_circle_is_refused_and_named(actions: list[dict[str, Any]], way: str) -> None:
    (detail,) = refusals(flow(*actions)).values()

    assert way in detail


def test_a_circle_through_a_branch_is_refused() -> None:
    branches = [{"branch_id": "x", "is_else": True, "links": {"next": "a"}}]
    again = {"id": "b", "type": "multi-branch-split", "data": {"name": "n", "branches": branches}}

    found = refusals(flow(delay("a", "b"), again))

    assert "circle" in found["/actions/1/data/branches/0/links/next"]


def test_paths_may_join_again() -> None:
    parsed = definition.parse(
        flow(split("s", "a", "b"), alert("a", "c"), alert("b", "c"), alert("c"))
    )

    assert definition.reachable_from(parsed, "a") == {"a", "c"}
    assert definition.reachable(parsed) == {"s", "a", "b", "c"}


def test_a_thousand_actions_in_a_row_are_no_trouble() -> None:
    chain = [alert(f"a{index}", f"a{index + 1}") for index in range(999)]
    parsed = definition.parse(flow(*chain, alert("a999")))

    assert len(definition.reachable(parsed)) == 1_000
    assert definition.topological_order(parsed)[-1] == "a999"


def test_a_tangle_of_circles_is_refused_in_good_time() -> None:
    everywhere = {f"to {number}": f"a{number}" for number in range(200)}
    actions = [{"id": f"a{one}", "type": "maze", "links": everywhere} for one in range(200)]

    assert len(refusals(flow(*actions))) == limits.PROBLEMS_MAX


def test_the_ways_out_of_an_action_are_limited() -> None:
    many = {f"to {number}": "b" for number in range(201)}

    found = refusals(flow({"id": "a", "type": "maze", "links": many}, alert("b")))

    assert "at most 200" in found["/actions/0/links"]


edges = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=12)


@settings(deadline=None)
@given(edges)
def test_a_graph_is_refused_exactly_when_it_has_a_circle(edges: list[tuple[int, int]]) -> None:
    actions: list[dict[str, Any]] = [
        {"id": str(node), "type": "whatever", "links": {}} for node in range(8)
    ]
    for number, (start, end) in enumerate(edges):
        actions[start]["links"][f"way {number}"] = str(end)
    reach = {(start, end) for start, end in edges}
    for middle in range(8):
        reach |= {
            (start, end)
            for start in range(8)
            for end in range(8)
            if (start, middle) in reach and (middle, end) in reach
        }
    has_circle = any((node, node) in reach for node in range(8))

    if has_circle:
        assert all("circle" in detail for detail in refusals(flow(*actions)).values())
        return
    order = definition.topological_order(definition.parse(flow(*actions)))
    assert sorted(order) == [str(node) for node in range(8)]
    assert all(order.index(str(start)) < order.index(str(end)) for start, end in edges)


def test_the_default_way_on_is_next_or_yes_or_the_first_branch() -> None:
    branches = [
        {"branch_id": "x", "links": {"next": None}},
        {"branch_id": "y", "links": {"next": "end"}},
    ]
    multi = {"id": "m", "type": "multi-branch-split", "data": {"name": "n", "branches": branches}}
    document = flow(
        delay("d", "s"), split("s", None, "m"), multi, split("t", "end", None), alert("end")
    )
    parsed = definition.parse(document)

    assert definition.default_successor(parsed, "d") == "s"
    assert definition.default_successor(parsed, "s") is None
    assert definition.default_successor(parsed, "t") == "end"
    assert definition.default_successor(parsed, "m") == "end"


def test_the_first_delay_counts_only_when_the_flow_begins_with_it() -> None:
    begins = definition.parse(flow(delay("a", "b", value=2, secondary_value=3), alert("b")))
    later = definition.parse(flow(alert("b", "a"), delay("a")))

    assert definition.first_delay(begins) == timedelta(days=2, hours=3)
    assert definition.first_delay(later) == timedelta()
    assert definition.first_delay(definition.parse(flow())) == timedelta()


def test_the_longest_path_adds_up_the_slower_side() -> None:
    document = flow(
        delay("a", "s", value=1),
        split("s", "quick", "slow"),
        delay("quick", "end", unit="hours", value=5),
        delay("slow", "end", value=3, delay_until_weekdays=["monday"]),
        alert("end"),
        delay("unreachable", value=100),
    )

    assert definition.longest_path(definition.parse(document)) == timedelta(days=1 + 3 + 7)


def test_delays_that_add_up_to_over_a_century_are_refused() -> None:
    chain = [delay(f"a{index}", f"a{index + 1}", value=3_000) for index in range(13)]

    assert "36,500 days" in refusals(flow(*chain, alert("a13")))["/actions"]


def test_an_active_action_is_looked_for_on_every_path() -> None:
    document = flow(
        split("s", "a", "b"),
        delay("a", "u"),
        update("u", status="manual"),
        delay("b", "c"),
        alert("c", status="draft"),
    )
    parsed = definition.parse(document)

    assert definition.has_active_action_after(parsed, "s")
    assert definition.has_active_action_after(parsed, "a")
    assert not definition.has_active_action_after(parsed, "b")
    assert not definition.has_active_action_after(parsed, "u")
    assert definition.before_active_actions(parsed) == {"s", "a"}


def test_what_is_probably_not_meant_is_a_warning() -> None:
    trigger_split = {
        "id": "t",
        "type": "trigger-split",
        "links": {"next_if_true": "d"},
        "data": {"trigger_filter": {"condition_groups": []}},
    }
    document = flow(
        trigger_split, delay("d"), alert("stray"), triggers=[{"type": "list", "id": "LSTNEW"}]
    )

    found = {one.pointer: one.detail for one in definition.warnings(definition.parse(document))}

    assert set(found) == {"/actions/0", "/actions/1", "/actions/2"}
    assert "no side" in found["/actions/0"]
    assert "leave the flow" in found["/actions/1"]
    assert "Nothing leads" in found["/actions/2"]
