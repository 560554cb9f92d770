"""What happens to messages when two profiles become one (people.MergeListener)."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import Uuid
from sqlalchemy.ext.asyncio import AsyncConnection

from towpath.kit import db
from towpath.messaging.tables import message


async def move_messages(
    conn: AsyncConnection,
    *,
    account_id: UUID,
    source_id: UUID,
    destination_id: UUID,
    collapsed: Mapping[UUID, UUID],
) -> None:
    """Have the source's messages be about the destination, and about the twins of its events."""
    await conn.execute(
        message.update()
        .where(message.c.account_id == account_id, message.c.profile_id == source_id)
        .values(profile_id=destination_id)
    )
    if not collapsed:
        return
    twins = db.array_rows("twins", {"gone_ids": Uuid(), "twin_ids": Uuid()})
    await conn.execute(
        message.update()
        .where(
            message.c.account_id == account_id,
            message.c.profile_id == destination_id,
            message.c.event_id == twins.c.gone_ids,
        )
        .values(event_id=twins.c.twin_ids),
        {"gone_ids": list(collapsed), "twin_ids": list(collapsed.values())},
    )
