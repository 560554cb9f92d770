"""Random lives of addresses, against the rules of alerts.md told once more in plain Python."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from tests.alerts.recipients import (
    HOUR,
    NOW,
    bounce,
    link_of,
    opt_out,
    queued_confirmations,
    recipient_of,
    save,
)
from towpath import accounts, alerts, messaging
from towpath.kit import ids

ADDRESS = "a@shop.example"
OTHER = "b@shop.example"
SPELLINGS = (ADDRESS, "A@shop.example")
LISTS = ((), (ADDRESS,), (SPELLINGS[1],), (ADDRESS, OTHER))


@dataclass
class Told:
    """What the rules say about one address: nothing of rows, links are counted mails."""

    state: str
    mails: int = 0
    mailed_at: datetime | None = None
    links_valid: set[int] = field(default_factory=set)
    bounces: int = 0

    def ask(self, now: datetime) -> None:
        if self.mailed_at is None or now >= self.mailed_at + HOUR:
            self.mailed_at = now
            self.links_valid.add(self.mails)
            self.mails += 1

    def disable(self) -> None:
        self.state = "disabled"
        self.links_valid.clear()

    def bounce(self) -> None:
        self.bounces += 1
        if self.bounces >= 3:
            self.disable()


@dataclass(frozen=True)
class Save:
    after: tuple[str, ...]


@dataclass(frozen=True)
class Resend:
    address: str


@dataclass(frozen=True)
class Press:
    address: str
    mail: int


@dataclass(frozen=True)
class Leave:
    address: str


@dataclass(frozen=True)
class Deliver:
    address: str
    is_bounce: bool


Step = Save | Resend | Press | Leave | Deliver

# Few addresses and few links, so that a short life comes back to the same ones.
steps = st.one_of(
    st.builds(Save, st.sampled_from(LISTS)),
    st.builds(Resend, st.sampled_from(SPELLINGS)),
    st.builds(Press, st.just(ADDRESS), st.integers(0, 2)),
    st.builds(Leave, st.sampled_from(SPELLINGS)),
    st.builds(Deliver, st.just(ADDRESS), st.booleans()),
)
lives = st.lists(st.tuples(st.sampled_from([0, 10, 60]), steps), min_size=10, max_size=40)


class World:
    """The database and what the rules say, side by side."""

    def __init__(self, conn: AsyncConnection) -> None:
        self.conn = conn
        self.account_id = ids.new_id()
        self.now = NOW
        self.told: dict[str, Told] = {}
        self.saved: tuple[str, ...] = ()
        self.links: dict[tuple[str, int], alerts.ConfirmationLink] = {}

    async def take(self, step: Step) -> None:
        match step:
            case Save():
                await self.save(step.after)
            case Resend():
                await self.resend(step.address)
            case Press():
                await self.press(step.address, step.mail)
            case Leave():
                told = self.told.get(step.address.lower())
                if told is not None:
                    await opt_out(self.conn, self.account_id, step.address, now=self.now)
                    if told.state != "disabled":
                        told.disable()
            case Deliver():
                await self.deliver(step.address, is_bounce=step.is_bounce)

    async def save(self, after: tuple[str, ...]) -> None:
        before = {address.lower() for address in self.saved}
        for address in sorted({address.lower() for address in after}):
            told = self.told.setdefault(address, Told("unconfirmed"))
            if told.state == "disabled" and address not in before:
                told.state, told.bounces = "unconfirmed", 0
            if told.state == "unconfirmed":
                told.ask(self.now)
        await save(self.conn, self.account_id, *after, before=self.saved, now=self.now)
        self.saved = after

    async def resend(self, address: str) -> None:
        told = self.told.get(address.lower())
        try:
            await alerts.resend_confirmation(
                self.conn, account_id=self.account_id, address=address, now=self.now
            )
        except alerts.RecipientNotFound:
            assert told is None
        except alerts.RecipientAlreadyConfirmed:
            assert told is not None
            assert told.state == "confirmed"
        except alerts.ConfirmationHeldBack:
            assert told is not None
            assert told.mailed_at is not None
            assert self.now < told.mailed_at + HOUR
        else:
            assert told is not None
            if told.state == "disabled":
                told.state, told.bounces = "unconfirmed", 0
            told.ask(self.now)

    async def press(self, address: str, mail: int) -> None:
        link = self.links.get((address, mail))
        if link is None:
            return
        told = self.told[address]
        outcome = await alerts.confirm(self.conn, link=link, now=self.now)
        if told.state == "confirmed":
            assert outcome == "already_confirmed"
        elif told.state == "unconfirmed" and mail in told.links_valid:
            assert outcome == "confirmed"
            told.state, told.bounces = "confirmed", 0
        else:
            assert outcome == "superseded"

    async def deliver(self, address: str, *, is_bounce: bool) -> None:
        outcome = (
            messaging.Rejected(response="550", is_bounce=True)
            if is_bounce
            else messaging.Sent(response="250")
        )
        await bounce(self.conn, self.account_id, (address, outcome), now=self.now)
        told = self.told.get(address)
        if told is not None and is_bounce:
            told.bounce()
        elif told is not None:
            told.bounces = 0

    async def compare(self) -> None:
        mails = await queued_confirmations(self.conn, self.account_id)
        for address, told in self.told.items():
            recipient = await recipient_of(self.conn, self.account_id, address)
            assert recipient.state == told.state
            assert recipient.confirmation_sent_at == told.mailed_at
            assert recipient.hard_bounces == told.bounces
            assert mails.count(address) == told.mails
            if told.mails and (address, told.mails - 1) not in self.links:
                link = await link_of(self.conn, self.account_id, address)
                self.links[address, told.mails - 1] = link


@settings(max_examples=40, deadline=None)
@given(life=lives)
async def test_any_life_of_addresses_follows_the_rules(
    engine: AsyncEngine, life: list[tuple[int, Step]]
) -> None:
    async with engine.connect() as conn, conn.begin() as transaction:
        world = World(conn)
        await accounts.create_account(
            conn, account_id=world.account_id, name="Shop", timezone="UTC", now=NOW
        )
        for minutes, step in life:
            world.now += timedelta(minutes=minutes)
            await world.take(step)
            await world.compare()
        await transaction.rollback()
