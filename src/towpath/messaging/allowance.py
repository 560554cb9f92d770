"""The account's monthly limit, from its settings."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from towpath.accounts.tables import account
from towpath.messaging.policy import Allowance


async def allowance_of(conn: AsyncConnection, *, account_id: UUID) -> Allowance:
    """Return how many mails the account may send in a month of its timezone."""
    timezone = (
        await conn.execute(select(account.c.timezone).where(account.c.account_id == account_id))
    ).scalar_one()
    return Allowance(timezone=timezone, mails_per_month_max=None)
