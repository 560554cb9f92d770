"""The reading operations of every described resource: list, one, related, relationship."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from towpath.web.api.description import Resource
from towpath.web.api.documents import (
    Linked,
    collection_links,
    identifier,
    relationship_links,
    resource_identifier,
    resource_object,
    respond,
)
from towpath.web.api.operations import Call, Operation
from towpath.web.api.parameters import Parameters, read_parameters
from towpath.web.api.reading import (
    Found,
    read_linked,
    read_one,
    read_page,
    read_several,
)
from towpath.web.api.resources import target_of


def read_operations(resource: Resource) -> Iterator[Operation]:
    """Yield what can be read of a resource."""
    permission, path = resource.permission, resource.path

    async def show_list(call: Call) -> Response:
        return await _list(call, resource)

    async def show_one(call: Call) -> Response:
        return await _one(call, resource)

    if resource.is_listed:
        yield Operation(
            method="GET",
            path=path,
            name=f"get_{path}",
            summary=f"List {path}",
            handler=show_list,
            permission=permission,
            tier=resource.list_tier,
            resource=resource,
            is_list=True,
        )
    yield Operation(
        method="GET",
        path=f"{path}/{{id}}",
        name=f"get_{resource.name}",
        summary=f"Get one {resource.name}",
        handler=show_one,
        permission=permission,
        tier=resource.one_tier,
        resource=resource,
    )
    for name in resource.relations:
        yield from _relation_operations(resource, name)


def _relation_operations(resource: Resource, name: str) -> Iterator[Operation]:
    target = target_of(resource, name)

    is_many = resource.relations[name].is_many

    async def show_related(call: Call) -> Response:
        if is_many:
            return await _related_list(call, resource, name)
        return await _related(call, resource, name)

    async def show_relationship(call: Call) -> Response:
        if is_many:
            return await _relationship_list(call, resource, name)
        return await _relationship(call, resource, name)

    yield Operation(
        method="GET",
        path=f"{resource.path}/{{id}}/{name}",
        name=f"get_{name}_for_{resource.name}",
        summary=f"Get the {name} of one {resource.name}",
        handler=show_related,
        permission=resource.permission,
        tier=resource.related_tier,
        resource=target,
        is_list=is_many,
    )
    yield Operation(
        method="GET",
        path=f"{resource.path}/{{id}}/relationships/{name}",
        name=f"get_{name}_id_for_{resource.name}",
        summary=f"Get the {'ids' if is_many else 'id'} of the {name} of one {resource.name}",
        handler=show_relationship,
        permission=resource.permission,
        tier=resource.related_tier,
    )


async def _list(call: Call, resource: Resource) -> Response:
    parameters = read_parameters(call.request, resource, is_list=True)
    async with call.runtime.engine.connect() as conn:
        found = await read_page(conn, resource, account_id=call.account_id, parameters=parameters)
        more = await _included(conn, call, resource, found, parameters)
    return respond(
        {
            "data": _objects(call, resource, found, parameters, more.linked),
            "links": _page_links(call, resource, found, parameters, resource.path),
        }
        | more.document
    )


async def _one(call: Call, resource: Resource) -> Response:
    parameters = read_parameters(call.request, resource, is_list=False)
    async with call.runtime.engine.connect() as conn:
        found = await read_one(
            conn,
            resource,
            account_id=call.account_id,
            shown_id=call.shown_id,
            parameters=parameters,
        )
        more = await _included(conn, call, resource, found, parameters)
    [written] = _objects(call, resource, found, parameters, more.linked)
    return respond({"data": written, "links": written["links"]} | more.document)


async def _related(call: Call, resource: Resource, name: str) -> Response:
    """Answer with what a relation to one leads to: null when to nothing.

    Raises the target's `NotFound` when what it leads to does not exist.
    """
    relation = resource.relations[name]
    target = target_of(resource, name)
    parameters = read_parameters(call.request, target, is_list=False)
    async with call.runtime.engine.connect() as conn:
        [row] = (await _bare(conn, call, resource)).rows
        related_id = getattr(row, relation.column.key or "")
        if related_id is None:
            return respond({"data": None, "links": {"self": f"{_itself(call, resource)}/{name}"}})
        found = await read_several(
            conn, target, account_id=call.account_id, ids=[related_id], parameters=parameters
        )
    if not found.rows:
        raise target.not_found
    [written] = _objects(call, target, found, parameters)
    return respond({"data": written, "links": written["links"]})


async def _relationship(call: Call, resource: Resource, name: str) -> Response:
    async with call.runtime.engine.connect() as conn:
        [row] = (await _bare(conn, call, resource)).rows
    links = relationship_links(_itself(call, resource), name)
    return respond({"data": identifier(resource.relations[name], row), "links": links})


async def _related_list(call: Call, resource: Resource, name: str) -> Response:
    target = target_of(resource, name)
    parameters = read_parameters(call.request, target, is_list=True)
    found = await _page_of(call, resource, name, parameters)
    path = f"{resource.path}/{call.shown_id}/{name}"
    return respond(
        {
            "data": _objects(call, target, found, parameters),
            "links": _page_links(call, target, found, parameters, path),
        }
    )


async def _relationship_list(call: Call, resource: Resource, name: str) -> Response:
    target = target_of(resource, name)
    parameters = read_parameters(call.request, target, is_list=True)
    bare = replace(parameters, fields={target.name: ()}, additional=frozenset())
    found = await _page_of(call, resource, name, bare)
    path = f"{resource.path}/{call.shown_id}/relationships/{name}"
    return respond(
        {
            "data": [resource_identifier(target, row.id) for row in found.rows],
            "links": _page_links(call, target, found, parameters, path),
        }
    )


async def _page_of(call: Call, resource: Resource, name: str, parameters: Parameters) -> Found:
    """Read one page of what a relation to many leads to."""
    relation = resource.relations[name]
    async with call.runtime.engine.connect() as conn:
        [row] = (await _bare(conn, call, resource)).rows
        return await read_page(
            conn,
            target_of(resource, name),
            account_id=call.account_id,
            parameters=parameters,
            within=relation.column == row.id,
        )


async def _bare(conn: AsyncConnection, call: Call, resource: Resource) -> Found:
    """Read the resource that the address names, for its columns alone."""
    nothing = Parameters(sort="id", is_descending=False, size=1, fields={resource.name: ()})
    return await read_one(
        conn,
        resource,
        account_id=call.account_id,
        shown_id=call.shown_id,
        parameters=nothing,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Included:
    """What `include` adds to a document, and the links that lead to it."""

    document: dict[str, Any] = field(default_factory=dict)
    linked: Linked = field(default_factory=dict)


async def _included(
    conn: AsyncConnection,
    call: Call,
    resource: Resource,
    found: Found,
    parameters: Parameters,
) -> _Included:
    """Read what `include` asks for, each related resource once: one query per relation."""
    if not parameters.include:
        return _Included()
    below = replace(parameters, additional=frozenset())
    written: list[dict[str, Any]] = []
    linked: dict[str, dict[Any, list[Any]]] = {}
    for name in parameters.include:
        relation = resource.relations[name]
        target = target_of(resource, name)
        column = relation.column.key or ""
        if relation.is_many:
            related = await read_linked(
                conn,
                target,
                account_id=call.account_id,
                column=relation.column,
                owner_ids=[row.id for row in found.rows],
                parameters=below,
            )
            owned = linked[name] = {}
            for row in related.rows:
                owned.setdefault(getattr(row, column), []).append(row.id)
            once = {row.id: row for row in related.rows}  # several may lead to the same one
            related = replace(related, rows=list(once.values()))
        else:
            wanted = {getattr(row, column) for row in found.rows} - {None}
            related = await read_several(
                conn, target, account_id=call.account_id, ids=wanted, parameters=below
            )
        written += _objects(call, target, related, below)
    return _Included(document={"included": written}, linked=linked)


def _objects(
    call: Call,
    resource: Resource,
    found: Found,
    parameters: Parameters,
    linked: Linked | None = None,
) -> list[dict[str, Any]]:
    return [
        resource_object(resource, row, found.extras_of(row), parameters, call.base, linked=linked)
        for row in found.rows
    ]


def _itself(call: Call, resource: Resource) -> str:
    return f"{call.base}/api/{resource.path}/{call.shown_id}"


def _page_links(
    call: Call, resource: Resource, found: Found, parameters: Parameters, path: str
) -> dict[str, str | None]:
    query = call.request.query_params.multi_items()
    return collection_links(resource, found, parameters, f"{call.base}/api/{path}", query)
