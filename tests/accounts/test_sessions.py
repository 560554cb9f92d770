"""Signing in and out, the cookie, CSRF, and how sessions end."""

from contextlib import AsyncExitStack
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.accounts.conftest import PASSWORD
from tests.application import Clock, Person, client_of, make_runtime, signed_in
from towpath.accounts import Role
from towpath.accounts.operations import sessions
from towpath.accounts.tables import session, user
from towpath.kit.config import Settings
from towpath.web import create_app


async def sign_in(client: httpx.AsyncClient, email: str, password: str = PASSWORD) -> str:
    response = await client.post("/v1/session", json={"email": email, "password": password})
    assert response.status_code == 201, response.text
    csrf_token: str = response.json()["csrf_token"]
    client.headers["X-CSRF-Token"] = csrf_token
    return csrf_token


async def test_signing_in_gives_a_cookie_that_scripts_and_other_sites_cannot_use(
    client: httpx.AsyncClient, email: str
) -> None:
    response = await client.post("/v1/session", json={"email": email, "password": PASSWORD})

    assert response.status_code == 201
    cookie = response.headers["set-cookie"]
    assert cookie.startswith("towpath_session=")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    assert (await client.get("/v1/me")).json()["label"] == email


async def test_over_https_the_cookie_is_secure_and_bound_to_the_host(
    engine: AsyncEngine, email: str
) -> None:
    secure = create_app(make_runtime(engine, settings=Settings(public_url="https://shop.example")))
    async with client_of(secure, base_url="https://shop.example") as client:
        response = await client.post("/v1/session", json={"email": email, "password": PASSWORD})

        assert response.headers["set-cookie"].startswith("__Host-towpath_session=")
        assert "Secure" in response.headers["set-cookie"]
        assert "strict-transport-security" in response.headers
        assert (await client.get("/v1/me")).status_code == 200


async def test_only_a_hash_of_the_session_is_stored(
    client: httpx.AsyncClient, email: str, engine: AsyncEngine
) -> None:
    await sign_in(client, email)

    token = client.cookies["towpath_session"]
    async with engine.begin() as conn:
        stored = (await conn.execute(select(session.c.token_hash))).scalars().all()
    assert token not in stored


async def test_the_address_is_read_without_regard_to_case(
    client: httpx.AsyncClient, email: str
) -> None:
    await sign_in(client, f"  {email.upper()} ")

    assert (await client.get("/v1/me")).json()["label"] == email


async def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(
    client: httpx.AsyncClient, email: str
) -> None:
    wrong = await client.post("/v1/session", json={"email": email, "password": "not this one"})
    unknown = await client.post(
        "/v1/session", json={"email": "nobody@shop.example", "password": PASSWORD}
    )

    assert wrong.status_code == unknown.status_code == 401
    first, second = wrong.json()["errors"][0], unknown.json()["errors"][0]
    assert {**first, "id": ""} == {**second, "id": ""}
    assert first["code"] == "sign_in_refused"


async def test_a_user_without_a_password_cannot_sign_in_with_an_empty_one(
    owner: Person, client: httpx.AsyncClient
) -> None:
    response = await client.post("/v1/session", json={"email": owner.email, "password": ""})

    assert response.status_code == 401


async def test_a_change_without_the_csrf_token_is_refused(owner: Person) -> None:
    token = owner.client.headers.pop("X-CSRF-Token")

    refused = await owner.client.patch("/v1/account", json={"name": "Taken over"})
    wrong = await owner.client.patch(
        "/v1/account",
        json={"name": "Taken over"},
        headers={b"X-CSRF-Token": b"\xe9" + token.encode()},
    )

    assert refused.status_code == wrong.status_code == 403
    assert refused.json()["errors"][0]["code"] == "csrf_failed"
    assert (await owner.client.get("/v1/account")).json()["name"] == "Shop"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:9999"])
async def test_a_change_from_another_origin_is_refused(owner: Person, origin: str) -> None:
    response = await owner.client.patch(
        "/v1/account", json={"name": "Taken over"}, headers={"Origin": origin}
    )

    assert response.status_code == 403


async def test_a_change_from_our_own_origin_passes(owner: Person) -> None:
    response = await owner.client.patch(
        "/v1/account", json={"name": "Renamed"}, headers={"Origin": "http://localhost:8600"}
    )

    assert response.status_code == 204


