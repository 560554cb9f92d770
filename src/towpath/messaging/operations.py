"""Writes of the outbox by others."""

from collections.abc import Mapping
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
    await queue_mails(
        conn,
        account_id=account_id,
        addresses={message_id: address},
        kind=kind,
        locale=locale,
        due_at=due_at,
    )


async def queue_mails(
    conn: AsyncConnection,
    *,
    account_id: UUID,
    addresses: Mapping[UUID, str],
    kind: str,
    locale: str,
    due_at: datetime,
) -> None:
    """Queue one such mail to each of `addresses`, which are given by the id of their message."""
    if not addresses:
        return
    await conn.execute(
        insert(message),
        [
            {
                "account_id": account_id,
                "id": message_id,
                "kind": kind,
                "state": MessageState.QUEUED,
                "address": address,
                "locale": locale,
                "created_at": due_at,
                "due_at": due_at,
            }
            for message_id, address in addresses.items()
        ],
    )
