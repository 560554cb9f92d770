"""API keys: made, used, revoked. The secret is returned once and stored as a hash."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from towpath.accounts import rules, tokens
from towpath.accounts.model import Actor, ApiKey, ApiKeyNotFound, CreatedKey, TooManyKeys
from towpath.accounts.operations.audit import record_audit
from towpath.accounts.permissions import Scope
from towpath.accounts.tables import api_key, directory
from towpath.kit import ids

KEYS_PER_ACCOUNT_MAX: Final = 100
LAST_USED_PRECISION: Final = timedelta(hours=1)


async def create_api_key(
    conn: AsyncConnection,
    *,
    actor: Actor,
    key_id: UUID,
    name: str,
    scope: Scope,
    secret: str | None = None,
    now: datetime,
) -> CreatedKey:
    """Make a key of the actor's account; `secret` is for automated installs, else one is made.

    Raises `BadName` for the name, `BadKeyFormat` for a given secret, `TooManyKeys`.
    """
    name = rules.read_name(name, pointer="/name")
    secret = secret or tokens.new_api_key()
    tokens.check_key_format(secret)
    active = await conn.scalar(
        select(func.count()).where(
            api_key.c.account_id == actor.account_id, api_key.c.revoked_at.is_(None)
        )
    )
    if (active or 0) >= KEYS_PER_ACCOUNT_MAX:
        raise TooManyKeys
    key_hash = tokens.digest(secret)
    await conn.execute(
        directory.insert().values(kind="api_key", key=key_hash, account_id=actor.account_id)
    )
    await conn.execute(
        api_key.insert().values(
            account_id=actor.account_id,
            id=key_id,
            name=name,
            hint=secret[-tokens.HINT_CHARACTERS :],
            hash=key_hash,
            scope=scope,
            created_at=now,
            created_by=actor.label,
        )
    )
    await record_audit(
        conn,
        actor=actor,
        action="api_key.created",
        target_kind="api_key",
        target_id=ids.to_base32(key_id),
        detail={"name": name, "scope": scope.value},
        now=now,
    )
    return CreatedKey(id=key_id, secret=secret)


async def revoke_api_key(
    conn: AsyncConnection, *, actor: Actor, key_id: UUID, now: datetime
) -> None:
    """End a key of the actor's account; revoking twice keeps the first time.

    Every process refuses the key within `accounts.KEY_CACHE_SECONDS_MAX`. Raises `ApiKeyNotFound`.
    """
    row = (
        await conn.execute(
            select(api_key.c.name, api_key.c.revoked_at)
            .where(api_key.c.account_id == actor.account_id, api_key.c.id == key_id)
            .with_for_update()
        )
    ).first()
    if row is None:
        raise ApiKeyNotFound
    if row.revoked_at is not None:
        return
    await conn.execute(
        api_key.update()
        .where(api_key.c.account_id == actor.account_id, api_key.c.id == key_id)
        .values(revoked_at=now)
    )
    await record_audit(
        conn,
        actor=actor,
        action="api_key.revoked",
        target_kind="api_key",
        target_id=ids.to_base32(key_id),
        detail={"name": row.name},
        now=now,
    )


async def note_key_used(conn: AsyncConnection, *, key: ApiKey, now: datetime) -> None:
    """Remember that a key is in use, to `LAST_USED_PRECISION` so that it is seldom written."""
    stale_before = now - LAST_USED_PRECISION
    if key.last_used_at is not None and key.last_used_at > stale_before:
        return
    await conn.execute(
        api_key.update()
        .where(
            api_key.c.account_id == key.account_id,
            api_key.c.id == key.id,
            or_(api_key.c.last_used_at.is_(None), api_key.c.last_used_at <= stale_before),
        )
        .values(last_used_at=now)
    )
