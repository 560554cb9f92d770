"""How many mails an account may send in a month, from its settings."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from towpath import accounts
from towpath.messaging.policy import Allowance


async def allowance_of(conn: AsyncConnection, *, account_id: UUID) -> Allowance:
    """Return the monthly limit of an account and the timezone its months are counted in."""
    account = await accounts.account_of(conn, account_id=account_id)
    if account is None:
        raise accounts.AccountNotFound
    settings = await accounts.settings_of(conn, account_id=account_id)
    return Allowance(timezone=account.timezone, mails_per_month_max=settings.email_limit_monthly)
