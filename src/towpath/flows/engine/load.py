"""Read the current version of a flow for the engine, locked against being saved meanwhile."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import and_, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Text

from towpath import accounts
from towpath.audiences.conditions import looks_at_when_profiles_change
from towpath.flows import definition as definitions
from towpath.flows.engine.plan import FlowPlan, PlanCache
from towpath.flows.tables import flow, flow_action, flow_version
from towpath.kit import db


@dataclass(frozen=True, slots=True)
class Plans:
    """Gives the engine the plan of a flow; compiled plans are kept from batch to batch."""

    cache: PlanCache = field(default_factory=PlanCache)

    async def current(self, conn: AsyncConnection, *, account_id: UUID, flow_id: str) -> FlowPlan:
        """Return the plan of a flow's current version and hold it (`FOR SHARE`) until commit.

        Saving takes the row `FOR UPDATE`, so a batch sees one version from end to end.
        """
        plans = await self.current_of(conn, account_id=account_id, flow_ids=[flow_id])
        return plans[0]

    async def current_of(
        self, conn: AsyncConnection, *, account_id: UUID, flow_ids: Sequence[str]
    ) -> list[FlowPlan]:
        """Return the plans of several flows, in the order of their ids."""
        account = accounts.account_table
        rows = await conn.execute(
            select(flow.c.id, flow.c.version, flow.c.deleted_at, account.c.timezone)
            .select_from(flow.join(account, account.c.account_id == flow.c.account_id))
            .where(flow.c.account_id == account_id, db.any_of(flow.c.id, "flow_ids", Text()))
            .order_by(flow.c.id)
            .with_for_update(read=True, of=flow),
            {"flow_ids": list(flow_ids)},
        )
        found = []
        for flow_id, version, deleted_at, timezone in rows.all():
            key = (account_id, flow_id, version, timezone)
            plan = self.cache.get(key)
            if plan is None or plan.is_deleted != (deleted_at is not None):
                plan = await _read(conn, key=key, is_deleted=deleted_at is not None)
                self.cache.put(key, plan)
            found.append(plan)
        return found


async def _read(
    conn: AsyncConnection, *, key: tuple[UUID, str, int, str], is_deleted: bool
) -> FlowPlan:
    account_id, flow_id, version, timezone = key
    document = (
        await conn.execute(
            select(flow_version.c.definition).where(
                and_(
                    flow_version.c.account_id == account_id,
                    flow_version.c.flow_id == flow_id,
                    flow_version.c.version == bindparam("version", version),
                )
            )
        )
    ).scalar_one()
    gone = await conn.execute(
        select(flow_action.c.id, flow_action.c.redirect_to).where(
            flow_action.c.account_id == account_id,
            flow_action.c.flow_id == flow_id,
            flow_action.c.deleted_at.isnot(None),
        )
    )
    definition = definitions.parse(document)
    links = Counter(link.target for action in definition.actions.values() for link in action.links)
    return FlowPlan(
        account_id=account_id,
        flow_id=flow_id,
        version=version,
        is_deleted=is_deleted,
        definition=definition,
        redirects=dict(gone.all()),
        account_timezone=timezone,
        meeting_points=frozenset(target for target, count in links.items() if count > 1),
    )


async def depends_on_every_instant(
    conn: AsyncConnection, *, plans: Plans, account_id: UUID, flow_id: str
) -> bool:
    """Say whether judgements depend on the order in which people are made, changed and judged.

    So it is where the flow writes to profiles, or looks at when they were made or changed.
    """
    plan = await plans.current(conn, account_id=account_id, flow_id=flow_id)
    writes = any(
        isinstance(action.data, definitions.UpdateProfile)
        and action.status is not None
        and action.status.is_active
        for action in plan.definition.actions.values()
    )
    return writes or any(map(looks_at_when_profiles_change, plan.definition.filters))
