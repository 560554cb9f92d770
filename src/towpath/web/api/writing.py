"""Answering a write with the resource as it is afterwards."""

from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from towpath.web.api.description import Resource
from towpath.web.api.documents import resource_object, respond
from towpath.web.api.operations import Call
from towpath.web.api.parameters import read_parameters
from towpath.web.api.reading import read_several

# Any: an id of whatever kind.
Write = Callable[[AsyncConnection], Awaitable[tuple[Any, int]]]


async def write_and_show(call: Call, resource: Resource, write: Write) -> Response:
    """Answer with the resource as it is after the write, which is committed by then.

    `write` returns the id of the resource and the status to answer with.
    """
    parameters = read_parameters(call.request, resource, is_list=False)
    async with call.runtime.engine.begin() as conn:
        written_id, status = await write(conn)
        found = await read_several(
            conn, resource, account_id=call.account_id, ids=[written_id], parameters=parameters
        )
    [row] = found.rows
    written = resource_object(resource, row, found.extras_of(row), parameters, call.base)
    return respond({"data": written, "links": written["links"]}, status=status)
