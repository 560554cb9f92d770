"""Bring a database to the newest schema (docs/decisions/0003-migrations.md).

One starter migrates, the others wait: a transaction-scoped advisory lock is held over the whole
upgrade. A migration that cannot get a table within the lock time-out fails and leaves the database
as it was.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, func, select, text
from sqlalchemy.pool import NullPool

from towpath.migrations.expectations import expect_one_account

VERSIONS = Path(__file__).parent / "versions"
LOCK_KEY = 7_001_001
LOCK_SECONDS_MAX = 10
STATEMENT_SECONDS_MAX = 300


def upgrade(url: str) -> str:
    """Apply the migrations that a database lacks and return the revision it is at."""
    own = config()
    head = ScriptDirectory.from_config(own).get_current_head()
    assert head is not None
    engine = create_engine(_driver_url(url), poolclass=NullPool)
    with engine.begin() as connection:
        if _revision(connection) == head:
            return head
        _set_timeouts(connection)
        connection.execute(select(func.pg_advisory_xact_lock(LOCK_KEY)))
        own.attributes["connection"] = connection
        command.upgrade(own, "head")
        expect_one_account(connection)
    return head


def config() -> Config:
    """Return what Alembic needs to find the migrations."""
    own = Config()
    own.set_main_option("script_location", str(Path(__file__).parent))
    own.set_main_option("path_separator", "os")
    return own


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _set_timeouts(connection: Connection) -> None:
    """Let no migration wait for a lock, or run, longer than its limits (in this transaction)."""
    setting = text("SELECT set_config(:name, :value, true)")
    connection.execute(setting, {"name": "lock_timeout", "value": f"{LOCK_SECONDS_MAX}s"})
    connection.execute(setting, {"name": "statement_timeout", "value": f"{STATEMENT_SECONDS_MAX}s"})


def _driver_url(url: str) -> str:
    for scheme in ("postgresql://", "postgres://"):
        if url.startswith(scheme):
            return "postgresql+psycopg://" + url.removeprefix(scheme)
    return url
