"""The alert itself: a kind of message of the outbox (alerts.md, Sending)."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from towpath import accounts, templates
from towpath.alerts.content import Prepared, Written, prepare, write
from towpath.alerts.contexts import load_events, load_people
from towpath.alerts.footer import FooterWords, with_footer
from towpath.alerts.links import opt_out_url
from towpath.alerts.model import ALERT_KIND, OptOutLink, fold
from towpath.alerts.operations import record_deliveries
from towpath.alerts.ports import AlertContent, AlertSource
from towpath.alerts.queries import confirmed_addresses
from towpath.kit import ids
from towpath.kit.secrets import SecretKeys
from towpath.kit.texts import texts
from towpath.messaging import (
    Addressee,
    Claimed,
    Finished,
    Mail,
    Reason,
    Recipients,
    Rendered,
    Skip,
    ToRender,
    header_line,
)
from towpath.templates import RenderContext


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertKind:
    """Judges, writes and keeps track of the mails of alerts."""

    keys: SecretKeys
    public_url: str
    source: AlertSource
    name: str = ALERT_KIND
    counts_toward_limit: bool = True

    async def judge(
        self,
        conn: AsyncConnection,
        *,
        account_id: UUID,
        messages: Sequence[Claimed],
        now: datetime,  # noqa: ARG002 -- the protocol's
    ) -> Mapping[UUID, Recipients | Skip]:
        """Cut each alert's list to the addresses that are confirmed and still saved in Send to."""
        contents = await self._contents(conn, account_id=account_id, messages=messages)
        listed = {
            action_id: tuple(dict.fromkeys(map(fold, content.to_emails)))
            for action_id, content in contents.items()
        }
        confirmed = await confirmed_addresses(
            conn,
            account_id=account_id,
            folded={address for addresses in listed.values() for address in addresses},
        )
        judged = {
            action_id: _judgement(addresses, confirmed) for action_id, addresses in listed.items()
        }
        gone = Skip(reason=Reason.ACTION_DELETED)
        return {message.id: judged.get(message.action_id or "", gone) for message in messages}

    async def render(
        self, conn: AsyncConnection, *, account_id: UUID, messages: Sequence[ToRender]
    ) -> Mapping[UUID, Rendered | Skip]:
        """Write every alert of the batch from the content and data of this moment."""
        claimed = [item.message for item in messages]
        contents = await self._contents(conn, account_id=account_id, messages=claimed)
        stored = await templates.stored_templates(
            conn,
            account_id=account_id,
            template_ids={one.template_id for one in contents.values() if one.template_id},
        )
        account = await accounts.account_of(conn, account_id=account_id)
        assert account is not None
        batch = _Batch(
            account=account,
            people=await load_people(
                conn,
                account_id=account_id,
                profile_ids={one.profile_id for one in claimed if one.profile_id},
            ),
            events=await load_events(
                conn,
                account_id=account_id,
                event_ids={one.event_id for one in claimed if one.event_id},
            ),
        )
        prepared = {
            action_id: (content, prepare(content, stored))
            for action_id, content in contents.items()
        }
        words = FooterWords.of(texts(account.locale), account=account.name)
        rendered: dict[UUID, Rendered | Skip] = {}
        for item in messages:
            await asyncio.sleep(0)  # a heavy template takes up to a second; others get their turn
            content, ready = prepared.get(item.message.action_id or "", (None, None))
            if content is None or ready is None:
                rendered[item.message.id] = Skip(reason=Reason.ACTION_DELETED)
            elif isinstance(ready, Skip):
                rendered[item.message.id] = ready
            else:
                rendered[item.message.id] = self._rendered(item, content, ready, batch, words)
        return rendered

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

    async def _contents(
        self, conn: AsyncConnection, *, account_id: UUID, messages: Sequence[Claimed]
    ) -> Mapping[str, AlertContent]:
        action_ids = sorted({one.action_id for one in messages if one.action_id})
        return await self.source.alert_contents(conn, account_id=account_id, action_ids=action_ids)

    def _rendered(
        self,
        item: ToRender,
        content: AlertContent,
        prepared: Prepared,
        batch: "_Batch",
        words: FooterWords,
    ) -> Rendered | Skip:
        context = batch.context(item, content)
        if context is None:
            return Skip(reason=Reason.PERSON_DELETED)
        written = write(prepared, context)
        if isinstance(written, Skip):
            return written
        return self._mails(item, content, written, batch, words)

    def _mails(
        self,
        item: ToRender,
        content: AlertContent,
        written: Written,
        batch: "_Batch",
        words: FooterWords,
    ) -> Rendered:
        assert item.message.profile_id is not None
        profile = ids.to_base32(item.message.profile_id)
        footed = with_footer(
            html_part=written.html,
            text_part=written.text,
            words=words,
            profile_url=f"{self.public_url}/people/{profile}",
        )
        subject = written.subject or header_line(content.name or "")
        sender_address = (content.from_email or "").strip()
        sender_label = header_line(content.from_label or "") or batch.account.name

        def mail(addressee: Addressee) -> Mail:
            link = OptOutLink(account_id=batch.account.id, address=fold(addressee.address))
            url = opt_out_url(self.keys, public_url=self.public_url, link=link)
            return Mail(
                sender_label=sender_label,
                sender_address=sender_address,
                recipient=addressee.address,
                subject=subject,
                html=footed.html_for(url),
                text=footed.text_for(url),
                message_id=addressee.message_id,
                date=item.date,
                reply_to=sender_address,
                headers={
                    "List-Unsubscribe": f"<{url}>",
                    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
                    "Auto-Submitted": "auto-generated",
                },
            )

        return Rendered(
            subject=subject,
            html=footed.kept_html,
            text=footed.kept_text,
            mails={addressee.address: mail(addressee) for addressee in item.addressees},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    """What was loaded for the alerts of one batch."""

    account: accounts.Account
    people: Mapping[UUID, Mapping[str, object]]
    events: Mapping[UUID, Mapping[str, object]]

    def context(self, item: ToRender, content: AlertContent) -> RenderContext | None:
        """Return the data of one alert; None when its person is gone."""
        message = item.message
        person = self.people.get(message.profile_id) if message.profile_id else None
        if person is None:
            return None
        event = self.events.get(message.event_id, {}) if message.event_id else {}
        return RenderContext(
            person=person,
            event=event if content.is_metric_flow else None,
            organization={"name": self.account.name},
            now=item.date,
            timezone=ZoneInfo(self.account.timezone),
        )


def _judgement(addresses: tuple[str, ...], confirmed: frozenset[str]) -> Recipients | Skip:
    chosen = tuple(address for address in addresses if address in confirmed)
    if not chosen:
        return Skip(reason=Reason.NO_CONFIRMED_RECIPIENTS)
    return Recipients(addresses=chosen)
