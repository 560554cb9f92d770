"""What a flow did: counts per action, for reports, cards and the activity view (flows.md §7)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from towpath import messaging, people
from towpath.flows import definition as definitions
from towpath.flows.definition import Definition, TimeDelay
from towpath.flows.queries import definition_of
from towpath.flows.tables import flow_run, step_effect

MESSAGES_PER_REPORT_MAX = 1_000_000
SENT_OUTCOMES = {"sent", "done"}
UNDER_WAY = {"queued", "sending"}
"""In the outbox, perhaps waiting for a retry: not sent yet."""


@dataclass(slots=True, kw_only=True)
class ActionCounts:
    """What one action did. `sent` counts alerts, `mails` their mails (alerts.md, Activity)."""

    sent: int = 0
    mails: int = 0
    needs_review: int = 0
    waiting: int = 0
    skipped: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMessage:
    """One message that went out: by which action, about whom, to whom and when."""

    action_id: str
    profile: str
    recipients: Sequence[str]
    at: datetime


async def action_counts(
    conn: AsyncConnection, *, account_id: UUID, flow_id: str
) -> dict[str, ActionCounts]:
    """Return the counts of every action of a flow's current definition, by action id."""
    saved = await definition_of(conn, account_id=account_id, flow_id=flow_id)
    definition = definitions.parse(saved.definition)
    counts = {action.id: ActionCounts() for action in definition.every_action()}
    await _count_messages(conn, account_id, flow_id, counts)
    await _count_effects(conn, account_id, flow_id, counts)
    for action_id, waiting in (await _waiting(conn, account_id, flow_id)).items():
        shown = turn_after(definition, action_id)
        if shown in counts:
            counts[shown].waiting += waiting
    return counts


def turn_after(definition: Definition, position: tuple[str, bool]) -> str:
    """Return the action whose turn comes next for somebody at a position.

    Who is in a delay counts as waiting on what follows it: past further delays and drafts, up to
    an action that does something or a split, which decides only when it is reached.
    """
    action_id, is_inside = position
    here: str | None = action_id
    shown = action_id
    is_passed = is_inside
    while here is not None and here in definition.actions:
        action = definition.actions[here]
        is_draft = action.status is not None and not action.status.is_active
        shown = here
        if not is_passed and not isinstance(action.data, TimeDelay) and not is_draft:
            return here
        here = definitions.default_successor(definition, here)
        is_passed = False
    return shown


async def _count_messages(
    conn: AsyncConnection, account_id: UUID, flow_id: str, counts: Mapping[str, ActionCounts]
) -> None:
    message, delivery = messaging.message_table, messaging.delivery_table
    rows = await conn.execute(
        select(message.c.action_id, message.c.state, message.c.reason, func.count())
        .where(message.c.account_id == account_id, message.c.flow_id == flow_id)
        .group_by(message.c.action_id, message.c.state, message.c.reason)
    )
    for action_id, state, reason, count in rows:
        _add(counts, action_id, state, reason, count)
    mails = await conn.execute(
        select(message.c.action_id, func.count())
        .join(
            delivery,
            and_(
                delivery.c.account_id == message.c.account_id,
                delivery.c.message_id == message.c.id,
            ),
        )
        .where(
            message.c.account_id == account_id,
            message.c.flow_id == flow_id,
            delivery.c.state == "sent",
        )
        .group_by(message.c.action_id)
    )
    for action_id, count in mails:
        if action_id in counts:
            counts[action_id].mails = count


async def _count_effects(
    conn: AsyncConnection, account_id: UUID, flow_id: str, counts: Mapping[str, ActionCounts]
) -> None:
    rows = await conn.execute(
        select(step_effect.c.action_id, step_effect.c.outcome, step_effect.c.reason, func.count())
        .where(step_effect.c.account_id == account_id, step_effect.c.flow_id == flow_id)
        .group_by(step_effect.c.action_id, step_effect.c.outcome, step_effect.c.reason)
    )
    for action_id, outcome, reason, count in rows:
        _add(counts, action_id, outcome, reason, count)


def _add(
    counts: Mapping[str, ActionCounts], action_id: str, state: str, reason: str | None, count: int
) -> None:
    if action_id not in counts:
        return
    if state in SENT_OUTCOMES:
        counts[action_id].sent += count
    elif state in UNDER_WAY:
        counts[action_id].waiting += count
    elif state == "needs_review":
        counts[action_id].needs_review += count
    elif state == "skipped" and reason is not None:
        counts[action_id].skipped[reason] += count


async def _waiting(
    conn: AsyncConnection, account_id: UUID, flow_id: str
) -> dict[tuple[str, bool], int]:
    rows = await conn.execute(
        select(flow_run.c.node_id, flow_run.c.is_inside, func.count())
        .where(
            flow_run.c.account_id == account_id,
            flow_run.c.flow_id == flow_id,
            flow_run.c.state == "waiting",
        )
        .group_by(flow_run.c.node_id, flow_run.c.is_inside)
    )
    return {(node_id, is_inside): count for node_id, is_inside, count in rows}


async def sent_messages(
    conn: AsyncConnection,
    *,
    account_id: UUID,
    flow_id: str,
    limit: int = MESSAGES_PER_REPORT_MAX,
) -> list[SentMessage]:
    """Return the messages of a flow that went out, in the order in which they did."""
    message, delivery, profile = (
        messaging.message_table,
        messaging.delivery_table,
        people.profile_table,
    )
    about = func.coalesce(profile.c.email, profile.c.external_id, profile.c.phone_number)
    rows = await conn.execute(
        select(
            message.c.action_id,
            about.label("profile"),
            func.array_agg(delivery.c.address).label("recipients"),
            message.c.finished_at,
        )
        .join(
            delivery,
            and_(
                delivery.c.account_id == message.c.account_id,
                delivery.c.message_id == message.c.id,
                delivery.c.state == "sent",
            ),
        )
        .join(
            profile,
            and_(
                profile.c.account_id == message.c.account_id,
                profile.c.id == message.c.profile_id,
            ),
        )
        .where(
            message.c.account_id == account_id,
            message.c.flow_id == flow_id,
            message.c.state == "sent",
        )
        .group_by(message.c.account_id, message.c.id, about)
        .order_by(message.c.finished_at, message.c.id)
        .limit(limit)
    )
    return [
        SentMessage(
            action_id=row.action_id,
            profile=row.profile,
            recipients=sorted(row.recipients),
            at=row.finished_at,
        )
        for row in rows
    ]
