"""Reading resources: one page, one by id, or those with given ids; from descriptions alone."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, false, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from towpath.kit.errors import Invalid
from towpath.web.api.description import (
    Filterable,
    Kind,
    Resource,
    Values,
    read_id,
    read_value,
)
from towpath.web.api.filters import Literal, Operator, Term, bad_filter
from towpath.web.api.parameters import Parameters, Position

INCLUDED_MAX: Final = 1_000
"""Resources that one `include` may bring along; a flow has at most as many actions."""

# Any: a column and its values, of whatever type.
_COMPARE: Final[Mapping[Operator, Callable[[Any, list[Any]], Any]]] = {
    Operator.EQUALS: lambda column, values: column == values[0],
    Operator.ANY: lambda column, values: column.in_(values),
    Operator.GREATER_THAN: lambda column, values: column > values[0],
    Operator.GREATER_OR_EQUAL: lambda column, values: column >= values[0],
    Operator.LESS_THAN: lambda column, values: column < values[0],
    Operator.LESS_OR_EQUAL: lambda column, values: column <= values[0],
    Operator.CONTAINS: lambda column, values: column.contains(values[0], autoescape=True),
    Operator.STARTS_WITH: lambda column, values: column.startswith(values[0], autoescape=True),
    Operator.ENDS_WITH: lambda column, values: column.endswith(values[0], autoescape=True),
    Operator.HAS: lambda column, _values: column.is_not(None),
}


class TooManyIncluded(Invalid):
    """This would include over 1,000 resources; ask for fewer with a smaller page[size]."""

    code = "invalid_parameter"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Rows in the order asked for, with what was loaded beside them by row id."""

    rows: Sequence[Row[Any]]
    extras: Mapping[str, Mapping[Any, Any]]
    before: Position | None = None
    after: Position | None = None

    def extras_of(self, row: Row[Any]) -> Values:
        """Return what was loaded for one row."""
        return {name: values[row.id] for name, values in self.extras.items() if row.id in values}


async def read_page(
    conn: AsyncConnection,
    resource: Resource,
    *,
    account_id: UUID,
    parameters: Parameters,
    within: ColumnElement[bool] | None = None,
) -> Found:
    """Read one page of a list, with one row more to know whether there is another page.

    `within` narrows the list to those that something else leads to.
    """
    sort = resource.sorts[parameters.sort].column
    own_id = resource.table.c.id
    position = parameters.position
    is_backwards = position is not None and position.is_backwards
    is_descending = parameters.is_descending != is_backwards
    conditions = [_condition(term, resource) for term in parameters.terms]
    if within is not None:
        conditions.append(within)
    if position is not None:
        conditions.append(_behind(sort, own_id, position, is_descending=is_descending))
    order = [sort, own_id] if sort is not own_id else [own_id]
    rows = (
        await conn.execute(
            _select(resource, account_id)
            .add_columns(sort.label("sorted_by"))
            .where(*conditions)
            .order_by(*(each.desc() if is_descending else each.asc() for each in order))
            .limit(parameters.size + 1)
        )
    ).all()
    has_more = len(rows) > parameters.size
    shown = rows[: parameters.size]
    if is_backwards:
        shown = shown[::-1]
    has_before = has_more if is_backwards else position is not None
    has_after = is_backwards or has_more
    return Found(
        rows=shown,
        extras=await _extras(conn, resource, account_id, shown, parameters),
        before=_at(shown[0], is_backwards=True) if shown and has_before else None,
        after=_at(shown[-1], is_backwards=False) if shown and has_after else None,
    )


async def read_one(
    conn: AsyncConnection,
    resource: Resource,
    *,
    account_id: UUID,
    shown_id: str,
    parameters: Parameters,
) -> Found:
    """Read one resource by its id as shown. Raises the resource's `NotFound`."""
    identifier = read_id(resource.id_kind, shown_id)
    if identifier is None:
        raise resource.not_found
    found = await read_several(
        conn, resource, account_id=account_id, ids=[identifier], parameters=parameters
    )
    if not found.rows:
        raise resource.not_found
    return found


