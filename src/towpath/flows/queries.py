"""Reads of flows."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Row, Text, and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from towpath import people
from towpath.flows.model import Flow, FlowActionNotFound, FlowNotFound, FlowVersion
from towpath.flows.tables import flow, flow_action, flow_version
from towpath.kit import db

FLOWS_PER_PAGE_MAX = 50
LISTENER_PREFIX = "flow:"


def as_flow(row: Row[tuple[object, ...]]) -> Flow:
    """Turn a row of the flow table into a `Flow`."""
    values = row._mapping  # noqa: SLF001 -- the documented way to read a row by name
    return Flow(**{name: values[name] for name in Flow.__dataclass_fields__})


async def get_flow(conn: AsyncConnection, *, account_id: UUID, flow_id: str) -> Flow:
    """Return one flow; raises `FlowNotFound`."""
    row = (
        await conn.execute(
            select(flow).where(
                flow.c.account_id == account_id, flow.c.id == flow_id, flow.c.deleted_at.is_(None)
            )
        )
    ).one_or_none()
    if row is None:
        raise FlowNotFound
    return as_flow(row)


async def list_flows(
    conn: AsyncConnection,
    *,
    account_id: UUID,
    after: str | None = None,
    limit: int = FLOWS_PER_PAGE_MAX,
) -> list[Flow]:
    """Return up to `limit` flows in the order of their ids, those after the id `after`."""
    statement = (
        select(flow)
        .where(flow.c.account_id == account_id, flow.c.deleted_at.is_(None))
        .order_by(flow.c.id)
        .limit(limit)
    )
    if after is not None:
        statement = statement.where(flow.c.id > after)
    return [as_flow(row) for row in (await conn.execute(statement)).all()]


async def find_flow(conn: AsyncConnection, *, account_id: UUID, name_or_id: str) -> Flow:
    """Return the flow with this id, else the only one of this name; raises `FlowNotFound`."""
    rows = (
        await conn.execute(
            select(flow)
            .where(
                flow.c.account_id == account_id,
                flow.c.deleted_at.is_(None),
                (flow.c.id == name_or_id) | (flow.c.name == name_or_id),
            )
            .limit(3)
        )
    ).all()
    found = [as_flow(row) for row in rows]
    exact = [one for one in found if one.id == name_or_id] or found
    if len(exact) > 1:
        raise FlowNotFound(f"Several flows are named {name_or_id!r}; name one by its id.")
    if not exact:
        raise FlowNotFound(f"There is no flow with the id or name {name_or_id!r}.")
    return exact[0]


async def definition_of(
    conn: AsyncConnection, *, account_id: UUID, flow_id: str, version: int | None = None
) -> FlowVersion:
    """Return a flow with its definition, the current version or the one named."""
    is_version = (
        flow_version.c.version == flow.c.version
        if version is None
        else flow_version.c.version == version
    )
    row = (
        await conn.execute(
            select(
                flow, flow_version.c.definition, flow_version.c.saved_by, flow_version.c.saved_at
            )
            .join(
                flow_version,
                and_(
                    flow_version.c.account_id == flow.c.account_id,
                    flow_version.c.flow_id == flow.c.id,
                    is_version,
                ),
            )
            .where(
                flow.c.account_id == account_id, flow.c.id == flow_id, flow.c.deleted_at.is_(None)
            )
        )
    ).one_or_none()
    if row is None:
        raise FlowNotFound
    return FlowVersion(
        flow=as_flow(row), definition=row.definition, saved_by=row.saved_by, saved_at=row.saved_at
    )


async def current_documents(
    conn: AsyncConnection, *, account_id: UUID, flow_ids: Sequence[str]
) -> dict[str, dict[str, object]]:
    """Return the documents that flows have now, by flow."""
    rows = await conn.execute(
        select(flow.c.id, flow_version.c.definition)
        .join(
            flow_version,
            and_(
                flow_version.c.account_id == flow.c.account_id,
                flow_version.c.flow_id == flow.c.id,
                flow_version.c.version == flow.c.version,
            ),
        )
        .where(flow.c.account_id == account_id, db.any_of(flow.c.id, "flow_ids", Text())),
        {"flow_ids": list(flow_ids)},
    )
    return dict(rows.all())


async def flow_of_action(conn: AsyncConnection, *, account_id: UUID, action_id: str) -> str:
    """Return the id of the flow that an action is in; raises `FlowActionNotFound`."""
    found: str | None = await conn.scalar(
        select(flow_action.c.flow_id).where(
            flow_action.c.account_id == account_id,
            flow_action.c.id == action_id,
            flow_action.c.deleted_at.is_(None),
        )
    )
    if found is None:
        raise FlowActionNotFound
    return found


async def current_versions_of_actions(
    conn: AsyncConnection, *, account_id: UUID, action_ids: Sequence[str]
) -> dict[str, int]:
    """Return the flows these actions belong to, with the number of their current version."""
    rows = await conn.execute(
        select(flow.c.id, flow.c.version)
        .join(
            flow_action,
            and_(flow_action.c.account_id == flow.c.account_id, flow_action.c.flow_id == flow.c.id),
        )
        .where(
            flow.c.account_id == account_id,
            flow.c.deleted_at.is_(None),
            flow_action.c.deleted_at.is_(None),
            db.any_of(flow_action.c.id, "action_ids", Text()),
        )
        .distinct(),
        {"action_ids": list(action_ids)},
    )
    return dict(rows.all())


async def action_labels(conn: AsyncConnection, *, account_id: UUID, flow_id: str) -> dict[str, str]:
    """Return the label each action of a flow came with in its file, by action id."""
    rows = await conn.execute(
        select(flow_action.c.id, flow_action.c.label).where(
            flow_action.c.account_id == account_id, flow_action.c.flow_id == flow_id
        )
    )
    return {row.id: row.label or row.id for row in rows}


async def metric_ids(
    conn: AsyncConnection, *, account_id: UUID, names_or_ids: Sequence[str]
) -> dict[str, str]:
    """Return the ids of metrics by what they are called, name or id; an id wins over a name."""
    metric = people.metric_table
    rows = await conn.execute(
        select(metric.c.id, metric.c.name).where(
            metric.c.account_id == account_id,
            db.any_of(metric.c.id, "called", Text()) | db.any_of(metric.c.name, "called", Text()),
        ),
        {"called": list(names_or_ids)},
    )
    found = rows.all()
    by_name = {name: metric_id for metric_id, name in found}
    by_id = {metric_id: metric_id for metric_id, _ in found}
    known = by_name | by_id
    return {called: known[called] for called in names_or_ids if called in known}


async def listening_flow_ids(
    conn: AsyncConnection, *, account_id: UUID, metric_ids: Sequence[str]
) -> list[str]:
    """Return the live and manual flows that these metrics trigger, in the order of their ids."""
    listener = people.metric_listener_table
    rows = await conn.execute(
        select(listener.c.listener)
        .where(
            listener.c.account_id == account_id,
            listener.c.listener.startswith(LISTENER_PREFIX),
            db.any_of(listener.c.metric_id, "metric_ids", Text()),
        )
        .distinct(),
        {"metric_ids": list(metric_ids)},
    )
    return sorted(name.removeprefix(LISTENER_PREFIX) for name in rows.scalars())
