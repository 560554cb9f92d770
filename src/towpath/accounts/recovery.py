"""The way back in after a lost password, for whoever may use the command line of the server."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from towpath.accounts import passwords, queries, rules
from towpath.accounts.access import command_actor
from towpath.accounts.model import AccountNotFound, Membership, User, UserUnknown
from towpath.accounts.operations.attempts import forget_failures
from towpath.accounts.operations.audit import record_audits
from towpath.accounts.operations.links import sign_in_link
from towpath.accounts.operations.sessions import close_sessions, set_password
from towpath.kit import ids
from towpath.kit.runtime import Runtime


async def reset_password(
    runtime: Runtime, *, email: str, password: str, label: str, now: datetime
) -> None:
    """Set somebody's password without the old one, and end their sessions on every device.

    Failed sign-ins are forgotten, so that the new password works at once. Each account of the
    person notes it in its audit trail, done by `label`. Raises `UserUnknown` or `BadPassword`.
    """
    async with runtime.engine.begin() as conn:
        user = await _user_called(conn, email)
    rules.check_password(password, email=user.email)
    password_hash = await passwords.hash_password(password)
    async with runtime.engine.begin() as conn:
        await set_password(conn, user_id=user.id, password_hash=password_hash)
        await close_sessions(conn, user_id=user.id)
        await forget_failures(conn, email=user.email)
        await _note(
            conn,
            action="user.password_reset",
            user=user,
            memberships=await queries.memberships_of(conn, user_id=user.id),
            label=label,
            now=now,
        )


async def recovery_link(
    conn: AsyncConnection,
    *,
    email: str,
    account_id: UUID | None,
    public_url: str,
    label: str,
    now: datetime,
) -> str:
    """Return an address at which somebody signs in once without a password.

    It opens the account with this id, or the first that the person joined. The account notes it in
    its audit trail. Raises `UserUnknown`, or `AccountNotFound` for one they do not belong to.
    """
    user = await _user_called(conn, email)
    memberships = await queries.memberships_of(conn, user_id=user.id)
    chosen = [one for one in memberships if account_id in {None, one.account.id}][:1]
    if not chosen:
        raise AccountNotFound(f"{user.email} does not belong to this account, or to any.")
    await _note(
        conn, action="user.sign_in_link_made", user=user, memberships=chosen, label=label, now=now
    )
    return await sign_in_link(
        conn, user_id=user.id, account_id=chosen[0].account.id, public_url=public_url, now=now
    )


async def _user_called(conn: AsyncConnection, email: str) -> User:
    user = await queries.find_user(conn, email=email.strip().casefold())
    if user is None:
        raise UserUnknown(f"Nobody signs in as {email.strip()}; check how the address is written.")
    return user


async def _note(
    conn: AsyncConnection,
    *,
    action: str,
    user: User,
    memberships: list[Membership],
    label: str,
    now: datetime,
) -> None:
    await record_audits(
        conn,
        actors=[command_actor(account_id=one.account.id, label=label) for one in memberships],
        action=action,
        target_kind="user",
        target_id=ids.to_base32(user.id),
        now=now,
    )
