"""One route for everything below `/api`: found by a look-up, however many operations there are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import URLPath
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.routing import BaseRoute, Match, NoMatchFound
from starlette.types import Receive, Scope, Send

from towpath import accounts
from towpath.kit import http
from towpath.kit.errors import NotFound
from towpath.kit.runtime import Runtime
from towpath.web.api.batching import EventBatcher
from towpath.web.api.bodies import check_revision
from towpath.web.api.operations import Call, Operation
from towpath.web.api.rate_limits import RateLimiter

ROOT: Final = "api"


class NoSuchEndpoint(NotFound):
    """There is no such endpoint here; the reference is at /docs."""


class ApiRoute(BaseRoute):
    """Answers every address below `/api`.

    A trailing slash and a doubled first slash are accepted: old and misconfigured clients send
    them (api.md §2).
    """

    def __init__(
        self, operations: Mapping[tuple[str | None, ...], Mapping[str, Operation]]
    ) -> None:
        """`operations` by steps and method, as `by_address` arranges them."""
        self._operations = operations

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Take every HTTP request whose first step is `api`."""
        is_ours = scope["type"] == "http" and _steps(scope)[0] == ROOT
        return (Match.FULL, {}) if is_ours else (Match.NONE, {})

    def url_path_for(self, name: str, /, **path_params: object) -> URLPath:
        """Refuse: links are made by `documents`."""
        raise NoMatchFound(name, dict(path_params))

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Find the operation, let the gate judge the caller, answer.

        Raises the problems of the API; the application's handlers turn them into answers.
        """
        request = Request(scope, receive)
        steps = _steps(scope)[1:]
        operation = self._find(steps, request.method)
        check_revision(request)
        actor = await accounts.authenticate(request)
        actor.check(operation.permission)
        runtime = http.runtime_of(request)
        state = _state_of(request, runtime)
        limits: Mapping[str, str] = {}
        if runtime.settings.rate_limits:
            limits = state.limiter.take(
                account_id=actor.account_id,
                operation=operation.name,
                tier=operation.tier,
                now=runtime.clock(),
            )
        call = Call(
            request=request,
            runtime=runtime,
            batcher=state.batcher,
            actor=actor,
            now=runtime.clock(),
            shown_id=steps[1] if len(steps) > 1 else "",
        )
        response = await operation.handler(call)
        response.headers.update(limits)
        await response(scope, receive, send)

    def _find(self, steps: Sequence[str], method: str) -> Operation:
        exact = tuple(steps)
        methods = self._operations.get(exact) or self._operations.get(
            (*exact[:1], None, *exact[2:])
        )
        if methods is None:
            raise NoSuchEndpoint
        operation = methods.get(method)
        if operation is None:
            raise HTTPException(405, headers={"Allow": ", ".join(sorted(methods))})
        return operation


def _steps(scope: Scope) -> list[str]:
    path: str = scope["path"]
    return path.lstrip("/").removesuffix("/").split("/")


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    """What the requests of one application share."""

    batcher: EventBatcher
    limiter: RateLimiter


def _state_of(request: Request, runtime: Runtime) -> _State:
    """Return the application's state, made at the first request."""
    state: _State | None = getattr(request.app.state, "api", None)
    if state is None:
        batcher = EventBatcher(runtime.engine, clock=runtime.clock)
        state = request.app.state.api = _State(batcher=batcher, limiter=RateLimiter())
    return state
