"""Sending the mails of one claim, several at a time, while receipts are written as they come in."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from towpath.kit import clock
from towpath.messaging.claiming import ClaimedDelivery
from towpath.messaging.isolation import DATABASE_TROUBLE, settle
from towpath.messaging.model import DeliveryState, Mail, Outcome, TryLater
from towpath.messaging.policy import SendingPolicy, Verdict, jitter_of, judge_outcome
from towpath.messaging.ports import Transport
from towpath.messaging.recording import Receipt

log = structlog.get_logger(__name__)

RECORD_SECONDS = 0.03
"""How long receipts are gathered before they are written.

A crash in this time, or while they are written, is the window in which a mail that the provider
accepted is sent once more, with the same Message-ID.
"""

STOPPED = "The worker was stopped before this mail's turn came."
RECORD_ATTEMPTS_MAX = 7
RECORD_RETRY_SECONDS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """When the claim was made and when it ends, in real time."""

    claimed_at: datetime
    claimed_at_seconds: float
    ends_at: datetime

    def now(self) -> datetime:
        """Return the real time on the clock that the claim was made by."""
        return self.claimed_at + timedelta(
            seconds=clock.monotonic_seconds() - self.claimed_at_seconds
        )

    def remaining_seconds(self) -> float:
        """Return how long the claim still holds."""
        return (self.ends_at - self.now()).total_seconds()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One mail about to go."""

    delivery: ClaimedDelivery
    mail: Mail
    kind: str


async def send_all(
    outgoing: Sequence[Outgoing],
    *,
    account_id: UUID,
    transport: Transport,
    lease: Lease,
    policy: SendingPolicy,
    done: Sequence[Receipt],
    write: Callable[[Sequence[Receipt]], Awaitable[None]],
) -> list[Receipt]:
    """Send mails, and hand their receipts and those already `done` to `write` in small batches.

    Returns every receipt. Mails are handed back untried when the circuit of the transport opens,
    the lease is about to end, or this task is cancelled (mails under way are awaited first). When
    receipts cannot be written, no further mail is sent.
    """
    receipts = list(done)
    unwritten = deque(done)
    waiting = deque(outgoing)
    is_stopping = asyncio.Event()
    is_finished = asyncio.Event()

    async def send_from_queue() -> None:
        while waiting:
            item = waiting.popleft()
            if is_stopping.is_set():
                receipt = _handed_back(item, STOPPED, 0.0, lease)
            else:
                receipt = await _send(
                    item, account_id=account_id, transport=transport, lease=lease, policy=policy
                )
            receipts.append(receipt)
            unwritten.append(receipt)

    async def write_as_they_come() -> None:
        try:
            while not is_finished.is_set() or unwritten:
                await _wait(is_finished, RECORD_SECONDS)
                part = [unwritten.popleft() for _ in range(len(unwritten))]
                if part:
                    await _write_stubbornly(part, write)
        finally:
            waiting.clear()

    writer = asyncio.ensure_future(write_as_they_come())
    senders = asyncio.gather(
        *(send_from_queue() for _ in range(min(transport.concurrency, len(outgoing)))),
        return_exceptions=True,
    )
    try:
        ended = await asyncio.shield(senders)
    except asyncio.CancelledError:
        is_stopping.set()
        await senders
        raise
    finally:
        is_finished.set()
        await writer
    for problem in ended:
        if problem is not None:
            raise problem
    return receipts


async def _send(
    item: Outgoing,
    *,
    account_id: UUID,
    transport: Transport,
    lease: Lease,
    policy: SendingPolicy,
) -> Receipt:
    circuit = transport.circuit
    pause_seconds = circuit.wait_seconds(now_seconds=clock.monotonic_seconds())
    if pause_seconds > 0:
        return _handed_back(item, circuit.reason or "", pause_seconds, lease)
    if lease.remaining_seconds() <= policy.send_seconds_max:
        return _handed_back(item, "The claim ended before this mail's turn came.", 0.0, lease)
    outcome = await _outcome(item, account_id=account_id, transport=transport, policy=policy)
    if isinstance(outcome, TryLater) and outcome.is_transport_down:
        circuit.open(now_seconds=clock.monotonic_seconds(), reason=outcome.response)
    else:
        circuit.close()
    return receipt_of(item.delivery, outcome, lease=lease, policy=policy, is_tried=True)


async def _outcome(
    item: Outgoing, *, account_id: UUID, transport: Transport, policy: SendingPolicy
) -> Outcome:
    try:
        async with asyncio.timeout(policy.send_seconds_max):
            outcome = await settle(transport.send(item.mail, account_id=account_id, kind=item.kind))
    except TimeoutError:
        return TryLater(response=f"No answer within {policy.send_seconds_max:g} seconds.")
    if isinstance(outcome, Exception):
        log.error("mail_cannot_be_sent", delivery_id=str(item.delivery.id), exc_info=outcome)
        return TryLater(response=f"{type(outcome).__name__}: {outcome}")
    return outcome


def receipt_of(
    delivery: ClaimedDelivery,
    outcome: Outcome,
    *,
    lease: Lease,
    policy: SendingPolicy,
    is_tried: bool,
) -> Receipt:
    """Return what is written down about an outcome."""
    return Receipt(
        delivery=delivery,
        outcome=outcome,
        verdict=judge_outcome(
            outcome, attempt=delivery.attempt, jitter=jitter_of(delivery.id), policy=policy
        ),
        known_at=lease.now(),
        is_tried=is_tried,
    )


def _handed_back(item: Outgoing, response: str, pause_seconds: float, lease: Lease) -> Receipt:
    return Receipt(
        delivery=item.delivery,
        outcome=TryLater(response=response, after_seconds=pause_seconds),
        verdict=Verdict(
            state=DeliveryState.PENDING,
            response=response,
            retry_seconds=pause_seconds,
            is_attempt=False,
        ),
        known_at=lease.now(),
        is_tried=False,
    )


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return


async def _write_stubbornly(
    part: Sequence[Receipt], write: Callable[[Sequence[Receipt]], Awaitable[None]]
) -> None:
    """Write receipts, again after a database restart: what is not written goes out twice."""
    for attempt in range(RECORD_ATTEMPTS_MAX):
        try:
            return await write(part)
        except DATABASE_TROUBLE:
            if attempt == RECORD_ATTEMPTS_MAX - 1:
                raise
            await asyncio.sleep(RECORD_RETRY_SECONDS * 2**attempt)
    return None
