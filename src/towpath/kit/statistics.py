"""Keeping the planner's statistics fresh while tables grow from nothing.

What PostgreSQL believes of a table it never looked at may make a statement ten times slower, as
measured on event ingestion. Autovacuum looks after a minute or more; a first import cannot wait for
it.
"""

import asyncio
from typing import Any

import structlog
from sqlalchemy import BigInteger, Table, bindparam, column, func, select, table
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import ExecutableDDLElement
from sqlalchemy.sql.compiler import DDLCompiler

from towpath.kit.db import metadata

CHECK_SECONDS = 1.0
ROWS_CHANGED_MIN = 500
SHARE_CHANGED_MIN = 0.5

_LOCK_KEY = 7_403_112_958  # any number that nothing else locks
_CHANGES = table(
    "pg_stat_user_tables", column("relname"), column("n_mod_since_analyze"), column("n_live_tup")
)
_CHANGED = select(_CHANGES.c.relname).where(
    _CHANGES.c.n_mod_since_analyze >= ROWS_CHANGED_MIN,
    _CHANGES.c.n_mod_since_analyze >= SHARE_CHANGED_MIN * _CHANGES.c.n_live_tup,
)
_TRY_LOCK = select(func.pg_try_advisory_xact_lock(bindparam("key", type_=BigInteger())))

_log = structlog.get_logger("towpath.statistics")


class Analyze(ExecutableDDLElement):
    """`ANALYZE` of one table."""

    def __init__(self, target: Table) -> None:
        """`target` is one of our own tables."""
        self.table = target


@compiles(Analyze)
def _write_analyze(element: Analyze, compiler: DDLCompiler, **_options: Any) -> str:
    return "ANALYZE " + compiler.preparer.format_table(element.table)


async def keep_statistics(engine: AsyncEngine) -> None:
    """Renew statistics every second where a table has changed by half; runs until cancelled.

    One process does it at a time. While the database is away nothing is renewed.
    """
    while True:
        await asyncio.sleep(CHECK_SECONDS)
        try:
            await renew_statistics(engine)
        except (DBAPIError, PoolTimeoutError, OSError) as problem:
            _log.warning("statistics_not_renewed", reason=str(problem))


async def renew_statistics(engine: AsyncEngine) -> list[str]:
    """Renew the statistics of tables that changed much; return their names."""
    async with engine.begin() as conn:
        if not (await conn.execute(_TRY_LOCK, {"key": _LOCK_KEY})).scalar_one():
            return []
        changed = set((await conn.execute(_CHANGED)).scalars())
        ours = [own for own in metadata.sorted_tables if own.name in changed]
        for own in ours:
            await conn.execute(Analyze(own))
    return [own.name for own in ours]