async def read_several(
    conn: AsyncConnection,
    resource: Resource,
    *,
    account_id: UUID,
    ids: Collection[Any],
    parameters: Parameters,
) -> Found:
    """Read the resources with these ids, in the order of their ids."""
    own_id = resource.table.c.id
    statement = _select(resource, account_id).where(own_id.in_(ids)).order_by(own_id)
    rows = (await conn.execute(statement)).all()
    return Found(rows=rows, extras=await _extras(conn, resource, account_id, rows, parameters))


async def read_linked(
    conn: AsyncConnection,
    resource: Resource,
    *,
    account_id: UUID,
    column: ColumnElement[Any],
    owner_ids: Collection[Any],
    parameters: Parameters,
) -> Found:
    """Read the resources whose `column` holds one of `owner_ids`, in the order of their ids.

    Raises `TooManyIncluded`.
    """
    own_id = resource.table.c.id
    statement = (
        _select(resource, account_id)
        .where(column.in_(owner_ids))
        .order_by(own_id)
        .limit(INCLUDED_MAX + 1)
    )
    rows = (await conn.execute(statement)).all()
    if len(rows) > INCLUDED_MAX:
        raise TooManyIncluded(parameter="include")
    return Found(rows=rows, extras=await _extras(conn, resource, account_id, rows, parameters))


def _select(resource: Resource, account_id: UUID) -> Select[Any]:
    table = resource.table
    return select(table).where(table.c.account_id == account_id, *resource.where)


async def _extras(
    conn: AsyncConnection,
    resource: Resource,
    account_id: UUID,
    rows: Sequence[Row[Any]],
    parameters: Parameters,
) -> Mapping[str, Mapping[Any, Any]]:
    if resource.extras is None or not rows:
        return {}
    wanted = wanted_attributes(resource, parameters)
    return await resource.extras(conn, account_id, [row.id for row in rows], wanted)


def wanted_attributes(resource: Resource, parameters: Parameters) -> set[str]:
    """Return the attributes to show, by sparse fieldsets and additional fields."""
    sparse = parameters.fields.get(resource.name)
    named = None if sparse is None else {name.partition(".")[0] for name in sparse}
    return {
        name
        for name, attribute in resource.attributes.items()
        if name in parameters.additional
        or (not attribute.is_additional if named is None else name in named)
    }


def _at(row: Row[Any], *, is_backwards: bool) -> Position:
    return Position(value=row.sorted_by, id=row.id, is_backwards=is_backwards)


def _behind(
    sort: ColumnElement[Any],
    own_id: ColumnElement[Any],
    position: Position,
    *,
    is_descending: bool,
) -> ColumnElement[bool]:
    """Keep the rows behind a position; the bound alone lets the index start there."""
    if is_descending:
        return and_(sort <= position.value, or_(sort < position.value, own_id < position.id))
    return and_(sort >= position.value, or_(sort > position.value, own_id > position.id))


def _condition(term: Term, resource: Resource) -> ColumnElement[bool]:
    """Compile one condition. Raises `BadFilter` for what the field does not take."""
    target = resource.filters.get(term.field)
    if target is None:
        known = ", ".join(resource.filters)
        raise bad_filter(f"'{term.field}' is not a field to filter by; use {known}", term.position)
    if term.operator not in target.operators:
        known = ", ".join(sorted(target.operators))
        raise bad_filter(f"'{term.field}' takes {known}, not {term.operator}", term.position)
    values = [_value(literal, target) for literal in term.values]
    known_values = [value for value in values if value is not None]
    if values and not known_values:
        return false()
    compared: ColumnElement[bool] = _COMPARE[term.operator](target.column, known_values)
    return compared


def _value(literal: Literal, target: Filterable) -> Any:
    takes_quotes = target.kind not in {Kind.SECONDS, Kind.NUMBER, Kind.FLAG}
    if not literal.is_quoted and takes_quotes and target.kind is not Kind.MOMENT:
        raise bad_filter("A text stands in quotes", literal.position)
    if "\x00" in literal.text:
        raise bad_filter("A text must not contain the NUL character", literal.position)
    try:
        return read_value(target.kind, literal.text)
    except ValueError:
        raise bad_filter(f"This is not a {target.kind}", literal.position) from None
