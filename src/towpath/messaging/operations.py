"""Writes of the outbox by others."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from towpath.messaging.model import MessageState
from towpath.messaging.tables import message


async def queue_mail(
    conn: AsyncConnection,
    *,
    account_id: UUID,
    message_id: UUID,
    kind: str,
    address: str,
    locale: str,
    due_at: datetime,
) -> None:
    """Queue a mail that is not from a flow (a confirmation, an invitation) to one address.

    It goes out after the caller's transaction commits, and not before `due_at`.
    """
    await conn.execute(
        insert(message).values(
            account_id=account_id,
            id=message_id,
            kind=kind,
            state=MessageState.QUEUED,
            address=address,
            locale=locale,
            created_at=due_at,
            due_at=due_at,
        )
    )
