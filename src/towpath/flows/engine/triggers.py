"""Turn the trigger queue into runs, exactly once (flows.md §2 "metric" and "Re-entry").

One worker at a time handles the queue of an account (a transaction-scoped advisory lock), in the
order of event time: so re-entry is decided on all earlier entries, and none is decided twice.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import (
    DateTime,
    Integer,
    Text,
    Uuid,
    and_,
    bindparam,
    false,
    func,
    literal,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from towpath import people
from towpath.audiences.conditions import compile_groups
from towpath.flows.definition import Always, MetricTrigger, Never, OncePer, ReEntry, first_delay
from towpath.flows.engine.load import Plans
from towpath.flows.engine.plan import FlowPlan
from towpath.flows.engine.stage import scope_of
from towpath.flows.queries import listening_flow_ids
from towpath.flows.tables import flow_run
from towpath.kit import db, ids

LATENESS_MAX = timedelta(hours=6)
"""An event older than this when it was recorded, and than the first delay, starts nothing."""

LOCK_CLASS = 7_001
ERROR_CHARACTERS_MAX = 2_000

queue = people.trigger_queue_table


@dataclass(frozen=True, slots=True, kw_only=True)
class Triggered:
    """What one batch of the queue came to."""

    events: int
    entries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    """An event that may start a run: it passes the trigger filter and its person the profile's."""

    event_id: UUID
    profile_id: UUID
    time: datetime


async def accounts_with_triggers(conn: AsyncConnection, *, now: datetime) -> list[UUID]:
    """Return the accounts whose queue holds events up to `now`, by one grouped scan."""
    rows = await conn.execute(
        select(queue.c.account_id)
        .where(queue.c.time <= now, queue.c.error.is_(None))
        .group_by(queue.c.account_id),
        execution_options={"crosses_accounts": "the scheduler's scan"},
    )
    return list(rows.scalars())


