"""The claiming transaction: which messages go out now, to whom, and under which lease."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    DateTime,
    Text,
    Uuid,
    bindparam,
    case,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from towpath.kit import db, ids
from towpath.messaging.judging import apply_limit, judge
from towpath.messaging.model import (
    Claimed,
    DeliveryState,
    MessageState,
    Reason,
    Recipients,
    Rejected,
    Skip,
)
from towpath.messaging.policy import Allowance
from towpath.messaging.ports import Kind
from towpath.messaging.tables import delivery, message

UNFINISHED = (DeliveryState.PENDING, DeliveryState.LEASED)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedDelivery:
    """One mail this claim may send; `attempt` counts from 1."""

    id: UUID
    message_id: UUID
    address: str
    reference: str
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one claim holds until its lease ends.

    `refused` are deliveries that get no further attempt, with why.
    """

    lease_id: UUID
    messages: Mapping[UUID, Claimed]
    deliveries: tuple[ClaimedDelivery, ...]
    refused: Mapping[UUID, Rejected]
    skipped: int

    @property
    def is_empty(self) -> bool:
        """Whether nothing was due."""
        return not self.deliveries and not self.skipped


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimTerms:
    """What holds for every claim of a process; `domain` is the right side of Message-IDs."""

    kinds: Mapping[str, Kind]
    domain: str
    attempts_max: int
    messages_max: int


