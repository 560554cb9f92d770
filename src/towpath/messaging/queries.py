"""Reads of the outbox: whose turn it is, and what became of messages (flows.md §7, Activity)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, Uuid, and_, func, literal, select, tuple_, union
from sqlalchemy.ext.asyncio import AsyncConnection

from towpath import people
from towpath.kit import db
from towpath.messaging.claiming import UNFINISHED
from towpath.messaging.model import DeliveryState, MessageNotFound, MessageState, Reason
from towpath.messaging.tables import delivery, message

PAGE_MAX = 201
"""Two hundred rows, and one more that says whether there is a next page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientActivity:
    """One mail of a message: to whom, where it stands, and the mail server's last words."""

    address: str
    state: DeliveryState
    response: str | None
    reason: Reason | None
    attempts: int
    retry_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageActivity:
    """One row of the activity list: which message, about whom, when, what became of it and why.

    `profile_label` is the e-mail, external id or phone number of the person it is about.
    """

    id: UUID
    flow_id: str | None
    action_id: str | None
    profile_id: UUID | None
    profile_label: str | None
    state: MessageState
    reason: Reason | None
    created_at: datetime
    finished_at: datetime | None
    recipients: tuple[RecipientActivity, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageContent:
    """A message as sent; everything is None before the first mail was accepted."""

    activity: MessageActivity
    subject: str | None
    html: str | None
    text: str | None


async def due_accounts(
    conn: AsyncConnection, *, now: datetime, lease_now: datetime
) -> tuple[UUID, ...]:
    """Return the accounts with a message due, a retry due or an ended lease, in one scan."""
    queued = select(message.c.account_id).where(
        message.c.state == MessageState.QUEUED, message.c.due_at <= now
    )
    retries = select(delivery.c.account_id).where(
        delivery.c.state.in_(UNFINISHED), delivery.c.due_at <= lease_now
    )
    due = union(queued, retries).subquery("due")
    rows = await conn.execute(
        select(due.c.account_id).order_by(due.c.account_id),
        execution_options={"crosses_accounts": "whose outbox is due"},
    )
    return tuple(rows.scalars())


async def oldest_due_at(
    conn: AsyncConnection, *, account_id: UUID, now: datetime
) -> datetime | None:
    """Return since when a message has been due; None when none is."""
    moment: datetime | None = await conn.scalar(
        select(func.min(message.c.due_at)).where(
            message.c.account_id == account_id,
            message.c.state == MessageState.QUEUED,
            message.c.due_at <= now,
        )
    )
    return moment


async def list_messages(
    conn: AsyncConnection,
    *,
    account_id: UUID,
    flow_id: str | None = None,
    action_id: str | None = None,
    profile_id: UUID | None = None,
    states: Sequence[MessageState] = (),
    reason: Reason | None = None,
    before: UUID | None = None,
    limit: int = PAGE_MAX,
) -> list[MessageActivity]:
    """Return messages, the newest first, at most `PAGE_MAX`.

    Those of a flow, of one action or about one person; what is None does not narrow them.
    `before` is the last message of the page before.
    """
    asked = _activity(account_id)
    if flow_id is not None:
        asked = asked.where(message.c.flow_id == flow_id)
    if profile_id is not None:
        asked = asked.where(message.c.profile_id == profile_id)
    if action_id is not None:
        asked = asked.where(message.c.action_id == action_id)
    if states:
        asked = asked.where(message.c.state.in_(states))
    if reason is not None:
        asked = asked.where(message.c.reason == reason)
    if before is not None:
        last = message.alias("last")
        created_at = select(last.c.created_at).where(
            last.c.account_id == account_id, last.c.id == before
        )
        asked = asked.where(
            tuple_(message.c.created_at, message.c.id)
            < tuple_(created_at.scalar_subquery(), literal(before, Uuid()))
        )
    asked = asked.order_by(message.c.created_at.desc(), message.c.id.desc())
    rows = (await conn.execute(asked.limit(min(limit, PAGE_MAX)))).all()
    recipients = await _recipients(
        conn, account_id=account_id, message_ids=[row.id for row in rows]
    )
    return [_to_activity(row, recipients.get(row.id, ())) for row in rows]


async def get_message(
    conn: AsyncConnection, *, account_id: UUID, message_id: UUID
) -> MessageContent:
    """Return one message as sent, without the secrets of its recipients.

    Raises `MessageNotFound`.
    """
    asked = _activity(account_id, message.c.subject, message.c.html, message.c.text)
    row = (await conn.execute(asked.where(message.c.id == message_id))).first()
    if row is None:
        raise MessageNotFound
    recipients = await _recipients(conn, account_id=account_id, message_ids=[message_id])
    return MessageContent(
        activity=_to_activity(row, recipients.get(message_id, ())),
        subject=row.subject,
        html=row.html,
        text=row.text,
    )


def _activity(account_id: UUID, *more: Any) -> Select[Any]:
    profile = people.profile_table
    return (
        select(
            message.c.id,
            message.c.flow_id,
            message.c.action_id,
            message.c.profile_id,
            func.coalesce(profile.c.email, profile.c.external_id, profile.c.phone_number).label(
                "profile_label"
            ),
            message.c.state,
            message.c.reason,
            message.c.created_at,
            message.c.finished_at,
            *more,
        )
        .outerjoin(
            profile,
            and_(
                profile.c.account_id == message.c.account_id, profile.c.id == message.c.profile_id
            ),
        )
        .where(message.c.account_id == account_id)
    )


async def _recipients(
    conn: AsyncConnection, *, account_id: UUID, message_ids: Sequence[UUID]
) -> dict[UUID, tuple[RecipientActivity, ...]]:
    rows = await conn.execute(
        select(delivery)
        .where(
            delivery.c.account_id == account_id,
            db.any_of(delivery.c.message_id, "message_ids", Uuid()),
        )
        .order_by(delivery.c.message_id, delivery.c.address),
        {"message_ids": message_ids},
    )
    found: dict[UUID, tuple[RecipientActivity, ...]] = {}
    for row in rows:
        found[row.message_id] = (*found.get(row.message_id, ()), _to_recipient(row))
    return found


def _to_recipient(row: Row[Any]) -> RecipientActivity:
    state = DeliveryState(row.state)
    return RecipientActivity(
        address=row.address,
        state=state,
        response=row.response,
        reason=Reason(row.reason) if row.reason else None,
        attempts=row.attempts,
        retry_at=row.due_at if state is DeliveryState.PENDING else None,
        finished_at=row.finished_at,
    )


def _to_activity(row: Row[Any], recipients: tuple[RecipientActivity, ...]) -> MessageActivity:
    return MessageActivity(
        id=row.id,
        flow_id=row.flow_id,
        action_id=row.action_id,
        profile_id=row.profile_id,
        profile_label=row.profile_label,
        state=MessageState(row.state),
        reason=Reason(row.reason) if row.reason else None,
        created_at=row.created_at,
        finished_at=row.finished_at,
        recipients=recipients,
    )
