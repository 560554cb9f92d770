"""Is it alive, and how is it doing.

`/v1/health` is for load balancers and supervisors, open to everybody, and therefore short.
`/v1/health/details` is for the people who run it: workers, queues, what is parked and why.
"""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel
from sqlalchemy import func, select

from towpath import accounts, flows, messaging
from towpath.kit import http, ids
from towpath.kit.heartbeat import workers_seen

router = APIRouter(tags=["Health"])

Operator = Annotated[accounts.Actor, Depends(accounts.require(accounts.Permission.HEALTH))]


class Health(BaseModel):
    """The answer of a process that serves and reaches its database."""

    status: str


class WorkerHealth(BaseModel):
    """A worker heard of within the last half minute; `trouble` is what keeps it from its work."""

    host: str
    started_at: datetime
    seen_at: datetime
    trouble: str | None


class ParkedAnswer(BaseModel):
    """A run that could not be moved; the others went on without it."""

    run_id: str
    flow_id: str
    profile_id: str
    error: str


class HealthDetails(BaseModel):
    """How the installation does, for the caller's account.

    The `oldest_…` times say since when work waits; null when none does.
    """

    postgresql: str
    workers: list[WorkerHealth]
    mail_transport: str
    oldest_trigger_at: datetime | None
    oldest_due_at: datetime | None
    oldest_mail_at: datetime | None
    triggers_set_aside: int
    parked_runs: int
    parked: list[ParkedAnswer]


@router.get("/v1/health")
async def read_health(conn: http.Transaction) -> Health:
    """Say that this process serves and reaches its database; 503 when it does not."""
    await conn.execute(select(1))
    return Health(status="ok")


@router.get("/v1/health/details")
async def read_details(
    actor: Operator, conn: http.Transaction, now: http.Now, runtime: http.RuntimeOf
) -> HealthDetails:
    """Return workers, the age of queues, parked runs and versions."""
    version = await conn.scalar(select(func.current_setting("server_version")))
    vitals = await flows.vitals(conn, account_id=actor.account_id, now=now)
    workers = await workers_seen(conn, now=now)
    return HealthDetails(
        postgresql=str(version),
        workers=[
            WorkerHealth(
                host=one.host, started_at=one.started_at, seen_at=one.seen_at, trouble=one.trouble
            )
            for one in workers
        ],
        mail_transport="smtp" if runtime.settings.smtp_url else "mailbox",
        oldest_trigger_at=vitals.oldest_trigger_at,
        oldest_due_at=vitals.oldest_due_at,
        oldest_mail_at=await messaging.oldest_due_at(conn, account_id=actor.account_id, now=now),
        triggers_set_aside=vitals.triggers_set_aside,
        parked_runs=vitals.parked_runs,
        parked=[
            ParkedAnswer(
                run_id=ids.to_base32(one.run_id),
                flow_id=one.flow_id,
                profile_id=ids.to_base32(one.profile_id),
                error=one.error,
            )
            for one in vitals.parked
        ],
    )
