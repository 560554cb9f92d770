"""The page of one person: what it shows, and what it costs."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.application import Person, signed_in
from tests.conftest import NOW
from tests.flows.shop import ORDER, Shop, alert, definition, delay, open_shop
from tests.web.reading import ANN, read, set_up, words_of
from towpath import accounts, messaging, people
from towpath.accounts import Role
from towpath.kit import ids
from towpath.web.people_page import ALERTS_SHOWN_MAX, EVENTS_SHOWN_MAX
from towpath.web.readable import PROPERTIES_SHOWN_MAX

STATEMENTS_MAX = 13
MARKUP = "<img src=x onerror=alert(1)>&"


async def open_alerting_shop(engine: AsyncEngine, account_id: UUID) -> Shop:
    return await open_shop(
        engine,
        account_id,
        definition(
            alert("tell", "wait", name="Tell the team"),
            delay("wait", "remind"),
            alert("remind", name="Remind them"),
        ),
        now=NOW,
    )


async def test_it_shows_who_somebody_is(
    engine: AsyncEngine, account_id: UUID, analyst: Person
) -> None:
    ann = await set_up(
        engine,
        account_id,
        external_id="C-1009",
        phone_number="+48221234567",
        first_name="Ann",
        last_name="Ek",
        title="Buyer",
        organization="Ek & Sons",
        locale="pl-PL",
        location={"city": "Gdańsk", "zip": "80-001", "timezone": "Europe/Warsaw"},
        properties={
            "tier": "Gold",
            "is_vip": True,
            "score": 42,
            "tags": ["coffee", "wholesale"],
            "choice": {"grind": "fine"},
            "empty": "",
        },
    )
    text = words_of(await read(analyst, ann))

    assert f"Ann Ek Times are in UTC. Details Email {ANN} Phone +48221234567" in text
    assert "External id C-1009 Organization Ek & Sons Job title Buyer" in text
    assert "Address 80-001 Gdańsk Local time 13:00 Europe/Warsaw Language pl-PL" in text
    assert (
        'Custom properties choice {"grind": "fine"} empty – is_vip Yes score 42 '  # noqa: RUF001
        "tags coffee, wholesale tier Gold" in text
    )


async def test_it_shows_consent_with_how_and_since_when(
    engine: AsyncEngine, account_id: UUID, analyst: Person
) -> None:
    ann = await set_up(engine, account_id)
    said = people.Consent(
        profile_id=ann,
        channel=people.Channel.EMAIL,
        status=people.ConsentStatus.SUBSCRIBED,
        method="form",
        custom_source="Footer",
        is_double_opt_in=True,
        consented_at=NOW - timedelta(days=1),
    )
    async with engine.begin() as conn:
        await people.set_consent(conn, account_id=account_id, consents=[said], now=NOW)
    text = words_of(await read(analyst, ann))

    assert "Email Subscribed Form · Footer · Double opt-in · 10/31/26, 12:00 PM" in text
    assert "SMS marketing No answer yet" in text


async def test_it_shows_the_newest_events_in_the_timezone_of_the_account(
    engine: AsyncEngine, account_id: UUID, analyst: Person
) -> None:
    table = accounts.account_table
    ann = await set_up(engine, account_id)
    drafts = [
        people.EventDraft(
            profile=people.ProfileDraft(id=ann),
            metric_name=f"Metric {number:02}",
            time=NOW - timedelta(hours=number),
            properties={people.VALUE: 12.5, people.VALUE_CURRENCY: "EUR", "sku": "A-1"},
        )
        for number in range(EVENTS_SHOWN_MAX + 1)
    ]
    async with engine.begin() as conn:
        await conn.execute(
            update(table)
            .where(table.c.account_id == account_id)
            .values(timezone="America/New_York")
        )
        await people.record_events(conn, account_id=account_id, drafts=drafts, now=NOW)
    page = await read(analyst, ann)
    text = words_of(page)

    assert "Metric 00 €12.50 11/1/26, 7:00 AM $value 12.5 $value_currency EUR sku A-1" in text
    assert 'title="November 1, 2026, 7:00:00 AM EST"' in page.replace("\u202f", " ")
    assert f"Metric {EVENTS_SHOWN_MAX - 1}" in text
    assert f"Metric {EVENTS_SHOWN_MAX}" not in text
    assert "Older ones are not shown." in text


async def test_it_shows_alerts_and_flows(
    engine: AsyncEngine, account_id: UUID, analyst: Person
) -> None:
    shop = await open_alerting_shop(engine, account_id)
    ann = await shop.record(ANN, NOW)
    await shop.work(NOW)
    message, delivery = messaging.message_table, messaging.delivery_table
    async with engine.begin() as conn:
        [row] = await messaging.list_messages(conn, account_id=account_id, profile_id=ann)
        await conn.execute(
            delivery.insert().values(
                account_id=account_id,
                id=ids.new_id(),
                message_id=row.id,
                address="ops@shop.example",
                state="failed",
                reason=messaging.Reason.UNABLE_TO_SEND_EMAIL,
                response="550 5.1.1 Gone",
                due_at=NOW,
                reference="r",
                finished_at=NOW,
            )
        )
        await conn.execute(
            update(message)
            .where(message.c.account_id == account_id, message.c.id == row.id)
            .values(state="skipped", reason=messaging.Reason.UNABLE_TO_SEND_EMAIL, finished_at=NOW)
        )
    text = words_of(await read(analyst, ann))

    assert "Flow Waiting 11/1/26, 12:00 PM Next: Remind them · 11/2/26, 12:00 PM" in text
    assert (
        "Tell the team Skipped 11/1/26, 12:00 PM Flow · Unable to Send Email "
        "ops@shop.example · did not get it: 550 5.1.1 Gone" in text
    )


async def test_every_part_says_so_when_there_is_nothing_in_it(
    engine: AsyncEngine, account_id: UUID, analyst: Person
) -> None:
    text = words_of(await read(analyst, await set_up(engine, account_id)))

    for sentence in (
        "Nothing is stored beside the details above.",
        "This person has not answered on any channel yet.",
        "This person has not been in a flow yet.",
        "No alert has been written about this person yet.",
        "Nothing has happened that was recorded here.",
        "Not known. Delays use the timezone of the account.",
    ):
        assert sentence in text


async def test_markup_in_any_value_is_shown_and_not_obeyed(
    engine: AsyncEngine, account_id: UUID, analyst: Person
) -> None:
    shop = await open_shop(
        engine,
        account_id,
        definition(delay("wait", "tell"), alert("tell", name=MARKUP), metric=MARKUP),
        now=NOW,
    )
    ann = await set_up(
        engine,
        account_id,
        first_name=MARKUP,
        title=MARKUP,
        external_id=MARKUP,
        locale=MARKUP,
        location={"city": MARKUP, "ip": MARKUP},
        properties={MARKUP: MARKUP, "in a list": [MARKUP], "deep": {"a": [MARKUP]}},
    )
    properties: dict[str, Any] = {MARKUP: MARKUP, people.VALUE: MARKUP}
    await shop.record(ANN, NOW, metric=MARKUP, **properties)
    await shop.work(NOW)
    page = await read(analyst, ann)
    text = words_of(page)

    assert "<img" not in page
    assert "&amp;amp;" not in page
    assert text.count(MARKUP) >= 12
    assert f"Next: {MARKUP}" in text


async def test_much_is_cut_short_and_says_so(
    engine: AsyncEngine, account_id: UUID, analyst: Person
) -> None:
    many = {f"p{number:03}": number for number in range(PROPERTIES_SHOWN_MAX + 2)}
    ann = await set_up(engine, account_id, properties={**many, "a": "x" * 50_000})
    draft = people.EventDraft(
        profile=people.ProfileDraft(id=ann),
        metric_name="Imported",
        time=NOW,
        properties={"text": "y" * 50_000},
    )
    async with engine.begin() as conn:
        await people.record_events(conn, account_id=account_id, drafts=[draft], now=NOW)
    page = await read(analyst, ann)

    assert len(page) < 40_000
    assert "3 more are not shown." in page
    assert "The properties are too large to show here." in page


@contextmanager
def counted(engine: AsyncEngine) -> Iterator[list[str]]:
    """Collect the statements of one request."""
    statements: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    sqlalchemy_event.listen(engine.sync_engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        sqlalchemy_event.remove(engine.sync_engine, "before_cursor_execute", note)


async def test_a_long_history_takes_as_many_statements_as_none(
    engine: AsyncEngine, account_id: UUID, analyst: Person
) -> None:
    shop = await open_alerting_shop(engine, account_id)
    ann = await set_up(engine, account_id)
    await read(analyst, ann)
    with counted(engine) as without:
        await read(analyst, ann)
    for number in range(ALERTS_SHOWN_MAX + 5):
        await shop.record(ANN, NOW, unique_id=str(number))
    await shop.work(NOW)
    with counted(engine) as with_history:
        page = await read(analyst, ann)

    assert page.count("Tell the team") == ALERTS_SHOWN_MAX
    assert page.count(ORDER) == ALERTS_SHOWN_MAX + 5
    assert len(with_history) == len(without) <= STATEMENTS_MAX


@pytest.mark.parametrize(
    ("language", "words"),
    [("es", "Propiedades"), ("pl", "Właściwości"), ("de", "Eigene Eigenschaften")],
)
async def test_it_speaks_the_readers_language(
    app: FastAPI, engine: AsyncEngine, account_id: UUID, language: str, words: str
) -> None:
    ann = await set_up(engine, account_id, properties={"vip": True})
    async with signed_in(app, account_id, Role.SUPPORT) as person:
        page = await read(person, ann, **{"Accept-Language": language})

    assert words in page
    assert "Custom properties" not in page
    assert "Yes" not in page


async def test_it_runs_no_script_and_loads_nothing_from_elsewhere(
    engine: AsyncEngine, account_id: UUID, analyst: Person
) -> None:
    ann = await set_up(engine, account_id, image="https://pictures.example/ann.png")
    page = await read(analyst, ann)

    assert "<script" not in page
    assert "pictures.example" not in page
    assert " style=" not in page
