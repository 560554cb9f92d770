"""`update-profile`: carry out the operations for a set of due runs (flows.md §5)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import DateTime, Text, Uuid, bindparam, case, literal, null, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from towpath import messaging, people
from towpath.flows.definition import (
    Action,
    AddToList,
    CustomProperty,
    DeleteProperty,
    ProfileOperation,
    RemoveFromList,
    SetToday,
    SetValue,
    Status,
    UpdateProfile,
    default_successor,
)
from towpath.flows.engine.plan import FlowPlan, Position
from towpath.flows.engine.stage import judged_cohort
from towpath.flows.tables import flow_run, step_effect
from towpath.kit import db

LOCATION_PREFIX = "location['"


async def update_profiles(
    conn: AsyncConnection, *, plan: FlowPlan, position: Position, parameters: Mapping[str, object]
) -> int:
    """Carry out one `update-profile` action for everybody due at it; return how many moved.

    Who fails the flow's profile filter is skipped with that reason and goes on; under `manual`
    nothing is written and an item goes to review.
    """
    action = plan.definition.actions[position.node_id]
    statement = judged_cohort(plan, position)
    rows = (await conn.execute(statement, parameters)).all()
    if not rows:
        return 0
    now = parameters["now"]
    assert isinstance(now, datetime)
    outcome = "needs_review" if action.status is Status.MANUAL else "done"
    written = await conn.execute(
        _effects(plan, action, outcome),
        {
            "now": now,
            "run_ids": [row.id for row in rows],
            "profile_ids": [row.profile_id for row in rows],
            "passes": ["yes" if row.passes else "no" for row in rows],
        },
    )
    changed = sorted({row.profile_id for row in written.all() if row.outcome == "done"})
    assert isinstance(action.data, UpdateProfile)
    await _change(conn, plan=plan, profile_ids=changed, update=action.data, now=now)
    return await _move_on(conn, plan=plan, action=action, rows=rows, now=now)


def _effects(plan: FlowPlan, action: Action, outcome: str) -> Any:
    """Write a row per run, once; only rows that are new are carried out."""
    rows = db.array_rows("judged", {"run_ids": Uuid(), "profile_ids": Uuid(), "passes": Text()})
    is_passing = rows.c.passes == "yes"
    skipped = literal(messaging.Reason.FAILS_FLOW_FILTERS.value, Text())
    source = select(
        literal(plan.account_id, Uuid()).label("account_id"),
        rows.c.run_ids.label("run_id"),
        literal(action.id, Text()).label("action_id"),
        literal(plan.flow_id, Text()).label("flow_id"),
        rows.c.profile_ids.label("profile_id"),
        case((is_passing, literal(outcome, Text())), else_=literal("skipped")).label("outcome"),
        case((is_passing, null()), else_=skipped).label("reason"),
        bindparam("now", type_=DateTime(timezone=True)).label("happened_at"),
    )
    return (
        insert(step_effect)
        .from_select([column.name for column in source.selected_columns], source)
        .on_conflict_do_nothing()
        .returning(step_effect.c.profile_id, step_effect.c.outcome)
    )


async def _change(
    conn: AsyncConnection,
    *,
    plan: FlowPlan,
    profile_ids: Sequence[UUID],
    update: UpdateProfile,
    now: datetime,
) -> None:
    if not profile_ids:
        return
    table = people.profile_table
    rows = await conn.execute(
        select(table.c.id, table.c.properties)
        .where(table.c.account_id == plan.account_id, db.any_of(table.c.id, "ids", Uuid()))
        .order_by(table.c.id)
        .with_for_update(),
        {"ids": list(profile_ids)},
    )
    today = now.astimezone(ZoneInfo(plan.account_timezone)).date().isoformat()
    drafts = [
        _Draft(dict(row.properties)).apply(update.operations, today=today).finish(row.id)
        for row in rows
    ]
    await people.upsert_profiles(conn, account_id=plan.account_id, drafts=drafts, now=now)


@dataclass(slots=True)
class _Draft:
    """The properties of one person while the operations go over them, and what they changed."""

    properties: dict[str, Any]
    touched: set[str] = field(default_factory=set)
    attributes: dict[str, str | None] = field(default_factory=dict)
    location: dict[str, str | None] = field(default_factory=dict)

    def apply(self, operations: Sequence[ProfileOperation], *, today: str) -> "_Draft":
        for operation in operations:
            target = operation.target
            if isinstance(target, CustomProperty):
                self.touched.add(target.name)
                self._apply_property(target.name, operation, today)
                continue
            value = str(operation.value) if isinstance(operation, SetValue) else None
            if target.name.startswith(LOCATION_PREFIX):
                self.location[target.name.removeprefix(LOCATION_PREFIX)[:-2]] = value
            else:
                self.attributes[target.name] = value
        return self

    def _apply_property(self, name: str, operation: ProfileOperation, today: str) -> None:
        match operation:
            case SetValue(value=value):
                self.properties[name] = value
            case SetToday():
                self.properties[name] = today
            case DeleteProperty():
                self.properties.pop(name, None)
            case AddToList(value=value):
                before = self._list(name)
                self.properties[name] = before if value in before else [*before, value]
            case RemoveFromList(value=value):
                if isinstance(self.properties.get(name), list):
                    kept = [item for item in self.properties[name] if item != value]
                    self.properties[name] = kept

    def _list(self, name: str) -> list[Any]:
        value = self.properties.get(name)
        if value is None:
            return []
        return value if isinstance(value, list) else [value]

    def finish(self, profile_id: UUID) -> people.ProfileDraft:
        return people.ProfileDraft(
            id=profile_id,
            attributes=self.attributes,
            location=self.location,
            properties={
                name: self.properties[name] for name in self.touched if name in self.properties
            },
            unset=tuple(sorted(self.touched - self.properties.keys())),
        )


async def _move_on(
    conn: AsyncConnection, *, plan: FlowPlan, action: Action, rows: Sequence[Any], now: datetime
) -> int:
    """Everybody goes on at once to what follows; the next delay counts from this step."""
    target = default_successor(plan.definition, action.id)
    moved = db.array_rows("moved", {"run_id": Uuid(), "base": DateTime(timezone=True)})
    ended = {"state": "finished", "node_id": None, "due_at": None, "finished_at": now}
    going_on = {"node_id": target, "due_at": moved.c.base}
    result = await conn.execute(
        flow_run.update()
        .where(flow_run.c.account_id == plan.account_id, flow_run.c.id == moved.c.run_id)
        .values(is_inside=False, **(going_on if target else ended))
        .returning(flow_run.c.id),
        {"run_id": [row.id for row in rows], "base": [row.base for row in rows]},
    )
    return len(result.all())
