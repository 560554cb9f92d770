"""Dispatch: claim what is due, render it, send it outside of any transaction, record it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from towpath.kit import clock
from towpath.messaging.allowance import allowance_of
from towpath.messaging.claiming import Batch, ClaimTerms, claim
from towpath.messaging.isolation import in_halves
from towpath.messaging.model import (
    Addressee,
    DeliveryState,
    Rejected,
    Rendered,
    Skip,
    ToRender,
    TryLater,
)
from towpath.messaging.policy import LIVE, Allowance, SendingPolicy
from towpath.messaging.ports import Kind, Transport
from towpath.messaging.recording import Receipt, record
from towpath.messaging.sending import Lease, Outgoing, receipt_of, send_all

log = structlog.get_logger(__name__)

MESSAGES_MAX = 200
PROBE_MAX = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbox:
    """What every dispatch of a process shares.

    `domain` is the right side of Message-IDs (the host of TOWPATH_PUBLIC_URL), `messages_max` the
    size of one claim.
    """

    engine: AsyncEngine
    kinds: tuple[Kind, ...]
    transport: Transport
    domain: str
    policy: SendingPolicy = LIVE
    messages_max: int = MESSAGES_MAX


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatched:
    """What one dispatch did; all counts but `skipped` are of mails.

    `skipped` are messages that nobody gets. `is_paused`: the transport is down, nothing was
    claimed.
    """

    sent: int = 0
    failed: int = 0
    deferred: int = 0
    skipped: int = 0
    is_paused: bool = False

    @property
    def is_idle(self) -> bool:
        """Whether nothing was done: nothing was due, or the transport is down."""
        return not (self.sent or self.failed or self.deferred or self.skipped)

    def __add__(self, other: "Dispatched") -> "Dispatched":
        """Add counts up; paused as the later one."""
        return Dispatched(
            sent=self.sent + other.sent,
            failed=self.failed + other.failed,
            deferred=self.deferred + other.deferred,
            skipped=self.skipped + other.skipped,
            is_paused=other.is_paused,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One claimed batch and what it takes to send it."""

    outbox: Outbox
    kinds: Mapping[str, Kind]
    account_id: UUID
    allowance: Allowance
    batch: Batch
    lease: Lease
    now: datetime


async def dispatch_due(
    outbox: Outbox, *, account_id: UUID, now: datetime, lease_now: datetime
) -> Dispatched:
    """Send one batch of what is due for an account.

    `now` decides which messages are due and is written into them and into the mails' Date; it may
    be virtual. `lease_now` is the database's real time, for leases and retries. Call again until
    it is idle. Safe to run in several processes at once, and after a crash: what a dead process
    had claimed is claimed again when its lease ends, under the same Message-ID.
    """
    circuit = outbox.transport.circuit
    claimed_at_seconds = clock.monotonic_seconds()
    if circuit.wait_seconds(now_seconds=claimed_at_seconds) > 0:
        return Dispatched(is_paused=True)
    lease = Lease(
        claimed_at=lease_now,
        claimed_at_seconds=claimed_at_seconds,
        ends_at=lease_now + timedelta(seconds=outbox.policy.lease_seconds),
    )
    kinds = {kind.name: kind for kind in outbox.kinds}
    async with outbox.engine.begin() as conn:
        allowance = await allowance_of(conn, account_id=account_id)
        batch = await claim(
            conn,
            account_id=account_id,
            terms=ClaimTerms(
                kinds=kinds,
                domain=outbox.domain,
                attempts_max=outbox.policy.attempts_max,
                messages_max=outbox.messages_max if circuit.is_closed else PROBE_MAX,
            ),
            allowance=allowance,
            now=now,
            lease_now=lease_now,
            lease_ends_at=lease.ends_at,
        )
    work = Work(
        outbox=outbox,
        kinds=kinds,
        account_id=account_id,
        allowance=allowance,
        batch=batch,
        lease=lease,
        now=now,
    )
    states = [item.verdict.state for item in await _send_batch(work)] if batch.deliveries else []
    return Dispatched(
        sent=states.count(DeliveryState.SENT),
        failed=states.count(DeliveryState.FAILED),
        deferred=states.count(DeliveryState.PENDING),
        skipped=batch.skipped,
    )


