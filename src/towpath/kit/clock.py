"""The only place that asks what time it is. Everywhere else time is an argument."""

import time
from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection


def utc_now() -> datetime:
    """Return this machine's time, aware and in UTC."""
    return datetime.now(tz=UTC)


async def database_now(conn: AsyncConnection) -> datetime:
    """Return the database's time; live work takes it once per batch so that all processes agree."""
    moment: datetime = (await conn.execute(select(func.clock_timestamp()))).scalar_one()
    return moment.astimezone(UTC)


def monotonic_seconds() -> float:
    """Return a clock for measuring durations, unaffected by changes of the wall clock."""
    return time.monotonic()
