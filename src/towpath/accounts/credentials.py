"""Signing in and changing the password: short transactions around the slow hash, never over it.

An attempt is counted in a transaction of its own before the password is looked at, so that it
stays counted when the request is refused.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from towpath.accounts import passwords, queries, rules
from towpath.accounts.access import user_actor
from towpath.accounts.model import (
    Actor,
    BadSession,
    LinkPurpose,
    LinkUsed,
    SignInRefused,
    User,
    WrongPassword,
)
from towpath.accounts.operations.attempts import (
    Attempt,
    attempt_of,
    count_attempt,
    forget_attempt,
    throttled,
)
from towpath.accounts.operations.audit import record_audit
from towpath.accounts.operations.links import read_link, use_link
from towpath.accounts.operations.sessions import close_sessions, open_session, set_password
from towpath.kit import ids
from towpath.kit.runtime import Runtime


async def sign_in(
    runtime: Runtime, *, email: str, password: str, address: str | None, now: datetime
) -> str:
    """Open a session for the right password and return its token.

    `address` is the IP the attempt came from. Raises `SignInRefused` (the same answer, as slowly,
    for an unknown address), `SignInThrottled` or `PasswordsBusy`.
    """
    folded = email.strip().casefold()
    attempt = attempt_of(email=folded, address=address)
    user = await _begin_attempt(runtime, attempt=attempt, email=folded, now=now)
    is_right = await passwords.is_password(password, user.password_hash if user else None)
    if user is None or not is_right:
        raise SignInRefused
    async with runtime.engine.begin() as conn:
        await _check_unchanged(conn, user=user)
        belongs = await queries.memberships_of(conn, user_id=user.id)
        if not belongs:
            raise SignInRefused
        await forget_attempt(conn, attempt=attempt)
        first = belongs[0]
        return await _enter(
            conn,
            actor=user_actor(
                account_id=first.account.id, user_id=user.id, label=user.email, role=first.role
            ),
            user_id=user.id,
            now=now,
        )


async def sign_in_by_link(conn: AsyncConnection, *, token: str, now: datetime) -> str:
    """Use a sign-in link up and return the token of a new session; raises `LinkUsed`."""
    link = await use_link(conn, purpose=LinkPurpose.SIGN_IN, token=token, now=now)
    return await _enter_by(conn, user_id=link.user_id, account_id=link.account_id, now=now)


async def accept_invitation(runtime: Runtime, *, token: str, password: str, now: datetime) -> str:
    """Use an invitation up: set the password and return the token of a new session.

    Raises `LinkUsed`, `BadPassword` (the link stays good) or `PasswordsBusy`.
    """
    async with runtime.engine.begin() as conn:
        link = await read_link(conn, purpose=LinkPurpose.INVITATION, token=token, now=now)
        assert link.user_id is not None  # the table's own rule
        user = await queries.user_of(conn, user_id=link.user_id)
    if user is None:
        raise LinkUsed
    rules.check_password(password, email=user.email, pointer="/password")
    password_hash = await passwords.hash_password(password)
    async with runtime.engine.begin() as conn:
        link = await use_link(conn, purpose=LinkPurpose.INVITATION, token=token, now=now)
        await set_password(conn, user_id=user.id, password_hash=password_hash)
        return await _enter_by(conn, user_id=user.id, account_id=link.account_id, now=now)


async def change_password(
    runtime: Runtime,
    *,
    actor: Actor,
    session_token: str,
    current: str,
    new: str,
    address: str | None,
    now: datetime,
) -> None:
    """Set a new password and end the user's other sessions.

    Raises `WrongPassword` for a wrong current password, `BadPassword` for a bad new one,
    `SignInThrottled` or `PasswordsBusy`.
    """
    rules.check_password(new, email=actor.label, pointer="/new_password")
    attempt = attempt_of(email=actor.label, address=address)
    user = await _begin_attempt(runtime, attempt=attempt, email=actor.label, now=now)
    if user is None or not await passwords.is_password(current, user.password_hash):
        raise WrongPassword(pointer="/current_password")
    password_hash = await passwords.hash_password(new)
    async with runtime.engine.begin() as conn:
        await _check_unchanged(conn, user=user)
        await forget_attempt(conn, attempt=attempt)
        await set_password(conn, user_id=user.id, password_hash=password_hash)
        await close_sessions(conn, user_id=user.id, except_token=session_token)
        await record_audit(
            conn,
            actor=actor,
            action="user.password_changed",
            target_kind="user",
            target_id=ids.to_base32(user.id),
            now=now,
        )


async def _begin_attempt(
    runtime: Runtime, *, attempt: Attempt, email: str, now: datetime
) -> User | None:
    async with runtime.engine.begin() as conn:
        wait_seconds = await count_attempt(conn, attempt=attempt, now=now)
        user = await queries.find_user(conn, email=email)
    if wait_seconds is not None:
        raise throttled(wait_seconds)
    return user


async def _check_unchanged(conn: AsyncConnection, *, user: User) -> None:
    """Raise `SignInRefused` when the password changed while the old one was being checked."""
    current = await queries.user_of(conn, user_id=user.id, lock=True)
    if current is None or current.password_hash != user.password_hash:
        raise SignInRefused


async def _enter_by(
    conn: AsyncConnection, *, user_id: UUID | None, account_id: UUID | None, now: datetime
) -> str:
    assert user_id is not None  # links without a user are the first owner's
    assert account_id is not None
    user = await queries.user_of(conn, user_id=user_id)
    role = await queries.role_of(conn, account_id=account_id, user_id=user_id)
    if user is None or role is None:
        raise BadSession("You do not belong to this account any more.")
    actor = user_actor(account_id=account_id, user_id=user_id, label=user.email, role=role)
    return await _enter(conn, actor=actor, user_id=user_id, now=now)


async def _enter(conn: AsyncConnection, *, actor: Actor, user_id: UUID, now: datetime) -> str:
    token = await open_session(conn, user_id=user_id, account_id=actor.account_id, now=now)
    await record_audit(
        conn,
        actor=actor,
        action="session.opened",
        target_kind="user",
        target_id=ids.to_base32(user_id),
        now=now,
    )
    return token
