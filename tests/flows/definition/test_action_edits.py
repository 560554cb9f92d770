"""Editing single actions changes that action and what leads to it, and nothing else."""

import copy
from typing import Any

import pytest

from tests.flows.definition.samples import alert, delay, fixture, flow, split
from towpath.flows import definition
from towpath.flows.definition import Definition, DefinitionInvalid

NEW = {"temporary_id": "new", "type": "code", "links": {"next": None}, "data": {"n": 1}}


def whole() -> Definition:
    """Return a definition with every kind of action, as it is stored."""
    parsed = definition.parse(fixture("flow_all_actions.json"))
    return definition.with_ids(parsed, lambda label: label)


ACTION_IDS = list(whole().actions)
WAYS = [
    (action_id, way)
    for action_id, action in whole().actions.items()
    for way in definition.ways_named(definition.action_documents(whole())[action_id])
    if action.kind != "multi-branch-split" or way.startswith("branch:")
]


@pytest.mark.parametrize("action_id", ACTION_IDS)
def test_an_action_inserted_before_and_taken_out_again_leaves_no_trace(action_id: str) -> None:
    before = whole()
    new = {**NEW, "links": {"next": action_id}}
    edited = definition.with_action_before(before, before.actions[action_id], new)

    assert definition.successors(edited, "new") == (action_id,)
    leading = [one for one in edited.actions if action_id in definition.successors(edited, one)]
    assert leading == ["new"]
    assert edited.entry_action_id == ("new" if before.entry_action_id == action_id else "wait")
    assert definition.without_action(edited, edited.actions["new"]) == before


@pytest.mark.parametrize(("action_id", "way"), WAYS)
def test_an_action_inserted_on_a_way_and_taken_out_again_leaves_no_trace(
    action_id: str, way: str
) -> None:
    before = whole()
    onward = before.actions[action_id].target(way)
    edited = definition.with_action_after(before, before.actions[action_id], way, NEW)

    assert edited.actions[action_id].target(way) == "new"
    assert edited.actions["new"].target("next") == onward
    assert definition.without_action(edited, edited.actions["new"]) == before


@pytest.mark.parametrize("action_id", ACTION_IDS)
def test_what_led_to_a_deleted_action_leads_to_its_successor(action_id: str) -> None:
    before = whole()
    onward = definition.default_successor(before, action_id)
    edited = definition.without_action(before, before.actions[action_id])

    assert list(edited.actions) == [one for one in ACTION_IDS if one != action_id]
    for other in edited.actions.values():
        was = {link.name: link.target for link in before.actions[other.id].links}
        expected = {name: onward if to == action_id else to for name, to in was.items()}
        now = {link.name: link.target for link in other.links}
        assert now == {name: to for name, to in expected.items() if to is not None}


@pytest.mark.parametrize("action_id", ACTION_IDS)
def test_an_action_replaced_by_itself_is_the_same(action_id: str) -> None:
    before = whole()
    document = copy.deepcopy(definition.action_documents(before)[action_id])
    edited = definition.with_action(before, before.actions[action_id], document)

    assert edited.to_json() == before.to_json()


def test_a_deleted_entry_of_a_flow_leaves_the_next_or_none() -> None:
    one = definition.parse(flow(delay("a", "b"), alert("b")))
    second = definition.without_action(one, one.actions["a"])
    third = definition.without_action(second, second.actions["b"])

    assert (second.entry_action_id, third.entry_action_id) == ("b", None)
    assert definition.with_action_first(third, NEW).entry_action_id == "new"


def test_a_link_that_was_not_written_is_a_way_out_too() -> None:
    document: Any = flow(split("s"))
    del document["actions"][0]["links"]
    before = definition.parse(document)
    edited = definition.with_action_after(before, before.actions["s"], "next_if_false", NEW)

    assert edited.actions["s"].target("next_if_false") == "new"
    with pytest.raises(KeyError):
        definition.with_action_after(before, before.actions["s"], "next", NEW)


def test_a_circle_is_refused() -> None:
    before = definition.parse(flow(delay("a", "b"), delay("b")))
    document = {**definition.action_documents(before)["b"], "links": {"next": "a"}}

    with pytest.raises(DefinitionInvalid, match="circle"):
        definition.with_action(before, before.actions["b"], document)


def test_messages_get_the_ids_of_their_actions() -> None:
    document: Any = whole().to_json()
    document["actions"][2]["data"]["message"]["id"] = "elsewhere"
    shown: Any = definition.with_message_ids(document)
    by_id = {one["id"]: one for one in shown["actions"]}

    assert by_id["alert"]["data"]["message"]["id"] == "alert"
    assert by_id["ab"]["data"]["main_action"]["data"]["message"]["id"] == "ab-main"
    assert "id" not in by_id["prof"]["data"]
