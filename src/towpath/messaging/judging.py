"""Who gets a message: the kind's judgement, then the account's monthly limit."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from towpath.messaging.isolation import in_halves
from towpath.messaging.model import Claimed, Reason, Recipients, Skip
from towpath.messaging.policy import Allowance, admit, month_of
from towpath.messaging.ports import Kind
from towpath.messaging.tables import mail_counter

log = structlog.get_logger(__name__)


async def judge(
    conn: AsyncConnection,
    *,
    account_id: UUID,
    kinds: Mapping[str, Kind],
    messages: Sequence[Claimed],
    now: datetime,
) -> dict[UUID, Recipients | Skip]:
    """Return each kind's judgement of its messages.

    A message that its kind cannot judge because of a bug is skipped alone, and logged.
    """
    judged: dict[UUID, Recipients | Skip] = {}
    for name in sorted({item.kind for item in messages}):
        part = [item for item in messages if item.kind == name]
        if name in kinds:
            judged |= await _judge_kind(
                conn, account_id=account_id, kind=kinds[name], messages=part, now=now
            )
        else:
            gone = Skip(reason=Reason.UNABLE_TO_SEND_EMAIL, detail=f"Unknown kind: {name}.")
            judged |= {item.id: gone for item in part}
    return judged


async def _judge_kind(
    conn: AsyncConnection,
    *,
    account_id: UUID,
    kind: Kind,
    messages: Sequence[Claimed],
    now: datetime,
) -> dict[UUID, Recipients | Skip]:
    async def work(part: Sequence[Claimed]) -> Mapping[UUID, Recipients | Skip]:
        async with conn.begin_nested():
            judged = await kind.judge(conn, account_id=account_id, messages=part, now=now)
            assert judged.keys() == {item.id for item in part}, f"{kind.name} judges every message"
            return judged

    judged, failures = await in_halves(messages, key=lambda item: item.id, work=work)
    for message_id, bug in failures.items():
        log.error("message_cannot_be_judged", message_id=str(message_id), exc_info=bug)
        judged[message_id] = Skip(reason=Reason.UNABLE_TO_SEND_EMAIL, detail=str(bug))
    return judged


async def apply_limit(
    conn: AsyncConnection,
    *,
    account_id: UUID,
    kinds: Mapping[str, Kind],
    fresh: Sequence[Claimed],
    judged: dict[UUID, Recipients | Skip],
    allowance: Allowance,
    now: datetime,
) -> dict[UUID, Recipients | Skip]:
    """Count the mails in the account's month and skip what would go over the limit.

    The counter's row stays locked until commit, so concurrent claims never exceed the limit
    together.
    """
    wanted = [
        (item.id, len(decision.addresses))
        for item in fresh
        if kinds[item.kind].counts_toward_limit
        and isinstance(decision := judged[item.id], Recipients)
    ]
    mails = sum(count for _, count in wanted)
    if mails == 0:
        return judged
    month = month_of(now, timezone=allowance.timezone)
    used = await count_mails(conn, account_id=account_id, month=month, mails=mails) - mails
    if allowance.mails_per_month_max is None:
        return judged
    admitted = admit(wanted, used=used, mails_max=allowance.mails_per_month_max)
    over = {message_id: count for message_id, count in wanted if message_id not in admitted}
    if over:
        await count_mails(conn, account_id=account_id, month=month, mails=-sum(over.values()))
    return judged | {message_id: Skip(reason=Reason.OVER_EMAIL_LIMIT) for message_id in over}


async def count_mails(conn: AsyncConnection, *, account_id: UUID, month: str, mails: int) -> int:
    """Add `mails` (negative: take back) to the account's month and return the new total."""
    row = insert(mail_counter).values(account_id=account_id, month=month, mails=max(mails, 0))
    total: int = (
        await conn.execute(
            row.on_conflict_do_update(
                index_elements=["account_id", "month"],
                set_={"mails": func.greatest(mail_counter.c.mails + mails, 0)},
            ).returning(mail_counter.c.mails)
        )
    ).scalar_one()
    return total
