"""The operations that change single actions of flows (api.md §5)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from towpath import flows
from towpath.flows.definition import ways_named
from towpath.kit.errors import Problem, Problems
from towpath.kit.json_values import check_storable
from towpath.web.api.bodies import (
    BadDocument,
    Json,
    check_fields,
    read_attributes,
    read_document,
    read_id,
    read_named_resource,
    read_object,
    read_resource,
)
from towpath.web.api.flow_resources import DEFINITION, FLOW, FLOW_ACTION
from towpath.web.api.flow_writes import ATTRIBUTES, note, within_attributes
from towpath.web.api.operations import Call
from towpath.web.api.writing import write_and_show

ANCHOR = "anchor-action"
LIVE = "allow_live_action"


async def update_flow_action(call: Call) -> Response:
    """Replace the object of an action, links included; it keeps its id and its type."""
    kind = FLOW_ACTION.name
    data = read_named_resource(await read_document(call.request), kind, call.shown_id)
    attributes = read_attributes(data)
    check_fields(attributes, {DEFINITION}, kind)
    document = read_object(attributes, DEFINITION, ATTRIBUTES)

    async def write(conn: AsyncConnection) -> tuple[str, int]:
        with _within_data():
            saved = await flows.update_action(
                conn,
                account_id=call.account_id,
                action_id=call.shown_id,
                document=document,
                saved_by=call.actor.label,
                now=call.now,
            )
        await _note_saved(call, conn, saved, call.shown_id, "updated")
        return call.shown_id, 200

    return await write_and_show(call, FLOW_ACTION, write)


async def delete_flow_action(call: Call) -> Response:
    """Take an action out of its flow; people waiting there go on with the next."""
    async with call.runtime.engine.begin() as conn:
        with within_attributes():
            saved = await flows.delete_action(
                conn,
                account_id=call.account_id,
                action_id=call.shown_id,
                saved_by=call.actor.label,
                now=call.now,
            )
        await _note_saved(call, conn, saved, call.shown_id, "deleted")
    return Response(status_code=204)


async def create_flow_action(call: Call) -> Response:
    """Insert an action after another, before another, or as the first of an empty flow."""
    data = read_resource(await read_document(call.request), FLOW_ACTION.name)
    attributes = read_attributes(data)
    check_fields(attributes, {DEFINITION, LIVE, ANCHOR}, FLOW_ACTION.name)
    document = read_object(attributes, DEFINITION, ATTRIBUTES)
    allows_live = attributes.get(LIVE)
    if not isinstance(allows_live, bool | None):
        raise BadDocument(f"{LIVE} is true or false.", pointer=f"{ATTRIBUTES}/{LIVE}")
    placement = _read_placement(data, attributes, document)

    async def write(conn: AsyncConnection) -> tuple[str, int]:
        with _within_data():
            saved, action_id = await flows.insert_action(
                conn,
                account_id=call.account_id,
                document=document,
                placement=placement,
                allows_live=bool(allows_live),
                saved_by=call.actor.label,
                now=call.now,
            )
        await _note_saved(call, conn, saved, action_id, "inserted")
        return action_id, 201

    return await write_and_show(call, FLOW_ACTION, write)


def _read_placement(data: Json, attributes: Json, document: Json) -> flows.Placement:
    """Read where the new action goes; exactly one of the three ways to say so is taken."""
    onward = {name: to for name, to in ways_named(document).items() if to is not None}
    relationships: Json = data.get("relationships") or {}
    if not isinstance(relationships, dict):
        raise BadDocument("This must be an object.", pointer="/data/relationships")
    given = [bool(attributes.get(ANCHOR)), bool(onward), bool(relationships.get(FLOW.name))]
    if given.count(True) != 1:
        raise BadDocument(
            f"Place the action by exactly one of {ANCHOR} (after it), links.next in its definition "
            "(before that one) and the relationship flow (first in an empty flow).",
            pointer="/data",
        )
    if onward:
        return _read_before(onward)
    if attributes.get(ANCHOR):
        return _read_after(attributes, document)
    pointer = f"/data/relationships/{FLOW.name}"
    linked = read_resource(
        read_object(relationships, FLOW.name, "/data/relationships"), FLOW.name, pointer
    )
    return flows.First(flow_id=read_id(linked, f"{pointer}/data"))


def _read_before(onward: dict[str, Any]) -> flows.Before:
    pointer = f"{ATTRIBUTES}/{DEFINITION}/links"
    if set(onward) != {"next"}:
        raise BadDocument("A new action has one link, next.", pointer=pointer)
    return flows.Before(action_id=_text(onward["next"], f"{pointer}/next"))


def _read_after(attributes: Json, document: Json) -> flows.After:
    pointer = f"{ATTRIBUTES}/{ANCHOR}"
    anchor = read_resource(read_object(attributes, ANCHOR, ATTRIBUTES), FLOW_ACTION.name, pointer)
    pointer = f"{pointer}/data"
    own = read_object(read_attributes(anchor, pointer), DEFINITION, f"{pointer}/attributes")
    pointer_of_own = f"{pointer}/attributes/{DEFINITION}"
    ways = {name: to for name, to in ways_named(own).items() if to is not None}
    if list(ways.values()) != [document.get("temporary_id")]:
        raise BadDocument(
            "Name exactly one link of the anchor, leading to the temporary_id of the new action.",
            pointer=f"{pointer_of_own}/links",
        )
    return flows.After(
        action_id=read_id(anchor, pointer),
        kind=_text(own.get("type"), f"{pointer_of_own}/type"),
        way=next(iter(ways)),
    )


def _text(value: object, pointer: str) -> str:
    if not isinstance(value, str):
        raise BadDocument("This must be a text.", pointer=pointer)
    check_storable(value, pointer=pointer)
    return value


@contextmanager
def _within_data() -> Iterator[None]:
    """Point problems of an action to where it stands in the body."""
    try:
        yield
    except Problem as problem:
        has_place = problem.pointer is not None or isinstance(problem, Problems)
        raise (problem.under("/data") if has_place else problem) from None


async def _note_saved(
    call: Call, conn: AsyncConnection, saved: flows.SavedFlow, action_id: str, change: str
) -> None:
    detail = {"version": saved.flow.version, "action": action_id, "change": change}
    await note(call, conn, "flow.saved", saved.flow.id, detail)
