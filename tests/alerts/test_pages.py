"""The pages behind links in mails: what they say, what they do, and what a GET never does."""

import html
import re
from uuid import UUID

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.alerts.recipients import (
    DAY,
    HOUR,
    KEYS,
    NOW,
    PUBLIC_URL,
    link_of,
    opt_out,
    save,
    state_of,
)
from tests.application import Clock
from towpath import accounts, alerts
from towpath.alerts import links
from towpath.kit import ids

OPS = "ops@shop.example"


@pytest.fixture
async def confirmation(engine: AsyncEngine, account_id: UUID) -> str:
    """Give the path of the link in a confirmation mail to OPS."""
    async with engine.begin() as conn:
        await save(conn, account_id, OPS)
        link = await link_of(conn, account_id, OPS)
    return path_of(links.confirmation_url(KEYS, public_url=PUBLIC_URL, link=link, sent_at=NOW))


@pytest.fixture
def way_out(account_id: UUID) -> str:
    """Give the path of the opt-out link in an alert to OPS."""
    link = alerts.OptOutLink(account_id=account_id, address=OPS)
    return path_of(links.opt_out_url(KEYS, public_url=PUBLIC_URL, link=link))


def path_of(url: str) -> str:
    return url.removeprefix(PUBLIC_URL)


async def state(engine: AsyncEngine, account_id: UUID, address: str = OPS) -> str:
    async with engine.connect() as conn:
        return await state_of(conn, account_id, address)


def heading(page: httpx.Response) -> str:
    found = re.search(r"<h1>(.*?)</h1>", page.text)
    assert found is not None
    return html.unescape(found[1])


def buttons(page: httpx.Response) -> list[str]:
    return re.findall(r"<button[^>]*>(.*?)</button>", page.text)


async def test_the_link_shows_one_button_and_the_button_confirms(
    browser: httpx.AsyncClient, engine: AsyncEngine, account_id: UUID, confirmation: str
) -> None:
    shown = await browser.get(confirmation)
    before = await state(engine, account_id)
    pressed = await browser.post(confirmation)

    assert shown.status_code == 200
    assert buttons(shown) == ["Confirm Email Address"]
    assert "Should alerts from Shop be sent to ops@shop.example?" in shown.text
    assert before == "unconfirmed"
    assert pressed.status_code == 200
    assert heading(pressed) == "Email address confirmed"
    assert await state(engine, account_id) == "confirmed"


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"])
async def test_a_scanner_that_fetches_the_link_confirms_nothing(
    browser: httpx.AsyncClient,
    engine: AsyncEngine,
    account_id: UUID,
    confirmation: str,
    method: str,
) -> None:
    for _ in range(3):
        await browser.request(method, confirmation)

    assert await state(engine, account_id) == "unconfirmed"


async def test_pressing_twice_says_that_it_is_done(
    browser: httpx.AsyncClient, confirmation: str
) -> None:
    await browser.post(confirmation)
    again = await browser.post(confirmation)
    shown = await browser.get(confirmation)

    assert (again.status_code, heading(again)) == (200, "Already confirmed")
    assert (shown.status_code, heading(shown), buttons(shown)) == (200, "Already confirmed", [])


async def test_the_link_works_for_fourteen_days_and_then_says_what_to_do(
    browser: httpx.AsyncClient,
    engine: AsyncEngine,
    account_id: UUID,
    confirmation: str,
    clock: Clock,
) -> None:
    clock.now = NOW + 14 * DAY
    in_time = await browser.get(confirmation)
    clock.now = NOW + 14 * DAY + HOUR
    shown = await browser.get(confirmation)
    pressed = await browser.post(confirmation)

    assert in_time.status_code == 200
    for page in (shown, pressed):
        assert (page.status_code, heading(page)) == (410, "This link has expired")
        assert "Ask the team for a new confirmation email." in page.text
    assert await state(engine, account_id) == "unconfirmed"


async def test_a_link_from_before_the_opt_out_is_gone(
    browser: httpx.AsyncClient, engine: AsyncEngine, account_id: UUID, confirmation: str
) -> None:
    async with engine.begin() as conn:
        await opt_out(conn, account_id, OPS)
        await save(conn, account_id, OPS, now=NOW + HOUR)
    shown = await browser.get(confirmation)
    pressed = await browser.post(confirmation)

    for page in (shown, pressed):
        assert (page.status_code, heading(page)) == (410, "This link no longer works")
    assert await state(engine, account_id) == "unconfirmed"


def tampered(path: str) -> list[str]:
    start, _, token = path.rpartition("/")
    body, _, seal = token.partition(".")
    return [
        f"{start}/{body[:-4]}AAAA.{seal}",
        f"{start}/{body}.{seal[:-4]}AAAA",
        f"{start}/{body}",
        f"{start}/{body}.",
        f"{start}/.{seal}",
        f"{start}/x",
        f"{start}/%F0%9F%98%80.%C3%A9",
        f"{start}/{token[:40]}",
        f"{start}/{'A' * 10_000}",
    ]


