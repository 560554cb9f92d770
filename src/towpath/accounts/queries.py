"""Reads of accounts, users, sessions, keys and the audit trail."""

from uuid import UUID

from sqlalchemy import Row, Select, exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from towpath.accounts.model import (
    Account,
    ActorKind,
    ApiKey,
    AuditEntry,
    Member,
    Membership,
    User,
)
from towpath.accounts.permissions import Role, Scope
from towpath.accounts.tables import account, api_key, audit_entry, directory, membership, user


async def account_of(conn: AsyncConnection, *, account_id: UUID) -> Account | None:
    """Return an account, or None when there is none with this id."""
    row = (await conn.execute(select(account).where(account.c.account_id == account_id))).first()
    return to_account(row) if row else None


async def list_accounts(conn: AsyncConnection) -> list[Account]:
    """Return every account of the installation, the oldest first; for the command line."""
    statement = select(account).order_by(account.c.created_at, account.c.account_id)
    rows = await conn.execute(
        statement, execution_options={"crosses_accounts": "the command line lists accounts"}
    )
    return [to_account(row) for row in rows]


async def find_user(conn: AsyncConnection, *, email: str) -> User | None:
    """Return the user with a (case-folded) address."""
    row = (await conn.execute(select(user).where(user.c.email == email))).first()
    return to_user(row) if row else None


async def user_of(conn: AsyncConnection, *, user_id: UUID, lock: bool = False) -> User | None:
    """Return a user; `lock` keeps the row from changing until the transaction ends."""
    statement = select(user).where(user.c.id == user_id)
    row = (await conn.execute(statement.with_for_update() if lock else statement)).first()
    return to_user(row) if row else None


async def role_of(conn: AsyncConnection, *, account_id: UUID, user_id: UUID) -> Role | None:
    """Return the role of a user in an account, None for somebody who does not belong to it."""
    role = await conn.scalar(
        select(membership.c.role).where(
            membership.c.account_id == account_id, membership.c.user_id == user_id
        )
    )
    return Role(role) if role else None


async def memberships_of(conn: AsyncConnection, *, user_id: UUID) -> list[Membership]:
    """Return the accounts a user belongs to, in the order of joining."""
    statement = (
        select(account, membership.c.role)
        .join(membership, membership.c.account_id == account.c.account_id)
        .where(membership.c.user_id == user_id)
        .order_by(membership.c.created_at, account.c.account_id)
    )
    rows = await conn.execute(
        statement, execution_options={"crosses_accounts": "the accounts of one person"}
    )
    return [Membership(account=to_account(row), role=Role(row.role)) for row in rows]


async def list_members(
    conn: AsyncConnection, *, account_id: UUID, before: UUID | None, limit: int
) -> list[Member]:
    """Return members of an account by falling user id (the newest user first)."""
    statement = (
        select(user, membership.c.role, membership.c.created_at.label("joined_at"))
        .join(membership, membership.c.user_id == user.c.id)
        .where(membership.c.account_id == account_id)
    )
    if before is not None:
        statement = statement.where(user.c.id < before)
    rows = await conn.execute(statement.order_by(user.c.id.desc()).limit(limit))
    return [
        Member(
            user_id=row.id,
            email=row.email,
            name=row.name,
            role=Role(row.role),
            joined_at=row.joined_at,
        )
        for row in rows
    ]


async def count_owners(conn: AsyncConnection, *, account_id: UUID) -> int:
    """Return how many owners an account has."""
    return (
        await conn.scalar(
            select(func.count()).where(
                membership.c.account_id == account_id, membership.c.role == Role.OWNER
            )
        )
        or 0
    )


async def has_any_owner(conn: AsyncConnection) -> bool:
    """Say whether anybody owns an account of this installation: whether set-up is over."""
    statement = select(exists().where(membership.c.role == Role.OWNER))
    found = await conn.execute(
        statement, execution_options={"crosses_accounts": "is the installation set up"}
    )
    return bool(found.scalar_one())


async def find_api_key(conn: AsyncConnection, *, key_hash: str) -> ApiKey | None:
    """Return the key with this hash, revoked or not; its account is found in the directory."""
    account_id = await conn.scalar(
        select(directory.c.account_id).where(
            directory.c.kind == "api_key", directory.c.key == key_hash
        )
    )
    if account_id is None:
        return None
    row = (
        await conn.execute(
            select(api_key).where(api_key.c.account_id == account_id, api_key.c.hash == key_hash)
        )
    ).first()
    return _to_api_key(row) if row else None


async def list_api_keys(
    conn: AsyncConnection, *, account_id: UUID, before: UUID | None, limit: int
) -> list[ApiKey]:
    """Return the keys of an account, the newest first, also revoked ones."""
    statement = select(api_key).where(api_key.c.account_id == account_id)
    if before is not None:
        statement = statement.where(api_key.c.id < before)
    rows = await conn.execute(statement.order_by(api_key.c.id.desc()).limit(limit))
    return [_to_api_key(row) for row in rows]


async def list_audit_entries(
    conn: AsyncConnection, *, account_id: UUID, before: UUID | None, limit: int
) -> list[AuditEntry]:
    """Return the audit trail of an account, the newest first."""
    statement = _audit_trail(account_id)
    if before is not None:
        statement = statement.where(audit_entry.c.id < before)
    rows = await conn.execute(statement.order_by(audit_entry.c.id.desc()).limit(limit))
    return [_to_audit_entry(row) for row in rows]


def to_account(row: Row[tuple[object, ...]]) -> Account:
    """Read a row of `account`."""
    return Account(
        id=row.account_id,
        name=row.name,
        timezone=row.timezone,
        locale=row.locale,
        created_at=row.created_at,
    )


def to_user(row: Row[tuple[object, ...]]) -> User:
    """Read a row of `user`."""
    return User(
        id=row.id,
        email=row.email,
        name=row.name,
        locale=row.locale,
        password_hash=row.password_hash,
    )


def _audit_trail(account_id: UUID) -> Select[tuple[object, ...]]:
    return select(audit_entry).where(audit_entry.c.account_id == account_id)


def _to_api_key(row: Row[tuple[object, ...]]) -> ApiKey:
    return ApiKey(
        id=row.id,
        account_id=row.account_id,
        name=row.name,
        hint=row.hint,
        scope=Scope(row.scope),
        created_at=row.created_at,
        created_by=row.created_by,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )


def _to_audit_entry(row: Row[tuple[object, ...]]) -> AuditEntry:
    return AuditEntry(
        id=row.id,
        at=row.at,
        actor_kind=ActorKind(row.actor_kind),
        actor_id=row.actor_id,
        actor_label=row.actor_label,
        action=row.action,
        target_kind=row.target_kind,
        target_id=row.target_id,
        detail=row.detail,
    )
