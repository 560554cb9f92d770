"""Writes of the mailbox."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from towpath.integrations.mailbox.tables import captured_mail
from towpath.messaging import Mail, storable


async def capture_mail(
    conn: AsyncConnection, *, account_id: UUID, mail_id: UUID, kind: str, mail: Mail, now: datetime
) -> None:
    """Keep a mail; keeping it again, after a crash, changes nothing."""
    label, address = mail.sender_label.strip(), mail.sender_address
    await conn.execute(
        insert(captured_mail)
        .values(
            account_id=account_id,
            id=mail_id,
            message_id=mail.message_id,
            kind=kind,
            captured_at=now,
            date=mail.date,
            sender=storable(f"{label} <{address}>" if label else address),
            recipient=storable(mail.recipient),
            reply_to=mail.reply_to and storable(mail.reply_to),
            subject=storable(mail.subject),
            headers={name: storable(value) for name, value in mail.headers.items()},
            html=mail.html and storable(mail.html),
            text=mail.text and storable(mail.text),
        )
        .on_conflict_do_nothing(index_elements=["account_id", "message_id"])
    )


async def forget_old_mails(conn: AsyncConnection, *, account_id: UUID, kept_max: int) -> None:
    """Delete all but the newest `kept_max` mails of an account."""
    last_kept = (
        select(captured_mail.c.id)
        .where(captured_mail.c.account_id == account_id)
        .order_by(captured_mail.c.id.desc())
        .offset(kept_max)
        .limit(1)
        .scalar_subquery()
    )
    await conn.execute(
        delete(captured_mail).where(
            captured_mail.c.account_id == account_id, captured_mail.c.id <= last_kept
        )
    )
