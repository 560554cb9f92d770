"""Where one person is and was in flows, and what flows call their actions (flows.md §7)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Text, Uuid, and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from towpath.flows import definition as definitions
from towpath.flows.activity import turn_after
from towpath.flows.definition import Definition, SendInternalAlert
from towpath.flows.tables import flow, flow_action, flow_run, flow_version, step_effect
from towpath.kit import db

SKIPS_READ_MAX = 200


class RunState(StrEnum):
    """Where a run stands; a parked one could not be moved and needs somebody."""

    WAITING = "waiting"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    PARKED = "parked"


@dataclass(frozen=True, slots=True, kw_only=True)
class SkippedStep:
    """A step other than a message that passed a person over, and why."""

    action_id: str
    reason: str
    happened_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileRun:
    """One passage of a person through a flow.

    `node_id` is the action it stands at; `is_inside` says that it is a delay being waited out.
    """

    id: UUID
    flow_id: str
    state: RunState
    started_at: datetime
    node_id: str | None
    is_inside: bool
    due_at: datetime | None
    finished_at: datetime | None
    skipped: tuple[SkippedStep, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionName:
    """What to call an action: its kind, None when it is gone, and the name somebody gave it."""

    kind: str | None
    name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedFlow:
    """A flow, deleted or not, with what its actions are called."""

    id: str
    name: str
    definition: Definition
    labels: Mapping[str, str]

    def action(self, action_id: str) -> ActionName:
        """Return what to call an action, also one that is not in the flow any more."""
        label = self.labels.get(action_id)
        found = self.definition.actions.get(action_id) or self.definition.variations.get(action_id)
        if found is None:
            return ActionName(kind=None, name=label)
        name = None
        if isinstance(found.data, SendInternalAlert) and found.data.message is not None:
            name = found.data.message.name
        return ActionName(kind=found.kind, name=name or label)

    def next_action(self, run: ProfileRun) -> ActionName | None:
        """Return the action whose turn comes next for somebody who waits (flows.md §7)."""
        if run.node_id is None:
            return None
        return self.action(turn_after(self.definition, (run.node_id, run.is_inside)))


async def runs_of_profile(
    conn: AsyncConnection, *, account_id: UUID, profile_id: UUID, limit: int
) -> list[ProfileRun]:
    """Return the runs of a person, those under way first, then the latest started."""
    rows = await conn.execute(
        select(flow_run)
        .where(flow_run.c.account_id == account_id, flow_run.c.profile_id == profile_id)
        .order_by(
            (flow_run.c.state == RunState.WAITING).desc(),
            flow_run.c.started_at.desc(),
            flow_run.c.id.desc(),
        )
        .limit(limit)
    )
    found = rows.all()
    skipped = await _skipped(conn, account_id=account_id, run_ids=[row.id for row in found])
    return [_to_run(row, skipped.get(row.id, ())) for row in found]


async def named_flows(
    conn: AsyncConnection, *, account_id: UUID, flow_ids: Collection[str]
) -> dict[str, NamedFlow]:
    """Return flows by id with their current definitions, deleted ones too."""
    rows = await conn.execute(
        select(flow.c.id, flow.c.name, flow_version.c.definition)
        .join(
            flow_version,
            and_(
                flow_version.c.account_id == flow.c.account_id,
                flow_version.c.flow_id == flow.c.id,
                flow_version.c.version == flow.c.version,
            ),
        )
        .where(flow.c.account_id == account_id, db.any_of(flow.c.id, "flow_ids", Text())),
        {"flow_ids": list(flow_ids)},
    )
    labels = await _labels(conn, account_id=account_id, flow_ids=flow_ids)
    return {
        row.id: NamedFlow(
            id=row.id,
            name=row.name,
            definition=definitions.parse(row.definition),
            labels=labels.get(row.id, {}),
        )
        for row in rows
    }


async def _skipped(
    conn: AsyncConnection, *, account_id: UUID, run_ids: Sequence[UUID]
) -> dict[UUID, tuple[SkippedStep, ...]]:
    rows = await conn.execute(
        select(step_effect)
        .where(
            step_effect.c.account_id == account_id,
            db.any_of(step_effect.c.run_id, "run_ids", Uuid()),
            step_effect.c.outcome == "skipped",
        )
        .order_by(step_effect.c.happened_at.desc(), step_effect.c.action_id)
        .limit(SKIPS_READ_MAX),
        {"run_ids": list(run_ids)},
    )
    found: dict[UUID, tuple[SkippedStep, ...]] = {}
    for row in rows:
        step = SkippedStep(
            action_id=row.action_id, reason=row.reason, happened_at=row.happened_at.astimezone(UTC)
        )
        found[row.run_id] = (*found.get(row.run_id, ()), step)
    return found


async def _labels(
    conn: AsyncConnection, *, account_id: UUID, flow_ids: Collection[str]
) -> dict[str, dict[str, str]]:
    rows = await conn.execute(
        select(flow_action.c.flow_id, flow_action.c.id, flow_action.c.label).where(
            flow_action.c.account_id == account_id,
            db.any_of(flow_action.c.flow_id, "flow_ids", Text()),
            flow_action.c.label.isnot(None),
        ),
        {"flow_ids": list(flow_ids)},
    )
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        found.setdefault(row.flow_id, {})[row.id] = row.label
    return found


def _to_run(row: Row[Any], skipped: tuple[SkippedStep, ...]) -> ProfileRun:
    return ProfileRun(
        id=row.id,
        flow_id=row.flow_id,
        state=RunState(row.state),
        started_at=row.started_at,
        node_id=row.node_id,
        is_inside=row.is_inside,
        due_at=row.due_at,
        finished_at=row.finished_at,
        skipped=skipped,
    )
