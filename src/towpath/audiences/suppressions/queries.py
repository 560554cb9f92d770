"""Reads of suppressions."""

from collections.abc import Collection
from datetime import UTC
from uuid import UUID

from sqlalchemy import Uuid, select
from sqlalchemy.ext.asyncio import AsyncConnection

from towpath.audiences.suppressions.model import Suppression, SuppressionReason
from towpath.audiences.suppressions.tables import suppression
from towpath.kit import db


async def suppressions_of(
    conn: AsyncConnection, *, account_id: UUID, profile_ids: Collection[UUID]
) -> dict[UUID, tuple[Suppression, ...]]:
    """Return why each person gets no marketing emails, by reason; () for whom nothing is known."""
    rows = await conn.execute(
        select(suppression)
        .where(
            suppression.c.account_id == account_id,
            db.any_of(suppression.c.profile_id, "profile_ids", Uuid()),
        )
        .order_by(suppression.c.reason),
        {"profile_ids": list(profile_ids)},
    )
    found: dict[UUID, tuple[Suppression, ...]] = dict.fromkeys(profile_ids, ())
    for row in rows:
        one = Suppression(
            profile_id=row.profile_id,
            reason=SuppressionReason(row.reason),
            at=row.at.astimezone(UTC),
        )
        found[row.profile_id] += (one,)
    return found