async def _send_batch(work: Work) -> list[Receipt]:
    written, unwritten = await _render(work)
    contents = {key: item for key, item in written.items() if isinstance(item, Rendered)}
    done, outgoing = _sort_out(work, written, unwritten)

    async def write(receipts: Sequence[Receipt]) -> None:
        async with work.outbox.engine.begin() as conn:
            await record(
                conn,
                account_id=work.account_id,
                lease_id=work.batch.lease_id,
                receipts=receipts,
                messages=work.batch.messages,
                contents=contents,
                kinds=work.kinds,
                allowance=work.allowance,
                now=work.now,
            )

    return await send_all(
        outgoing,
        account_id=work.account_id,
        transport=work.outbox.transport,
        lease=work.lease,
        policy=work.outbox.policy,
        done=done,
        write=write,
    )


async def _render(work: Work) -> tuple[dict[UUID, Rendered | Skip], dict[UUID, Exception]]:
    """Render every message with a mail to send; a bug in one message fails that message alone."""
    messages = work.batch.messages
    addressees: dict[UUID, list[Addressee]] = {}
    for item in work.batch.deliveries:
        if item.id not in work.batch.refused:
            addressees.setdefault(item.message_id, []).append(
                Addressee(address=item.address, message_id=item.reference)
            )
    written: dict[UUID, Rendered | Skip] = {}
    unwritten: dict[UUID, Exception] = {}
    for name in sorted({messages[message_id].kind for message_id in addressees}):
        part = [
            ToRender(message=messages[key], addressees=tuple(value), date=work.now)
            for key, value in addressees.items()
            if messages[key].kind == name
        ]
        results, failures = await in_halves(
            part,
            key=lambda item: item.message.id,
            work=partial(_render_kind, work, work.kinds[name]),
        )
        written |= results
        unwritten |= failures
    for message_id, bug in unwritten.items():
        log.error("message_cannot_be_rendered", message_id=str(message_id), exc_info=bug)
    return written, unwritten


async def _render_kind(
    work: Work, kind: Kind, part: Sequence[ToRender]
) -> Mapping[UUID, Rendered | Skip]:
    async with work.outbox.engine.connect() as conn:
        await conn.execution_options(postgresql_readonly=True)
        rendered = await kind.render(conn, account_id=work.account_id, messages=part)
    for item in part:
        content = rendered[item.message.id]
        assert isinstance(content, Skip) or all(
            addressee.address in content.mails for addressee in item.addressees
        ), f"{kind.name} renders every mail"
    return rendered


def _sort_out(
    work: Work,
    written: Mapping[UUID, Rendered | Skip],
    unwritten: Mapping[UUID, Exception],
) -> tuple[list[Receipt], list[Outgoing]]:
    """Split the deliveries into those that are already decided and those to send."""
    done = []
    outgoing = []
    for item in work.batch.deliveries:
        content = written.get(item.message_id)
        outcome: Rejected | TryLater
        if item.id in work.batch.refused:
            outcome = work.batch.refused[item.id]
        elif isinstance(content, Rendered):
            mail = content.mails[item.address]
            kind = work.batch.messages[item.message_id].kind
            outgoing.append(Outgoing(delivery=item, mail=mail, kind=kind))
            continue
        elif isinstance(content, Skip):
            outcome = Rejected(response=content.detail or content.reason, reason=content.reason)
        else:
            bug = unwritten[item.message_id]
            outcome = TryLater(response=f"{type(bug).__name__}: {bug}")
        done.append(
            receipt_of(item, outcome, lease=work.lease, policy=work.outbox.policy, is_tried=False)
        )
    return done, outgoing
