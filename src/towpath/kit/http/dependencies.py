"""What a route asks for: the runtime, the moment, and the request's one transaction."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated

from fastapi import Depends
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import HTTPConnection

from towpath.kit.runtime import Runtime


def runtime_of(connection: HTTPConnection) -> Runtime:
    """Return the runtime the application was created with."""
    runtime: Runtime = connection.app.state.runtime
    return runtime


def request_now(connection: HTTPConnection) -> datetime:
    """Return the moment this request is handled at."""
    return runtime_of(connection).clock()


async def open_transaction(connection: HTTPConnection) -> AsyncIterator[AsyncConnection]:
    """Open the request's transaction: committed when the route returns, else rolled back."""
    async with runtime_of(connection).engine.begin() as transaction:
        yield transaction


RuntimeOf = Annotated[Runtime, Depends(runtime_of)]
Now = Annotated[datetime, Depends(request_now)]
# Without the scope the commit would come after the response: a client would read of a success that
# may yet fail, and might not find what it has just written.
Transaction = Annotated[AsyncConnection, Depends(open_transaction, scope="function")]
