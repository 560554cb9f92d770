"""Writes of the outbox by others."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from towpath.messaging.model import MessageState
from towpath.messaging.tables import message


async def queue_mails(
    conn: AsyncConnection,
    *,
    account_id: UUID,
    addresses: Mapping[UUID, str],
    kind: str,
    locale: str,
    due_at: datetime,
) -> None:
    """Queue a mail that is not from a flow, such as a confirmation, to each of `addresses`.

    `addresses` are given by the id of their message. The mails go out after the caller's
    transaction commits, and not before `due_at`.
    """
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
