"""The SQL-dialect guard (docs/architecture.md): a statement outside the dialect fails the suite.

Hooked on every engine the tests open, before the statement reaches the database.
"""

import re
from collections.abc import Mapping, Sequence

from sqlalchemy import event
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPICursor, ExecutionContext
from sqlalchemy.ext.asyncio import AsyncEngine

from towpath.kit.db import metadata

CROSSES_ACCOUNTS = "crosses_accounts"

FORBIDDEN = {
    "a trigger": re.compile(r"\bCREATE (OR REPLACE )?(CONSTRAINT )?TRIGGER\b", re.IGNORECASE),
    "MERGE": re.compile(r"^\s*MERGE\b", re.IGNORECASE),
    "session SET": re.compile(r"^\s*SET (?!LOCAL\b|TRANSACTION\b)", re.IGNORECASE),
    "a session advisory lock": re.compile(r"\bpg_(try_)?advisory_lock\b", re.IGNORECASE),
    "ON DELETE SET NULL": re.compile(r"\bON DELETE SET NULL\b", re.IGNORECASE),
}
CHANGES_IN_SET = re.compile(
    r"\bSET\b(?P<set>.*?)(\bWHERE\b|\bFROM\b|\bRETURNING\b|$)", re.IGNORECASE | re.DOTALL
)
NAMES_ROWS = re.compile(r"\s*(SELECT|UPDATE|DELETE|WITH)\b", re.IGNORECASE)
PARAMETER = re.compile(r"%\(\w+\)s")
UNSTABLE = re.compile(
    r"\b(now|random|clock_timestamp|statement_timestamp)\(\)|\bCURRENT_TIMESTAMP\b|interval\b",
    re.IGNORECASE,
)


class OutsideTheDialect(AssertionError):  # noqa: N818 -- read as a sentence where it is raised
    """A statement that would not run, or run wrongly, on PostgreSQL 15 with Citus."""


def tenant_tables() -> list[str]:
    """Return the tables whose key starts with account_id."""
    return [
        table.name
        for table in metadata.sorted_tables
        if next(iter(table.primary_key.columns)).name == "account_id"
    ]


def check_statement(statement: str, options: Mapping[str, object]) -> None:
    """Raise `OutsideTheDialect` when a statement breaks a rule of design §1."""
    for what, pattern in FORBIDDEN.items():
        if pattern.search(statement):
            raise OutsideTheDialect(f"{what} in: {statement}")
    if re.match(r"\s*(UPDATE|INSERT|WITH)\b", statement, re.IGNORECASE):
        for changed in CHANGES_IN_SET.finditer(statement):
            if UNSTABLE.search(changed["set"]):
                raise OutsideTheDialect(f"an unstable expression is SET in: {statement}")
    if options.get(CROSSES_ACCOUNTS) or not NAMES_ROWS.match(statement):
        return
    text = PARAMETER.sub("?", statement)
    named = [name for name in tenant_tables() if re.search(rf"\b{name}\b(?!\.)", text)]
    if named and not re.search(r"account_id\s*=\s*(\?|ANY|\w+\.account_id)", text):
        raise OutsideTheDialect(f"no account_id = in a statement on {named}: {statement}")


def watch_statements(engine: AsyncEngine) -> None:
    """Check every statement that goes through `engine`."""

    @event.listens_for(engine.sync_engine, "before_cursor_execute")
    def check(  # noqa: PLR0917 -- SQLAlchemy's signature
        connection: Connection,
        cursor: DBAPICursor,
        statement: str,
        parameters: Sequence[object] | Mapping[str, object],
        context: ExecutionContext | None,
        executemany: bool,  # noqa: FBT001 -- SQLAlchemy's signature
    ) -> None:
        options = context.execution_options if context else {}
        check_statement(statement, options)
