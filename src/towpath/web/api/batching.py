"""Single events share a transaction: a group commit, without waiting for company.

While one batch of an account is being committed, the events that arrive form the next one. Each
request is answered when its own batch is durable. Under no load a batch is one event.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from towpath import people
from towpath.kit.errors import Problem, Throttled

BATCH_EVENTS_MAX = 256
WAITING_EVENTS_MAX = 5_000
ATTEMPTS_MAX = 3
RETRY_AFTER_SECONDS = 1

# SQLSTATE classes: serialisation failures and deadlocks pass, bad data and broken rules stay.
PASSING = "40"
LASTING = ("22", "23")


class TooBusy(Throttled):
    """More events arrive than can be stored; send this one again after Retry-After."""


async def record_durably(
    engine: AsyncEngine, *, account_id: UUID, drafts: Sequence[people.EventDraft], now: datetime
) -> list[people.RecordedEvent]:
    """Record events in a transaction of their own and commit it; a deadlock is tried again."""
    attempt = 1
    while True:
        try:
            async with engine.begin() as conn:
                return await people.record_events(
                    conn, account_id=account_id, drafts=drafts, now=now
                )
        except DBAPIError as error:
            if attempt == ATTEMPTS_MAX or not _sql_state(error).startswith(PASSING):
                raise
        attempt += 1


@dataclass(slots=True)
class _Lane:
    """The batches of one account: one being committed, one forming."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    forming: "_Batch | None" = None


@dataclass(slots=True)
class _Batch:
    """Events that are committed together; `outcome` gives one error or None for each."""

    drafts: list[people.EventDraft]
    outcome: asyncio.Task[list[Exception | None]]


class EventBatcher:
    """The group commit of this process."""

    def __init__(
        self,
        engine: AsyncEngine,
        *,
        clock: Callable[[], datetime],
        waiting_events_max: int = WAITING_EVENTS_MAX,
    ) -> None:
        """`clock` says when events were recorded; more than `waiting_events_max` are sent away."""
        self._engine = engine
        self._waiting_events_max = waiting_events_max
        self._clock = clock
        self._lanes: dict[UUID, _Lane] = {}
        self._commits: set[asyncio.Task[list[Exception | None]]] = set()
        self._waiting = 0

    async def record(self, *, account_id: UUID, draft: people.EventDraft) -> None:
        """Return when the event is durable.

        Raises `TooBusy`, or what is wrong with this event (never with another one's).
        """
        if self._waiting >= self._waiting_events_max:
            raise TooBusy(retry_after_seconds=RETRY_AFTER_SECONDS)
        batch = self._join(account_id)
        index = len(batch.drafts)
        batch.drafts.append(draft)
        self._waiting += 1
        try:
            outcomes = await asyncio.shield(batch.outcome)
        finally:
            self._waiting -= 1
        error = outcomes[index]
        if error is not None:
            raise error

    async def close(self) -> None:
        """Wait until every event that was taken is stored."""
        while self._commits:
            await asyncio.wait(self._commits)

    def _join(self, account_id: UUID) -> _Batch:
        lane = self._lanes.setdefault(account_id, _Lane())
        batch = lane.forming
        if batch is None or len(batch.drafts) >= BATCH_EVENTS_MAX:
            drafts: list[people.EventDraft] = []
            commit = asyncio.create_task(self._commit_in_turn(account_id, lane, drafts))
            self._commits.add(commit)
            commit.add_done_callback(self._commits.discard)
            batch = lane.forming = _Batch(drafts, commit)
        return batch

    async def _commit_in_turn(
        self, account_id: UUID, lane: _Lane, drafts: list[people.EventDraft]
    ) -> list[Exception | None]:
        async with lane.turn:
            if lane.forming is not None and lane.forming.drafts is drafts:
                lane.forming = None
            outcomes = await self._outcomes(account_id, drafts)
        if lane.forming is None and not lane.turn.locked():
            self._lanes.pop(account_id, None)
        return outcomes

    async def _outcomes(
        self, account_id: UUID, drafts: Sequence[people.EventDraft]
    ) -> list[Exception | None]:
        """Commit a batch; one that fails for what is in it is halved until the bad one is alone."""
        try:
            now = self._clock()
            await record_durably(self._engine, account_id=account_id, drafts=drafts, now=now)
        except Problem as problem:
            error: Exception = problem
        except DBAPIError as problem:
            if not _sql_state(problem).startswith(LASTING):
                raise
            error = problem
        else:
            return [None] * len(drafts)
        if len(drafts) == 1:
            return [error]
        middle = len(drafts) // 2
        return [
            *await self._outcomes(account_id, drafts[:middle]),
            *await self._outcomes(account_id, drafts[middle:]),
        ]


def _sql_state(error: DBAPIError) -> str:
    return getattr(error.orig, "sqlstate", None) or ""
