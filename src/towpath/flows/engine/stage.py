"""A stage: all that happens to a cohort between two waits, in one statement.

From a position the links are followed through splits and messages until a delay, an end, or a
place where the stage is cut: before an action that changes people (what follows must see the
change), before an action that several paths lead to (they meet there and go on as one cohort),
and when it grows too large. What is cut goes on at once in a stage of its own. So a stage is a
tree; every action in it has one path, and who walks it is a conjunction of split results.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    CTE,
    Boolean,
    DateTime,
    Integer,
    Interval,
    Text,
    and_,
    bindparam,
    case,
    func,
    literal,
    null,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY, UUID, insert
from sqlalchemy.sql.dml import Update
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import FromClause, Select
from sqlalchemy.types import TypeEngine

from towpath import messaging, people
from towpath.audiences.conditions import ConditionGroups, Scope, compile_groups
from towpath.flows.definition import (
    Action,
    ConditionalSplit,
    SendInternalAlert,
    Status,
    TimeDelay,
    TriggerSplit,
    UpdateProfile,
    default_successor,
    has_active_action_after,
)
from towpath.flows.engine.delay import end_of_delay
from towpath.flows.engine.plan import FlowPlan, Position
from towpath.flows.tables import flow_run
from towpath.kit import db

STAGE_ACTIONS_MAX = 40
LATE_AFTER = timedelta(minutes=5)
"""A step handled later than this counts the next delay from when it was handled (flows.md §4.0)."""

FAILS_FLOW_FILTERS = messaging.Reason.FAILS_FLOW_FILTERS


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judgement:
    """One split on the path, and the side it was left by."""

    split_id: str
    is_yes: bool


_Path = tuple[_Judgement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Leaf:
    """Where a path of the stage stops; None for both: the run is finished."""

    path: _Path
    delay: Action | None = None
    next_id: str | None = None


@dataclass(slots=True)
class _Tree:
    splits: dict[str, ConditionGroups] = field(default_factory=dict)
    messages: list[tuple[Action, _Path]] = field(default_factory=list)
    leaves: list[_Leaf] = field(default_factory=list)
    actions: int = 0


def messages_in_stage(plan: FlowPlan, position: Position) -> int:
    """Return how many message ids each run of this stage may need."""
    return max(1, len(_walk(plan, position).messages))


def stage_statement(plan: FlowPlan, position: Position) -> Update:
    """Compile the stage that starts at `position`.

    Parameters: `now`, `batch` (runs at most), `run_ids` (null: whoever is due), `message_ids` (as
    many as `batch` times `messages_in_stage`). Returns one row per run moved.
    """
    tree = _walk(plan, position)
    due = _due(plan, position).cte("due")
    judgement = _judged(plan, tree.splits, due, is_filtered=bool(tree.messages))
    judged = judgement.cte("judged").prefix_with("MATERIALIZED")
    placed = _placed(tree, judged).cte("placed")
    statement = (
        flow_run.update()
        .where(flow_run.c.account_id == plan.account_id, flow_run.c.id == placed.c.id)
        .values(
            state=placed.c.state,
            node_id=placed.c.node_id,
            is_inside=placed.c.is_inside,
            due_at=placed.c.due_at,
            finished_at=case((placed.c.state == "finished", bindparam("now")), else_=null()),
        )
        .returning(flow_run.c.id)
    )
    if tree.messages:
        statement = statement.add_cte(_message_insert(plan, tree, judged))
    return statement


def judged_cohort(plan: FlowPlan, position: Position) -> Select[Any]:
    """Claim the cohort and judge the profile filter, for an action that changes people.

    Parameters: `now`, `batch`, `run_ids`. Columns: id, profile_id, base, passes, …
    """
    due = _due(plan, position).cte("due")
    return _judged(plan, {}, due, is_filtered=True)


def _walk(plan: FlowPlan, position: Position) -> _Tree:
    """Follow the links from `position` until every path has reached a leaf."""
    definition, tree = plan.definition, _Tree()
    start = definition.actions[position.node_id]
    first = start.target("next") if position.is_inside else start.id
    waiting: list[tuple[str | None, _Path, bool]] = [(first, (), True)]
    while waiting:
        node_id, path, is_first = waiting.pop()
        if node_id is None:
            tree.leaves.append(_Leaf(path=path))
            continue
        action = definition.actions[node_id]
        tree.actions += 1
        if _is_cut(plan, action, tree, is_first=is_first):
            tree.leaves.append(_Leaf(path=path, next_id=node_id))
            continue
        match action.data:
            case TimeDelay():
                is_worth = has_active_action_after(definition, action.id)
                tree.leaves.append(_Leaf(path=path, delay=action if is_worth else None))
            case ConditionalSplit(profile_filter=groups) | TriggerSplit(trigger_filter=groups):
                tree.splits[action.id] = groups or ConditionGroups.everybody()
                for name, is_yes in (("next_if_true", True), ("next_if_false", False)):
                    step = _Judgement(split_id=action.id, is_yes=is_yes)
                    waiting.append((action.target(name), (*path, step), False))
            case SendInternalAlert() if action.status is not None and action.status.is_active:
                tree.messages.append((action, path))
                waiting.append((action.target("next"), path, False))
            case _:  # a draft, or a kind this release keeps but does not carry out: passed over
                waiting.append((default_successor(definition, action.id), path, False))
    return tree


def _is_cut(plan: FlowPlan, action: Action, tree: _Tree, *, is_first: bool) -> bool:
    if isinstance(action.data, UpdateProfile) and action.status and action.status.is_active:
        return True
    if is_first:
        return False
    is_delay = isinstance(action.data, TimeDelay)
    is_meeting = not is_delay and action.id in plan.meeting_points
    return is_meeting or tree.actions > STAGE_ACTIONS_MAX


def _due(plan: FlowPlan, position: Position) -> Select[Any]:
    """Claim the cohort: who stands at `position` and is due."""
    now = bindparam("now", type_=DateTime(timezone=True))
    run_ids = bindparam("run_ids", type_=ARRAY(UUID(as_uuid=True)))
    late = now - flow_run.c.due_at > literal(LATE_AFTER, Interval())
    if _starts_with_wait(plan, position):
        late = late & (flow_run.c.due_at > flow_run.c.started_at)
    return (
        select(
            flow_run.c.id,
            flow_run.c.profile_id,
            flow_run.c.event_id,
            flow_run.c.started_at,
            case((late, now), else_=flow_run.c.due_at).label("base"),
        )
        .where(
            flow_run.c.account_id == plan.account_id,
            flow_run.c.flow_id == plan.flow_id,
            flow_run.c.node_id == position.node_id,
            flow_run.c.is_inside.is_(position.is_inside),
            flow_run.c.state == "waiting",
            flow_run.c.due_at <= now,
            run_ids.is_(None) | (flow_run.c.id == func.any(run_ids)),
        )
        .order_by(flow_run.c.due_at, flow_run.c.id)
        .limit(bindparam("batch", type_=Integer()))
        .with_for_update(skip_locked=True)
    )


def _starts_with_wait(plan: FlowPlan, position: Position) -> bool:
    """Whether people enter the flow into a delay: it counts from their event, however late."""
    action = plan.definition.actions[position.node_id]
    return not position.is_inside and isinstance(action.data, TimeDelay)


def scope_of(
    account_id: uuid.UUID,
    *,
    profile: FromClause,
    event: FromClause,
    started_at: ColumnElement[datetime],
    now: ColumnElement[datetime],
) -> Scope:
    """Return the SQL side of conditions about a run."""
    return Scope(
        account_id=account_id, profile=profile, event=event, started_at=started_at, now=now
    )


def _judged(
    plan: FlowPlan, splits: Mapping[str, ConditionGroups], due: CTE, *, is_filtered: bool
) -> Select[Any]:
    """Judge the profile filter and every split of the stage, for everybody in it."""
    profile = people.profile_table.alias("person")
    event = people.event_table.alias("trigger_event")
    scope = scope_of(
        plan.account_id,
        profile=profile,
        event=event,
        started_at=due.c.started_at,
        now=bindparam("now", type_=DateTime(timezone=True)),
    )
    passes = (
        compile_groups(plan.definition.profile_filter, scope)
        if plan.definition.profile_filter and is_filtered
        else true()
    )
    results = [
        compile_groups(groups, scope).label(f"split_{number}")
        for number, groups in enumerate(splits.values())
    ]
    return select(
        due,
        func.row_number().over().label("number"),
        func.coalesce(profile.c.timezone, plan.account_timezone).label("timezone"),
        passes.label("passes"),
        *results,
    ).select_from(
        due.join(
            profile,
            and_(profile.c.account_id == plan.account_id, profile.c.id == due.c.profile_id),
        ).outerjoin(
            event, and_(event.c.account_id == plan.account_id, event.c.id == due.c.event_id)
        )
    )


def _on_path(tree: _Tree, judged: CTE, path: _Path) -> ColumnElement[bool]:
    numbers = {split_id: number for number, split_id in enumerate(tree.splits)}
    conditions = [judged.c[f"split_{numbers[step.split_id]}"].is_(step.is_yes) for step in path]
    return and_(true(), *conditions)


def _placed(tree: _Tree, judged: CTE) -> Select[Any]:
    """Say for every run of the stage where it stands next, and until when."""
    leaves = [(_on_path(tree, judged, leaf.path), leaf) for leaf in tree.leaves]

    def choose(
        values: Sequence[ColumnElement[Any]], kind: TypeEngine[Any]
    ) -> ColumnElement[object]:
        pairs = [(on_path, value) for (on_path, _), value in zip(leaves, values, strict=True)]
        return case(*pairs, else_=null()).cast(kind)

    due = [
        end_of_delay(leaf.delay.data, base=judged.c.base, profile_timezone=judged.c.timezone)
        if leaf.delay and isinstance(leaf.delay.data, TimeDelay)
        else (judged.c.base if leaf.next_id else null())
        for _, leaf in leaves
    ]
    nodes = [leaf.delay.id if leaf.delay else leaf.next_id for _, leaf in leaves]
    return select(
        judged.c.id,
        choose([literal("waiting" if node else "finished") for node in nodes], Text()).label(
            "state"
        ),
        choose([literal(node, Text()) for node in nodes], Text()).label("node_id"),
        choose([literal(bool(leaf.delay)) for _, leaf in leaves], Boolean()).label("is_inside"),
        choose(due, DateTime(timezone=True)).label("due_at"),
    )


def _message_insert(plan: FlowPlan, tree: _Tree, judged: CTE) -> CTE:
    """Write the activity rows of the stage: queued, under review, or skipped with the reason."""
    table = messaging.message_table
    now = bindparam("now", type_=DateTime(timezone=True))
    count = len(tree.messages)
    rows = []
    for number, (action, path) in enumerate(tree.messages):
        state = "needs_review" if action.status is Status.MANUAL else "queued"
        message_ids = db.uuid_array("message_ids")
        index = (judged.c.number - 1) * count + (number + 1)
        rows.append(
            select(
                literal(plan.account_id).label("account_id"),
                message_ids[index].label("id"),
                literal("alert", Text()).label("kind"),
                case((judged.c.passes, literal(state)), else_=literal("skipped")).label("state"),
                case((judged.c.passes, null()), else_=literal(FAILS_FLOW_FILTERS)).label("reason"),
                literal(plan.flow_id, Text()).label("flow_id"),
                literal(action.id, Text()).label("action_id"),
                judged.c.id.label("run_id"),
                judged.c.profile_id,
                judged.c.event_id,
                now.label("created_at"),
                now.label("due_at"),
                case((judged.c.passes, null()), else_=now).label("finished_at"),
            ).where(_on_path(tree, judged, path))
        )
    source = union_all(*rows).subquery("steps") if count > 1 else rows[0].subquery("steps")
    return (
        insert(table)
        .from_select(list(source.c.keys()), select(source))
        .on_conflict_do_nothing(
            index_elements=["account_id", "run_id", "action_id"],
            index_where=table.c.run_id.isnot(None),
        )
        .returning(literal(1).label("one"))
        .cte("messages")
    )
