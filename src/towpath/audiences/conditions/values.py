"""A stored value as SQL, seen as each of the types that filters ask about.

Every view is NULL where the value is missing or of another type, and no view can raise: a cast
stands inside the CASE that checked the type, since PostgreSQL does not promise the order of AND.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    DateTime,
    Double,
    Numeric,
    Text,
    case,
    cast,
    false,
    func,
    literal_column,
    null,
)
from sqlalchemy.dialects.postgresql import JSONB

_NULL, STRING, _NUMBER, _BOOLEAN, _ARRAY = (
    literal_column(name, Text())
    for name in ("'null'", "'string'", "'number'", "'boolean'", "'array'")
)
"""What `jsonb_typeof` says, as constants of the statement rather than hundreds of parameters."""

FIRST_SECOND = -62_135_596_800
"""0001-01-01T00:00:00Z in epoch seconds."""

LAST_SECOND = 253_402_300_799
"""9999-12-31T23:59:59Z in epoch seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """Views of one value; `is_set` is never null, the others are null where they do not apply."""

    is_set: ColumnElement[bool]
    text: ColumnElement[str]
    number: ColumnElement[Decimal]
    boolean: ColumnElement[bool]
    array: ColumnElement[Any]
    instant: ColumnElement[datetime]


MISSING = Value(
    is_set=false(),
    text=cast(null(), Text()),
    number=cast(null(), Numeric()),
    boolean=cast(null(), Boolean()),
    array=cast(null(), JSONB()),
    instant=cast(null(), DateTime(timezone=True)),
)


def json_value(
    document: ColumnElement[Any], key: str, *, dates: ColumnElement[Any] | None = None
) -> Value:
    """Return the views of a member of a JSON column; JSON null is missing.

    `dates` is the column that holds the epoch seconds of the members that read as dates.
    """
    member: ColumnElement[Any] = document[key]
    kind = func.jsonb_typeof(member)
    return Value(
        is_set=func.coalesce(kind != _NULL, false()),
        text=case((kind == STRING, document[key].astext)),
        number=_number(member),
        boolean=case((kind == _BOOLEAN, cast(member, Boolean()))),
        array=case((kind == _ARRAY, member)),
        instant=MISSING.instant if dates is None else _instant(dates[key]),
    )


def text_value(column: ColumnElement[str]) -> Value:
    """Return the views of a text column: it is a string and nothing else."""
    return replace(MISSING, is_set=column.is_not(None), text=column)


def instant_value(column: ColumnElement[datetime]) -> Value:
    """Return the views of a column of instants: it is a date and nothing else."""
    return replace(MISSING, is_set=column.is_not(None), instant=column)


def _number(member: ColumnElement[Any]) -> ColumnElement[Decimal]:
    return case((func.jsonb_typeof(member) == _NUMBER, cast(member, Numeric())))


def _instant(member: ColumnElement[Any]) -> ColumnElement[datetime]:
    seconds = _number(member)
    is_possible = seconds.between(FIRST_SECOND, LAST_SECOND)
    whole = cast(func.trunc(seconds), BigInteger())  # a tiny fraction is no double precision
    return case((is_possible, func.to_timestamp(cast(whole, Double()))))
