"""The one metadata, the engine, and sets of rows sent as arrays.

SQL is written as SQLAlchemy Core expressions. A statement that works on many rows takes them as
one array per column (`array_rows`), so that its text, and with it the prepared statement, is the
same for one row and for five thousand.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import ARRAY, MetaData, Select, bindparam, cast, column, func, select
from sqlalchemy.dialects.postgresql import JSONB, UUID
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.sql.elements import ColumnElement, Grouping
from sqlalchemy.sql.selectable import FromClause
from sqlalchemy.types import Text, TypeEngine

from towpath.kit.array_text import ArrayText
from towpath.kit.config import BadSetting

DRIVER = "postgresql+psycopg"
POOL_SIZE = 10
POOL_WAIT_SECONDS_MAX = 30

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def sqlalchemy_url(url: str) -> str:
    """Turn any PostgreSQL URL into one that names the psycopg driver."""
    for scheme in ("postgresql://", "postgres://"):
        if url.startswith(scheme):
            return f"{DRIVER}://" + url.removeprefix(scheme)
    return url


def check_url(url: str) -> str:
    """Return the URL of a PostgreSQL as it was given; raises `BadSetting`, which never quotes it.

    A URL may hold a password.
    """
    try:
        driver = make_url(sqlalchemy_url(url)).drivername
    except (ArgumentError, ValueError):
        driver = None
    if driver != DRIVER:
        raise BadSetting(
            "TOWPATH_DATABASE_URL cannot be used; its form is "
            "postgresql://user:password@host:5432/database."
        )
    return url


def create_engine(url: str, *, pool_size: int = POOL_SIZE) -> AsyncEngine:
    """Open a pool of connections to PostgreSQL; nothing connects before the first use."""
    return create_async_engine(
        sqlalchemy_url(url),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=POOL_WAIT_SECONDS_MAX,
        pool_pre_ping=True,
        json_serializer=encode_json,
        json_deserializer=msgspec.json.decode,
        hide_parameters=True,  # people's data and hashes stay out of messages and logs
        query_cache_size=2_000,
        connect_args={"application_name": "towpath"},
    )


def encode_json(value: object) -> str:
    """Write JSON text as PostgreSQL stores it."""
    return msgspec.json.encode(value).decode()


# A column's type is `TypeEngine[its Python type]`, invariant: Any takes every one of them.
def array_rows(name: str, columns: Mapping[str, TypeEngine[Any]]) -> FromClause:
    """Return a row source fed by one array parameter per column, all of the same length.

    The parameters carry the names of the columns. A JSONB column travels as an array of JSON
    texts; cast it where it is used: `rows.c.properties.cast(JSONB)`.
    """
    parameters = [
        bindparam(key, type_=ArrayText(Text() if isinstance(kind, JSONB) else kind))
        for key, kind in columns.items()
    ]
    typed = [
        column(key, Text() if isinstance(kind, JSONB) else kind) for key, kind in columns.items()
    ]
    return func.unnest(*parameters).table_valued(*typed, name=name).render_derived()


def any_of(
    target: ColumnElement[Any], parameter: str, kind: TypeEngine[Any]
) -> ColumnElement[bool]:
    """Return `target = ANY(:parameter)`, one parameter whatever the number of values.

    The literal is read in a subquery of its own, hence once. Beside the column it would be read
    for every row that no index has picked: 10 s for 5,000 rows and 2,000 ids, as measured. The
    outer cast says that the subquery gives an array; without it ANY would ask for its rows.
    """
    values = select(bindparam(parameter, type_=ArrayText(kind))).scalar_subquery()
    return target == func.any(cast(values, ARRAY(kind)))


def uuid_array(parameter: str) -> ColumnElement[Any]:
    """Return a bound array of ids; pick one with `[index]`, counted from 1."""
    # The brackets: PostgreSQL takes no subscript straight after the cast that the driver adds.
    return Grouping(bindparam(parameter, type_=ARRAY(UUID(as_uuid=True))))


def notify(channel: str) -> Select[tuple[object]]:
    """Return the statement that wakes every listener on `channel` when the transaction commits."""
    return select(func.pg_notify(channel, bindparam("payload", type_=Text())))


__all__ = [
    "any_of",
    "array_rows",
    "check_url",
    "create_engine",
    "encode_json",
    "metadata",
    "notify",
    "sqlalchemy_url",
    "uuid_array",
]
