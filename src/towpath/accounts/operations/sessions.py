"""Sessions of browsers: opened by signing in, ended by signing out, disuse or age."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from towpath.accounts import queries, tokens
from towpath.accounts.model import AccountNotFound
from towpath.accounts.tables import session, user
from towpath.kit import ids

SESSION_AGE_MAX: Final = timedelta(days=30)
SESSION_IDLE_MAX: Final = timedelta(days=7)
LAST_SEEN_PRECISION: Final = timedelta(minutes=5)
SESSIONS_PER_USER_MAX: Final = 50
EXPIRED_DELETED_MAX: Final = 100


async def open_session(
    conn: AsyncConnection, *, user_id: UUID, account_id: UUID, now: datetime
) -> str:
    """Open a session and return its token, of which only a hash is stored.

    The oldest sessions of a user beyond `SESSIONS_PER_USER_MAX` end, and some expired ones of
    anybody are deleted, so the table stays small.
    """
    token = ids.new_token()
    await conn.execute(
        session.insert().values(
            token_hash=tokens.digest(token),
            user_id=user_id,
            account_id=account_id,
            created_at=now,
            last_seen_at=now,
            expires_at=now + SESSION_AGE_MAX,
        )
    )
    surplus = (
        select(session.c.token_hash)
        .where(session.c.user_id == user_id)
        .order_by(session.c.created_at.desc(), session.c.token_hash)
        .offset(SESSIONS_PER_USER_MAX)
    )
    expired = (
        select(session.c.token_hash)
        .where(session.c.expires_at <= now)
        .limit(EXPIRED_DELETED_MAX)
        .with_for_update(skip_locked=True)
    )
    for ended in (surplus, expired):
        await conn.execute(session.delete().where(session.c.token_hash.in_(ended)))
    return token


async def note_session_seen(
    conn: AsyncConnection, *, token_hash: str, last_seen_at: datetime, now: datetime
) -> None:
    """Remember that a session is in use, to `LAST_SEEN_PRECISION` so that it is seldom written."""
    if last_seen_at <= now - LAST_SEEN_PRECISION:
        await conn.execute(
            update(session).where(session.c.token_hash == token_hash).values(last_seen_at=now)
        )


async def close_session(conn: AsyncConnection, *, token: str) -> None:
    """End one session; ending it twice is fine."""
    await conn.execute(session.delete().where(session.c.token_hash == tokens.digest(token)))


async def close_sessions(
    conn: AsyncConnection, *, user_id: UUID, except_token: str | None = None
) -> None:
    """End every session of a user, on every device, but the one with `except_token`."""
    statement = session.delete().where(session.c.user_id == user_id)
    if except_token is not None:
        statement = statement.where(session.c.token_hash != tokens.digest(except_token))
    await conn.execute(statement)


async def switch_account(
    conn: AsyncConnection, *, token: str, user_id: UUID, account_id: UUID
) -> None:
    """Show another account of the user in this session; raises `AccountNotFound`."""
    if await queries.role_of(conn, account_id=account_id, user_id=user_id) is None:
        raise AccountNotFound(pointer="/account_id")
    await conn.execute(
        update(session)
        .where(session.c.token_hash == tokens.digest(token))
        .values(account_id=account_id)
    )


async def set_password(conn: AsyncConnection, *, user_id: UUID, password_hash: str) -> None:
    """Store a new password; the caller ends the sessions that were opened with the old one."""
    await conn.execute(update(user).where(user.c.id == user_id).values(password_hash=password_hash))