async def claim(
    conn: AsyncConnection,
    *,
    account_id: UUID,
    terms: ClaimTerms,
    allowance: Allowance,
    now: datetime,
    lease_ends_at: datetime,
    lease_now: datetime,
) -> Batch:
    """Take what is due: retries and expired leases first, up to half, then new messages.

    `now` decides about messages and may be virtual, `lease_now` about leases and is real.
    """
    lease_id = ids.new_id()
    retries = await _lease_again(
        conn,
        account_id=account_id,
        lease_id=lease_id,
        lease_now=lease_now,
        lease_ends_at=lease_ends_at,
        count_max=max(terms.messages_max // 2, 1),
    )
    retried = await _messages_of(conn, account_id=account_id, deliveries=retries)
    fresh = await _lock_queued(
        conn,
        account_id=account_id,
        kinds=sorted(terms.kinds),
        now=now,
        count_max=max(terms.messages_max - len(retries), 0),
    )
    judged = await judge(
        conn, account_id=account_id, kinds=terms.kinds, messages=[*retried, *fresh], now=now
    )
    judged = await apply_limit(
        conn,
        account_id=account_id,
        kinds=terms.kinds,
        fresh=fresh,
        judged=judged,
        allowance=allowance,
        now=now,
    )
    first = _first_deliveries(fresh, judged, domain=terms.domain)
    await _store_deliveries(
        conn,
        account_id=account_id,
        deliveries=first,
        lease_id=lease_id,
        lease_ends_at=lease_ends_at,
    )
    skipped = await _store_states(conn, account_id=account_id, fresh=fresh, judged=judged, now=now)
    return Batch(
        lease_id=lease_id,
        messages={item.id: item for item in [*retried, *fresh]},
        deliveries=(*retries, *first),
        refused=_refused(retries, judged, attempts_max=terms.attempts_max),
        skipped=skipped,
    )


async def _lease_again(
    conn: AsyncConnection,
    *,
    account_id: UUID,
    lease_id: UUID,
    lease_now: datetime,
    lease_ends_at: datetime,
    count_max: int,
) -> list[ClaimedDelivery]:
    due = (
        select(delivery.c.id)
        .where(
            delivery.c.account_id == account_id,
            delivery.c.state.in_(UNFINISHED),
            delivery.c.due_at <= lease_now,
        )
        .order_by(delivery.c.due_at, delivery.c.id)
        .limit(count_max)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    taken = await conn.execute(
        update(delivery)
        .where(delivery.c.account_id == account_id, delivery.c.id == due.c.id)
        .values(
            state=DeliveryState.LEASED,
            lease_id=lease_id,
            due_at=lease_ends_at,
            attempts=delivery.c.attempts + 1,
        )
        .returning(
            delivery.c.id,
            delivery.c.message_id,
            delivery.c.address,
            delivery.c.reference,
            delivery.c.attempts,
        )
    )
    return [
        ClaimedDelivery(
            id=row.id,
            message_id=row.message_id,
            address=row.address,
            reference=row.reference,
            attempt=row.attempts,
        )
        for row in taken
    ]


CLAIMED_COLUMNS = (
    message.c.id,
    message.c.kind,
    message.c.flow_id,
    message.c.action_id,
    message.c.run_id,
    message.c.profile_id,
    message.c.event_id,
    message.c.address,
    message.c.locale,
    message.c.created_at,
)


async def _messages_of(
    conn: AsyncConnection, *, account_id: UUID, deliveries: Sequence[ClaimedDelivery]
) -> list[Claimed]:
    if not deliveries:
        return []
    rows = await conn.execute(
        select(*CLAIMED_COLUMNS).where(
            message.c.account_id == account_id,
            db.any_of(message.c.id, "message_ids", Uuid()),
        ),
        {"message_ids": list({item.message_id for item in deliveries})},
    )
    return [_claimed(row) for row in rows.mappings()]


async def _lock_queued(
    conn: AsyncConnection,
    *,
    account_id: UUID,
    kinds: Sequence[str],
    now: datetime,
    count_max: int,
) -> list[Claimed]:
    rows = await conn.execute(
        select(*CLAIMED_COLUMNS)
        .where(
            message.c.account_id == account_id,
            message.c.state == MessageState.QUEUED,
            db.any_of(message.c.kind, "kinds", Text()),
            message.c.due_at <= now,
        )
        .order_by(message.c.due_at, message.c.id)
        .limit(bindparam("count_max"))
        .with_for_update(skip_locked=True),
        {"kinds": kinds, "count_max": count_max},
    )
    return [_claimed(row) for row in rows.mappings()]


def _claimed(row: RowMapping) -> Claimed:
    return Claimed(**row)


def _first_deliveries(
    fresh: Sequence[Claimed], judged: Mapping[UUID, Recipients | Skip], *, domain: str
) -> list[ClaimedDelivery]:
    wanted = [
        (item.id, address)
        for item in fresh
        if isinstance(decision := judged[item.id], Recipients)
        for address in decision.addresses
    ]
    return [
        ClaimedDelivery(
            id=delivery_id,
            message_id=message_id,
            address=address,
            reference=f"{ids.to_base32(delivery_id).lower()}@{domain}",
            attempt=1,
        )
        for delivery_id, (message_id, address) in zip(ids.new_ids(len(wanted)), wanted, strict=True)
    ]


async def _store_deliveries(
    conn: AsyncConnection,
    *,
    account_id: UUID,
    deliveries: Sequence[ClaimedDelivery],
    lease_id: UUID,
    lease_ends_at: datetime,
) -> None:
    if not deliveries:
        return
    rows = db.array_rows(
        "rows",
        {"ids": Uuid(), "message_ids": Uuid(), "addresses": Text(), "references": Text()},
    )
    await conn.execute(
        insert(delivery).from_select(
            [
                "account_id",
                "id",
                "message_id",
                "address",
                "state",
                "attempts",
                "due_at",
                "lease_id",
                "reference",
            ],
            select(
                literal(account_id, Uuid()),
                rows.c.ids,
                rows.c.message_ids,
                rows.c.addresses,
                literal(DeliveryState.LEASED, Text()),
                literal(1),
                literal(lease_ends_at, DateTime(timezone=True)),
                literal(lease_id, Uuid()),
                rows.c.references,
            ),
        ),
        {
            "ids": [item.id for item in deliveries],
            "message_ids": [item.message_id for item in deliveries],
            "addresses": [item.address for item in deliveries],
            "references": [item.reference for item in deliveries],
        },
    )


async def _store_states(
    conn: AsyncConnection,
    *,
    account_id: UUID,
    fresh: Sequence[Claimed],
    judged: Mapping[UUID, Recipients | Skip],
    now: datetime,
) -> int:
    """Move the new messages on, and return how many were skipped."""
    if not fresh:
        return 0
    rows = db.array_rows("rows", {"ids": Uuid(), "reasons": Text()})
    reasons = [
        decision.reason if isinstance(decision := judged[item.id], Skip) else None for item in fresh
    ]
    is_sending = rows.c.reasons.is_(None)
    await conn.execute(
        update(message)
        .where(message.c.account_id == account_id, message.c.id == rows.c.ids)
        .values(
            state=case((is_sending, MessageState.SENDING), else_=MessageState.SKIPPED),
            reason=rows.c.reasons,
            finished_at=case((is_sending, None), else_=literal(now, DateTime(timezone=True))),
        ),
        {"ids": [item.id for item in fresh], "reasons": reasons},
    )
    return sum(reason is not None for reason in reasons)


def _refused(
    retries: Sequence[ClaimedDelivery],
    judged: Mapping[UUID, Recipients | Skip],
    *,
    attempts_max: int,
) -> dict[UUID, Rejected]:
    """Return the retries that get no further attempt: judged away since, or tried too often."""
    refused = {}
    for item in retries:
        decision = judged[item.message_id]
        if isinstance(decision, Skip):
            refused[item.id] = Rejected(
                response=decision.detail or decision.reason, reason=decision.reason
            )
        elif item.address not in decision.addresses:
            refused[item.id] = Rejected(
                response="The recipient was withdrawn before the mail could be sent.",
                reason=Reason.NO_CONFIRMED_RECIPIENTS,
            )
        elif item.attempt > attempts_max:
            refused[item.id] = Rejected(response=f"Gave up after {attempts_max} attempts.")
    return refused
