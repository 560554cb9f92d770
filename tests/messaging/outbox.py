"""A small kind of message and a transport that keeps what it is given, to drive the outbox with."""

# ruff: noqa: ARG002 -- a protocol says which arguments there are

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from towpath import accounts, messaging
from towpath.kit import ids
from towpath.messaging.tables import delivery, mail_counter, message

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)


@dataclass(slots=True, kw_only=True)
class Notes:
    """A kind that sends to the addresses named in `address`, separated by blanks.

    `skips` are judged away, `withdrawn` addresses too; `unwritable` messages have a syntax error;
    `poisonous` ones meet a bug when rendered, `unjudgeable` ones when judged.
    """

    name: str = "note"
    counts_toward_limit: bool = True
    skips: set[UUID] = field(default_factory=set)
    withdrawn: set[str] = field(default_factory=set)
    unwritable: set[UUID] = field(default_factory=set)
    poisonous: set[UUID] = field(default_factory=set)
    unjudgeable: set[UUID] = field(default_factory=set)
    finished: list[messaging.Finished] = field(default_factory=list)
    on_render: Callable[[AsyncConnection], Awaitable[None]] | None = None
    on_record: Callable[[AsyncConnection], Awaitable[None]] | None = None
    subject: str = "A note"

    async def judge(
        self,
        conn: AsyncConnection,
        *,
        account_id: UUID,
        messages: Sequence[messaging.Claimed],
        now: datetime,
    ) -> Mapping[UUID, messaging.Recipients | messaging.Skip]:
        if not self.unjudgeable.isdisjoint(item.id for item in messages):
            await conn.execute(select(literal(1) / literal(0)))
        judged: dict[UUID, messaging.Recipients | messaging.Skip] = {}
        for item in messages:
            named = tuple(to for to in (item.address or "").split() if to not in self.withdrawn)
            if item.id in self.skips or not named:
                judged[item.id] = messaging.Skip(reason=messaging.Reason.NO_CONFIRMED_RECIPIENTS)
            else:
                judged[item.id] = messaging.Recipients(addresses=named)
        return judged

    async def render(
        self,
        conn: AsyncConnection,
        *,
        account_id: UUID,
        messages: Sequence[messaging.ToRender],
    ) -> Mapping[UUID, messaging.Rendered | messaging.Skip]:
        assert self.poisonous.isdisjoint(item.message.id for item in messages), "a bug"
        if self.on_render is not None:
            await self.on_render(conn)
        return {item.message.id: self._rendered(item) for item in messages}

    async def record(
        self,
        conn: AsyncConnection,
        *,
        account_id: UUID,
        finished: Sequence[messaging.Finished],
        now: datetime,
    ) -> None:
        self.finished += finished
        if self.on_record is not None:
            await self.on_record(conn)

    def _rendered(self, item: messaging.ToRender) -> messaging.Rendered | messaging.Skip:
        if item.message.id in self.unwritable:
            return messaging.Skip(
                reason=messaging.Reason.EMAIL_SYNTAX_ERROR, detail="Line 3, column 7: {% endfor %}"
            )
        return messaging.Rendered(
            subject=self.subject,
            html="<p>Hello</p>",
            text="Hello",
            mails={
                to.address: messaging.Mail(
                    sender_label="Shop",
                    sender_address="shop@example.com",
                    recipient=to.address,
                    subject=self.subject,
                    html=f"<p>Hello</p><a href='https://example.com/{to.address}'>Stop</a>",
                    text="Hello",
                    message_id=to.message_id,
                    date=item.date,
                )
                for to in item.addressees
            },
        )


def accept(mail: messaging.Mail) -> messaging.Outcome:
    """Accept every mail."""
    return messaging.Sent(response=f"250 {mail.recipient}")


@dataclass(slots=True, kw_only=True)
class Letterbox:
    """A transport that answers as told, when it may, and keeps what it accepted."""

    answer: Callable[[messaging.Mail], messaging.Outcome] = accept
    concurrency: int = 4
    circuit: messaging.Circuit = field(default_factory=messaging.Circuit)
    tried: list[messaging.Mail] = field(default_factory=list)
    accepted: list[messaging.Mail] = field(default_factory=list)
    is_reached: asyncio.Event = field(default_factory=asyncio.Event)
    may_answer: asyncio.Event | None = None

    async def send(self, mail: messaging.Mail, *, account_id: UUID, kind: str) -> messaging.Outcome:
        self.tried.append(mail)
        self.is_reached.set()
        await asyncio.sleep(0)
        if self.may_answer is not None:
            await self.may_answer.wait()
        outcome = self.answer(mail)
        if isinstance(outcome, messaging.Sent):
            self.accepted.append(mail)
        return outcome

    async def close(self) -> None:
        return

    def recipients(self) -> list[str]:
        return sorted(mail.recipient for mail in self.accepted)


def outbox_of(
    engine: AsyncEngine,
    *,
    transport: messaging.Transport,
    notes: messaging.Kind,
    policy: messaging.SendingPolicy = messaging.LIVE_POLICY,
    messages_max: int = 200,
) -> messaging.Outbox:
    return messaging.Outbox(
        engine=engine,
        kinds=(notes,),
        transport=transport,
        domain="towpath.example",
        policy=policy,
        messages_max=messages_max,
    )


async def queue(
    engine: AsyncEngine, account_id: UUID, *addresses: str, due_at: datetime = NOW
) -> list[UUID]:
    """Queue one note per argument, each to the addresses in it, in this order."""
    message_ids = ids.new_ids(len(addresses))
    async with engine.begin() as conn:
        await conn.execute(
            insert(message),
            [
                {
                    "account_id": account_id,
                    "id": message_id,
                    "kind": "note",
                    "state": "queued",
                    "address": address,
                    "created_at": due_at,
                    "due_at": due_at,
                }
                for message_id, address in zip(message_ids, addresses, strict=True)
            ],
        )
    return message_ids


async def messages_of(engine: AsyncEngine, account_id: UUID) -> list[Row[Any]]:
    """Return the messages of an account in the order they were queued."""
    async with engine.connect() as conn:
        rows = await conn.execute(
            select(message).where(message.c.account_id == account_id).order_by(message.c.id)
        )
        return list(rows)


async def deliveries_of(engine: AsyncEngine, account_id: UUID) -> list[Row[Any]]:
    """Return the deliveries of an account by message and address."""
    async with engine.connect() as conn:
        rows = await conn.execute(
            select(delivery)
            .where(delivery.c.account_id == account_id)
            .order_by(delivery.c.message_id, delivery.c.address)
        )
        return list(rows)


async def counted_mails(engine: AsyncEngine, account_id: UUID) -> int:
    """Return how many mails count toward the limit of this month."""
    async with engine.connect() as conn:
        mails = await conn.execute(
            select(mail_counter.c.mails).where(mail_counter.c.account_id == account_id)
        )
        return mails.scalar() or 0


async def new_account(engine: AsyncEngine, *, timezone: str = "UTC") -> UUID:
    """Make an account."""
    account_id = ids.new_id()
    async with engine.begin() as conn:
        await accounts.create_account(
            conn, account_id=account_id, name="Shop", timezone=timezone, now=NOW
        )
    return account_id


async def set_limit(engine: AsyncEngine, account_id: UUID, mails_max: int) -> None:
    """Limit an account to so many mails a month."""
    async with engine.begin() as conn:
        await accounts.change_setting(
            conn,
            actor=accounts.command_actor(account_id=account_id, label="test"),
            key="email_limit_monthly",
            value=mails_max,
            now=NOW,
        )
