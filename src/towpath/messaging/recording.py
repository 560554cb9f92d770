"""The recording transaction: what became of the mails of one claim, set-wise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import DateTime, Integer, Text, Uuid, case, func, null, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from towpath.kit import db
from towpath.messaging.claiming import ClaimedDelivery
from towpath.messaging.isolation import settle
from towpath.messaging.judging import count_mails
from towpath.messaging.model import (
    Claimed,
    DeliveryState,
    Finished,
    MessageState,
    Outcome,
    Rejected,
    Rendered,
    Sent,
)
from towpath.messaging.policy import Allowance, Verdict, month_of, storable
from towpath.messaging.ports import Kind
from towpath.messaging.tables import delivery, message

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One mail's outcome, what follows from it, and when it was known (real time).

    `is_tried`: whether it was handed to the transport at all.
    """

    delivery: ClaimedDelivery
    outcome: Outcome
    verdict: Verdict
    known_at: datetime
    is_tried: bool


async def record(
    conn: AsyncConnection,
    *,
    account_id: UUID,
    lease_id: UUID,
    receipts: Sequence[Receipt],
    messages: Mapping[UUID, Claimed],
    contents: Mapping[UUID, Rendered],
    kinds: Mapping[str, Kind],
    allowance: Allowance,
    now: datetime,
) -> None:
    """Write receipts down and finish the messages whose mails are all done.

    Only what this lease still holds is written: a receipt that comes after its lease ended changes
    nothing, because another claim is responsible by then.
    """
    message_ids = sorted({item.delivery.message_id for item in receipts})
    await _lock_messages(conn, account_id=account_id, message_ids=message_ids)
    held = await _store_receipts(
        conn, account_id=account_id, lease_id=lease_id, receipts=receipts, now=now
    )
    written = [item for item in receipts if item.delivery.id in held]
    for lost in receipts:
        if lost.delivery.id not in held:
            log.warning(
                "outcome_after_lease_ended",
                delivery_id=str(lost.delivery.id),
                state=lost.verdict.state,
            )
    await _store_contents(
        conn, account_id=account_id, contents={key: contents[key] for key in _sent(written)}
    )
    await _finish_messages(conn, account_id=account_id, message_ids=message_ids, now=now)
    await _take_back(
        conn,
        account_id=account_id,
        mails=sum(_is_unused(item, messages, kinds) for item in written),
        month=month_of(now, timezone=allowance.timezone),
    )
    await _tell_kinds(
        conn, account_id=account_id, receipts=written, messages=messages, kinds=kinds, now=now
    )


async def _lock_messages(
    conn: AsyncConnection, *, account_id: UUID, message_ids: Sequence[UUID]
) -> None:
    """Make whoever records another mail of the same message wait, and then see ours as done."""
    await conn.execute(
        select(message.c.id)
        .where(message.c.account_id == account_id, db.any_of(message.c.id, "ids", Uuid()))
        .order_by(message.c.id)
        .with_for_update(),
        {"ids": message_ids},
    )


async def _store_receipts(
    conn: AsyncConnection,
    *,
    account_id: UUID,
    lease_id: UUID,
    receipts: Sequence[Receipt],
    now: datetime,
) -> frozenset[UUID]:
    moment = DateTime(timezone=True)
    rows = db.array_rows(
        "rows",
        {
            "ids": Uuid(),
            "states": Text(),
            "responses": Text(),
            "reasons": Text(),
            "attempts": Integer(),
            "due_at": moment,
            "finished_at": moment,
        },
    )
    stored = await conn.execute(
        update(delivery)
        .where(
            delivery.c.account_id == account_id,
            delivery.c.id == rows.c.ids,
            delivery.c.lease_id == lease_id,
        )
        .values(
            state=rows.c.states,
            response=rows.c.responses,
            reason=rows.c.reasons,
            attempts=rows.c.attempts,
            due_at=rows.c.due_at,
            finished_at=rows.c.finished_at,
            lease_id=None,
        )
        .returning(delivery.c.id),
        {
            "ids": [item.delivery.id for item in receipts],
            "states": [item.verdict.state for item in receipts],
            "responses": [item.verdict.response for item in receipts],
            "reasons": [item.verdict.reason for item in receipts],
            "attempts": [
                item.delivery.attempt - (not item.verdict.is_attempt) for item in receipts
            ],
            "due_at": [
                item.known_at + timedelta(seconds=item.verdict.retry_seconds) for item in receipts
            ],
            "finished_at": [
                None if item.verdict.state is DeliveryState.PENDING else now for item in receipts
            ],
        },
    )
    return frozenset(stored.scalars())


