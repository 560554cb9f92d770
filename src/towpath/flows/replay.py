"""Replay: past events fed through the engine in time order, as if each had just happened.

The loop of the design: t is the earlier of the next event and the next due time; record the events
at t; trigger; advance until nothing is due up to t; drain the outbox; only then move t on.

Events ahead of t may be recorded early without being seen: every judgement at t looks only at
events up to t. So whole stretches of events are recorded and triggered in one go, each judged at
its own time, up to the next moment at which something is due. A flow that changes profiles would
be seen by the triggers after it, and one that looks at when profiles were made must not find them
made early: there a stretch is one instant long.

Only the replayed flow sees the events and the virtual clock. The account's other flows stand still
meanwhile: their people would be moved years too early.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from towpath import messaging, people
from towpath.flows.engine import Plans, advance_due, next_due_at, trigger_batch
from towpath.flows.engine.load import depends_on_every_instant

EVENTS_PER_STRETCH_MAX = 1_000
END_OF_TIME = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """One replay: whose account, which flow, and where the clock ends."""

    engine: AsyncEngine
    account_id: UUID
    flow_id: str
    outbox: messaging.Outbox
    until: datetime | None
    trigger_batch_max: int
    step_batch_max: int
    plans: Plans = field(default_factory=Plans)


@dataclass(slots=True)
class Progress:
    """How far a replay has come."""

    events: int = 0
    entries: int = 0
    profiles: set[UUID] = field(default_factory=set)


async def replay(
    run: Replay,
    events: Sequence[people.EventDraft],
    *,
    report: Callable[[Progress], None],
) -> Progress:
    """Feed `events` (in time order) through the flow and let the clock run on until nobody waits.

    Events after `until` are not fed, and the clock stops there. `report` is told the progress
    after every stretch.
    """
    progress = Progress()
    end = run.until or END_OF_TIME
    async with run.engine.begin() as conn:
        is_instant = await depends_on_every_instant(
            conn, plans=run.plans, account_id=run.account_id, flow_id=run.flow_id
        )
    position = 0
    while position < len(events) and events[position].time <= end:
        due_at = await _next_due(run)
        first = events[position].time
        if due_at is not None and due_at < first:
            await _pass(run, until=min(due_at, end))
            continue
        length = _stretch(events, position, before=due_at, is_instant=is_instant, end=end)
        stretch = events[position : position + length]
        await _record(run, stretch, progress)
        position += length
        report(progress)
    while (due_at := await _next_due(run)) is not None and due_at <= end:
        await _pass(run, until=due_at)
        report(progress)
    return progress


def _stretch(
    events: Sequence[people.EventDraft],
    position: int,
    *,
    before: datetime | None,
    is_instant: bool,
    end: datetime,
) -> int:
    """Return how many events from `position` on can be recorded in one go: whole instants."""
    first = events[position].time
    limit = first if is_instant else min(end, before or END_OF_TIME)
    length = 0
    for event in events[position : position + EVENTS_PER_STRETCH_MAX]:
        if event.time > limit:
            break
        length += 1
    while (
        position + length < len(events)
        and events[position + length].time == events[position + length - 1].time
    ):
        length += 1
    return length


async def _record(run: Replay, stretch: Sequence[people.EventDraft], progress: Progress) -> None:
    """Record a stretch of events and start their runs, each judged at its own time."""
    async with run.engine.begin() as conn:
        recorded = await people.record_events(
            conn, account_id=run.account_id, drafts=stretch, now=stretch[0].time
        )
    progress.events += sum(event.is_new for event in recorded)
    progress.profiles.update(event.profile_id for event in recorded)
    last = stretch[-1].time
    while True:
        triggered = await trigger_batch(
            run.engine,
            plans=run.plans,
            account_id=run.account_id,
            now=last,
            batch_max=run.trigger_batch_max,
            is_replay=True,
            flow_id=run.flow_id,
        )
        progress.entries += triggered.entries
        if triggered.events == 0:
            break
    while (due_at := await _next_due(run)) is not None and due_at <= last:
        await _pass(run, until=due_at)


async def _pass(run: Replay, *, until: datetime) -> None:
    """Move everybody due at `until` and send what that queued."""
    moves = await advance_due(
        run.engine,
        plans=run.plans,
        now=until,
        batch_max=run.step_batch_max,
        account_id=run.account_id,
        flow_id=run.flow_id,
    )
    assert moves > 0, "whoever is due can be moved, or is parked"
    await messaging.drain(run.outbox, account_id=run.account_id, now=until)


async def _next_due(run: Replay) -> datetime | None:
    async with run.engine.connect() as conn:
        return await next_due_at(conn, account_id=run.account_id, flow_id=run.flow_id)
