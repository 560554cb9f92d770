"""What the tests of alerts share: a clock, saves, and a look at the outbox."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from towpath import alerts, messaging
from towpath.kit import ids
from towpath.kit.secrets import SecretKeys

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

KEYS = SecretKeys(("test",))
PUBLIC_URL = "http://localhost:8600"


async def save(
    conn: AsyncConnection,
    account_id: UUID,
    *after: str,
    before: Iterable[str] = (),
    now: datetime = NOW,
) -> alerts.SavedRecipients:
    return await alerts.save_recipients(
        conn, account_id=account_id, before=set(before), after=list(after), now=now
    )


async def recipient_of(conn: AsyncConnection, account_id: UUID, address: str) -> alerts.Recipient:
    found = await alerts.find_recipient(conn, account_id=account_id, address=address)
    assert found is not None
    return found


async def state_of(conn: AsyncConnection, account_id: UUID, address: str) -> str:
    return (await recipient_of(conn, account_id, address)).state.value


async def link_of(conn: AsyncConnection, account_id: UUID, address: str) -> alerts.ConfirmationLink:
    """Return the link that a confirmation mail sent at this moment carries."""
    recipient = await recipient_of(conn, account_id, address)
    return alerts.ConfirmationLink(
        account_id=account_id, address=recipient.address, disablings=recipient.disablings
    )


async def confirm(
    conn: AsyncConnection, account_id: UUID, address: str, *, now: datetime = NOW
) -> alerts.ConfirmationOutcome:
    return await alerts.confirm(conn, link=await link_of(conn, account_id, address), now=now)


async def opt_out(
    conn: AsyncConnection, account_id: UUID, address: str, *, now: datetime = NOW
) -> None:
    link = alerts.OptOutLink(account_id=account_id, address=address)
    await alerts.opt_out(conn, link=link, now=now)


async def bounce(
    conn: AsyncConnection,
    account_id: UUID,
    *outcomes: tuple[str, messaging.Sent | messaging.Rejected],
    now: datetime = NOW,
) -> None:
    finished = [
        messaging.Finished(message_id=ids.new_id(), address=address, outcome=outcome)
        for address, outcome in outcomes
    ]
    await alerts.record_deliveries(conn, account_id=account_id, finished=finished, now=now)


async def queued_confirmations(conn: AsyncConnection, account_id: UUID) -> list[str]:
    message = messaging.message_table
    rows = await conn.execute(
        select(message.c.address)
        .where(message.c.account_id == account_id, message.c.kind == alerts.CONFIRMATION_KIND)
        .order_by(message.c.id)
    )
    return list(rows.scalars())
