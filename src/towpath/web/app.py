"""Putting the application together. Sits above every feature and holds no rule of any."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Final

from fastapi import APIRouter, FastAPI
from starlette.types import ASGIApp

from towpath import __version__, accounts, alerts, flows, people, subscriptions, templates
from towpath.integrations import mailbox
from towpath.kit import http, pages
from towpath.kit.runtime import Runtime
from towpath.web import api, health, home, people_page, reference
from towpath.web.error_pages import error_page

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]

ROUTERS: Final[Sequence[APIRouter]] = (
    pages.router,
    home.router,
    people_page.router,
    health.router,
    accounts.router,
    alerts.router,
    subscriptions.router,
    flows.router,
    templates.make_router(flows.FlowTemplates()),
    mailbox.router,
    reference.router,
)


class _Application(FastAPI):
    """The framework inside our edge, so that also the answer to a bug passes through it."""

    def build_middleware_stack(self) -> ASGIApp:
        settings = self.state.runtime.settings
        return http.Edge(
            super().build_middleware_stack(),
            body_bytes_max=settings.body_bytes_max,
            is_https=settings.public_url.startswith("https://"),
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
    app = _Application(
        title="Towpath",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    app.state.runtime = runtime
    http.install_problem_handlers(app, page=error_page)
    for router in (*ROUTERS, *routers):
        app.include_router(router)
    api.install(app, merge_listeners=merge_listeners)
    reference.describe_access(app)
    return app