async def test_another_site_cannot_sign_a_browser_in(client: httpx.AsyncClient, email: str) -> None:
    response = await client.post(
        "/v1/session",
        json={"email": email, "password": PASSWORD},
        headers={"Origin": "https://evil.example"},
    )

    assert response.status_code == 403
    assert "set-cookie" not in response.headers


async def test_the_csrf_token_of_another_session_does_not_help(
    owner: Person, admin: Person
) -> None:
    response = await admin.client.post(
        "/v1/api-keys",
        json={"name": "Mine", "scope": "full"},
        headers={"X-CSRF-Token": owner.client.headers["X-CSRF-Token"]},
    )

    assert response.status_code == 403


@pytest.mark.parametrize("change", ["cut", "changed", "longer", "empty", "strange"])
async def test_a_tampered_cookie_is_no_session(owner: Person, change: str) -> None:
    token = owner.client.cookies["towpath_session"]
    tampered = {
        "cut": token[:-1],
        "changed": token[:-1] + ("A" if token[-1] != "A" else "B"),
        "longer": token + "A",
        "empty": "",
        "strange": "'; DROP TABLE session; --",
    }[change]

    response = await owner.client.get("/v1/me", headers={"Cookie": f"towpath_session={tampered}"})

    assert response.status_code == 401


async def test_signing_out_ends_this_session_only(
    client: httpx.AsyncClient, app: FastAPI, email: str
) -> None:
    async with client_of(app) as other:
        await sign_in(client, email)
        await sign_in(other, email)
        token = client.cookies["towpath_session"]

        response = await client.delete("/v1/session")

        assert response.status_code == 204
        assert 'towpath_session=""' in response.headers["set-cookie"]
        again = await client.get("/v1/me", headers={"Cookie": f"towpath_session={token}"})
        assert again.status_code == 401
        assert (await other.get("/v1/me")).status_code == 200


async def test_signing_out_everywhere_ends_every_session_of_the_person_and_nobody_elses(
    client: httpx.AsyncClient, app: FastAPI, email: str, owner: Person
) -> None:
    async with client_of(app) as other:
        await sign_in(client, email)
        await sign_in(other, email)

        assert (await client.delete("/v1/sessions")).status_code == 204

        assert (await other.get("/v1/me")).status_code == 401
        assert (await owner.client.get("/v1/me")).status_code == 200


async def test_changing_the_password_ends_the_other_sessions_and_keeps_this_one(
    client: httpx.AsyncClient, app: FastAPI, email: str
) -> None:
    async with client_of(app) as other:
        await sign_in(client, email)
        await sign_in(other, email)

        response = await client.put(
            "/v1/me/password",
            json={"current_password": PASSWORD, "new_password": "another horse entirely"},
        )

        assert response.status_code == 204, response.text
        assert (await other.get("/v1/me")).status_code == 401
        assert (await client.get("/v1/me")).status_code == 200
        await sign_in(other, email, "another horse entirely")


@pytest.mark.parametrize(
    ("current", "new", "pointer"),
    [
        ("not this one", "another horse entirely", "/current_password"),
        (PASSWORD, "too short", "/new_password"),
        (PASSWORD, "x" * 1_001, "/new_password"),
        (PASSWORD, "{email}", "/new_password"),
    ],
)
async def test_a_refused_password_change_names_the_field(
    client: httpx.AsyncClient, email: str, current: str, new: str, pointer: str
) -> None:
    await sign_in(client, email)

    response = await client.put(
        "/v1/me/password",
        json={"current_password": current, "new_password": new.format(email=email)},
    )

    assert response.status_code == 400
    assert response.json()["errors"][0]["source"] == {"pointer": pointer}


async def test_a_session_ends_when_it_is_not_used(owner: Person, clock: Clock) -> None:
    clock.move(seconds=sessions.SESSION_IDLE_MAX.total_seconds() - 1)
    assert (await owner.client.get("/v1/me")).status_code == 200

    clock.move(seconds=sessions.SESSION_IDLE_MAX.total_seconds())
    assert (await owner.client.get("/v1/me")).status_code == 401


async def test_a_session_ends_by_age_however_much_it_is_used(owner: Person, clock: Clock) -> None:
    for _ in range(29):
        clock.move(days=1)
        assert (await owner.client.get("/v1/me")).status_code == 200

    clock.move(days=1)
    assert (await owner.client.get("/v1/me")).status_code == 401


