"""Errors that a person or a client can make, and their one shape on every API.

The docstring of a subclass is its message: what is wrong, and what to do about it. Everything that
is not a `Problem` is a bug: it is left to crash and is logged once at the edge.
"""

import inspect
from collections.abc import Mapping, Sequence
from typing import ClassVar


class Problem(Exception):  # noqa: N818 -- the field calls it a problem (RFC 9457)
    """Something the caller can mend.

    `pointer` is a JSON pointer into the request body (`/data/attributes/email`), `parameter` the
    name of a query parameter or header, `code` a stable word that programs match on.
    """

    status: ClassVar[int] = 400
    code: str = "invalid"
    title: ClassVar[str] = "Invalid input."

    def __init__(
        self,
        detail: str | None = None,
        *,
        pointer: str | None = None,
        parameter: str | None = None,
        code: str | None = None,
        meta: Mapping[str, object] | None = None,
    ) -> None:
        """Without `detail` the docstring of the class is the message."""
        self.detail = detail or " ".join((inspect.getdoc(type(self)) or self.title).split())
        self.pointer = pointer
        self.parameter = parameter
        self.code = code or self.code
        self.meta = dict(meta or {})
        super().__init__(self.detail)

    def under(self, prefix: str) -> "Problem":
        """Return the same problem with its pointer moved below `prefix`."""
        self.pointer = prefix + (self.pointer or "")
        return self


class Invalid(Problem):
    """The input is not valid."""


class TooLarge(Invalid):
    """The request body is larger than this endpoint accepts; send it in smaller parts."""

    status = 413
    code = "too_large"
    title = "Request body too large."


class Unauthenticated(Problem):
    """Authentication is missing or wrong; send a valid API key or sign in."""

    status = 401
    code = "not_authenticated"
    title = "Authentication credentials were not provided or are not valid."


class Forbidden(Problem):
    """You are signed in but not allowed to do this."""

    status = 403
    code = "permission_denied"
    title = "You do not have permission to perform this action."


class NotFound(Problem):
    """There is no such thing here, or it is not yours."""

    status = 404
    code = "not_found"
    title = "Not found."


class Conflict(Problem):
    """The request conflicts with what is stored."""

    status = 409
    code = "conflict"
    title = "Conflict."


class Throttled(Problem):
    """Too many requests; wait the number of seconds that Retry-After names."""

    status = 429
    code = "throttled"
    title = "Request was throttled."

    def __init__(self, detail: str | None = None, *, retry_after_seconds: int) -> None:
        """`retry_after_seconds` goes into the Retry-After header as an integer."""
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds


class Problems(Problem):
    """Several problems of one request, reported together."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        """`problems` is not empty; the first decides the status."""
        assert problems
        super().__init__("; ".join(problem.detail for problem in problems))
        self.problems = tuple(problems)
