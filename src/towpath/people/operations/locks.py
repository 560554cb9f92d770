"""Locks of one account, held until the transaction ends."""

from uuid import UUID

from sqlalchemy import BigInteger, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

_KEY = bindparam("key", type_=BigInteger())
_SHARED = select(func.pg_advisory_xact_lock_shared(_KEY))
_EXCLUSIVE = select(func.pg_advisory_xact_lock(_KEY))
_MERGING, _IDENTITIES = 0, 1


async def keep_merges_out(conn: AsyncConnection, *, account_id: UUID) -> None:
    """Let no profile be merged away until commit: what is recorded on one stays on it."""
    await conn.execute(_SHARED, {"key": _key(account_id, _MERGING)})


async def keep_writers_out(conn: AsyncConnection, *, account_id: UUID) -> None:
    """Be the only writer of people in this account until commit; for merges only."""
    await conn.execute(_EXCLUSIVE, {"key": _key(account_id, _MERGING)})


async def hold_identities(conn: AsyncConnection, *, account_id: UUID) -> None:
    """Be the only one who gives identifiers to profiles in this account until commit."""
    await conn.execute(_EXCLUSIVE, {"key": _key(account_id, _IDENTITIES)})


def _key(account_id: UUID, purpose: int) -> int:
    """Make the lock's number of the random half of the id."""
    return int.from_bytes(account_id.bytes[8:], signed=True) ^ purpose
