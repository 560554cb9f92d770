"""Recipients on our own API: who gets alerts, who has not said yes, and asking once more."""

import base64
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from towpath import accounts
from towpath.accounts import Actor, Permission
from towpath.alerts import link_routes
from towpath.alerts.model import DisabledBy, Recipient, RecipientNotFound, RecipientState
from towpath.alerts.operations import resend_confirmation
from towpath.alerts.queries import find_recipient, list_recipients
from towpath.kit import http

CURSOR_CHARACTERS_MAX: Final = 500

router = APIRouter()
router.include_router(link_routes.router)

_api = APIRouter(prefix="/v1/alert-recipients", tags=["Alert recipients"])

Reader = Annotated[Actor, Depends(accounts.require(Permission.ACTIVITY))]
Author = Annotated[Actor, Depends(accounts.require(Permission.AUTOMATION))]


class AlertRecipient(BaseModel):
    """An address that alerts were saved with. Its state holds for every flow of the account."""

    address: str
    state: RecipientState
    added_at: datetime
    confirmation_sent_at: datetime | None
    confirmed_at: datetime | None
    disabled_at: datetime | None
    disabled_by: DisabledBy | None
    hard_bounces: int
    last_bounce: str | None

    @classmethod
    def of(cls, recipient: Recipient) -> "AlertRecipient":
        """Show a recipient."""
        return cls(
            address=recipient.address,
            state=recipient.state,
            added_at=recipient.added_at,
            confirmation_sent_at=recipient.confirmation_sent_at,
            confirmed_at=recipient.confirmed_at,
            disabled_at=recipient.disabled_at,
            disabled_by=recipient.disabled_by,
            hard_bounces=recipient.hard_bounces,
            last_bounce=recipient.last_bounce,
        )


@_api.get("")
async def read_recipients(
    actor: Reader,
    conn: http.Transaction,
    limit: http.Limit = http.PAGE_SIZE_MAX,
    cursor: Annotated[str | None, Query(max_length=CURSOR_CHARACTERS_MAX)] = None,
    state: Annotated[RecipientState | None, Query(description="Only those in this state.")] = None,
) -> http.Page[AlertRecipient]:
    """List the recipients of alerts in order of address, removed ones too: their state is kept."""
    found = await list_recipients(
        conn,
        account_id=actor.account_id,
        after=None if cursor is None else _read_cursor(cursor),
        limit=limit,
        states=tuple(RecipientState) if state is None else (state,),
    )
    return http.Page(
        items=[AlertRecipient.of(recipient) for recipient in found.items],
        next_cursor=None if found.next_after is None else _make_cursor(found.next_after),
    )


@_api.post("/{address:path}/confirmation-mails", status_code=202)
async def send_confirmation_mail(
    actor: Author, conn: http.Transaction, now: http.Now, address: str
) -> AlertRecipient:
    """Send another confirmation mail; a disabled address is asked again.

    409 with `confirmation_held_back` when the last one went less than an hour ago; `meta` says
    when it went and when the next may go.
    """
    recipient = await resend_confirmation(
        conn, account_id=actor.account_id, address=address, now=now
    )
    await accounts.record_audit(
        conn,
        actor=actor,
        action="alert_recipient.asked_again",
        target_kind="alert_recipient",
        target_id=recipient.address,
        now=now,
    )
    return AlertRecipient.of(recipient)


@_api.get("/{address:path}")
async def read_recipient(actor: Reader, conn: http.Transaction, address: str) -> AlertRecipient:
    """Return one recipient, in any spelling of its address."""
    recipient = await find_recipient(conn, account_id=actor.account_id, address=address)
    if recipient is None:
        raise RecipientNotFound
    return AlertRecipient.of(recipient)


def _make_cursor(address: str) -> str:
    return base64.urlsafe_b64encode(address.encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> str:
    try:
        address = base64.b64decode(
            cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True
        ).decode()
    except ValueError:
        raise http.BadCursor(parameter="cursor") from None
    if "\x00" in address:
        raise http.BadCursor(parameter="cursor")
    return address


router.include_router(_api)
