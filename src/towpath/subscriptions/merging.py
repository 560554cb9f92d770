"""What happens to requests for confirmation when two profiles become one."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import delete, exists, update
from sqlalchemy.ext.asyncio import AsyncConnection

from towpath.subscriptions.tables import subscription_request


async def move_requests(
    conn: AsyncConnection,
    *,
    account_id: UUID,
    source_id: UUID,
    destination_id: UUID,
    collapsed: Mapping[UUID, UUID],  # noqa: ARG001 -- the protocol's
) -> None:
    """Have the destination be asked what the source was, unless it was asked itself."""
    of = subscription_request.c
    own = subscription_request.alias("own")
    is_theirs = (of.account_id == account_id) & (of.profile_id == source_id)
    is_asked = exists().where(
        own.c.account_id == account_id,
        own.c.profile_id == destination_id,
        own.c.list_id == of.list_id,
    )
    await conn.execute(
        update(subscription_request).where(is_theirs, ~is_asked).values(profile_id=destination_id)
    )
    await conn.execute(delete(subscription_request).where(is_theirs))
