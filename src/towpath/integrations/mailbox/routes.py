"""`/v1/mailbox`: captured mails, for owners of the account."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from towpath import accounts
from towpath.integrations.mailbox import queries
from towpath.integrations.mailbox.model import (
    CapturedMail,
    CapturedMailNotFound,
    CapturedMailSummary,
)
from towpath.kit import http, ids

router = APIRouter(tags=["Mailbox"])

Owner = Annotated[accounts.Actor, Depends(accounts.require(accounts.Permission.MAILBOX))]


class SummaryAnswer(BaseModel):
    """A captured mail in the list; `date` is its Date field, virtual for a replayed mail."""

    id: str
    kind: str
    captured_at: datetime
    date: datetime
    sender: str
    recipient: str
    subject: str


class MailAnswer(SummaryAnswer):
    """A captured mail. Its HTML is untrusted: show it in a sandbox only."""

    message_id: str
    reply_to: str | None
    headers: Mapping[str, str]
    html: str | None
    text: str | None


@router.get("/v1/mailbox")
async def list_mails(
    actor: Owner, conn: http.Transaction, cursor: http.Cursor, limit: http.Limit = 50
) -> http.Page[SummaryAnswer]:
    """Return the account's captured mails, the newest first.

    Mails are captured while no mail server is set (TOWPATH_SMTP_URL). Somebody else's sign-in mail
    is never among them.
    """
    mails = await queries.list_mails(
        conn, account_id=actor.account_id, reader=actor.label, before=cursor, limit=limit + 1
    )
    return http.page_of(mails, limit=limit, item=_summary, id_of=lambda mail: mail.id)


@router.get("/v1/mailbox/{mail_id}")
async def read_mail(mail_id: str, actor: Owner, conn: http.Transaction) -> MailAnswer:
    """Return one captured mail."""
    identifier = ids.from_base32(mail_id)
    if identifier is None:
        raise CapturedMailNotFound
    mail = await queries.get_mail(
        conn, account_id=actor.account_id, reader=actor.label, mail_id=identifier
    )
    return MailAnswer(
        **_summary(mail).model_dump(),
        message_id=mail.message_id,
        reply_to=mail.reply_to,
        headers=mail.headers,
        html=mail.html,
        text=mail.text,
    )


def _summary(mail: CapturedMailSummary | CapturedMail) -> SummaryAnswer:
    return SummaryAnswer(
        id=ids.to_base32(mail.id),
        kind=mail.kind,
        captured_at=mail.captured_at,
        date=mail.date,
        sender=mail.sender,
        recipient=mail.recipient,
        subject=mail.subject,
    )
