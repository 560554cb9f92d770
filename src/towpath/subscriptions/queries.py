"""Reads of requests for confirmation."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Uuid, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Text

from towpath import people
from towpath.kit import db
from towpath.subscriptions.model import Request
from towpath.subscriptions.tables import subscription_request


async def find_request(
    conn: AsyncConnection, *, account_id: UUID, request_id: UUID, is_locked: bool = False
) -> Request | None:
    """Return one request; with `is_locked` nobody else changes it until commit."""
    statement = select(subscription_request).where(
        subscription_request.c.account_id == account_id, subscription_request.c.id == request_id
    )
    if is_locked:
        statement = statement.with_for_update()
    row = (await conn.execute(statement)).one_or_none()
    return None if row is None else _request_from(row)


async def requests_by_message(
    conn: AsyncConnection, *, account_id: UUID, message_ids: Collection[UUID]
) -> Mapping[UUID, Request]:
    """Return the requests whose latest mails these are."""
    rows = await conn.execute(
        select(subscription_request).where(
            subscription_request.c.account_id == account_id,
            db.any_of(subscription_request.c.message_id, "message_ids", Uuid()),
        ),
        {"message_ids": list(message_ids)},
    )
    return {row.message_id: _request_from(row) for row in rows}


async def owners_of(
    conn: AsyncConnection, *, account_id: UUID, emails: Collection[str]
) -> list[UUID]:
    """Return the profiles that own these normalised addresses."""
    profile = people.profile_table
    rows = await conn.execute(
        select(profile.c.id).where(
            profile.c.account_id == account_id, db.any_of(profile.c.email, "emails", Text())
        ),
        {"emails": list(emails)},
    )
    return list(rows.scalars())


def _request_from(row: Row[Any]) -> Request:
    return Request(
        id=row.id,
        list_id=row.list_id,
        profile_id=row.profile_id,
        email=row.email,
        custom_source=row.custom_source,
        is_confirmed=row.confirmed_at is not None,
    )
