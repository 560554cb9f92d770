"""Putting the application together. Sits above every feature and holds no rule of any."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Final

from fastapi import APIRouter, FastAPI

from towpath import __version__, accounts, alerts, flows, people, templates
from towpath.integrations import mailbox
from towpath.kit import http, pages
from towpath.kit.runtime import Runtime
from towpath.kit.statistics import keep_statistics
from towpath.web import api, health, home, reference
from towpath.web.error_pages import error_page

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]

ROUTERS: Final[Sequence[APIRouter]] = (
    pages.router,
    home.router,
    health.router,
    accounts.router,
    alerts.router,
    flows.router,
    templates.make_router(flows.FlowTemplates()),
    mailbox.router,
    reference.router,
)


def create_app(
    runtime: Runtime,
    *,
    routers: Sequence[APIRouter] = (),
    lifespan: Lifespan | None = None,
    merge_listeners: Sequence[people.MergeListener] = (),
) -> FastAPI:
    """Return the application of this process.

    `routers` are those that need something of this process (wiring makes them); `lifespan` runs
    around serving, for instance to start a worker beside it. `merge_listeners` move the rows of
    higher features when two profiles are merged.
    """
    app = FastAPI(
        title="Towpath",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan(runtime, lifespan),
    )
    app.state.runtime = runtime
    http.install_problem_handlers(app, page=error_page)
    app.add_middleware(
        http.Edge,
        body_bytes_max=runtime.settings.body_bytes_max,
        is_https=runtime.settings.public_url.startswith("https://"),
    )
    for router in (*ROUTERS, *routers):
        app.include_router(router)
    api.install(app, merge_listeners=merge_listeners)
    reference.describe_access(app)
    return app


def _lifespan(runtime: Runtime, inner: Lifespan | None) -> Lifespan:
    @asynccontextmanager
    async def run(app: FastAPI) -> AsyncIterator[None]:
        keeper = asyncio.create_task(keep_statistics(runtime.engine))
        async with AsyncExitStack() as stack:
            stack.callback(keeper.cancel)
            if inner is not None:
                await stack.enter_async_context(inner(app))
            yield

    return run
