"""The migrations lead to exactly the tables that the code uses."""

import asyncio

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine

from towpath import cli, migrations
from towpath.kit import db

EVERY_TABLE_IS_IMPORTED = cli


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection)
    return list(compare_metadata(context, db.metadata))


async def test_the_migrated_schema_is_the_one_of_the_tables(own_engine: AsyncEngine) -> None:
    async with own_engine.connect() as conn:
        assert await conn.run_sync(_differences) == []


async def test_upgrading_twice_changes_nothing(own_database_url: str) -> None:
    first = await asyncio.to_thread(migrations.upgrade, own_database_url)
    second = await asyncio.to_thread(migrations.upgrade, own_database_url)

    assert first == second


async def test_five_starting_at_once_migrate_once(server: str, own_engine: AsyncEngine) -> None:
    async with own_engine.begin() as conn:
        await conn.execute(text("DROP SCHEMA public CASCADE"))
        await conn.execute(text("CREATE SCHEMA public"))
    url = own_engine.url.render_as_string(hide_password=False)

    revisions = await asyncio.gather(
        *(asyncio.to_thread(migrations.upgrade, url) for _ in range(5))
    )

    assert len(set(revisions)) == 1
