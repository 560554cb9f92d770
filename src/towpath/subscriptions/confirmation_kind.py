"""The mail that asks whether somebody wants to be on a list: a kind of message of the outbox."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from towpath import accounts, audiences
from towpath.audiences import SuppressionReason
from towpath.kit.secrets import SecretKeys
from towpath.kit.texts import Texts, texts
from towpath.messaging import (
    Claimed,
    Finished,
    Letter,
    Mail,
    Reason,
    Recipients,
    Rejected,
    Rendered,
    Skip,
    ToRender,
    header_line,
)
from towpath.subscriptions.links import confirmation_url
from towpath.subscriptions.model import (
    CONFIRMATION_KIND,
    CONFIRMATION_VALID,
    Request,
    SubscriptionLink,
)
from towpath.subscriptions.queries import requests_by_message

# Stands in the stored copy where the mail has its link, which is a secret of the recipient.
NO_LINK: Final = "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionConfirmationKind:
    """Judges, writes and keeps track of confirmation mails to people who subscribe.

    The link is made when the mail is sent, and is not in the stored copy.
    """

    keys: SecretKeys
    public_url: str
    sender_address: str
    name: str = CONFIRMATION_KIND
    counts_toward_limit: bool = False

    async def judge(
        self,
        conn: AsyncConnection,
        *,
        account_id: UUID,
        messages: Sequence[Claimed],
        now: datetime,  # noqa: ARG002 -- the protocol's
    ) -> Mapping[UUID, Recipients | Skip]:
        """Send the latest mail of each request that still waits for its confirmation."""
        asked = await _requests(conn, account_id, messages)
        return {message.id: _judgement(asked.get(message.id)) for message in messages}

    async def render(
        self, conn: AsyncConnection, *, account_id: UUID, messages: Sequence[ToRender]
    ) -> Mapping[UUID, Rendered | Skip]:
        """Write each mail in its language."""
        asked = await _requests(conn, account_id, [item.message for item in messages])
        account = await accounts.account_of(conn, account_id=account_id)
        assert account is not None
        return {
            item.message.id: self._rendered(
                item, account_id, account.name, asked.get(item.message.id)
            )
            for item in messages
        }

    async def record(
        self,
        conn: AsyncConnection,
        *,
        account_id: UUID,
        finished: Sequence[Finished],
        now: datetime,
    ) -> None:
        """Suppress people whose address does not exist."""
        bounced = [
            one.message_id
            for one in finished
            if isinstance(one.outcome, Rejected) and one.outcome.is_bounce
        ]
        if not bounced:
            return
        asked = await requests_by_message(conn, account_id=account_id, message_ids=bounced)
        await audiences.suppress(
            conn,
            account_id=account_id,
            profile_ids=[request.profile_id for request in asked.values()],
            reason=SuppressionReason.HARD_BOUNCE,
            now=now,
        )

    def _rendered(
        self, item: ToRender, account_id: UUID, account: str, request: Request | None
    ) -> Rendered | Skip:
        if request is None:
            return Skip(reason=Reason.EMAIL_CANCELLED)
        said = texts(item.message.locale)
        subject = header_line(
            said.gettext("Confirm your subscription to %(account)s", account=account)
        )
        link = SubscriptionLink(account_id=account_id, request_id=request.id)
        url = confirmation_url(self.keys, public_url=self.public_url, link=link, sent_at=item.date)
        letter = _letter(said, account=account, address=request.email, url=url)
        mails = {
            to.address: Mail(
                sender_label=header_line(account),
                sender_address=self.sender_address,
                recipient=to.address,
                subject=subject,
                html=letter.html(subject, said.locale),
                text=letter.text(),
                message_id=to.message_id,
                date=item.date,
                headers={"Auto-Submitted": "auto-generated"},
            )
            for to in item.addressees
        }
        kept = _letter(said, account=account, address=request.email, url=NO_LINK)
        return Rendered(
            subject=subject, html=kept.html(subject, said.locale), text=kept.text(), mails=mails
        )


async def _requests(
    conn: AsyncConnection, account_id: UUID, messages: Sequence[Claimed]
) -> Mapping[UUID, Request]:
    message_ids = [message.id for message in messages]
    return await requests_by_message(conn, account_id=account_id, message_ids=message_ids)


def _judgement(request: Request | None) -> Recipients | Skip:
    if request is None or request.is_confirmed:
        return Skip(reason=Reason.EMAIL_CANCELLED)
    return Recipients(addresses=(request.email,))


def _letter(said: Texts, *, account: str, address: str, url: str) -> Letter:
    return Letter(
        heading=said.gettext("Confirm your subscription"),
        before=(
            said.gettext(
                "%(address)s was given to get emails from %(account)s.",
                account=account,
                address=address,
            ),
            said.gettext("They are sent only after you have confirmed that you want them."),
        ),
        button=said.gettext("Confirm Subscription"),
        after=(
            said.ngettext(
                "The link works for %(num)d day.",
                "The link works for %(num)d days.",
                CONFIRMATION_VALID.days,
            ),
            said.gettext("If you do not want these emails, ignore this one: none will be sent."),
            said.gettext("If the button does not work, open this address in your browser:"),
        ),
        url=url,
    )
