"""One-time links: the first owner's, a sign-in for the demo, an invitation.

Opening a link changes nothing (mail scanners open links); the button on its page uses it up.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from towpath.accounts import queries, tokens
from towpath.accounts.model import LinkPurpose, LinkUsed, OneTimeLink
from towpath.accounts.tables import one_time_link
from towpath.kit import ids

SIGN_IN_LINK_HOURS_MAX: Final = 24
LINK_AGE_MAX: Final[Mapping[LinkPurpose, timedelta]] = {
    LinkPurpose.FIRST_OWNER: timedelta(hours=24),
    LinkPurpose.SIGN_IN: timedelta(hours=SIGN_IN_LINK_HOURS_MAX),
    LinkPurpose.INVITATION: timedelta(days=7),
}
LINK_PATHS: Final[Mapping[LinkPurpose, str]] = {
    LinkPurpose.FIRST_OWNER: "/first-owner",
    LinkPurpose.SIGN_IN: "/sign-in/link",
    LinkPurpose.INVITATION: "/invitation",
}
EXPIRED_DELETED_MAX: Final = 100


async def first_owner_link(conn: AsyncConnection, *, public_url: str, now: datetime) -> str | None:
    """Return the address at which the first owner signs up, None when there is an owner.

    Each start makes a new link; those of earlier starts end with it.
    """
    if await queries.has_any_owner(conn):
        return None
    await conn.execute(
        one_time_link.delete().where(one_time_link.c.purpose == LinkPurpose.FIRST_OWNER)
    )
    return await _make_link(
        conn,
        link=OneTimeLink(purpose=LinkPurpose.FIRST_OWNER, user_id=None, account_id=None),
        public_url=public_url,
        now=now,
    )


async def sign_in_link(
    conn: AsyncConnection, *, user_id: UUID, account_id: UUID, public_url: str, now: datetime
) -> str:
    """Return an address at which this user signs in once, without a password."""
    link = OneTimeLink(purpose=LinkPurpose.SIGN_IN, user_id=user_id, account_id=account_id)
    return await _make_link(conn, link=link, public_url=public_url, now=now)


async def invitation_link(
    conn: AsyncConnection, *, user_id: UUID, account_id: UUID, public_url: str, now: datetime
) -> str:
    """Return an address at which a new user sets a password and joins."""
    link = OneTimeLink(purpose=LinkPurpose.INVITATION, user_id=user_id, account_id=account_id)
    return await _make_link(conn, link=link, public_url=public_url, now=now)


async def read_link(
    conn: AsyncConnection, *, purpose: LinkPurpose, token: str, now: datetime
) -> OneTimeLink:
    """Return a link that is still good, without using it up; raises `LinkUsed`."""
    row = (
        await conn.execute(
            select(one_time_link).where(
                one_time_link.c.token_hash == tokens.digest(token),
                one_time_link.c.purpose == purpose,
                one_time_link.c.used_at.is_(None),
                one_time_link.c.expires_at > now,
            )
        )
    ).first()
    if row is None:
        raise LinkUsed
    return OneTimeLink(purpose=purpose, user_id=row.user_id, account_id=row.account_id)


async def use_link(
    conn: AsyncConnection, *, purpose: LinkPurpose, token: str, now: datetime
) -> OneTimeLink:
    """Use a link up; of two at the same moment one gets it. Raises `LinkUsed`."""
    row = (
        await conn.execute(
            update(one_time_link)
            .where(
                one_time_link.c.token_hash == tokens.digest(token),
                one_time_link.c.purpose == purpose,
                one_time_link.c.used_at.is_(None),
                one_time_link.c.expires_at > now,
            )
            .values(used_at=now)
            .returning(one_time_link.c.user_id, one_time_link.c.account_id)
        )
    ).first()
    if row is None:
        raise LinkUsed
    return OneTimeLink(purpose=purpose, user_id=row.user_id, account_id=row.account_id)


async def _make_link(
    conn: AsyncConnection, *, link: OneTimeLink, public_url: str, now: datetime
) -> str:
    token = ids.new_token()
    await conn.execute(
        one_time_link.insert().values(
            token_hash=tokens.digest(token),
            purpose=link.purpose,
            user_id=link.user_id,
            account_id=link.account_id,
            created_at=now,
            expires_at=now + LINK_AGE_MAX[link.purpose],
        )
    )
    expired = (
        select(one_time_link.c.token_hash)
        .where(one_time_link.c.expires_at <= now)
        .limit(EXPIRED_DELETED_MAX)
        .with_for_update(skip_locked=True)
    )
    await conn.execute(one_time_link.delete().where(one_time_link.c.token_hash.in_(expired)))
    path = LINK_PATHS[link.purpose]
    return f"{public_url.rstrip('/')}{path}?{urlencode({'token': token})}"
