"""Double opt-in: the mail, its page, and that only the button subscribes."""

import html
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from tests.application import Clock, client_of, make_runtime
from tests.conftest import NOW
from tests.messaging.outbox import Letterbox
from tests.subscriptions.people_of import (
    ADA,
    BOB,
    email_consent,
    made_list,
    members,
    merge,
    person,
    reasons,
    subscribe,
    unsubscribe,
)
from towpath import audiences, messaging, people, wiring
from towpath.audiences import OptInProcess
from towpath.kit.texts import LOCALES, texts
from towpath.people import ConsentStatus, ProfileDraft
from towpath.web import create_app

HOUR = timedelta(hours=1)
LINK = re.compile(r"http://localhost:8600(/subscriptions/confirm/\S+)")


@dataclass(frozen=True, kw_only=True)
class Shop:
    """A shop with a list that asks, its outbox, and a browser."""

    engine: AsyncEngine
    account_id: UUID
    list_id: str
    letterbox: Letterbox
    clock: Clock
    app: FastAPI
    browser: httpx.AsyncClient

    async def subscribe(self, *emails: str, now: datetime = NOW) -> None:
        async with self.engine.begin() as conn:
            await subscribe(conn, self.account_id, *emails, list_id=self.list_id, now=now)

    async def deliver(self, now: datetime = NOW) -> list[messaging.Mail]:
        """Send what is due and return the mails."""
        before = len(self.letterbox.accepted)
        outbox = wiring.outbox_of(self.app.state.runtime, self.letterbox)
        await messaging.dispatch_due(outbox, account_id=self.account_id, now=now, lease_now=now)
        return self.letterbox.accepted[before:]

    async def link(self) -> str:
        """Subscribe Ada and return the path of her link."""
        await self.subscribe(ADA)
        [mail] = await self.deliver()
        return path_in(mail)

    async def standing(self) -> tuple[ConsentStatus | None, bool]:
        """Return Ada's consent, and whether she is on the list."""
        async with self.engine.connect() as conn:
            ada = await person(conn, self.account_id)
            joined = [one for one, _ in await members(conn, self.account_id, self.list_id)]
            return await email_consent(conn, self.account_id, ada), ada in joined


OUTSIDE = (None, False)
INSIDE = (ConsentStatus.SUBSCRIBED, True)


@pytest.fixture
async def shop(engine: AsyncEngine, account_id: UUID) -> AsyncIterator[Shop]:
    async with engine.begin() as conn:
        made = await made_list(conn, account_id, OptInProcess.DOUBLE_OPT_IN)
    clock = Clock()
    app = create_app(make_runtime(engine, clock=clock))
    async with client_of(app, accept="text/html") as browser:
        yield Shop(
            engine=engine,
            account_id=account_id,
            list_id=made.id,
            letterbox=Letterbox(),
            clock=clock,
            app=app,
            browser=browser,
        )


def path_in(mail: messaging.Mail) -> str:
    found = LINK.search(mail.text or "")
    assert found is not None
    return found[1]


def heading(page: httpx.Response) -> str:
    found = re.search(r"<h1>(.*?)</h1>", page.text)
    assert found is not None
    return html.unescape(found[1])


async def test_only_the_button_subscribes_and_pressing_twice_is_pressing_once(shop: Shop) -> None:
    link = await shop.link()

    shown = [await shop.browser.get(link), await shop.browser.head(link)]
    before = await shop.standing()
    pressed = [await shop.browser.post(link) for _ in range(2)]

    assert [page.status_code for page in shown] == [200, 200]
    assert re.findall(r"<button[^>]*>(.*?)</button>", shown[0].text) == ["Confirm Subscription"]
    assert before == OUTSIDE
    assert [heading(page) for page in pressed] == ["Subscription confirmed", "Already confirmed"]
    assert await shop.standing() == INSIDE
    assert heading(await shop.browser.get(link)) == "Already confirmed"


async def test_the_click_is_recorded_as_double_opt_in_and_ends_suppressions(shop: Shop) -> None:
    async with shop.engine.begin() as conn:
        await unsubscribe(conn, shop.account_id, ADA, now=NOW - HOUR)
    link = await shop.link()

    shop.clock.move(hours=2)
    await shop.browser.post(link)

    async with shop.engine.connect() as conn:
        ada = await person(conn, shop.account_id)
        said = await people.consents_of(conn, account_id=shop.account_id, profile_ids=[ada])
        word = said[ada][people.Channel.EMAIL]
        assert (word.is_double_opt_in, word.consented_at) == (True, NOW + 2 * HOUR)
        assert await reasons(conn, shop.account_id, ada) == []


