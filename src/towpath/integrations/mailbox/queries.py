"""Reads of the mailbox. `reader` is the address of the person who looks."""

from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from towpath.integrations.mailbox.model import (
    PERSONAL_KINDS,
    CapturedMail,
    CapturedMailNotFound,
    CapturedMailSummary,
)
from towpath.integrations.mailbox.tables import captured_mail


async def list_mails(
    conn: AsyncConnection, *, account_id: UUID, reader: str, before: UUID | None, limit: int
) -> list[CapturedMailSummary]:
    """Return an account's captured mails that `reader` may see, the newest first."""
    statement = select(
        captured_mail.c.id,
        captured_mail.c.kind,
        captured_mail.c.captured_at,
        captured_mail.c.date,
        captured_mail.c.sender,
        captured_mail.c.recipient,
        captured_mail.c.subject,
    ).where(captured_mail.c.account_id == account_id, _is_for(reader))
    if before is not None:
        statement = statement.where(captured_mail.c.id < before)
    rows = await conn.execute(statement.order_by(captured_mail.c.id.desc()).limit(limit))
    return [CapturedMailSummary(**row) for row in rows.mappings()]


async def get_mail(
    conn: AsyncConnection, *, account_id: UUID, reader: str, mail_id: UUID
) -> CapturedMail:
    """Return a captured mail; raises `CapturedMailNotFound`, also when it is not for `reader`."""
    columns = [column for column in captured_mail.c if column.key != "account_id"]
    row = (
        await conn.execute(
            select(*columns).where(
                captured_mail.c.account_id == account_id,
                captured_mail.c.id == mail_id,
                _is_for(reader),
            )
        )
    ).one_or_none()
    if row is None:
        raise CapturedMailNotFound
    return CapturedMail(**row._mapping)  # noqa: SLF001 -- the public name of a row's columns


def _is_for(reader: str) -> ColumnElement[bool]:
    return or_(
        captured_mail.c.kind.not_in(sorted(PERSONAL_KINDS)),
        func.lower(captured_mail.c.recipient) == reader.lower(),
    )
