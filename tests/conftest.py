"""Fixtures: a real PostgreSQL, a database made from a template, and a fresh account per test.

`TOWPATH_TEST_DATABASE_URL` names a server to use (tests make and drop databases of their own on
it); without it the embedded server is started in a temporary directory.
"""

import os
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from tests.guard import watch_statements
from towpath import accounts, migrations
from towpath.kit import db, ids

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)


def _address(server: str, database: str) -> str:
    """Put `database` into a server's URL."""
    before, _, query = server.partition("?")
    scheme, _, rest = before.partition("://")
    host = rest.split("/", 1)[0]
    return f"{scheme}://{host}/{database}" + (f"?{query}" if query else "")


def _execute(server: str, statement: sql.Composed) -> None:
    with psycopg.connect(_address(server, "postgres"), autocommit=True) as connection:
        connection.execute(statement)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the URL of a PostgreSQL on which tests may create databases."""
    url = os.environ.get("TOWPATH_TEST_DATABASE_URL")
    if url:
        yield url
        return
    from towpath.kit import postgres  # noqa: PLC0415 -- not needed with a server given

    shared = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        shared = shared.parent
    with postgres.running(shared / "postgres") as embedded:
        yield embedded


@pytest.fixture(scope="session")
def template(server: str) -> Iterator[str]:
    """Make the database that every other one is a copy of."""
    name = f"template_{ids.new_id().hex}"
    _execute(server, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    migrations.upgrade(_address(server, name))
    yield name
    _execute(server, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _copy(server: str, template: str) -> tuple[str, str]:
    name = f"test_{ids.new_id().hex}"
    _execute(
        server,
        sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
            sql.Identifier(name), sql.Identifier(template)
        ),
    )
    return name, _address(server, name)


@pytest.fixture(scope="session")
async def engine(server: str, template: str) -> AsyncIterator[AsyncEngine]:
    """Give the database that tests share; each keeps to an account of its own."""
    name, url = _copy(server, template)
    engine = db.create_engine(url)
    watch_statements(engine)
    yield engine
    await engine.dispose()
    _execute(server, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def own_database_url(server: str, template: str) -> Iterator[str]:
    """Give the URL of an empty, migrated database of this test's own (for whole processes)."""
    name, url = _copy(server, template)
    yield url
    _execute(server, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
async def own_engine(own_database_url: str) -> AsyncIterator[AsyncEngine]:
    """Give a database of this test's own, for work that looks across accounts."""
    engine = db.create_engine(own_database_url)
    watch_statements(engine)
    yield engine
    await engine.dispose()


@pytest.fixture
async def conn(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Give a connection in a transaction that is rolled back after the test."""
    async with engine.connect() as connection, connection.begin() as transaction:
        yield connection
        if transaction.is_active:
            await transaction.rollback()


@pytest.fixture
async def account_id(engine: AsyncEngine) -> UUID:
    """Make an account (committed) that no other test knows."""
    account_id = ids.new_id()
    async with engine.begin() as connection:
        await accounts.create_account(
            connection, account_id=account_id, name="Shop", timezone="UTC", now=NOW
        )
    return account_id


@pytest.fixture
def fixtures() -> Path:
    """Give the folder of the public definition fixtures."""
    return Path(__file__).parent / "fixtures"
