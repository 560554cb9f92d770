"""Emptying the outbox before a virtual clock moves on (replay)."""

import asyncio
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from towpath.kit import clock
from towpath.kit.errors import Problem
from towpath.messaging.claiming import UNFINISHED
from towpath.messaging.dispatch import Dispatched, Outbox, dispatch_due
from towpath.messaging.model import MessageState
from towpath.messaging.tables import delivery, message

PAUSE_SECONDS_MIN = 0.05
PAUSE_SECONDS_MAX = 2.0
PAUSES_MAX = 900
"""Half an hour without one mail done; the retry policy of a replay gives up long before."""

FAILED_PROBES_MAX = 6


class MailServerUnavailable(Problem):
    """The mail server takes no mail; see its words, check TOWPATH_SMTP_URL and start again."""

    status = 503
    code = "mail_server_unavailable"


async def drain(outbox: Outbox, *, account_id: UUID, now: datetime) -> Dispatched:
    """Send until no message is due at `now` (virtual) and no mail awaits a retry.

    Retries happen in real time, as often as the outbox's policy says. Raises
    `MailServerUnavailable` when the mail server stays away.
    """
    total = Dispatched()
    failed_probes = 0
    pauses = 0
    while True:
        async with outbox.engine.connect() as conn:
            lease_now = await clock.database_now(conn)
        done = await dispatch_due(outbox, account_id=account_id, now=now, lease_now=lease_now)
        total += done
        if done.sent or done.failed or done.skipped:
            failed_probes, pauses = 0, 0
            continue
        async with outbox.engine.connect() as conn:
            wait_seconds = await _wait_seconds(conn, outbox, account_id=account_id, now=now)
        if wait_seconds is None:
            return total
        pauses += 1
        failed_probes += not (outbox.transport.circuit.is_closed or done.is_paused)
        if failed_probes > FAILED_PROBES_MAX or pauses > PAUSES_MAX:
            raise MailServerUnavailable(_why(outbox))
        await asyncio.sleep(min(max(wait_seconds, PAUSE_SECONDS_MIN), PAUSE_SECONDS_MAX))


async def _wait_seconds(
    conn: AsyncConnection, outbox: Outbox, *, account_id: UUID, now: datetime
) -> float | None:
    """Return how long to wait for the next mail; None when none is left."""
    circuit_seconds = outbox.transport.circuit.wait_seconds(now_seconds=clock.monotonic_seconds())
    is_queued = await conn.execute(
        select(message.c.id)
        .where(
            message.c.account_id == account_id,
            message.c.state == MessageState.QUEUED,
            message.c.kind.in_([kind.name for kind in outbox.kinds]),
            message.c.due_at <= now,
        )
        .limit(1)
    )
    if is_queued.first() is not None:
        return circuit_seconds
    due_at: datetime | None = (
        await conn.execute(
            select(func.min(delivery.c.due_at)).where(
                delivery.c.account_id == account_id, delivery.c.state.in_(UNFINISHED)
            )
        )
    ).scalar_one()
    if due_at is None:
        return None
    return max((due_at - await clock.database_now(conn)).total_seconds(), circuit_seconds)


def _why(outbox: Outbox) -> str:
    reason = outbox.transport.circuit.reason
    if reason is None:
        return "Mails are still waiting for a retry; the mail server keeps deferring them."
    return f"The mail server takes no mail ({reason}). Check TOWPATH_SMTP_URL and start again."
