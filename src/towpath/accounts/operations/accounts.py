"""Accounts, their users and who is what in them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from towpath.accounts import queries, rules
from towpath.accounts.model import (
    Actor,
    AlreadyMember,
    EmailTaken,
    LastOwner,
    OwnersOnly,
    UserNotFound,
)
from towpath.accounts.operations.audit import record_audit
from towpath.accounts.permissions import Role
from towpath.accounts.tables import account, membership, session, user
from towpath.kit import ids

SET_UP_LOCK = 5_907_001


async def create_account(
    conn: AsyncConnection, *, account_id: UUID, name: str, timezone: str, now: datetime
) -> None:
    """Make an account, the owner of everything that is stored under its id.

    Raises `BadName` for the name and `BadTimezone`.
    """
    await conn.execute(
        account.insert().values(
            account_id=account_id,
            name=rules.read_name(name, pointer="/name"),
            timezone=rules.read_timezone(timezone, pointer="/timezone"),
            created_at=now,
        )
    )


async def change_account(
    conn: AsyncConnection,
    *,
    actor: Actor,
    name: str | None = None,
    timezone: str | None = None,
    locale: str | None = None,
    now: datetime,
) -> None:
    """Change what is given of the actor's account; raises `BadName`, `BadTimezone`, `BadLocale`."""
    changes: dict[str, str] = {}
    if name is not None:
        changes["name"] = rules.read_name(name, pointer="/name")
    if timezone is not None:
        changes["timezone"] = rules.read_timezone(timezone, pointer="/timezone")
    if locale is not None:
        changes["locale"] = rules.read_locale(locale, pointer="/locale")
    if not changes:
        return
    await conn.execute(
        account.update().where(account.c.account_id == actor.account_id).values(**changes)
    )
    await record_audit(
        conn,
        actor=actor,
        action="account.changed",
        target_kind="account",
        target_id=ids.to_base32(actor.account_id),
        detail=dict(changes),
        now=now,
    )


async def create_user(
    conn: AsyncConnection,
    *,
    user_id: UUID,
    email: str,
    name: str,
    password_hash: str | None,
    now: datetime,
) -> None:
    """Make a user; without a password hash they sign in by a link first.

    Raises `EmailTaken`, `BadEmail` or `BadName`.
    """
    address = rules.read_email(email, pointer="/email")
    made = await conn.execute(
        insert(user)
        .values(
            id=user_id,
            email=address,
            name=rules.read_name(name, pointer="/name"),
            password_hash=password_hash,
            created_at=now,
        )
        .on_conflict_do_nothing(index_elements=["email"])
        .returning(user.c.id)
    )
    if made.first() is None:
        raise EmailTaken(pointer="/email")


async def change_user(
    conn: AsyncConnection, *, user_id: UUID, name: str | None = None, locale: str | None = None
) -> None:
    """Change what is given of a user; raises `BadName` or `BadLocale`."""
    changes: dict[str, str] = {}
    if name is not None:
        changes["name"] = rules.read_name(name, pointer="/name")
    if locale is not None:
        changes["locale"] = rules.read_locale(locale, pointer="/locale")
    if changes:
        await conn.execute(user.update().where(user.c.id == user_id).values(**changes))


async def invite_user(
    conn: AsyncConnection,
    *,
    actor: Actor,
    user_id: UUID,
    email: str,
    name: str,
    role: Role,
    now: datetime,
) -> None:
    """Make a user without a password and let them into the actor's account.

    An address that has a user is refused (`EmailTaken`) whatever account they belong to: whoever
    invited them first may have set their password, and must not get into a second account with it.
    Also raises `BadEmail`, `BadName` or `OwnersOnly`.
    """
    if role is Role.OWNER and actor.role is not Role.OWNER:
        raise OwnersOnly(pointer="/role")
    await create_user(conn, user_id=user_id, email=email, name=name, password_hash=None, now=now)
    await add_membership(conn, account_id=actor.account_id, user_id=user_id, role=role, now=now)
    await record_audit(
        conn,
        actor=actor,
        action="user.invited",
        target_kind="user",
        target_id=ids.to_base32(user_id),
        detail={"email": email, "role": role.value},
        now=now,
    )


async def add_membership(
    conn: AsyncConnection, *, account_id: UUID, user_id: UUID, role: Role, now: datetime
) -> None:
    """Let a user into an account; raises `AlreadyMember`."""
    made = await conn.execute(
        insert(membership)
        .values(account_id=account_id, user_id=user_id, role=role, created_at=now)
        .on_conflict_do_nothing(index_elements=["account_id", "user_id"])
        .returning(membership.c.user_id)
    )
    if made.first() is None:
        raise AlreadyMember


async def change_role(
    conn: AsyncConnection, *, actor: Actor, user_id: UUID, role: Role, now: datetime
) -> None:
    """Give a member of the actor's account another role, effective with their next request.

    Raises `UserNotFound`, `OwnersOnly` or `LastOwner`.
    """
    before = await _lock_member(conn, actor=actor, user_id=user_id)
    if Role.OWNER in {before, role} and actor.role is not Role.OWNER:
        raise OwnersOnly
    if before is Role.OWNER and role is not Role.OWNER:
        await _check_another_owner(conn, account_id=actor.account_id)
    await conn.execute(
        membership.update()
        .where(membership.c.account_id == actor.account_id, membership.c.user_id == user_id)
        .values(role=role)
    )
    await record_audit(
        conn,
        actor=actor,
        action="user.role_changed",
        target_kind="user",
        target_id=ids.to_base32(user_id),
        detail={"from": before.value, "to": role.value},
        now=now,
    )


async def remove_membership(
    conn: AsyncConnection, *, actor: Actor, user_id: UUID, now: datetime
) -> None:
    """Take a user out of the actor's account and end their sessions there.

    Somebody who belongs to no account any more is no user any more, which frees their address.
    Raises `UserNotFound`, `OwnersOnly` or `LastOwner`.
    """
    before = await _lock_member(conn, actor=actor, user_id=user_id)
    if before is Role.OWNER:
        if actor.role is not Role.OWNER:
            raise OwnersOnly
        await _check_another_owner(conn, account_id=actor.account_id)
    await conn.execute(
        membership.delete().where(
            membership.c.account_id == actor.account_id, membership.c.user_id == user_id
        )
    )
    await conn.execute(
        session.delete().where(
            session.c.account_id == actor.account_id, session.c.user_id == user_id
        )
    )
    if not await queries.memberships_of(conn, user_id=user_id):
        await conn.execute(user.delete().where(user.c.id == user_id))
    await record_audit(
        conn,
        actor=actor,
        action="user.removed",
        target_kind="user",
        target_id=ids.to_base32(user_id),
        detail={"role": before.value},
        now=now,
    )


async def lock_set_up(conn: AsyncConnection) -> None:
    """Let one transaction at a time make the first account of the installation."""
    await conn.execute(select(func.pg_advisory_xact_lock(SET_UP_LOCK)))


async def _lock_member(conn: AsyncConnection, *, actor: Actor, user_id: UUID) -> Role:
    """Return a member's role, with the account's memberships kept from changing meanwhile."""
    await conn.execute(
        select(account.c.account_id)
        .where(account.c.account_id == actor.account_id)
        .with_for_update()
    )
    role = await queries.role_of(conn, account_id=actor.account_id, user_id=user_id)
    if role is None:
        raise UserNotFound
    return role


async def _check_another_owner(conn: AsyncConnection, *, account_id: UUID) -> None:
    if await queries.count_owners(conn, account_id=account_id) < 2:
        raise LastOwner
