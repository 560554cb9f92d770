"""The reading operations of every described resource: list, one, related, relationship."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from towpath.web.api.description import Resource, show_id
from towpath.web.api.documents import collection_links, identifier, resource_object, respond
from towpath.web.api.operations import Call, Operation
from towpath.web.api.parameters import Parameters, read_parameters
from towpath.web.api.reading import Found, read_one, read_page, read_several
from towpath.web.api.resources import RESOURCES


def read_operations(resource: Resource) -> Iterator[Operation]:
    """Yield what can be read of a resource."""
    permission, path = resource.permission, resource.path

    async def show_list(call: Call) -> Response:
        return await _list(call, resource)

    async def show_one(call: Call) -> Response:
        return await _one(call, resource)

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
    target = RESOURCES[resource.relations[name].target]

    async def show_related(call: Call) -> Response:
        return await _related(call, resource, name)

    async def show_relationship(call: Call) -> Response:
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
    )
    yield Operation(
        method="GET",
        path=f"{resource.path}/{{id}}/relationships/{name}",
        name=f"get_{name}_id_for_{resource.name}",
        summary=f"Get the id of the {name} of one {resource.name}",
        handler=show_relationship,
        permission=resource.permission,
        tier=resource.related_tier,
    )


async def _list(call: Call, resource: Resource) -> Response:
    parameters = read_parameters(call.request, resource, is_list=True)
    async with call.runtime.engine.connect() as conn:
        found = await read_page(conn, resource, account_id=call.account_id, parameters=parameters)
        included = await _included(conn, call, resource, found, parameters)
    query = call.request.query_params.multi_items()
    document = {
        "data": _objects(call, resource, found, parameters),
        "links": collection_links(resource, found, parameters, call.base, query),
    }
    return respond(document | included)


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
        included = await _included(conn, call, resource, found, parameters)
    [written] = _objects(call, resource, found, parameters)
    return respond({"data": written, "links": written["links"]} | included)


async def _related(call: Call, resource: Resource, name: str) -> Response:
    relation = resource.relations[name]
    target = RESOURCES[relation.target]
    parameters = read_parameters(call.request, target, is_list=False)
    async with call.runtime.engine.connect() as conn:
        own = await _bare(conn, call, resource)
        column = relation.column.key or ""
        found = await read_several(
            conn,
            target,
            account_id=call.account_id,
            ids=[getattr(own.rows[0], column)],
            parameters=parameters,
        )
    [written] = _objects(call, target, found, parameters)
    return respond({"data": written, "links": written["links"]})


async def _relationship(call: Call, resource: Resource, name: str) -> Response:
    async with call.runtime.engine.connect() as conn:
        own = await _bare(conn, call, resource)
    [row] = own.rows
    itself = f"{call.base}/api/{resource.path}/{show_id(resource.id_kind, row.id)}"
    links = {"self": f"{itself}/relationships/{name}", "related": f"{itself}/{name}"}
    return respond({"data": identifier(resource.relations[name], row), "links": links})


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


async def _included(
    conn: AsyncConnection,
    call: Call,
    resource: Resource,
    found: Found,
    parameters: Parameters,
) -> dict[str, Any]:
    """Read what `include` asks for, each related resource once: one query per relation."""
    if not parameters.include:
        return {}
    written = []
    for name in parameters.include:
        relation = resource.relations[name]
        target = RESOURCES[relation.target]
        wanted = {getattr(row, relation.column.key or "") for row in found.rows}
        related = await read_several(
            conn, target, account_id=call.account_id, ids=wanted, parameters=parameters
        )
        written += _objects(call, target, related, parameters)
    return {"included": written}


def _objects(
    call: Call, resource: Resource, found: Found, parameters: Parameters
) -> list[dict[str, Any]]:
    return [
        resource_object(resource, row, found.extras_of(row), parameters, call.base)
        for row in found.rows
    ]
