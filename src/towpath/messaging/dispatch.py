"""Dispatch: claim what is due, render it, send it outside of any transaction, record it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
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

BATCH_MAX = 200
PROBE_MAX = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbox:
    """What every dispatch of a process shares.

    `domain` is the right side of Message-IDs, `messages_max` the size of one claim.
    """

    engine: AsyncEngine
    kinds: tuple[Kind, ...]
    transport: Transport
    domain: str
    policy: SendingPolicy = LIVE
    messages_max: int = BATCH_MAX


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
        """Whether there was nothing to do."""
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


async def dispatch_due(
    outbox: Outbox, *, account_id: UUID, now: datetime, lease_now: datetime
) -> Dispatched:
    """Send one batch of what is due for an account.

    `now` decides which messages are due and is written into them and into the mails' Date; it may
    be virtual. `lease_now` is the database's time, for leases and retries. Call again until
    `is_idle`. Safe to run in several processes at once, and after a crash: what a dead process had
    claimed is claimed again when its lease ends, under the same Message-ID.
    """
    circuit = outbox.transport.circuit
    claimed_at_seconds = clock.monotonic_seconds()
    if circuit.wait_seconds(now_seconds=claimed_at_seconds) > 0:
        return Dispatched(is_paused=True)
    policy = outbox.policy
    lease = Lease(
        claimed_at=lease_now,
        claimed_at_seconds=claimed_at_seconds,
        ends_at=lease_now + timedelta(seconds=policy.lease_seconds),
    )
    terms = ClaimTerms(
        kinds={kind.name: kind for kind in outbox.kinds},
        domain=outbox.domain,
        attempts_max=policy.attempts_max,
        messages_max=outbox.messages_max if circuit.is_closed else PROBE_MAX,
    )
    async with outbox.engine.begin() as conn:
        allowance = await allowance_of(conn, account_id=account_id)
        batch = await claim(
            conn,
            account_id=account_id,
            terms=terms,
            allowance=allowance,
            now=now,
            lease_now=lease_now,
            lease_ends_at=lease.ends_at,
        )
    if not batch.deliveries:
        return Dispatched(skipped=batch.skipped)
    receipts = await _send_batch(
        outbox,
        account_id=account_id,
        batch=batch,
        kinds=terms.kinds,
        allowance=allowance,
        lease=lease,
        now=now,
    )
    states = [item.verdict.state for item in receipts]
    return Dispatched(
        sent=states.count(DeliveryState.SENT),
        failed=states.count(DeliveryState.FAILED),
        deferred=states.count(DeliveryState.PENDING),
        skipped=batch.skipped,
    )


async def _send_batch(
    outbox: Outbox,
    *,
    account_id: UUID,
    batch: Batch,
    kinds: Mapping[str, Kind],
    allowance: Allowance,
    lease: Lease,
    now: datetime,
) -> list[Receipt]:
    written, unwritten = await _render(
        outbox.engine, account_id=account_id, batch=batch, kinds=kinds, now=now
    )
    contents = {key: item for key, item in written.items() if isinstance(item, Rendered)}
    done, outgoing = _sort_out(batch, written, unwritten, lease=lease, policy=outbox.policy)

    async def write(receipts: Sequence[Receipt]) -> None:
        async with outbox.engine.begin() as conn:
            await record(
                conn,
                account_id=account_id,
                lease_id=batch.lease_id,
                receipts=receipts,
                messages=batch.messages,
                contents=contents,
                kinds=kinds,
                allowance=allowance,
                now=now,
            )

    return await send_all(
        outgoing,
        account_id=account_id,
        transport=outbox.transport,
        lease=lease,
        policy=outbox.policy,
        done=done,
        write=write,
    )


async def _render(
    engine: AsyncEngine,
    *,
    account_id: UUID,
    batch: Batch,
    kinds: Mapping[str, Kind],
    now: datetime,
) -> tuple[dict[UUID, Rendered | Skip], dict[UUID, Exception]]:
    """Render every message with a mail to send; a bug in one message fails that message alone."""
    addressees: dict[UUID, list[Addressee]] = {}
    for item in batch.deliveries:
        if item.id not in batch.refused:
            addressees.setdefault(item.message_id, []).append(
                Addressee(address=item.address, message_id=item.reference)
            )
    written: dict[UUID, Rendered | Skip] = {}
    unwritten: dict[UUID, Exception] = {}
    for name in sorted({batch.messages[message_id].kind for message_id in addressees}):
        part = [
            ToRender(message=batch.messages[key], addressees=tuple(value), date=now)
            for key, value in addressees.items()
            if batch.messages[key].kind == name
        ]

        async def work(
            some: Sequence[ToRender], kind: Kind = kinds[name]
        ) -> Mapping[UUID, Rendered | Skip]:
            async with engine.connect() as conn:
                await conn.execution_options(postgresql_readonly=True)
                rendered = await kind.render(conn, account_id=account_id, messages=some)
            for item in some:
                content = rendered[item.message.id]
                assert isinstance(content, Skip) or all(
                    to.address in content.mails for to in item.addressees
                ), f"{kind.name} renders every mail"
            return rendered

        results, failures = await in_halves(part, key=lambda item: item.message.id, work=work)
        written |= results
        unwritten |= failures
    for message_id, bug in unwritten.items():
        log.error("message cannot be rendered", message_id=str(message_id), exc_info=bug)
    return written, unwritten


def _sort_out(
    batch: Batch,
    written: Mapping[UUID, Rendered | Skip],
    unwritten: Mapping[UUID, Exception],
    *,
    lease: Lease,
    policy: SendingPolicy,
) -> tuple[list[Receipt], list[Outgoing]]:
    """Split the deliveries into those that are already decided and those to send."""
    done = []
    outgoing = []
    for item in batch.deliveries:
        content = written.get(item.message_id)
        outcome: Rejected | TryLater
        if item.id in batch.refused:
            outcome = batch.refused[item.id]
        elif isinstance(content, Rendered):
            mail = content.mails[item.address]
            kind = batch.messages[item.message_id].kind
            outgoing.append(Outgoing(delivery=item, mail=mail, kind=kind))
            continue
        elif isinstance(content, Skip):
            outcome = Rejected(response=content.detail or content.reason, reason=content.reason)
        else:
            bug = unwritten[item.message_id]
            outcome = TryLater(response=f"{type(bug).__name__}: {bug}")
        done.append(receipt_of(item, outcome, lease=lease, policy=policy, is_tried=False))
    return done, outgoing
