"""What the API does: each operation with its address, permission, handler and description."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from towpath.accounts import Actor, Permission
from towpath.kit.runtime import Runtime
from towpath.web.api.batching import EventBatcher
from towpath.web.api.description import Resource
from towpath.web.api.rate_limits import Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request that has passed the gate."""

    request: Request
    runtime: Runtime
    batcher: EventBatcher
    actor: Actor
    now: datetime
    shown_id: str = ""

    @property
    def account_id(self) -> UUID:
        """The account that is spoken of."""
        return self.actor.account_id

    @property
    def base(self) -> str:
        """The address that links start with."""
        return self.runtime.settings.public_url.rstrip("/")


Handler = Callable[[Call], Awaitable[Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of one address.

    `path` is below `/api/`, with `{id}` for the id, which is always the second step. `resource`
    names what is answered, `body` the JSON schema of what is taken.
    """

    method: str
    path: str
    name: str
    summary: str
    handler: Handler
    permission: Permission
    tier: Tier
    status: int = 200
    resource: Resource | None = None
    is_list: bool = False
    body: Mapping[str, Any] | None = None

    @property
    def steps(self) -> tuple[str | None, ...]:
        """The path in steps, None standing for the id."""
        return tuple(None if step == "{id}" else step for step in self.path.split("/"))


def by_address(
    operations: Iterator[Operation],
) -> Mapping[tuple[str | None, ...], Mapping[str, Operation]]:
    """Arrange operations by steps, then method; no two share both."""
    arranged: dict[tuple[str | None, ...], dict[str, Operation]] = {}
    for operation in operations:
        methods = arranged.setdefault(operation.steps, {})
        assert operation.method not in methods
        methods[operation.method] = operation
    return arranged
