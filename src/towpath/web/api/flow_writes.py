"""The operations that change flows."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from towpath import accounts, flows
from towpath.web.api.bodies import (
    check_fields,
    read_attributes,
    read_document,
    read_named_resource,
    read_resource,
    read_text,
)
from towpath.web.api.flow_resources import DEFINITION, FLOW
from towpath.web.api.operations import Call
from towpath.web.api.writing import write_and_show

ATTRIBUTES = "/data/attributes"


async def create_flow(call: Call) -> Response:
    """Store a flow as draft, whatever the statuses of its actions."""
    attributes = read_attributes(read_resource(await read_document(call.request), FLOW.name))
    check_fields(attributes, {"name", DEFINITION}, FLOW.name)
    name = read_text(attributes, "name")

    async def write(conn: AsyncConnection) -> tuple[str, int]:
        with within_attributes():
            saved = await flows.create_flow(
                conn,
                account_id=call.account_id,
                name=name,
                document=attributes.get(DEFINITION),
                saved_by=call.actor.label,
                now=call.now,
            )
        await note(call, conn, "flow.created", saved.flow.id, {"name": saved.flow.name})
        return saved.flow.id, 201

    return await write_and_show(call, FLOW, write)


async def update_flow(call: Call) -> Response:
    """Set every action of a flow to a status: a flow has no other field to change here."""
    data = read_named_resource(await read_document(call.request), FLOW.name, call.shown_id)
    attributes = read_attributes(data)
    check_fields(attributes, {"status"}, FLOW.name)
    status = read_text(attributes, "status")

    async def write(conn: AsyncConnection) -> tuple[str, int]:
        with within_attributes():
            saved = await flows.set_status(
                conn,
                account_id=call.account_id,
                flow_id=call.shown_id,
                status=status,
                saved_by=call.actor.label,
                now=call.now,
            )
        await note(call, conn, "flow.status_set", saved.flow.id, {"status": status})
        return saved.flow.id, 200

    return await write_and_show(call, FLOW, write)


async def delete_flow(call: Call) -> Response:
    """Delete a flow; nobody enters any more, and whoever waits leaves when due."""
    async with call.runtime.engine.begin() as conn:
        await flows.delete_flow(
            conn, account_id=call.account_id, flow_id=call.shown_id, now=call.now
        )
        await note(call, conn, "flow.deleted", call.shown_id, {})
    return Response(status_code=204)


async def note(
    call: Call, conn: AsyncConnection, action: str, flow_id: str, detail: Mapping[str, object]
) -> None:
    """Add a line about a flow to the audit trail."""
    await accounts.record_audit(
        conn,
        actor=call.actor,
        action=action,
        target_kind="flow",
        target_id=flow_id,
        detail=detail,
        now=call.now,
    )


@contextmanager
def within_attributes() -> Iterator[None]:
    """Point problems of a flow to where its parts stand in the resource."""
    try:
        yield
    except (flows.FlowNameInvalid, flows.StatusInvalid) as problem:
        raise problem.under(ATTRIBUTES) from None
    except flows.DefinitionInvalid as invalid:
        raise invalid.under(f"{ATTRIBUTES}/{DEFINITION}") from None
