"""The mail that asks an address whether it wants alerts: a kind of message of the outbox."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from towpath import accounts
from towpath.alerts.links import confirmation_url
from towpath.alerts.model import (
    CONFIRMATION_KIND,
    CONFIRMATION_VALID,
    ConfirmationLink,
    Recipient,
    RecipientState,
)
from towpath.alerts.operations import record_deliveries
from towpath.alerts.queries import recipients_by_address
from towpath.kit.secrets import SecretKeys
from towpath.kit.texts import Texts, texts
from towpath.messaging import (
    Claimed,
    Finished,
    Letter,
    Mail,
    Reason,
    Recipients,
    Rendered,
    Skip,
    ToRender,
    header_line,
)

# Stands in the stored copy where the mail has its link, which is a secret of the recipient.
NO_LINK: Final = "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmationKind:
    """Judges, writes and keeps track of confirmation mails.

    The link is made when the mail is sent, not when it is queued, and is not in the stored copy.
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
        """Send to the addresses that are still waiting for their confirmation."""
        addresses = [message.address for message in messages if message.address]
        known = await recipients_by_address(conn, account_id=account_id, addresses=addresses)
        return {message.id: _judgement(message, known) for message in messages}

    async def render(
        self, conn: AsyncConnection, *, account_id: UUID, messages: Sequence[ToRender]
    ) -> Mapping[UUID, Rendered | Skip]:
        """Write each mail in its language."""
        addresses = [one.address for item in messages for one in item.addressees]
        known = await recipients_by_address(conn, account_id=account_id, addresses=addresses)
        account = await accounts.account_of(conn, account_id=account_id)
        assert account is not None
        return {
            item.message.id: self._rendered(item, account_id, account.name, known)
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
        """Count bounces on the recipients."""
        await record_deliveries(conn, account_id=account_id, finished=finished, now=now)

    def _rendered(
        self, item: ToRender, account_id: UUID, account: str, known: Mapping[str, Recipient]
    ) -> Rendered | Skip:
        said = texts(item.message.locale)
        subject = header_line(
            said.gettext("Confirm that you want alerts from %(account)s", account=account)
        )
        mails = {}
        for addressee in item.addressees:
            recipient = known.get(addressee.address)
            if recipient is None:
                return Skip(reason=Reason.EMAIL_CANCELLED)
            link = ConfirmationLink(
                account_id=account_id,
                address=recipient.address,
                disablings=recipient.disablings,
            )
            url = confirmation_url(
                self.keys, public_url=self.public_url, link=link, sent_at=item.date
            )
            letter = _letter(said, account=account, address=recipient.address, url=url)
            mails[addressee.address] = Mail(
                sender_label=header_line(account),
                sender_address=self.sender_address,
                recipient=addressee.address,
                subject=subject,
                html=letter.html(subject, said.locale),
                text=letter.text(),
                message_id=addressee.message_id,
                date=item.date,
                headers={"Auto-Submitted": "auto-generated"},
            )
        address = item.message.address or ""
        kept = _letter(said, account=account, address=address, url=NO_LINK)
        return Rendered(
            subject=subject, html=kept.html(subject, said.locale), text=kept.text(), mails=mails
        )


def _letter(said: Texts, *, account: str, address: str, url: str) -> Letter:
    return Letter(
        heading=said.gettext("Confirm your email address"),
        before=(
            said.gettext(
                "%(account)s would like to send alerts to %(address)s. Alerts are emails to the "
                "team about its customers.",
                account=account,
                address=address,
            ),
            said.gettext("They are sent only after you have confirmed that you want them."),
        ),
        button=said.gettext("Confirm Email Address"),
        after=(
            said.ngettext(
                "The link works for %(num)d day.",
                "The link works for %(num)d days.",
                CONFIRMATION_VALID.days,
            ),
            said.gettext("If you do not want alerts, ignore this email: none will be sent."),
            said.gettext("If the button does not work, open this address in your browser:"),
        ),
        url=url,
    )


def _judgement(message: Claimed, known: Mapping[str, Recipient]) -> Recipients | Skip:
    recipient = known.get(message.address or "")
    if recipient is None or recipient.state is not RecipientState.UNCONFIRMED:
        return Skip(reason=Reason.EMAIL_CANCELLED)
    return Recipients(addresses=(recipient.address,))
