"""`towpath account set-password` and `sign-in-link`: the way back in without the old password."""

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.application import ADDRESS, Clock, client_of, make_runtime, token_in
from tests.cli.conftest import PASSWORD, CommandLine, make_account
from towpath import accounts
from towpath.accounts import Role
from towpath.kit import ids
from towpath.kit.clock import utc_now
from towpath.web import create_app

OWNER = "owner@shop.example"
NEW_PASSWORD = "staple battery horse"
SET_PASSWORD = ("account", "set-password", "--email", OWNER)
SIGN_IN_LINK = ("account", "sign-in-link", "--email", OWNER)
TRAILS = text(
    "SELECT account_id, actor_kind, actor_label, target_kind FROM audit_entry "
    "WHERE action = :action ORDER BY account_id"
).execution_options(crosses_accounts="every trail of one person")


@pytest.fixture
def app(own_engine: AsyncEngine) -> Any:
    return create_app(make_runtime(own_engine, clock=Clock(utc_now())))


async def sign_in(client: httpx.AsyncClient, password: str) -> int:
    form = {"email": OWNER, "password": password}
    return (await client.post("/sign-in", data=form, headers={"Origin": ADDRESS})).status_code


async def trails(engine: AsyncEngine, action: str) -> list[Any]:
    async with engine.connect() as conn:
        return [tuple(row) for row in await conn.execute(TRAILS, {"action": action})]


async def join_second_account(engine: AsyncEngine) -> str:
    """Make the owner a member of another account, and return its id."""
    account_id = ids.new_id()
    async with engine.begin() as conn:
        user = await accounts.find_user(conn, email=OWNER)
        assert user is not None
        await accounts.create_account(
            conn, account_id=account_id, name="Second", timezone="UTC", now=utc_now()
        )
        await accounts.add_membership(
            conn, account_id=account_id, user_id=user.id, role=Role.ADMIN, now=utc_now()
        )
    return str(account_id)


async def test_a_new_password_ends_every_session_and_the_old_password(
    towpath: CommandLine, app: Any
) -> None:
    async with client_of(app) as client:
        assert await sign_in(client, PASSWORD) == 303
        done = await asyncio.to_thread(
            towpath, *SET_PASSWORD, typed=f"{NEW_PASSWORD}\n{NEW_PASSWORD}\n"
        )
        signed_out = (await client.get("/v1/me")).status_code
        with_old = await sign_in(client, PASSWORD)
        with_new = await sign_in(client, NEW_PASSWORD)

    assert done.exit_code == 0, done.output
    assert NEW_PASSWORD not in done.output
    assert "owner@shop.example has a new password and is signed out everywhere." in done.output
    assert (signed_out, with_old, with_new) == (401, 401, 303)


async def test_it_works_at_once_for_somebody_who_guessed_too_often(
    towpath: CommandLine, app: Any
) -> None:
    async with client_of(app) as client:
        refused = [await sign_in(client, f"wrong guess {number}") for number in range(11)]
        await asyncio.to_thread(
            towpath, *SET_PASSWORD, "--password-stdin", typed=f"{NEW_PASSWORD}\n"
        )
        entered = await sign_in(client, NEW_PASSWORD)

    assert refused[-1] == 429
    assert entered == 303


async def test_every_account_of_the_person_notes_it(
    towpath: CommandLine, own_engine: AsyncEngine
) -> None:
    second = await join_second_account(own_engine)
    await asyncio.to_thread(
        towpath,
        *("account", "set-password", "--email", " Owner@Shop.example", "--password-stdin"),
        typed=f"{NEW_PASSWORD}\r\n",
    )
    found = await trails(own_engine, "user.password_reset")

    assert len(found) == 2
    assert second in {str(row[0]) for row in found}
    assert {row[1:] for row in found} == {("command", "command line", "user")}


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("short\n", "A password has at least 10 characters.\n"),
        ("", "A password has at least 10 characters.\n"),
        (f"{OWNER}\n", "The password must not be the email address.\n"),
        (b"\xff\xfe\xff\xfe\xff\xfe\xff\xfe\xff\n", "standard input is not text in UTF-8.\n"),
    ],
)
def test_a_bad_password_is_refused_and_the_old_one_stays(
    towpath: CommandLine, typed: Any, sentence: str
) -> None:
    done = towpath(*SET_PASSWORD, "--password-stdin", typed=typed)

    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.endswith(sentence)


@pytest.mark.parametrize("command", ["set-password", "sign-in-link"])
def test_an_unknown_address_is_named(towpath: CommandLine, command: str) -> None:
    options = ["--password-stdin"] if command == "set-password" else []
    done = towpath(
        *("account", command, "--email", "ower@shop.example", *options), typed=f"{NEW_PASSWORD}\n"
    )

    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == (
        "Nobody signs in as ower@shop.example; check how the address is written.\n"
    )


async def test_a_link_signs_in_once_and_is_noted(
    towpath: CommandLine, app: Any, own_engine: AsyncEngine
) -> None:
    printed = await asyncio.to_thread(towpath.does, *SIGN_IN_LINK)
    link = printed.splitlines()[0]
    async with client_of(app) as client:
        entered = await client.post("/sign-in/link", data={"token": token_in(link)})
        me = (await client.get("/v1/me")).json()
        again = await client.post("/sign-in/link", data={"token": token_in(link)})

    assert link.startswith("http://localhost:8600/sign-in/link?token=")
    assert printed.endswith("\nIt works once, within 24 hours.\n")
    assert (entered.status_code, me["label"], again.status_code) == (303, OWNER, 404)
    assert [row[1:] for row in await trails(own_engine, "user.sign_in_link_made")] == [
        ("command", "command line", "user")
    ]


async def test_a_link_opens_the_account_that_is_named(
    towpath: CommandLine, app: Any, own_engine: AsyncEngine
) -> None:
    await join_second_account(own_engine)
    made = await asyncio.to_thread(towpath.json, *SIGN_IN_LINK, "--account", "Second")
    async with client_of(app) as client:
        await client.post("/sign-in/link", data={"token": token_in(made["url"])})
        account = (await client.get("/v1/account")).json()

    assert account["name"] == "Second"


def test_a_link_into_somebody_elses_account_is_refused(towpath: CommandLine) -> None:
    make_account(towpath, name="Other", email="other@shop.example")
    said = towpath.refuses(*SIGN_IN_LINK, "--account", "Other")

    assert said == "owner@shop.example does not belong to this account, or to any.\n"
