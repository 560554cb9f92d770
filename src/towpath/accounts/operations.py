"""Writes of accounts."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from towpath.accounts.tables import account


async def create_account(
    conn: AsyncConnection, *, account_id: UUID, name: str, timezone: str, now: datetime
) -> None:
    """Make an account, the owner of everything that is stored under its id."""
    await conn.execute(
        account.insert().values(
            account_id=account_id, name=name, timezone=timezone, created_at=now
        )
    )