def _sent(receipts: Sequence[Receipt]) -> frozenset[UUID]:
    return frozenset(
        item.delivery.message_id for item in receipts if isinstance(item.outcome, Sent)
    )


async def _store_contents(
    conn: AsyncConnection, *, account_id: UUID, contents: Mapping[UUID, Rendered]
) -> None:
    """Keep the message as its first accepted mail said it."""
    if not contents:
        return
    rows = db.array_rows(
        "rows", {"ids": Uuid(), "subjects": Text(), "htmls": Text(), "texts": Text()}
    )
    await conn.execute(
        update(message)
        .where(
            message.c.account_id == account_id,
            message.c.id == rows.c.ids,
            message.c.subject.is_(None),
        )
        .values(subject=rows.c.subjects, html=rows.c.htmls, text=rows.c.texts),
        {
            "ids": list(contents),
            "subjects": [storable(item.subject) for item in contents.values()],
            "htmls": [item.html and storable(item.html) for item in contents.values()],
            "texts": [item.text and storable(item.text) for item in contents.values()],
        },
    )


async def _finish_messages(
    conn: AsyncConnection, *, account_id: UUID, message_ids: Sequence[UUID], now: datetime
) -> None:
    """Sent when at least one mail was accepted; skipped, with a mail's reason, when none was."""
    is_sent = func.bool_or(delivery.c.state == DeliveryState.SENT)
    done = (
        select(
            delivery.c.message_id,
            is_sent.label("is_sent"),
            func.min(delivery.c.reason).label("reason"),
        )
        .where(delivery.c.account_id == account_id, db.any_of(delivery.c.message_id, "ids", Uuid()))
        .group_by(delivery.c.message_id)
        .having(func.bool_and(delivery.c.state.in_([DeliveryState.SENT, DeliveryState.FAILED])))
        .subquery("done")
    )
    await conn.execute(
        update(message)
        .where(
            message.c.account_id == account_id,
            message.c.id == done.c.message_id,
            message.c.state == MessageState.SENDING,
        )
        .values(
            state=case((done.c.is_sent, MessageState.SENT), else_=MessageState.SKIPPED),
            reason=case((done.c.is_sent, null()), else_=done.c.reason),
            finished_at=now,
        ),
        {"ids": message_ids},
    )


def _is_unused(
    receipt: Receipt, messages: Mapping[UUID, Claimed], kinds: Mapping[str, Kind]
) -> bool:
    """Return whether the mail was counted when first claimed but never handed over."""
    kind = kinds.get(messages[receipt.delivery.message_id].kind)
    return (
        not receipt.is_tried
        and receipt.delivery.attempt == 1
        and isinstance(receipt.outcome, Rejected)
        and kind is not None
        and kind.counts_toward_limit
    )


async def _take_back(conn: AsyncConnection, *, account_id: UUID, mails: int, month: str) -> None:
    """Give mails that were never written back to the account's month."""
    if mails:
        await count_mails(conn, account_id=account_id, month=month, mails=-mails)


async def _tell_kinds(
    conn: AsyncConnection,
    *,
    account_id: UUID,
    receipts: Sequence[Receipt],
    messages: Mapping[UUID, Claimed],
    kinds: Mapping[str, Kind],
    now: datetime,
) -> None:
    finished: dict[str, list[Finished]] = {}
    for item in receipts:
        name = messages[item.delivery.message_id].kind
        if item.is_tried and name in kinds and isinstance(item.outcome, Sent | Rejected):
            finished.setdefault(name, []).append(
                Finished(
                    message_id=item.delivery.message_id,
                    address=item.delivery.address,
                    outcome=item.outcome,
                )
            )
    for name, part in sorted(finished.items()):
        told = await settle(_tell(conn, kinds[name], account_id=account_id, part=part, now=now))
        if isinstance(told, Exception):
            log.error("outcomes_cannot_be_noted", kind=name, exc_info=told)


async def _tell(
    conn: AsyncConnection,
    kind: Kind,
    *,
    account_id: UUID,
    part: Sequence[Finished],
    now: datetime,
) -> None:
    """Tell a kind under a savepoint: a bug in it must not undo the receipts, or mails go twice."""
    async with conn.begin_nested():
        await kind.record(conn, account_id=account_id, finished=part, now=now)