async def test_a_tampered_or_cut_off_link_is_refused_and_does_nothing(
    browser: httpx.AsyncClient,
    engine: AsyncEngine,
    account_id: UUID,
    confirmation: str,
    way_out: str,
) -> None:
    for path in (*tampered(confirmation), *tampered(way_out)):
        for page in (await browser.get(path), await browser.post(path)):
            assert (page.status_code, heading(page)) == (400, "This link is not valid"), path
    assert await state(engine, account_id) == "unconfirmed"


async def test_a_link_serves_its_own_purpose_alone(
    browser: httpx.AsyncClient,
    engine: AsyncEngine,
    account_id: UUID,
    confirmation: str,
    way_out: str,
) -> None:
    swapped = [
        confirmation.replace("confirm", "opt-out"),
        way_out.replace("opt-out", "confirm"),
    ]
    answers = [await browser.post(path) for path in swapped]

    assert [answer.status_code for answer in answers] == [400, 400]
    assert await state(engine, account_id) == "unconfirmed"


async def test_a_link_of_an_account_that_is_gone_is_not_found(browser: httpx.AsyncClient) -> None:
    link = alerts.ConfirmationLink(account_id=ids.new_id(), address=OPS, disablings=0)
    path = path_of(links.confirmation_url(KEYS, public_url=PUBLIC_URL, link=link, sent_at=NOW))
    page = await browser.get(path)

    assert (page.status_code, heading(page)) == (404, "This link is not valid")


async def test_opting_out_takes_a_button_and_ends_all_alerts_of_the_account(
    browser: httpx.AsyncClient,
    engine: AsyncEngine,
    account_id: UUID,
    confirmation: str,
    way_out: str,
) -> None:
    await browser.post(confirmation)
    shown = await browser.get(way_out)
    before = await state(engine, account_id)
    pressed = await browser.post(way_out)
    again = await browser.get(way_out)

    assert buttons(shown) == ["Stop All Alerts"]
    assert before == "confirmed"
    assert (pressed.status_code, heading(pressed)) == (200, "Alerts stopped")
    assert (again.status_code, buttons(again)) == (200, [])
    assert await state(engine, account_id) == "disabled"


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "multipart/form-data; boundary=x"},
        {},
    ],
)
async def test_one_click_of_a_mail_program_opts_out(
    *,
    browser: httpx.AsyncClient,
    engine: AsyncEngine,
    account_id: UUID,
    confirmation: str,
    way_out: str,
    headers: dict[str, str],
) -> None:
    """RFC 8058: a POST without cookies, from anywhere, with List-Unsubscribe=One-Click."""
    await browser.post(confirmation)
    answer = await browser.post(
        way_out,
        content=b"List-Unsubscribe=One-Click",
        headers={**headers, "origin": "https://mail.example", "accept": "*/*"},
    )

    assert answer.status_code == 200
    assert await state(engine, account_id) == "disabled"


async def test_the_way_out_never_expires(
    browser: httpx.AsyncClient, confirmation: str, way_out: str, clock: Clock
) -> None:
    await browser.post(confirmation)
    clock.now = NOW + 3_650 * DAY
    page = await browser.post(way_out)

    assert heading(page) == "Alerts stopped"


@pytest.mark.parametrize(
    ("header", "query", "language", "title", "button"),
    [
        (None, "", "en", "Confirm your email address", "Confirm Email Address"),
        (
            "es-AR,en;q=0.5",
            "",
            "es",
            "Confirma tu dirección de correo electrónico",
            "Confirmar dirección de correo electrónico",
        ),
        ("pl", "", "pl", "Potwierdź swój adres e-mail", "Potwierdź adres e-mail"),
        ("en", "?lang=de", "de", "Bestätigen Sie Ihre E-Mail-Adresse", "E-Mail-Adresse bestätigen"),
    ],
)
async def test_the_page_speaks_the_readers_language(
    *,
    browser: httpx.AsyncClient,
    confirmation: str,
    header: str | None,
    query: str,
    language: str,
    title: str,
    button: str,
) -> None:
    headers = {"accept-language": header} if header else {}
    page = await browser.get(confirmation + query, headers=headers)

    assert f'<html lang="{language}">' in page.text
    assert heading(page) == title
    assert buttons(page) == [button]


async def test_the_page_works_without_script_and_keeps_its_address_to_itself(
    browser: httpx.AsyncClient, confirmation: str
) -> None:
    page = await browser.get(confirmation)

    assert "<script" not in page.text
    assert '<form method="post">' in page.text  # posts to its own address, language included
    assert page.headers["referrer-policy"] == "same-origin"
    assert page.headers["cache-control"] == "no-store"
    assert '<meta name="robots" content="noindex">' in page.text


async def test_names_on_the_page_are_escaped(
    browser: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    account_id = ids.new_id()
    async with engine.begin() as conn:
        await accounts.create_account(
            conn, account_id=account_id, name="<img src=x> 100 %", timezone="UTC", now=NOW
        )
        await save(conn, account_id, OPS)
        link = await link_of(conn, account_id, OPS)
    path = path_of(links.confirmation_url(KEYS, public_url=PUBLIC_URL, link=link, sent_at=NOW))
    page = await browser.get(path)

    assert "<img" not in page.text
    assert "&lt;img src=x&gt; 100 %" in page.text