async def test_a_user_keeps_the_newest_sessions_only(
    engine: AsyncEngine, owner: Person, clock: Clock
) -> None:
    async with engine.begin() as conn:
        for _ in range(sessions.SESSIONS_PER_USER_MAX + 5):
            clock.move(seconds=1)
            await sessions.open_session(
                conn, user_id=owner.user_id, account_id=owner.account_id, now=clock()
            )
        kept = await conn.scalar(
            select(func.count()).select_from(session).where(session.c.user_id == owner.user_id)
        )

    assert kept == sessions.SESSIONS_PER_USER_MAX


async def test_a_person_switches_between_their_accounts_and_no_others(
    app: FastAPI, owner: Person, stranger: Person, account_id: UUID
) -> None:
    theirs = (await stranger.client.get("/v1/me")).json()["account_id"]
    mine = (await owner.client.get("/v1/me")).json()["account_id"]

    refused = await owner.client.put("/v1/session/account", json={"account_id": theirs})
    allowed = await owner.client.put("/v1/session/account", json={"account_id": mine})

    assert refused.status_code == 404
    assert allowed.status_code == 204


async def test_me_lists_role_permissions_and_accounts(owner: Person) -> None:
    me = (await owner.client.get("/v1/me")).json()

    assert me["role"] == "owner"
    assert "mailbox" in me["permissions"]
    assert [account["name"] for account in me["accounts"]] == ["Shop"]
    assert me["csrf_token"] == owner.client.headers["X-CSRF-Token"]


async def test_people_change_their_own_name_and_language(owner: Person) -> None:
    response = await owner.client.patch("/v1/me", json={"name": "Zoë", "locale": "pl"})

    assert response.status_code == 204
    me = (await owner.client.get("/v1/me")).json()
    assert (me["name"], me["locale"]) == ("Zoë", "pl")


async def test_the_sign_in_form_works_without_javascript(
    client: httpx.AsyncClient, email: str
) -> None:
    page = await client.get("/sign-in", params={"next": "/docs"})
    assert page.status_code == 200
    assert "<script" not in page.text

    response = await client.post(
        "/sign-in", data={"email": email, "password": PASSWORD, "next": "/docs"}
    )

    assert response.status_code == 303
    assert response.headers["location"] == "/docs"
    assert email in (await client.get("/")).text


async def test_a_refused_sign_in_shows_the_form_again_without_the_password(
    client: httpx.AsyncClient, email: str
) -> None:
    response = await client.post("/sign-in", data={"email": email, "password": "wrong horse"})

    assert response.status_code == 401
    assert email in response.text
    assert "wrong horse" not in response.text
    assert "do not belong together" in response.text


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/\tevil",
        "/a\r\nSet-Cookie: x=1",
        "javascript:alert(1)",
        "",
    ],
)
async def test_signing_in_never_leads_to_another_site(
    client: httpx.AsyncClient, email: str, target: str
) -> None:
    response = await client.post(
        "/sign-in", data={"email": email, "password": PASSWORD, "next": target}
    )

    assert response.headers["location"] == "/"


async def test_the_home_page_shows_a_person_what_they_may_open(
    app: FastAPI, owner: Person, account_id: UUID
) -> None:
    async with AsyncExitStack() as stack:
        analyst = await stack.enter_async_context(signed_in(app, account_id, Role.ANALYST))

        assert 'href="/mailbox"' in (await owner.client.get("/")).text
        assert 'href="/mailbox"' not in (await analyst.client.get("/")).text


async def test_the_sign_out_button_carries_its_csrf_token(owner: Person) -> None:
    del owner.client.headers["X-CSRF-Token"]
    token = (await owner.client.get("/v1/me")).json()["csrf_token"]
    assert f'name="csrf_token" value="{token}"' in (await owner.client.get("/")).text

    refused = await owner.client.post("/sign-out", data={"csrf_token": "guess"})
    response = await owner.client.post("/sign-out", data={"csrf_token": token})

    assert refused.status_code == 403
    assert response.headers["location"] == "/sign-in"
    assert (await owner.client.get("/v1/me")).status_code == 401


async def test_a_browser_that_is_not_signed_in_is_asked_to_and_comes_back(
    client: httpx.AsyncClient,
) -> None:
    response = await client.get("/?lang=es", headers={"Accept": "text/html"})

    assert response.status_code == 303
    assert response.headers["location"] == "/sign-in?next=%2F%3Flang%3Des"


async def test_a_password_is_stored_as_argon2id(engine: AsyncEngine, email: str) -> None:
    async with engine.begin() as conn:
        stored = await conn.scalar(select(user.c.password_hash).where(user.c.email == email))

    assert str(stored).startswith("$argon2id$")
