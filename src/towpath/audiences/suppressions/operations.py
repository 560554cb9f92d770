"""Writes of suppressions."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, Uuid, bindparam, delete, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Text

from towpath.audiences.lists.tables import list_membership
from towpath.audiences.suppressions.model import LIFTED_BY_CONSENT, SuppressionReason
from towpath.audiences.suppressions.tables import suppression
from towpath.kit import db

_ACCOUNT = bindparam("account", type_=Uuid())
_GIVEN = db.array_rows("given", {"new_profile_id": Uuid()})
_SUPPRESS = (
    insert(suppression)
    .from_select(
        ["account_id", "profile_id", "reason", "at"],
        select(
            _ACCOUNT,
            _GIVEN.c.new_profile_id,
            bindparam("why", type_=Text()),
            bindparam("since", type_=DateTime(timezone=True)),
        ),
    )
    .on_conflict_do_nothing()
    .returning(suppression.c.profile_id)
)
_SUBSCRIBED = db.array_rows(
    "subscribed", {"given_profile_id": Uuid(), "given_at": DateTime(timezone=True)}
)
_LIFT = delete(suppression).where(
    suppression.c.account_id == _ACCOUNT,
    suppression.c.profile_id == _SUBSCRIBED.c.given_profile_id,
    suppression.c.at <= _SUBSCRIBED.c.given_at,
    suppression.c.reason.in_([str(reason) for reason in LIFTED_BY_CONSENT]),
)


async def suppress(
    conn: AsyncConnection,
    *,
    account_id: UUID,
    profile_ids: Collection[UUID],
    reason: SuppressionReason,
    now: datetime,
) -> list[UUID]:
    """Suppress people for one reason and return those who were not; the first moment is kept."""
    rows = await conn.execute(
        _SUPPRESS,
        {
            "account": account_id,
            "new_profile_id": sorted(set(profile_ids)),
            "why": reason.value,
            "since": now,
        },
    )
    return list(rows.scalars())


async def unsuppress(
    conn: AsyncConnection,
    *,
    account_id: UUID,
    profile_ids: Collection[UUID],
    reason: SuppressionReason,
) -> list[UUID]:
    """End the suppression of people for one reason and return those who were suppressed for it."""
    rows = await conn.execute(
        delete(suppression)
        .where(
            suppression.c.account_id == account_id,
            suppression.c.reason == reason,
            db.any_of(suppression.c.profile_id, "given_ids", Uuid()),
        )
        .returning(suppression.c.profile_id),
        {"given_ids": list(profile_ids)},
    )
    return list(rows.scalars())


async def suppress_members(
    conn: AsyncConnection,
    *,
    account_id: UUID,
    list_id: str,
    reason: SuppressionReason,
    now: datetime,
) -> int:
    """Suppress everybody on a list for one reason and return how many were not."""
    members = (
        select(literal(account_id), list_membership.c.profile_id, literal(reason), literal(now))
        .where(list_membership.c.account_id == account_id, list_membership.c.list_id == list_id)
        .order_by(list_membership.c.profile_id)
    )
    done = await conn.execute(
        insert(suppression)
        .from_select(["account_id", "profile_id", "reason", "at"], members)
        .on_conflict_do_nothing()
        .execution_options(preserve_rowcount=True)
    )
    return done.rowcount


async def unsuppress_members(
    conn: AsyncConnection, *, account_id: UUID, list_id: str, reason: SuppressionReason
) -> int:
    """End the suppression of everybody on a list for one reason; return how many were."""
    members = select(list_membership.c.profile_id).where(
        list_membership.c.account_id == account_id, list_membership.c.list_id == list_id
    )
    done = await conn.execute(
        delete(suppression).where(
            suppression.c.account_id == account_id,
            suppression.c.reason == reason,
            suppression.c.profile_id.in_(members),
        )
    )
    return done.rowcount


async def lift_suppressions(
    conn: AsyncConnection, *, account_id: UUID, subscribed_at: Mapping[UUID, datetime]
) -> None:
    """End what consent ends (`LIFTED_BY_CONSENT`), unless it began after the person subscribed."""
    if not subscribed_at:
        return
    await conn.execute(
        _LIFT,
        {
            "account": account_id,
            "given_profile_id": list(subscribed_at),
            "given_at": list(subscribed_at.values()),
        },
    )
