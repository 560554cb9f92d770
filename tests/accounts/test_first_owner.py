"""Setting up: the link printed at first start, used once, and the environment instead of it."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from tests.accounts.conftest import PASSWORD
from tests.application import ADDRESS, Clock, client_of, make_runtime, token_in
from towpath import accounts
from towpath.kit.config import BadSetting, Settings
from towpath.web import create_app

KEY = "pk_0123456789abcdefghij0123456789"
FORM = {
    "account_name": "Corner shop",
    "timezone": "Europe/Madrid",
    "name": "Ada",
    "email": "Ada@Shop.example",
    "password": PASSWORD,
}


@pytest.fixture
def empty_app(own_engine: AsyncEngine, clock: Clock) -> FastAPI:
    return create_app(make_runtime(own_engine, clock=clock))


@pytest.fixture
async def visitor(empty_app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(empty_app) as client:
        yield client


async def start(engine: AsyncEngine, clock: Clock) -> str | None:
    """Do what a starting process does: make the link, if there is to be one."""
    async with engine.begin() as conn:
        return await accounts.first_owner_link(conn, public_url=ADDRESS, now=clock())


async def count_accounts(engine: AsyncEngine) -> int:
    async with engine.begin() as conn:
        return len(await accounts.list_accounts(conn))


async def test_the_link_makes_the_account_its_owner_and_signs_them_in(
    visitor: httpx.AsyncClient, own_engine: AsyncEngine, clock: Clock
) -> None:
    assert "no owner yet" in (await visitor.get("/sign-in")).text
    link = await start(own_engine, clock)
    assert link is not None
    assert link.startswith(f"{ADDRESS}/first-owner?token=")

    response = await visitor.post("/first-owner", data={"token": token_in(link), **FORM})

    assert response.status_code == 303, response.text
    me = (await visitor.get("/v1/me")).json()
    assert (me["label"], me["role"], me["name"]) == ("ada@shop.example", "owner", "Ada")
    made = (await visitor.get("/v1/account")).json()
    assert (made["name"], made["timezone"]) == ("Corner shop", "Europe/Madrid")
    assert await start(own_engine, clock) is None
    assert "no owner yet" not in (await visitor.get("/sign-in")).text


async def test_opening_the_link_does_not_use_it_up_and_using_it_does(
    visitor: httpx.AsyncClient, own_engine: AsyncEngine, clock: Clock
) -> None:
    token = token_in(str(await start(own_engine, clock)))
    for _ in range(3):
        assert (await visitor.get("/first-owner", params={"token": token})).status_code == 200

    first = await visitor.post("/first-owner", data={"token": token, **FORM})
    again = await visitor.post(
        "/first-owner", data={"token": token, **FORM, "email": "eve@evil.example"}
    )

    assert first.status_code == 303
    assert again.status_code == 404
    assert (await visitor.get("/first-owner", params={"token": token})).status_code == 404
    assert await count_accounts(own_engine) == 1


async def test_of_two_at_the_same_moment_one_becomes_the_owner(
    empty_app: FastAPI, own_engine: AsyncEngine, clock: Clock
) -> None:
    token = token_in(str(await start(own_engine, clock)))

    async def claim(email: str) -> int:
        async with client_of(empty_app) as client:
            form = {"token": token, **FORM, "email": email}
            return (await client.post("/first-owner", data=form)).status_code

    statuses = await asyncio.gather(*(claim(f"{number}@shop.example") for number in range(4)))

    assert sorted(statuses) == [303, 404, 404, 404]
    assert await count_accounts(own_engine) == 1


async def test_the_link_expires_and_a_new_start_makes_another(
    visitor: httpx.AsyncClient, own_engine: AsyncEngine, clock: Clock
) -> None:
    first = token_in(str(await start(own_engine, clock)))
    clock.move(hours=24)
    assert (await visitor.get("/first-owner", params={"token": first})).status_code == 404

    second = token_in(str(await start(own_engine, clock)))

    assert (await visitor.get("/first-owner", params={"token": second})).status_code == 200


async def test_a_new_start_ends_the_link_of_the_one_before(
    visitor: httpx.AsyncClient, own_engine: AsyncEngine, clock: Clock
) -> None:
    first = token_in(str(await start(own_engine, clock)))
    await start(own_engine, clock)

    assert (await visitor.get("/first-owner", params={"token": first})).status_code == 404


MISTAKES = [
    ("account_name", ""),
    ("account_name", "a\nb"),
    ("timezone", "Europe/Atlantis"),
    ("timezone", "../../etc/passwd"),
    ("name", " "),
    ("email", "no address"),
    ("email", "a@b.example\r\nBcc: all@b.example"),
    ("password", "short"),
    ("password", "ada@shop.example"),
    ("password", ""),
]


async def test_mistakes_are_shown_in_place_and_the_link_stays_good(
    visitor: httpx.AsyncClient, own_engine: AsyncEngine, clock: Clock
) -> None:
    token = token_in(str(await start(own_engine, clock)))
    for field, value in MISTAKES:
        response = await visitor.post("/first-owner", data={"token": token, **FORM, field: value})

        assert (field, value, response.status_code) == (field, value, 400)
        assert f'aria-describedby="{field}-note" aria-invalid="true"' in response.text
        assert PASSWORD not in response.text
        assert await count_accounts(own_engine) == 0

    good = await visitor.post("/first-owner", data={"token": token, **FORM})
    assert good.status_code == 303


async def test_a_guessed_link_is_refused(client: httpx.AsyncClient) -> None:
    for token in ("", "guess", "x" * 5_000, "'; DROP TABLE one_time_link; --"):
        shown = await client.get("/first-owner", params={"token": token})
        posted = await client.post("/first-owner", data={"token": token, **FORM})

        assert shown.status_code in {400, 404}
        assert posted.status_code == 404


async def test_a_link_for_one_purpose_does_not_serve_another(
    visitor: httpx.AsyncClient, own_engine: AsyncEngine, clock: Clock
) -> None:
    token = token_in(str(await start(own_engine, clock)))

    assert (await visitor.post("/sign-in/link", data={"token": token})).status_code == 404
    invited = await visitor.post("/invitation", data={"token": token, "password": PASSWORD})
    assert invited.status_code == 404


async def test_a_sign_in_link_works_once(
    visitor: httpx.AsyncClient, own_engine: AsyncEngine, clock: Clock
) -> None:
    settings = bootstrap_settings()
    async with own_engine.begin() as conn:
        account_id = await accounts.bootstrap(conn, settings=settings, now=clock())
        user = await accounts.find_user(conn, email="ops@shop.example")
        assert account_id is not None
        assert user is not None
        link = await accounts.sign_in_link(
            conn, user_id=user.id, account_id=account_id, public_url=ADDRESS, now=clock()
        )
    form = {"token": token_in(link)}
    assert "<form" in (await visitor.get("/sign-in/link", params=form)).text

    assert (await visitor.post("/sign-in/link", data=form)).status_code == 303
    assert (await visitor.post("/sign-in/link", data=form)).status_code == 404


def bootstrap_settings(
    *,
    email: str | None = "ops@shop.example",
    password: str | None = PASSWORD,
    key: str | None = KEY,
) -> Settings:
    return Settings(
        bootstrap_owner_email=email, bootstrap_owner_password=password, bootstrap_api_key=key
    )


async def test_the_environment_makes_the_first_account_once(
    empty_app: FastAPI, visitor: httpx.AsyncClient, own_engine: AsyncEngine, clock: Clock
) -> None:
    made = []
    for _ in range(2):
        async with own_engine.begin() as conn:
            made.append(await accounts.bootstrap(conn, settings=bootstrap_settings(), now=clock()))

    assert made[0] is not None
    assert made[1] is None
    assert await count_accounts(own_engine) == 1
    assert await start(own_engine, clock) is None
    credentials = {"email": "ops@shop.example", "password": PASSWORD}
    assert (await visitor.post("/v1/session", json=credentials)).status_code == 201
    async with client_of(empty_app, Authorization=f"Klaviyo-API-Key {KEY}") as client:
        assert (await client.get("/v1/me")).json()["scope"] == "full"


async def test_a_link_printed_before_the_environment_made_the_owner_is_refused(
    visitor: httpx.AsyncClient, own_engine: AsyncEngine, clock: Clock
) -> None:
    token = token_in(str(await start(own_engine, clock)))
    async with own_engine.begin() as conn:
        await accounts.bootstrap(conn, settings=bootstrap_settings(), now=clock())

    response = await visitor.post("/first-owner", data={"token": token, **FORM})

    assert response.status_code == 404
    assert await count_accounts(own_engine) == 1


async def test_without_those_settings_bootstrap_does_nothing(
    own_engine: AsyncEngine, clock: Clock
) -> None:
    async with own_engine.begin() as conn:
        assert await accounts.bootstrap(conn, settings=Settings(), now=clock()) is None

    assert await count_accounts(own_engine) == 0


@pytest.mark.parametrize(
    ("settings", "variable"),
    [
        (bootstrap_settings(email=None), "TOWPATH_BOOTSTRAP_OWNER_EMAIL"),
        (bootstrap_settings(password=None), "TOWPATH_BOOTSTRAP_OWNER_PASSWORD"),
        (bootstrap_settings(email="ops"), "TOWPATH_BOOTSTRAP_OWNER_EMAIL"),
        (bootstrap_settings(password="short"), "TOWPATH_BOOTSTRAP_OWNER_PASSWORD"),
        (bootstrap_settings(key="secret"), "TOWPATH_BOOTSTRAP_API_KEY"),
        (bootstrap_settings(key="pk_short"), "TOWPATH_BOOTSTRAP_API_KEY"),
    ],
)
async def test_a_bad_setting_is_named_before_anything_is_made(
    conn: AsyncConnection, clock: Clock, settings: Settings, variable: str
) -> None:
    with pytest.raises(BadSetting, match=variable):
        await accounts.bootstrap(conn, settings=settings, now=clock())
