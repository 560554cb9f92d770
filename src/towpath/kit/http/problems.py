"""Problems as answers: the one error body of every API (spec/api.md §3), and pages for browsers.

What is not a `Problem` is a bug: it is logged once here and answered with an id and no details.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, ClassVar
from uuid import UUID

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from towpath.kit import ids
from towpath.kit.errors import (
    Forbidden,
    Invalid,
    NotFound,
    Problem,
    Problems,
    Throttled,
    TooLarge,
    Unauthenticated,
)
from towpath.kit.json_values import BadJson, escape

API_PREFIXES = ("/api/", "/v1/", "/client/")
PROBLEMS_SHOWN_MAX = 50
RETRY_AFTER_SECONDS = 2
# Connection lost, shutting down, too many connections, serialisation: the same request may succeed.
PASSING_SQL_STATES = ("08", "57P", "53", "40")

ProblemPage = Callable[[Request, Problem, UUID], Response]

_log = structlog.get_logger("towpath.http")


class Unavailable(Problem):
    """The database cannot be reached at the moment; repeat the request after Retry-After."""

    status: ClassVar[int] = 503
    code = "unavailable"
    title: ClassVar[str] = "Service unavailable."


class MethodNotAllowed(Problem):
    """This address does not take this method; the Allow header names those it takes."""

    status: ClassVar[int] = 405
    code = "method_not_allowed"
    title: ClassVar[str] = "Method not allowed."


class Unexpected(Problem):
    """Something went wrong on our side. It was logged under the id of this error."""

    status: ClassVar[int] = 500
    code = "internal_error"
    title: ClassVar[str] = "Internal error."


class NoSuchAddress(NotFound):
    """There is nothing at this address."""


FRAMEWORK_PROBLEMS: Mapping[int, type[Problem]] = {
    401: Unauthenticated,
    403: Forbidden,
    404: NoSuchAddress,
    405: MethodNotAllowed,
    413: TooLarge,
}


def problem_body(problem: Problem, *, problem_id: UUID) -> dict[str, object]:
    """Return the JSON body of a problem; `Problems` become several entries."""
    if isinstance(problem, Problems):
        shown = problem.problems[:PROBLEMS_SHOWN_MAX]
        identities = [problem_id, *ids.new_ids(len(shown) - 1)]
        return {"errors": [_entry(each, one) for each, one in zip(shown, identities, strict=True)]}
    return {"errors": [_entry(problem, problem_id)]}


def problem_response(
    problem: Problem, *, problem_id: UUID | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """Return the answer for a problem; a route that must commit returns this instead of raising."""
    first = problem.problems[0] if isinstance(problem, Problems) else problem
    return JSONResponse(
        problem_body(problem, problem_id=problem_id or ids.new_id()),
        status_code=first.status,
        headers={**_headers(first), **(headers or {})},
    )


def wants_page(request: Request) -> bool:
    """Say whether a person looks at the answer: a browser, outside the APIs."""
    is_api = (request.url.path + "/").startswith(API_PREFIXES)
    return not is_api and "text/html" in request.headers.get("accept", "")


def install_problem_handlers(app: FastAPI, *, page: ProblemPage | None = None) -> None:
    """Answer every problem and every bug in one shape; `page` renders them for browsers."""
    app.add_exception_handler(Problem, _handler(_as_it_is, page))
    app.add_exception_handler(RequestValidationError, _handler(_from_validation, page))
    app.add_exception_handler(HTTPException, _handler(_from_http, page))
    app.add_exception_handler(DBAPIError, _handler(_from_database, page))
    app.add_exception_handler(PoolTimeoutError, _handler(_from_full_pool, page))
    app.add_exception_handler(Exception, _handler(_from_bug, page))


def _handler(
    read: Callable[[Request, Any, UUID], Problem],  # Any: each reads its own kind of exception
    page: ProblemPage | None,
) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def handle(request: Request, error: Exception) -> Response:
        problem_id = ids.new_id()
        problem = read(request, error, problem_id)
        if page is not None and wants_page(request):
            return page(request, problem, problem_id)
        headers = getattr(error, "headers", None)
        return problem_response(problem, problem_id=problem_id, headers=headers)

    return handle


def _entry(problem: Problem, problem_id: UUID) -> dict[str, object]:
    source: dict[str, str] = {}
    if problem.pointer is not None:
        source["pointer"] = problem.pointer
    if problem.parameter is not None:
        source["parameter"] = problem.parameter
    return {
        "id": str(problem_id),
        "status": problem.status,
        "code": problem.code,
        "title": problem.title,
        "detail": problem.detail,
        "source": source,
        "links": {},
        "meta": problem.meta,
    }


def _headers(problem: Problem) -> dict[str, str]:
    match problem:
        case Throttled():
            return {"Retry-After": str(problem.retry_after_seconds)}
        case Unavailable():
            return {"Retry-After": str(RETRY_AFTER_SECONDS)}
        case Unauthenticated():
            return {"WWW-Authenticate": "Bearer"}
        case _:
            return {}


def _as_it_is(_request: Request, problem: Problem, _problem_id: UUID) -> Problem:
    return problem


def _from_bug(request: Request, error: Exception, problem_id: UUID) -> Problem:
    _log.error(
        "request_failed",
        error_id=str(problem_id),
        method=request.method,
        path=request.url.path,
        exc_info=error,
    )
    return Unexpected()


def _from_database(request: Request, error: DBAPIError, _problem_id: UUID) -> Problem:
    state = getattr(error.orig, "sqlstate", None)
    if state is None:
        is_passing = error.connection_invalidated or isinstance(error, OperationalError)
    else:
        is_passing = state.startswith(PASSING_SQL_STATES)
    if not is_passing:
        raise error
    _log.warning("database_unavailable", path=request.url.path, reason=str(error.orig))
    return Unavailable()


def _from_full_pool(request: Request, error: PoolTimeoutError, _problem_id: UUID) -> Problem:
    _log.warning("database_pool_exhausted", path=request.url.path, reason=str(error))
    return Unavailable()


def _from_validation(_request: Request, error: RequestValidationError, _id: UUID) -> Problem:
    problems = [_from_pydantic(entry) for entry in error.errors()[:PROBLEMS_SHOWN_MAX]]
    return problems[0] if len(problems) == 1 else Problems(problems)


def _from_pydantic(entry: Mapping[str, object]) -> Problem:
    location = entry["loc"]
    assert isinstance(location, tuple)
    detail = str(entry["msg"]).rstrip(".") + "."
    where, *steps = location
    if where != "body":
        return Invalid(detail, parameter=str(steps[0]) if steps else None)
    if entry["type"] == "json_invalid":
        return BadJson("The body is not valid JSON.")
    return Invalid(detail, pointer="".join(f"/{escape(str(step))}" for step in steps))


def _from_http(_request: Request, error: HTTPException, _problem_id: UUID) -> Problem:
    """Turn what the framework raises by itself into a problem of ours."""
    if isinstance(error.__cause__, Problem):
        return error.__cause__
    kind = FRAMEWORK_PROBLEMS.get(error.status_code)
    return kind() if kind else Invalid(error.detail)
