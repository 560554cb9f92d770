"""How the engine is doing, for health: what waits too long, what is parked and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from towpath import people
from towpath.flows.tables import flow_run

TROUBLES_SHOWN_MAX = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedRun:
    """A run that could not be moved, and the database's words."""

    run_id: UUID
    flow_id: str
    profile_id: UUID
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """One account's engine: times of the oldest work, and what is out of the way of the others.

    `oldest_trigger_at` is when the oldest event waiting to be judged was recorded,
    `oldest_due_at` since when somebody is due; None when nothing waits.
    """

    oldest_trigger_at: datetime | None
    oldest_due_at: datetime | None
    triggers_set_aside: int
    parked_runs: int
    parked: Sequence[ParkedRun]


async def vitals(conn: AsyncConnection, *, account_id: UUID, now: datetime) -> Vitals:
    """Return how the engine is doing for one account."""
    queue, run = people.trigger_queue_table, flow_run
    triggers = (
        await conn.execute(
            select(
                func.min(queue.c.recorded_at).filter(queue.c.error.is_(None), queue.c.time <= now),
                func.count().filter(queue.c.error.isnot(None)),
            ).where(queue.c.account_id == account_id)
        )
    ).one()
    due_at = await conn.scalar(
        select(func.min(run.c.due_at)).where(
            run.c.account_id == account_id, run.c.state == "waiting", run.c.due_at <= now
        )
    )
    is_parked = (run.c.account_id == account_id) & (run.c.state == "parked")
    count = await conn.scalar(select(func.count()).where(is_parked))
    rows = await conn.execute(
        select(run.c.id, run.c.flow_id, run.c.profile_id, run.c.error)
        .where(is_parked)
        .order_by(run.c.id)
        .limit(TROUBLES_SHOWN_MAX)
    )
    return Vitals(
        oldest_trigger_at=triggers[0],
        oldest_due_at=due_at,
        triggers_set_aside=triggers[1],
        parked_runs=count or 0,
        parked=[
            ParkedRun(
                run_id=row.id, flow_id=row.flow_id, profile_id=row.profile_id, error=row.error or ""
            )
            for row in rows
        ],
    )
