"""Edits of single actions: replace one, put one in, take one out; each gives a new definition.

What is put in or changed is the object of one action. Problems have pointers into the whole
definition; `pointer_of` says where in it the action stands.
"""

from collections.abc import Mapping

from towpath.flows.definition import graph
from towpath.flows.definition.actions import UNKNOWN_KIND
from towpath.flows.definition.documents import pointer_below
from towpath.flows.definition.model import Action, Definition
from towpath.flows.definition.outline import RawAction, Slot, link_slots, raw_actions
from towpath.flows.definition.parsing import parse

ActionDocument = Mapping[str, object]


def action_documents(definition: Definition) -> dict[str, ActionDocument]:
    """Return the object of every action by its id, variations included."""
    raw = raw_actions(definition.to_json())
    return {one.label: one.value for one in raw if one.label is not None}


def with_action(definition: Definition, action: Action, document: ActionDocument) -> Definition:
    """Put `document` in the place of an action of the graph, which keeps its id."""
    whole = definition.to_json()
    here = _raw(whole, action.id).value
    here.clear()
    here["id"] = action.id
    here |= {key: value for key, value in document.items() if key not in {"id", "temporary_id"}}
    return parse(whole)


def without_action(definition: Definition, action: Action) -> Definition:
    """Take an action out; what led to it leads to where people then go on (flows.md §4.8)."""
    whole = definition.to_json()
    onward = graph.default_successor(definition, action.id)
    _lead(whole, from_id=action.id, to_id=onward)
    actions = whole["actions"]
    assert isinstance(actions, list)
    del actions[_index_of(action)]
    return parse(whole)


def with_action_first(definition: Definition, document: ActionDocument) -> Definition:
    """Put the first action into a flow that has none."""
    whole = definition.to_json()
    whole["entry_action_id"] = document.get("temporary_id")
    return _appended(whole, document)


def with_action_before(
    definition: Definition, action: Action, document: ActionDocument
) -> Definition:
    """Put an action before another: everything that led there leads to the new one."""
    whole = definition.to_json()
    _lead(whole, from_id=action.id, to_id=str(document.get("temporary_id")))
    return _appended(whole, document)


def with_action_after(
    definition: Definition, action: Action, way: str, document: ActionDocument
) -> Definition:
    """Put an action on one way out of another, `way` being the name of the link.

    Raises `KeyError` when the action has no such way out.
    """
    whole = definition.to_json()
    slot = _way_out(_raw(whole, action.id), way)
    onward = slot.value
    slot.replace(str(document.get("temporary_id")))
    links = document.get("links")
    own = links if isinstance(links, dict) else {}
    return _appended(whole, {**document, "links": {**own, "next": onward}})


def ways_named(document: ActionDocument) -> dict[str, object]:
    """Return where each link of an action's object leads, by the name of the link."""
    slots = link_slots(RawAction(value=dict(document), pointer=""))
    return {name: slot.value for name, slot in slots}


def pointer_of_appended(definition: Definition) -> str:
    """Return where an action that is put into this definition comes to stand."""
    return pointer_below("/actions", len(definition.actions))


def with_message_ids(document: dict[str, object]) -> dict[str, object]:
    """Return a definition's document in which every message has the id of its action.

    Whatever id it came with belongs to another installation.
    """
    for action in raw_actions(document):
        data = action.value.get("data")
        message = data.get("message") if isinstance(data, dict) else None
        if action.kind.is_message and isinstance(message, dict):
            message["id"] = action.label
    return document


def _appended(whole: dict[str, object], document: ActionDocument) -> Definition:
    actions = whole["actions"]
    assert isinstance(actions, list)
    actions.append(dict(document))
    return parse(whole)


def _lead(whole: dict[str, object], *, from_id: str, to_id: str | None) -> None:
    """Turn everything that leads to one action, the entry too, to another or to the end."""
    for action in raw_actions(whole):
        for _, slot in link_slots(action):
            if slot.value == from_id:
                slot.replace(to_id)
    if whole.get("entry_action_id") == from_id:
        whole["entry_action_id"] = to_id


def _way_out(action: RawAction, way: str) -> Slot:
    """Find a link, or make room for one that the action may have but does not write."""
    slots = dict(link_slots(action))
    if way in slots:
        return slots[way]
    if way not in action.kind.links or action.kind is UNKNOWN_KIND:
        raise KeyError(way)
    links = action.value.get("links")
    if not isinstance(links, dict):
        links = action.value["links"] = {}
    links[way] = None
    return Slot(holder=links, key=way, pointer=pointer_below(f"{action.pointer}/links", way))


def _raw(whole: dict[str, object], action_id: str) -> RawAction:
    return next(one for one in raw_actions(whole) if action_id in one.labels)


def _index_of(action: Action) -> int:
    return int(action.pointer.rpartition("/")[2])
