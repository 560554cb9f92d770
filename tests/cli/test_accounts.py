"""`towpath account create` and `towpath api-key create`, and what their work opens over HTTP."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.application import ADDRESS, Clock, client_of, make_runtime
from tests.cli.conftest import PASSWORD, CommandLine, make_account
from towpath.kit.clock import utc_now
from towpath.web import create_app

METRIC = {"data": {"type": "metric", "attributes": {"name": "Placed Order"}}}
PROFILE = {"data": {"type": "profile", "attributes": {"email": "buyer@mail.example"}}}
EVENT = {
    "data": {
        "type": "event",
        "attributes": {"properties": {}, "metric": METRIC, "profile": PROFILE},
    }
}

EVERYTHING_ABOUT_KEYS = text("SELECT * FROM api_key").execution_options(
    crosses_accounts="the database has one account"
)


@pytest.fixture
async def client(own_engine: AsyncEngine) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client of the web application on the database that the commands work on."""
    app = create_app(make_runtime(own_engine, clock=Clock(utc_now())))
    async with client_of(app) as client:
        yield client


def _authorization(secret: str) -> dict[str, str]:
    return {"Authorization": f"Klaviyo-API-Key {secret}"}


async def test_an_owner_signs_in_with_the_password_that_was_typed(
    empty: CommandLine, client: httpx.AsyncClient
) -> None:
    asked = await asyncio.to_thread(
        empty,
        *("account", "create", "--name", "Shop", "--email", "owner@shop.example"),
        typed=f"{PASSWORD}\n{PASSWORD}\n",
    )

    form = {"email": "owner@shop.example", "password": PASSWORD}
    entered = await client.post("/sign-in", data=form, headers={"Origin": ADDRESS})
    me = (await client.get("/v1/me")).json()

    assert asked.exit_code == 0
    assert PASSWORD not in asked.output
    assert entered.status_code == 303
    assert (me["role"], me["accounts"][0]["name"]) == ("owner", "Shop")


async def test_a_full_key_records_events_and_a_read_key_does_not(
    towpath: CommandLine, client: httpx.AsyncClient
) -> None:
    keys = {}
    for scope in ("full", "read"):
        order = ("api-key", "create", "--name", scope, "--scope", scope)
        keys[scope] = (await asyncio.to_thread(towpath.json, *order))["secret"]

    recorded = await client.post("/api/events", json=EVENT, headers=_authorization(keys["full"]))
    refused = await client.post("/api/events", json=EVENT, headers=_authorization(keys["read"]))
    read = await client.get("/api/events", headers=_authorization(keys["read"]))

    assert (recorded.status_code, refused.status_code, read.status_code) == (202, 403, 200)
    assert len(read.json()["data"]) == 1


async def test_a_key_is_shown_once_and_not_kept(
    towpath: CommandLine, own_engine: AsyncEngine
) -> None:
    made = await asyncio.to_thread(towpath.json, "api-key", "create", "--name", "Shop")

    async with own_engine.connect() as conn:
        stored = (await conn.execute(EVERYTHING_ABOUT_KEYS)).all()

    assert len(stored) == 1
    assert made["secret"] not in repr(stored)


def test_a_key_is_printed_alone_on_its_line(towpath: CommandLine) -> None:
    secret, advice = towpath.does("api-key", "create", "--name", "Shop").splitlines()

    assert secret.startswith("pk_")
    assert advice == "Keep it now; it is not shown again."


def test_with_several_accounts_one_must_be_named(towpath: CommandLine) -> None:
    second = make_account(towpath, name="Second", email="second@shop.example")

    unnamed = towpath.refuses("api-key", "create", "--name", "Key")
    unknown = towpath.refuses("api-key", "create", "--name", "Key", "--account", "Third")

    assert "Shop (" in unnamed
    assert f"Second ({second})" in unnamed
    assert unknown == "There is no account 'Third'.\n"
    for name in ("Second", second):
        assert towpath.json("api-key", "create", "--name", "Key", "--account", name)["secret"]


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--password", "short", "A password has at least 10 characters."),
        ("--email", "owner@shop.example", "A user with this email address exists already."),
        ("--email", "nobody", "This is not an email address"),
        ("--timezone", "Mars/Olympus", "There is no such timezone"),
        ("--name", " ", "name"),
    ],
)
def test_an_account_that_cannot_be_is_refused(
    towpath: CommandLine, option: str, value: str, said: str
) -> None:
    options = {"--name": "New", "--email": "new@shop.example", "--password": PASSWORD}
    words = [word for pair in (options | {option: value}).items() for word in pair]

    assert said in towpath.refuses("account", "create", *words)


def test_without_an_account_commands_say_how_to_make_one(empty: CommandLine) -> None:
    said = empty.refuses("flows", "list")

    assert said.startswith("There is no account yet; run `towpath account create`")
