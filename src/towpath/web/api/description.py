"""The words that resources are described in; routes, reading and OpenAPI are made from them."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import FromClause, Row
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.elements import ColumnElement

from towpath import people
from towpath.accounts import Permission
from towpath.kit import ids
from towpath.kit.errors import NotFound, Problem
from towpath.web.api.filters import Operator
from towpath.web.api.rate_limits import Tier

# Any: a JSON value, or a column's value of whatever type.
Values = Mapping[str, Any]
LoadExtras = Callable[
    [AsyncConnection, UUID, Collection[Any], Collection[str]],
    Awaitable[Mapping[str, Mapping[Any, Any]]],
]


class Kind(StrEnum):
    """What a field's values are, as written in filters and documents."""

    TEXT = "text"
    EMAIL = "email"
    PHONE_NUMBER = "phone_number"
    LONG_ID = "long_id"  # a UUID shown as 26 characters
    SHORT_ID = "short_id"
    MOMENT = "moment"  # ISO 8601
    SECONDS = "seconds"  # since 1970
    NUMBER = "number"
    FLAG = "flag"
    OBJECT = "object"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """A member of `attributes`.

    `read` takes the row and what `Resource.extras` loaded for it. An additional one is given only
    when `additional-fields[…]` asks for it.
    """

    kind: Kind
    read: Callable[[Row[Any], Values], Any]
    text: str
    is_additional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Filterable:
    """A field that filters may name, with the operators it takes."""

    column: ColumnElement[Any]
    kind: Kind
    operators: frozenset[Operator]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sortable:
    """A field that lists may be sorted by; its value is never null."""

    column: ColumnElement[Any]
    kind: Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A link to another resource, by the column that holds its id, null when there is none.

    With `is_many` it leads to any number of them: the column is theirs and holds the id of this.
    """

    target: str
    column: ColumnElement[Any]
    is_many: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """Everything the API needs to know to read one type of resource; `name` is its `type`.

    `table` is where it is selected from, with the columns `account_id` and `id`. The tiers are how
    often it may be read as a list, by itself, and through its relations. Without `is_listed` it is
    read by id and through relations alone.
    """

    name: str
    path: str
    table: FromClause
    id_kind: Kind
    attributes: Mapping[str, Attribute]
    permission: Permission
    not_found: type[NotFound]
    page_size: int
    page_size_max: int
    list_tier: Tier
    one_tier: Tier
    related_tier: Tier
    filters: Mapping[str, Filterable] = field(default_factory=dict)
    sorts: Mapping[str, Sortable] = field(default_factory=dict)
    default_sort: str = "id"
    relations: Mapping[str, Relation] = field(default_factory=dict)
    where: tuple[ColumnElement[bool], ...] = ()
    extras: LoadExtras | None = None
    is_listed: bool = True


def moment(value: datetime | None) -> str | None:
    """Write a moment as the API shows it: ISO 8601 in UTC."""
    return value.astimezone(UTC).isoformat() if value is not None else None


def column_attribute(name: str, kind: Kind, text: str) -> Attribute:
    """Describe an attribute that shows one column of the row."""

    def read(row: Row[Any], _extras: Values) -> Any:
        value = getattr(row, name)
        return moment(value) if kind is Kind.MOMENT else value

    return Attribute(kind=kind, read=read, text=text)


def filterable(
    column: ColumnElement[Any], kind: Kind, operators: frozenset[Operator]
) -> Filterable:
    """Describe a field that filters may name."""
    return Filterable(column=column, kind=kind, operators=operators)


def show_id(kind: Kind, value: Any) -> str:
    """Write an id as the API shows it."""
    return ids.to_base32(value) if kind is Kind.LONG_ID else str(value)


def read_id(kind: Kind, text: str) -> Any:
    """Read an id as the API shows it; None when nothing can have it."""
    return ids.from_base32(text) if kind is Kind.LONG_ID else text


def read_value(kind: Kind, text: str) -> Any:
    """Read a value as written in a filter or a cursor.

    None means that nothing stored can equal it. Raises `ValueError` for what is not of this kind.
    """
    match kind:
        case Kind.LONG_ID:
            value: Any = ids.from_base32(text)
        case Kind.EMAIL:
            value = _normalised(people.normalised_email, text)
        case Kind.PHONE_NUMBER:
            value = _normalised(people.normalised_phone_number, text)
        case Kind.MOMENT | Kind.SECONDS:
            value = _moment(kind, text)
        case Kind.NUMBER:
            value = float(text)
        case Kind.FLAG:
            value = {"true": True, "false": False}.get(text)
        case Kind.TEXT | Kind.SHORT_ID | Kind.OBJECT:
            value = text
    return value


def _normalised(normalise: Callable[[str], str], text: str) -> str | None:
    try:
        return normalise(text)
    except Problem:
        return None


def _moment(kind: Kind, text: str) -> datetime:
    try:
        moment = datetime.fromtimestamp(int(text), UTC) if kind is Kind.SECONDS else None
        moment = moment or datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (OverflowError, OSError) as problem:
        raise ValueError(text) from problem