async def trigger_batch(
    engine: AsyncEngine,
    *,
    plans: Plans,
    account_id: UUID,
    now: datetime,
    batch_max: int,
    is_replay: bool = False,
    flow_id: str | None = None,
) -> Triggered:
    """Turn up to `batch_max` queued events of an account, up to `now`, into runs.

    In a replay every event is judged at its own time, as if it had just happened. With a
    `flow_id` no other flow sees the events. A batch that fails is halved until the failing event
    is alone; that event stays in the queue with its error.
    """
    try:
        async with engine.begin() as conn:
            return await _trigger(
                conn,
                plans=plans,
                account_id=account_id,
                now=now,
                batch=batch_max,
                is_replay=is_replay,
                flow_id=flow_id,
            )
    except OperationalError:
        raise
    except DBAPIError as failure:
        if batch_max == 1:
            async with engine.begin() as conn:
                await _set_aside_first(conn, account_id=account_id, now=now, failure=failure)
            return Triggered(events=1, entries=0)
    return await trigger_batch(
        engine,
        plans=plans,
        account_id=account_id,
        now=now,
        batch_max=max(1, batch_max // 2),
        is_replay=is_replay,
        flow_id=flow_id,
    )


async def _trigger(
    conn: AsyncConnection,
    *,
    plans: Plans,
    account_id: UUID,
    now: datetime,
    batch: int,
    is_replay: bool,
    flow_id: str | None,
) -> Triggered:
    if not await _lock_queue(conn, account_id=account_id):
        return Triggered(events=0, entries=0)
    rows = (
        await conn.execute(
            select(queue.c.event_id, queue.c.metric_id)
            .where(queue.c.account_id == account_id, queue.c.time <= now, queue.c.error.is_(None))
            .order_by(queue.c.time, queue.c.event_id)
            .limit(batch)
        )
    ).all()
    if not rows:
        return Triggered(events=0, entries=0)
    metric_ids = {row.metric_id for row in rows}
    entries = 0
    for plan in await _listening(conn, plans=plans, account_id=account_id, metric_ids=metric_ids):
        if flow_id not in {None, plan.flow_id}:
            continue
        trigger = plan.definition.trigger
        assert isinstance(trigger, MetricTrigger)
        events = [row.event_id for row in rows if row.metric_id == trigger.metric_id]
        candidates = await _candidates(
            conn,
            plan=plan,
            trigger=trigger,
            event_ids=events,
            now=now,
            is_replay=is_replay,
        )
        entering = await _re_entry(conn, plan=plan, candidates=candidates)
        entries += await _enter(conn, plan=plan, entering=entering)
    await conn.execute(
        queue.delete().where(
            queue.c.account_id == account_id, db.any_of(queue.c.event_id, "event_ids", Uuid())
        ),
        {"event_ids": [row.event_id for row in rows]},
    )
    return Triggered(events=len(rows), entries=entries)


async def _lock_queue(conn: AsyncConnection, *, account_id: UUID) -> bool:
    key = func.hashtext(bindparam("account", str(account_id), Text()))
    locked = await conn.execute(
        select(func.pg_try_advisory_xact_lock(bindparam("class", LOCK_CLASS, Integer()), key))
    )
    return bool(locked.scalar_one())


async def _listening(
    conn: AsyncConnection, *, plans: Plans, account_id: UUID, metric_ids: Iterable[str]
) -> list[FlowPlan]:
    """Return the live and manual flows that these metrics trigger."""
    flow_ids = await listening_flow_ids(conn, account_id=account_id, metric_ids=sorted(metric_ids))
    if not flow_ids:
        return []
    plans_found = await plans.current_of(conn, account_id=account_id, flow_ids=flow_ids)
    return [
        plan
        for plan in plans_found
        if not plan.is_deleted
        and isinstance(plan.definition.trigger, MetricTrigger)
        and plan.definition.entry_action_id is not None
    ]


async def _candidates(
    conn: AsyncConnection,
    *,
    plan: FlowPlan,
    trigger: MetricTrigger,
    event_ids: Sequence[UUID],
    now: datetime,
    is_replay: bool,
) -> list[_Candidate]:
    if not event_ids:
        return []
    profile = people.profile_table.alias("person")
    event = people.event_table.alias("trigger_event")
    scope = scope_of(
        plan.account_id,
        profile=profile,
        event=event,
        started_at=event.c.time,
        now=event.c.time if is_replay else bindparam("now", type_=DateTime(timezone=True)),
    )
    definition = plan.definition
    filters = [
        compile_groups(groups, scope)
        for groups in (trigger.trigger_filter, definition.profile_filter)
        if groups is not None
    ]
    lateness = max(LATENESS_MAX, first_delay(definition))
    is_timely = true() if is_replay else queue.c.recorded_at - event.c.time <= lateness
    judged = (
        select(
            event.c.id,
            event.c.profile_id,
            event.c.time,
            and_(is_timely, *filters).label("passes"),
        )
        .select_from(
            queue.join(
                event, and_(event.c.account_id == plan.account_id, event.c.id == queue.c.event_id)
            ).join(
                profile,
                and_(profile.c.account_id == plan.account_id, profile.c.id == event.c.profile_id),
            )
        )
        .where(
            queue.c.account_id == plan.account_id, db.any_of(queue.c.event_id, "event_ids", Uuid())
        )
        .cte("judged")
        # Else the filters may be tried on other events of the account while these are looked up,
        # and one that cannot be judged would never be alone.
        .prefix_with("MATERIALIZED")
    )
    rows = await conn.execute(
        select(judged.c.id, judged.c.profile_id, judged.c.time)
        .where(judged.c.passes)
        .order_by(judged.c.time, judged.c.id),
        {"event_ids": list(event_ids), "now": now},
    )
    return [_Candidate(event_id=row[0], profile_id=row[1], time=row[2]) for row in rows]


async def _re_entry(
    conn: AsyncConnection, *, plan: FlowPlan, candidates: list[_Candidate]
) -> list[_Candidate]:
    """Keep the candidates that the re-entry rule lets in, in time order.

    The period counts from the last entry, whatever became of it.
    """
    rule = plan.definition.reentry
    if isinstance(rule, Always) or not candidates:
        return candidates
    rows = await conn.execute(
        select(flow_run.c.profile_id, func.max(flow_run.c.started_at))
        .where(
            flow_run.c.account_id == plan.account_id,
            flow_run.c.flow_id == plan.flow_id,
            db.any_of(flow_run.c.profile_id, "profile_ids", Uuid()),
        )
        .group_by(flow_run.c.profile_id),
        {"profile_ids": list({candidate.profile_id for candidate in candidates})},
    )
    last_entries: dict[UUID, datetime] = dict(rows.all())
    entering = []
    for candidate in candidates:
        last = last_entries.get(candidate.profile_id)
        if last is None or _may_enter_again(rule, last=last, time=candidate.time):
            entering.append(candidate)
            last_entries[candidate.profile_id] = max(candidate.time, last or candidate.time)
    return entering


def _may_enter_again(rule: ReEntry, *, last: datetime, time: datetime) -> bool:
    match rule:
        case Always():
            return True
        case Never():
            return False
        case OncePer(period=period):
            return time - last >= period


async def _enter(conn: AsyncConnection, *, plan: FlowPlan, entering: list[_Candidate]) -> int:
    if not entering:
        return 0
    rows = db.array_rows(
        "entering",
        {
            "run_ids": Uuid(),
            "profile_ids": Uuid(),
            "event_ids": Uuid(),
            "entry_keys": Text(),
            "entry_times": DateTime(timezone=True),
        },
    )
    entry_action_id = plan.definition.entry_action_id
    source = select(
        literal(plan.account_id, Uuid()).label("account_id"),
        rows.c.run_ids.label("id"),
        literal(plan.flow_id, Text()).label("flow_id"),
        rows.c.profile_ids.label("profile_id"),
        rows.c.event_ids.label("event_id"),
        rows.c.entry_keys.label("entry_key"),
        rows.c.entry_times.label("started_at"),
        literal("waiting", Text()).label("state"),
        literal(entry_action_id, Text()).label("node_id"),
        false().label("is_inside"),
        rows.c.entry_times.label("due_at"),
    )
    inserted = await conn.execute(
        insert(flow_run)
        .from_select([column.name for column in source.selected_columns], source)
        .on_conflict_do_nothing()
        .returning(flow_run.c.id),
        {
            "run_ids": ids.new_ids(len(entering)),
            "profile_ids": [candidate.profile_id for candidate in entering],
            "event_ids": [candidate.event_id for candidate in entering],
            "entry_keys": [f"event:{candidate.event_id}" for candidate in entering],
            "entry_times": [candidate.time for candidate in entering],
        },
    )
    return len(inserted.all())


async def _set_aside_first(
    conn: AsyncConnection, *, account_id: UUID, now: datetime, failure: DBAPIError
) -> None:
    """Keep the event that cannot be judged out of the way of the others, with its error."""
    first = (
        select(queue.c.event_id)
        .where(queue.c.account_id == account_id, queue.c.time <= now, queue.c.error.is_(None))
        .order_by(queue.c.time, queue.c.event_id)
        .limit(1)
        .scalar_subquery()
    )
    await conn.execute(
        queue.update()
        .where(queue.c.account_id == account_id, queue.c.event_id == first)
        .values(error=str(failure.orig)[:ERROR_CHARACTERS_MAX])
    )
