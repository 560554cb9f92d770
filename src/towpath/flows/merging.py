"""What happens to runs when two profiles become one (people.MergeListener)."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import Uuid, and_, exists
from sqlalchemy.ext.asyncio import AsyncConnection

from towpath.flows.tables import flow_run, step_effect
from towpath.kit import db


async def move_runs(
    conn: AsyncConnection,
    *,
    account_id: UUID,
    source_id: UUID,
    destination_id: UUID,
    collapsed: Mapping[UUID, UUID],
) -> None:
    """Have the source's runs go on as the destination's.

    Where both ran through a flow for what turned out to be one event, the source's run ends: one
    event is told once.
    """
    if collapsed:
        await _join_twins(conn, account_id=account_id, collapsed=collapsed)
    for table in (flow_run, step_effect):
        await conn.execute(
            table.update()
            .where(table.c.account_id == account_id, table.c.profile_id == source_id)
            .values(profile_id=destination_id)
        )


async def _join_twins(
    conn: AsyncConnection, *, account_id: UUID, collapsed: Mapping[UUID, UUID]
) -> None:
    twins = db.array_rows("twins", {"gone_ids": Uuid(), "twin_ids": Uuid()})
    values = {"gone_ids": list(collapsed), "twin_ids": list(collapsed.values())}
    other = flow_run.alias("other")
    is_told_already = exists().where(
        and_(
            other.c.account_id == account_id,
            other.c.flow_id == flow_run.c.flow_id,
            other.c.event_id == twins.c.twin_ids,
        )
    )
    await conn.execute(
        flow_run.update()
        .where(
            flow_run.c.account_id == account_id,
            flow_run.c.event_id == twins.c.gone_ids,
            flow_run.c.state.in_(["waiting", "parked"]),
            is_told_already,
        )
        .values(state="cancelled", node_id=None, due_at=None),
        values,
    )
    await conn.execute(
        flow_run.update()
        .where(flow_run.c.account_id == account_id, flow_run.c.event_id == twins.c.gone_ids)
        .values(event_id=twins.c.twin_ids),
        values,
    )
