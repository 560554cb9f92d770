"""Writes of flows: create, save a version, set the status, delete."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from towpath import people
from towpath.flows import definition as definitions
from towpath.flows.definition import Status
from towpath.flows.model import (
    NAME_CHARACTERS_MAX,
    FlowNameInvalid,
    SavedFlow,
    StaleVersion,
    StatusInvalid,
)
from towpath.flows.queries import LISTENER_PREFIX, definition_of, get_flow
from towpath.flows.storing import (
    current_definition,
    lock_flow,
    problems_of,
    refuse,
    resolve_metrics,
    save_edit,
    store,
    trigger_type,
)
from towpath.flows.tables import flow
from towpath.kit import ids


async def create_flow(
    conn: AsyncConnection,
    *,
    account_id: UUID,
    name: str,
    document: object,
    saved_by: str,
    now: datetime,
    creates_metrics: bool = False,
    is_started: bool = False,
) -> SavedFlow:
    """Store a flow as draft, whatever its file says, with warnings for what is missing for live.

    Actions get ids of our own in place of their local labels (api.md §5.5.2). Metrics may be
    named by id or by name; `creates_metrics` makes those that do not exist yet (a flow file
    brought in before the first event). `is_started` is for a replay: the statuses of the file
    count, a file that is all draft goes live, and nobody is asked to confirm. Raises
    `FlowNameInvalid` and `DefinitionInvalid`, for a started flow also for what keeps it from
    running.
    """
    if not 1 <= len(name.strip()) <= NAME_CHARACTERS_MAX:
        raise FlowNameInvalid(pointer="/name")
    parsed = definitions.parse(document)
    if not is_started:
        parsed = definitions.with_status(parsed, Status.DRAFT)
    elif definitions.flow_status(parsed) is Status.DRAFT:
        parsed = definitions.with_status(parsed, Status.LIVE)
    parsed = await resolve_metrics(
        conn, account_id=account_id, parsed=parsed, now=now, creates=creates_metrics
    )
    labels = {action.id: ids.new_short_id() for action in parsed.every_action()}
    stored = definitions.with_ids(parsed, labels.__getitem__)
    if is_started:
        refuse(await problems_of(conn, account_id=account_id, parsed=stored))
    flow_id = ids.new_short_id()
    await conn.execute(
        flow.insert().values(
            account_id=account_id,
            id=flow_id,
            name=name.strip(),
            status=Status.DRAFT,
            version=0,
            trigger_type=trigger_type(stored),
            created_at=now,
            updated_at=now,
        )
    )
    created = await get_flow(conn, account_id=account_id, flow_id=flow_id)
    return await store(
        conn,
        before=created,
        old=None,
        new=stored,
        labels=labels,
        saved_by=saved_by,
        now=now,
        asks_recipients=not is_started,
    )


async def save_definition(
    conn: AsyncConnection,
    *,
    account_id: UUID,
    flow_id: str,
    document: object,
    version: int,
    saved_by: str,
    now: datetime,
) -> SavedFlow:
    """Save a new version over `version`; people on their way follow it from their next step.

    Raises `FlowNotFound`, `StaleVersion` with the newer one's author and time, and
    `DefinitionInvalid` for what the editor refuses (alerts.md, Editing) or what is live and
    cannot be.
    """
    before = await lock_flow(conn, account_id=account_id, flow_id=flow_id)
    if before.version != version:
        newest = await definition_of(conn, account_id=account_id, flow_id=flow_id)
        raise StaleVersion(
            version=before.version, saved_by=newest.saved_by, saved_at=newest.saved_at
        )
    old = await current_definition(conn, of=before)
    return await save_edit(
        conn,
        before=before,
        old=old,
        edited=definitions.parse(document),
        saved_by=saved_by,
        now=now,
    )


async def set_status(
    conn: AsyncConnection,
    *,
    account_id: UUID,
    flow_id: str,
    status: str,
    saved_by: str,
    now: datetime,
    asks_recipients: bool = True,
) -> SavedFlow:
    """Set all actions of a flow to draft, manual or live (flows.md §1).

    Like every save it asks unconfirmed recipients, unless it ends a replay. Raises
    `FlowNotFound`, `StatusInvalid`, and `DefinitionInvalid` naming everything that keeps the flow
    from going manual or live.
    """
    if status not in {Status.DRAFT, Status.MANUAL, Status.LIVE}:
        raise StatusInvalid(
            f"The status of a flow is draft, manual or live, not {status!r}.",
            pointer="/status",
        )
    before = await lock_flow(conn, account_id=account_id, flow_id=flow_id)
    old = await current_definition(conn, of=before)
    new = definitions.with_status(old, Status(status))
    if status != Status.DRAFT:
        refuse(await problems_of(conn, account_id=account_id, parsed=new))
    labels = {action.id: action.id for action in new.every_action()}
    return await store(
        conn,
        before=before,
        old=old,
        new=new,
        labels=labels,
        saved_by=saved_by,
        now=now,
        asks_recipients=asks_recipients,
    )


async def delete_flow(
    conn: AsyncConnection, *, account_id: UUID, flow_id: str, now: datetime
) -> None:
    """Delete a flow: nobody enters any more, and whoever waits leaves when due."""
    await lock_flow(conn, account_id=account_id, flow_id=flow_id)
    await conn.execute(
        flow.update()
        .where(flow.c.account_id == account_id, flow.c.id == flow_id)
        .values(deleted_at=now, updated_at=now)
    )
    await people.remove_metric_listener(
        conn, account_id=account_id, listener=f"{LISTENER_PREFIX}{flow_id}"
    )
