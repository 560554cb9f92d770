"""What flows did: counts per action, the messages of an action, one message as sent."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from towpath import accounts, messaging
from towpath.flows import activity, queries
from towpath.kit import http, ids

router = APIRouter(tags=["Flow activity"], route_class=http.JsonRoute)

Reader = Annotated[accounts.Actor, Depends(accounts.require(accounts.Permission.ACTIVITY))]


class Counts(BaseModel):
    """What one action did; `sent` counts alerts, `mails` their mails."""

    sent: int
    mails: int
    needs_review: int
    waiting: int
    skipped: dict[str, int]


class RecipientAnswer(BaseModel):
    """One mail of a message, with the mail server's last words."""

    address: str
    state: messaging.DeliveryState
    response: str | None
    attempts: int
    retry_at: datetime | None
    finished_at: datetime | None


class MessageAnswer(BaseModel):
    """One message: which action, about whom, when, what became of it, why and to whom."""

    id: str
    action_id: str | None
    profile_id: str | None
    profile: str | None
    state: messaging.MessageState
    reason: messaging.Reason | None
    created_at: datetime
    finished_at: datetime | None
    recipients: list[RecipientAnswer]


class MessageAsSent(MessageAnswer):
    """A message with its text as sent, without the secrets of its recipients."""

    subject: str | None
    html: str | None
    text: str | None


@router.get("/v1/flows/{flow_id}/activity")
async def read_counts(flow_id: str, actor: Reader, conn: http.Transaction) -> dict[str, Counts]:
    """Return the counts of every action, by action id."""
    counts = await activity.action_counts(conn, account_id=actor.account_id, flow_id=flow_id)
    return {
        action_id: Counts(
            sent=one.sent,
            mails=one.mails,
            needs_review=one.needs_review,
            waiting=one.waiting,
            skipped=dict(one.skipped),
        )
        for action_id, one in counts.items()
    }


@router.get("/v1/flows/{flow_id}/messages")
async def list_messages(
    flow_id: str,
    actor: Reader,
    conn: http.Transaction,
    cursor: http.Cursor,
    action_id: Annotated[str | None, Query(max_length=100)] = None,
    state: Annotated[list[messaging.MessageState] | None, Query()] = None,
    reason: messaging.Reason | None = None,
    limit: http.Limit = 50,
) -> http.Page[MessageAnswer]:
    """Return the messages of a flow or one action, the newest first."""
    await queries.get_flow(conn, account_id=actor.account_id, flow_id=flow_id)
    rows = await messaging.list_messages(
        conn,
        account_id=actor.account_id,
        flow_id=flow_id,
        action_id=action_id,
        states=state or (),
        reason=reason,
        before=cursor,
        limit=limit + 1,
    )
    return http.page_of(rows, limit=limit, item=_message, id_of=lambda row: row.id)


@router.get("/v1/messages/{message_id}")
async def read_message(message_id: str, actor: Reader, conn: http.Transaction) -> MessageAsSent:
    """Return one message as it was sent."""
    found = await messaging.get_message(
        conn,
        account_id=actor.account_id,
        message_id=http.read_id(message_id, messaging.MessageNotFound),
    )
    return MessageAsSent(
        **_message(found.activity).model_dump(),
        subject=found.subject,
        html=found.html,
        text=found.text,
    )


def _message(row: messaging.MessageActivity) -> MessageAnswer:
    return MessageAnswer(
        id=ids.to_base32(row.id),
        action_id=row.action_id,
        profile_id=ids.to_base32(row.profile_id) if row.profile_id else None,
        profile=row.profile_label,
        state=row.state,
        reason=row.reason,
        created_at=row.created_at,
        finished_at=row.finished_at,
        recipients=[
            RecipientAnswer(
                address=one.address,
                state=one.state,
                response=one.response,
                attempts=one.attempts,
                retry_at=one.retry_at,
                finished_at=one.finished_at,
            )
            for one in row.recipients
        ],
    )
