"""Query parameters of the API, read once per request against the description of a resource."""

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
from starlette.requests import Request

from towpath.kit.errors import Invalid
from towpath.web.api.description import Kind, Resource, read_value
from towpath.web.api.filters import Term, parse_filter

CURSOR = "page[cursor]"
SIZE = "page[size]"
CURSOR_CHARACTERS_MAX = 2_000
NAMES_MAX = 100

_TYPED = re.compile(r"(fields|additional-fields)\[([a-z-]{1,50})\]")


class BadParameter(Invalid):
    """A query parameter cannot be used."""

    code = "invalid_parameter"


class BadCursor(Invalid):
    """This cursor was not given out by this list; start again without one."""

    code = "invalid_cursor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where a page starts: behind (or, reading backwards, before) the row with these values."""

    value: Any  # of the column sorted by
    id: Any
    is_backwards: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """What was asked for."""

    terms: Sequence[Term] = ()
    sort: str
    is_descending: bool
    size: int
    position: Position | None = None
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    additional: frozenset[str] = frozenset()
    include: tuple[str, ...] = ()


def read_parameters(request: Request, resource: Resource, *, is_list: bool) -> Parameters:
    """Read the query string. Raises `BadParameter`, `BadFilter` or `BadCursor`."""
    given: dict[str, str] = {}
    fields: dict[str, tuple[str, ...]] = {}
    additional: tuple[str, ...] = ()
    for name, text in request.query_params.multi_items():
        typed = _TYPED.fullmatch(name)
        if typed is None:
            if name not in {"include", *(("filter", "sort", CURSOR, SIZE) if is_list else ())}:
                raise BadParameter(f"'{name}' is not a parameter of this endpoint.", parameter=name)
            given[name] = text
        elif typed[1] == "fields":
            fields[typed[2]] = _names(text, name)
        elif typed[2] == resource.name:
            additional = _names(text, name)
    _check_fields(fields, additional, resource)
    sort = given.get("sort") or resource.default_sort
    name = sort.removeprefix("-")
    if name not in resource.sorts:
        known = ", ".join(resource.sorts)
        raise BadParameter(f"Sort by one of {known}, descending with a '-'.", parameter="sort")
    include = _names(given["include"], "include") if given.get("include") else ()
    for relation in include:
        if relation not in resource.relations:
            raise BadParameter(
                f"'{relation}' cannot be included with {resource.name}.", parameter="include"
            )
    return Parameters(
        terms=parse_filter(given["filter"]) if given.get("filter") else (),
        sort=name,
        is_descending=sort.startswith("-"),
        size=_size(given.get(SIZE), resource),
        position=_position(given.get(CURSOR), resource, sort),
        fields=fields,
        additional=frozenset(additional),
        include=include,
    )


def write_cursor(sort: str, kind: Kind, position: Position, *, shown_id: str) -> str:
    """Write a position as the opaque text in `links`; `read_parameters` reads it back."""
    value = position.value
    written = shown_id if kind is Kind.LONG_ID else getattr(value, "isoformat", lambda: value)()
    body = msgspec.json.encode([sort, written, shown_id, position.is_backwards])
    return base64.urlsafe_b64encode(body).decode().rstrip("=")


def _names(text: str, parameter: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    if len(names) > NAMES_MAX:
        raise BadParameter(f"At most {NAMES_MAX} names.", parameter=parameter)
    return names


def _check_fields(
    fields: Mapping[str, tuple[str, ...]], additional: tuple[str, ...], resource: Resource
) -> None:
    for name in additional:
        attribute = resource.attributes.get(name)
        if attribute is None or not attribute.is_additional:
            parameter = f"additional-fields[{resource.name}]"
            raise BadParameter(f"'{name}' is not an additional field.", parameter=parameter)
    for name in fields.get(resource.name, ()):
        if name.partition(".")[0] not in {*resource.attributes, *resource.relations}:
            raise BadParameter(
                f"'{name}' is not a field of {resource.name}.",
                parameter=f"fields[{resource.name}]",
            )


def _size(text: str | None, resource: Resource) -> int:
    if text is None:
        return resource.page_size
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= resource.page_size_max:
        raise BadParameter(f"Give a number from 1 to {resource.page_size_max}.", parameter=SIZE)
    return int(text)


def _position(text: str | None, resource: Resource, sort: str) -> Position | None:
    """Read a cursor, also from a whole `links.next` address: clients pass that (api.md §2.9)."""
    if not text:
        return None
    if "://" in text[:10]:
        inner = parse_qs(urlsplit(text).query).get(CURSOR)
        if inner is None:
            raise BadCursor(parameter=CURSOR)
        text = inner[0]
    if len(text) > CURSOR_CHARACTERS_MAX:
        raise BadCursor(parameter=CURSOR)
    try:
        body = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        own_sort, value, shown_id, is_backwards = msgspec.json.decode(
            body, type=tuple[str, str, str, bool]
        )
        if own_sort != sort:
            raise BadCursor("This cursor belongs to another order.", parameter=CURSOR)
        position = Position(
            value=read_value(resource.sorts[sort.removeprefix("-")].kind, value),
            id=read_value(resource.id_kind, shown_id),
            is_backwards=is_backwards,
        )
    except (ValueError, msgspec.ValidationError):
        raise BadCursor(parameter=CURSOR) from None
    if position.id is None or position.value is None or "\x00" in f"{value}{shown_id}":
        raise BadCursor(parameter=CURSOR)
    return position
