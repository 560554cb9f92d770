"""Move everybody who is due: find the cohorts, move each in one transaction, park what fails.

A cohort is everyone due at the same position of the same flow. A cohort that fails is halved until
the failing run is alone; that run is parked with its error and shown in health, and nobody else
waits for it (docs/architecture.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from towpath.flows.definition import UpdateProfile
from towpath.flows.engine.load import Plans
from towpath.flows.engine.plan import FlowPlan, Position
from towpath.flows.engine.stage import messages_in_stage, stage_statement
from towpath.flows.engine.update_profile import update_profiles
from towpath.flows.tables import flow_run
from towpath.kit import ids

COHORTS_PER_SCAN_MAX = 1_000
DUE_RUNS_PER_SCAN_MAX = 50_000
PASSES_MAX = 10_000
ERROR_CHARACTERS_MAX = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """Everyone due at one position of one flow."""

    account_id: UUID
    flow_id: str
    position: Position
    runs: int


async def due_cohorts(
    conn: AsyncConnection,
    *,
    now: datetime,
    account_id: UUID | None = None,
    flow_id: str | None = None,
) -> list[Cohort]:
    """Find who is due, by one grouped scan over everything (or less), the longest due first."""
    due = (
        select(
            flow_run.c.account_id,
            flow_run.c.flow_id,
            flow_run.c.node_id,
            flow_run.c.is_inside,
            flow_run.c.due_at,
        )
        .where(flow_run.c.state == "waiting", flow_run.c.due_at <= now)
        .order_by(flow_run.c.due_at)
        .limit(DUE_RUNS_PER_SCAN_MAX)
    )
    if account_id is not None:
        due = due.where(flow_run.c.account_id == account_id)
    if flow_id is not None:
        due = due.where(flow_run.c.flow_id == flow_id)
    due_rows = due.subquery("due_runs")
    keys = [due_rows.c.account_id, due_rows.c.flow_id, due_rows.c.node_id, due_rows.c.is_inside]
    rows = await conn.execute(
        select(*keys, func.count().label("runs"))
        .group_by(*keys)
        .order_by(func.min(due_rows.c.due_at), *keys)
        .limit(COHORTS_PER_SCAN_MAX),
        execution_options={"crosses_accounts": "the scheduler's scan"},
    )
    return [
        Cohort(
            account_id=row.account_id,
            flow_id=row.flow_id,
            position=Position(node_id=row.node_id, is_inside=row.is_inside),
            runs=row.runs,
        )
        for row in rows
    ]


async def next_due_at(
    conn: AsyncConnection, *, account_id: UUID | None = None, flow_id: str | None = None
) -> datetime | None:
    """Return when the next waiting run (of all, or of an account, or a flow) is due, if any is."""
    statement = select(func.min(flow_run.c.due_at)).where(flow_run.c.state == "waiting")
    if account_id is not None:
        statement = statement.where(flow_run.c.account_id == account_id)
    if flow_id is not None:
        statement = statement.where(flow_run.c.flow_id == flow_id)
    moment: datetime | None = (
        await conn.execute(
            statement, execution_options={"crosses_accounts": "the scheduler's scan"}
        )
    ).scalar_one()
    return moment


async def advance_due(
    engine: AsyncEngine,
    *,
    plans: Plans,
    now: datetime,
    batch_max: int,
    account_id: UUID | None = None,
    flow_id: str | None = None,
    passes_max: int = PASSES_MAX,
) -> int:
    """Move everyone due at `now` as far as they go; return how many moves were made.

    Everyone, or who is in an account, or in a flow of it.
    Steps without a delay follow at once, hence the passes: each moves every due cohort, until a
    scan finds none (or after `passes_max`; the rest is taken up by the next call).
    """
    moves = 0
    for _ in range(passes_max):
        async with engine.connect() as conn:
            cohorts = await due_cohorts(conn, now=now, account_id=account_id, flow_id=flow_id)
        moved = 0
        for cohort in cohorts:
            moved += await advance_cohort(
                engine, plans=plans, cohort=cohort, now=now, batch_max=batch_max
            )
        moves += moved
        if moved == 0:
            break
    return moves


async def advance_cohort(
    engine: AsyncEngine, *, plans: Plans, cohort: Cohort, now: datetime, batch_max: int
) -> int:
    """Move one batch of a cohort; when it fails, halve it until the failing run is alone."""
    try:
        async with engine.begin() as conn:
            return await _move(conn, plans=plans, cohort=cohort, now=now, batch=batch_max)
    except OperationalError:  # the connection, a lock time-out, a shutdown: not the run's fault
        raise
    except DBAPIError:
        async with engine.connect() as conn:
            run_ids = await _due_run_ids(conn, cohort=cohort, now=now, batch=batch_max)
    moved = 0
    halves = [run_ids]
    while halves:
        part = halves.pop()
        if not part:
            continue
        try:
            async with engine.begin() as conn:
                moved += await _move(
                    conn, plans=plans, cohort=cohort, now=now, batch=len(part), run_ids=part
                )
        except OperationalError:
            raise
        except DBAPIError as failure:
            if len(part) > 1:
                middle = len(part) // 2
                halves += [part[:middle], part[middle:]]
                continue
            async with engine.begin() as conn:
                await _park(conn, cohort=cohort, run_id=part[0], failure=failure)
            moved += 1
    return moved


async def _move(
    conn: AsyncConnection,
    *,
    plans: Plans,
    cohort: Cohort,
    now: datetime,
    batch: int,
    run_ids: Sequence[UUID] | None = None,
) -> int:
    plan = await plans.current(conn, account_id=cohort.account_id, flow_id=cohort.flow_id)
    position = cohort.position
    if plan.is_deleted:
        return await _leave(conn, cohort=cohort, now=now, batch=batch, target=None, is_end=True)
    if position.node_id not in plan.definition.actions:
        target = plan.redirects.get(position.node_id)
        return await _leave(conn, cohort=cohort, now=now, batch=batch, target=target)
    parameters = {"now": now, "batch": batch, "run_ids": list(run_ids) if run_ids else None}
    action = plan.definition.actions[position.node_id]
    if (
        isinstance(action.data, UpdateProfile)
        and not position.is_inside
        and _is_active(plan, position)
    ):
        return await update_profiles(conn, plan=plan, position=position, parameters=parameters)
    statement = plan.statements.get(position)
    if statement is None:
        statement = plan.statements[position] = stage_statement(plan, position)
    size = min(batch, cohort.runs if run_ids is None else len(run_ids))
    parameters["batch"] = size
    parameters["message_ids"] = ids.new_ids(size * messages_in_stage(plan, position))
    return len((await conn.execute(statement, parameters)).all())


def _is_active(plan: FlowPlan, position: Position) -> bool:
    status = plan.definition.actions[position.node_id].status
    return status is not None and status.is_active


def _due_of(cohort: Cohort, now: datetime) -> tuple[ColumnElement[bool], ...]:
    position = cohort.position
    return (
        flow_run.c.account_id == cohort.account_id,
        flow_run.c.flow_id == cohort.flow_id,
        flow_run.c.node_id == position.node_id,
        flow_run.c.is_inside.is_(position.is_inside),
        flow_run.c.state == "waiting",
        flow_run.c.due_at <= now,
    )


async def _due_run_ids(
    conn: AsyncConnection, *, cohort: Cohort, now: datetime, batch: int
) -> list[UUID]:
    rows = await conn.execute(
        select(flow_run.c.id)
        .where(*_due_of(cohort, now))
        .order_by(flow_run.c.due_at, flow_run.c.id)
        .limit(batch)
    )
    return list(rows.scalars())


async def _leave(
    conn: AsyncConnection,
    *,
    cohort: Cohort,
    now: datetime,
    batch: int,
    target: str | None,
    is_end: bool = False,
) -> int:
    """Send people off an action that is gone, to `target`, or out of the flow."""
    claimed = (
        select(flow_run.c.id)
        .where(*_due_of(cohort, now))
        .limit(batch)
        .with_for_update(skip_locked=True)
        .cte("claimed")
    )
    ended = {"state": "cancelled" if is_end else "finished", "finished_at": now, "node_id": None}
    values = {"node_id": target} if target else {**ended, "due_at": None}
    moved = await conn.execute(
        flow_run.update()
        .where(flow_run.c.account_id == cohort.account_id, flow_run.c.id == claimed.c.id)
        .values(is_inside=False, **values)
        .returning(flow_run.c.id)
    )
    return len(moved.all())


async def _park(
    conn: AsyncConnection, *, cohort: Cohort, run_id: UUID, failure: DBAPIError
) -> None:
    await conn.execute(
        flow_run.update()
        .where(flow_run.c.account_id == cohort.account_id, flow_run.c.id == run_id)
        .values(state="parked", error=str(failure.orig)[:ERROR_CHARACTERS_MAX])
    )
