"""Workers say that they are alive; health reads it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Column, DateTime, Table, Text, Uuid, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from towpath.kit.db import metadata

HEARTBEAT_SECONDS = 10
SILENT_AFTER = timedelta(seconds=3 * HEARTBEAT_SECONDS)
FORGOTTEN_AFTER = timedelta(days=1)

worker_heartbeat = Table(
    "worker_heartbeat",
    metadata,
    Column("worker_id", Uuid, primary_key=True),
    Column("host", Text, nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("seen_at", DateTime(timezone=True), nullable=False),
    Column("trouble", Text, comment="what keeps it from its work, in words; null: nothing"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSeen:
    """One worker process and when it was last heard of."""

    worker_id: UUID
    host: str
    started_at: datetime
    seen_at: datetime
    trouble: str | None


async def beat(
    conn: AsyncConnection,
    *,
    worker_id: UUID,
    host: str,
    started_at: datetime,
    trouble: str | None,
    now: datetime,
) -> None:
    """Say that a worker is alive at `now`, and forget those silent for a day."""
    row = insert(worker_heartbeat).values(
        worker_id=worker_id, host=host, started_at=started_at, seen_at=now, trouble=trouble
    )
    await conn.execute(
        row.on_conflict_do_update(
            index_elements=["worker_id"],
            set_={"seen_at": row.excluded.seen_at, "trouble": row.excluded.trouble},
        )
    )
    await conn.execute(
        worker_heartbeat.delete().where(worker_heartbeat.c.seen_at < now - FORGOTTEN_AFTER)
    )


async def leave(conn: AsyncConnection, *, worker_id: UUID) -> None:
    """Say that a worker has ended as it should; one that is killed falls silent instead."""
    await conn.execute(worker_heartbeat.delete().where(worker_heartbeat.c.worker_id == worker_id))


async def workers_seen(conn: AsyncConnection, *, now: datetime) -> list[WorkerSeen]:
    """Return the workers heard of within `SILENT_AFTER` of `now`."""
    rows = await conn.execute(
        select(worker_heartbeat)
        .where(worker_heartbeat.c.seen_at >= now - SILENT_AFTER)
        .order_by(worker_heartbeat.c.worker_id)
    )
    return [
        WorkerSeen(
            worker_id=row.worker_id,
            host=row.host,
            started_at=row.started_at,
            seen_at=row.seen_at,
            trouble=row.trouble,
        )
        for row in rows
    ]