async def test_who_subscribes_again_gets_one_mail_an_hour_and_none_once_confirmed(
    shop: Shop,
) -> None:
    await shop.subscribe(ADA, BOB, ADA)
    first = await shop.deliver()
    await shop.subscribe(BOB, ADA, now=NOW + HOUR / 2)
    assert await shop.deliver(NOW + HOUR / 2) == []
    await shop.subscribe(ADA, now=NOW + HOUR)
    second = await shop.deliver(NOW + HOUR)

    assert sorted(mail.recipient for mail in first) == [ADA, BOB]
    assert [mail.recipient for mail in second] == [ADA]
    [earlier] = [path_in(mail) for mail in first if mail.recipient == ADA]
    await shop.browser.post(earlier)
    assert await shop.standing() == INSIDE
    await shop.subscribe(ADA, now=NOW + 3 * HOUR)
    assert await shop.deliver(NOW + 3 * HOUR) == []


async def test_the_stored_copy_does_not_hold_the_link(shop: Shop) -> None:
    await shop.subscribe(ADA)
    [mail] = await shop.deliver()

    async with shop.engine.connect() as conn:
        message = messaging.message_table
        rows = await conn.execute(message.select().where(message.c.account_id == shop.account_id))
        [kept] = rows.all()
    assert kept.subject == mail.subject == "Confirm your subscription to Shop"
    assert "/subscriptions/confirm/" not in f"{kept.html}{kept.text}"


@pytest.mark.parametrize("locale", LOCALES)
async def test_the_mail_speaks_the_language_of_its_reader(shop: Shop, locale: str) -> None:
    async with shop.engine.begin() as conn:
        draft = ProfileDraft(email=ADA, attributes={"locale": f"{locale}-XX"})
        await people.upsert_profiles(conn, account_id=shop.account_id, drafts=[draft], now=NOW)
    await shop.subscribe(ADA)
    [mail] = await shop.deliver()
    page = await shop.browser.get(path_in(mail), headers={"accept-language": locale})

    said = texts(locale)
    assert said.gettext("Confirm your subscription") in (mail.text or "")
    assert f'lang="{locale}"' in (mail.html or "")
    assert heading(page) == said.gettext("Confirm your subscription")


async def test_unsubscribing_voids_the_link_and_the_mail_that_waits(shop: Shop) -> None:
    link = await shop.link()
    await shop.subscribe(BOB)
    async with shop.engine.begin() as conn:
        await unsubscribe(conn, shop.account_id, ADA, BOB)

    assert await shop.deliver() == []
    page = await shop.browser.post(link)
    assert (page.status_code, heading(page)) == (410, "This link no longer works")
    assert await shop.standing() == (ConsentStatus.UNSUBSCRIBED, False)


async def test_the_link_counts_for_the_address_it_was_sent_to(shop: Shop) -> None:
    link = await shop.link()
    async with shop.engine.begin() as conn:
        ada = await person(conn, shop.account_id)
        draft = ProfileDraft(id=ada, email="other@mail.example")
        await people.update_profile(conn, account_id=shop.account_id, draft=draft, now=NOW)

    page = await shop.browser.post(link)

    assert page.status_code == 410
    async with shop.engine.connect() as conn:
        assert await email_consent(conn, shop.account_id, ada) is None


async def test_a_deleted_list_is_joined_by_nobody(shop: Shop) -> None:
    link = await shop.link()
    async with shop.engine.begin() as conn:
        await audiences.delete_list(conn, account_id=shop.account_id, list_id=shop.list_id, now=NOW)

    assert (await shop.browser.post(link)).status_code == 410
    assert await shop.standing() == OUTSIDE


async def test_the_link_follows_a_merge(shop: Shop) -> None:
    link = await shop.link()
    async with shop.engine.begin() as conn:
        ada = await person(conn, shop.account_id)
        [placed] = await people.upsert_profiles(
            conn, account_id=shop.account_id, drafts=[ProfileDraft(external_id="7")], now=NOW
        )
        await merge(conn, shop.account_id, ada, placed.profile_id)

    await shop.browser.post(link)

    assert await shop.standing() == INSIDE


async def test_an_expired_or_forged_link_says_so(shop: Shop) -> None:
    link = await shop.link()
    forged = await shop.browser.post(link[:-2])
    shop.clock.move(days=15)
    expired = await shop.browser.post(link)

    assert heading(forged) == "This link is not valid"
    assert 400 <= forged.status_code < 500
    assert (expired.status_code, heading(expired)) == (410, "This link has expired")
    assert await shop.standing() == OUTSIDE


async def test_historical_consent_needs_no_mail(shop: Shop) -> None:
    async with shop.engine.begin() as conn:
        await subscribe(
            conn, shop.account_id, ADA, list_id=shop.list_id, since=NOW - timedelta(days=400)
        )

    assert await shop.deliver() == []
    assert await shop.standing() == INSIDE


async def test_an_address_that_bounces_is_suppressed(shop: Shop, conn: AsyncConnection) -> None:
    shop.letterbox.answer = lambda _mail: messaging.Rejected(response="550", is_bounce=True)
    await shop.subscribe(ADA)
    await shop.deliver()

    ada = await person(conn, shop.account_id)
    assert await reasons(conn, shop.account_id, ada) == ["HARD_BOUNCE"]
