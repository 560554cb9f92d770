"""API keys: shown once, stored as a hash, revoked, and never of another account."""

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Connection, event, select
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.application import Clock, Person, client_of
from towpath import accounts
from towpath.accounts.tables import api_key, directory


async def make_key(person: Person, scope: str = "full", name: str = "Shop") -> dict[str, str]:
    response = await person.client.post("/v1/api-keys", json={"name": name, "scope": scope})
    assert response.status_code == 201, response.text
    made: dict[str, str] = response.json()
    return made


async def call(app: FastAPI, authorization: str, path: str = "/v1/me") -> httpx.Response:
    async with client_of(app, Authorization=authorization) as client:
        return await client.get(path)


async def test_a_key_is_shown_once_and_stored_only_as_a_hash(
    owner: Person, engine: AsyncEngine
) -> None:
    made = await make_key(owner)

    listed = await owner.client.get("/v1/api-keys")
    assert made["secret"].startswith("pk_")
    assert made["secret"] not in listed.text
    [key] = listed.json()["items"]
    assert key["hint"] == made["secret"][-4:]
    assert (key["name"], key["scope"], key["created_by"]) == ("Shop", "full", owner.email)
    async with engine.begin() as conn:
        rows = (
            await conn.execute(select(api_key).where(api_key.c.account_id == owner.account_id))
        ).all()
        entries = (await conn.execute(select(directory))).all()
    assert made["secret"] not in f"{rows}{entries}"


@pytest.mark.parametrize("scheme", ["Klaviyo-API-Key", "klaviyo-api-key", "Bearer", "BEARER"])
async def test_a_key_is_accepted_under_both_schemes(
    app: FastAPI, owner: Person, scheme: str
) -> None:
    made = await make_key(owner)

    me = (await call(app, f"{scheme} {made['secret']}")).json()
    assert (me["kind"], me["label"], me["scope"]) == ("api_key", "Shop", "full")
    assert me["csrf_token"] is None


@pytest.mark.parametrize(
    "authorization",
    [
        "Klaviyo-API-Key pk_nobody_has_this_key_at_all",
        "Klaviyo-API-Key",
        "Klaviyo-API-Key ",
        "Basic dXNlcjpwYXNz",
        "pk_without_a_scheme",
        "",
        "Bearer ' OR '1'='1",
    ],
)
async def test_what_is_no_key_is_refused_also_beside_a_session(
    owner: Person, authorization: str
) -> None:
    response = await owner.client.get("/v1/me", headers={"Authorization": authorization})

    assert response.status_code == 401
    assert response.json()["errors"][0]["code"] == "authentication_failed"


async def test_a_key_with_the_scope_read_cannot_change_anything(
    app: FastAPI, owner: Person
) -> None:
    made = await make_key(owner, scope="read")

    async with client_of(app, Authorization=f"Bearer {made['secret']}") as client:
        assert (await client.patch("/v1/account", json={"name": "X"})).status_code == 403
        changed = await client.patch("/v1/account/settings", json={"sender_label": "X"})
        assert changed.status_code == 403
        assert (await client.get("/v1/account")).status_code == 200


async def test_a_key_cannot_make_keys_or_users_or_end_sessions(app: FastAPI, owner: Person) -> None:
    made = await make_key(owner)

    async with client_of(app, Authorization=f"Bearer {made['secret']}") as client:
        more = await client.post("/v1/api-keys", json={"name": "More", "scope": "full"})
        user = await client.post(
            "/v1/users", json={"email": "a@b.example", "name": "A", "role": "admin"}
        )
        assert more.status_code == user.status_code == 403
        assert (await client.delete("/v1/sessions")).status_code == 403


async def test_a_revoked_key_is_refused_within_the_seconds_it_is_cached(
    app: FastAPI, owner: Person, clock: Clock
) -> None:
    made = await make_key(owner)
    authorization = f"Bearer {made['secret']}"
    assert (await call(app, authorization)).status_code == 200

    assert (await owner.client.delete(f"/v1/api-keys/{made['id']}")).status_code == 204

    clock.move(seconds=accounts.KEY_CACHE_SECONDS_MAX)
    assert (await call(app, authorization)).status_code == 401
    assert (await call(app, authorization)).status_code == 401
    [key] = (await owner.client.get("/v1/api-keys")).json()["items"]
    assert key["revoked_at"] is not None


async def test_revoking_twice_keeps_the_first_time(owner: Person, clock: Clock) -> None:
    made = await make_key(owner)
    await owner.client.delete(f"/v1/api-keys/{made['id']}")
    first = (await owner.client.get("/v1/api-keys")).json()["items"][0]["revoked_at"]

    clock.move(hours=1)
    again = await owner.client.delete(f"/v1/api-keys/{made['id']}")

    assert again.status_code == 204
    assert (await owner.client.get("/v1/api-keys")).json()["items"][0]["revoked_at"] == first


async def test_a_key_of_another_account_answers_like_one_that_does_not_exist(
    owner: Person, stranger: Person
) -> None:
    made = await make_key(owner)

    theirs = await stranger.client.delete(f"/v1/api-keys/{made['id']}")
    unknown = await stranger.client.delete("/v1/api-keys/01J0000000000000000000000A")
    nonsense = await stranger.client.delete("/v1/api-keys/x'; DROP TABLE api_key; --")

    answers = [response.json()["errors"][0] for response in (theirs, unknown, nonsense)]
    assert {**answers[0], "id": ""} == {**answers[1], "id": ""} == {**answers[2], "id": ""}
    assert theirs.status_code == 404
    assert (await stranger.client.get("/v1/api-keys")).json()["items"] == []
    assert (await owner.client.get("/v1/api-keys")).json()["items"][0]["revoked_at"] is None


async def test_a_known_key_costs_no_statement(
    app: FastAPI, owner: Person, engine: AsyncEngine
) -> None:
    made = await make_key(owner)
    statements: list[str] = []

    async with client_of(app, Authorization=f"Bearer {made['secret']}") as client:
        await client.get("/docs/none")
        await client.get("/v1/account/settings")

        @event.listens_for(engine.sync_engine, "before_cursor_execute")
        def count(conn: Connection, cursor: object, statement: str, *rest: object) -> None:
            statements.append(statement)

        try:
            assert (await client.get("/v1/account/settings")).status_code == 200
        finally:
            event.remove(engine.sync_engine, "before_cursor_execute", count)

    assert len(statements) == 1
    assert "account_setting" in statements[0]


async def test_last_use_is_remembered_to_the_hour(
    app: FastAPI, owner: Person, clock: Clock
) -> None:
    made = await make_key(owner)
    seen = []
    for minutes in (0, 30, 31):
        clock.move(minutes=minutes)
        await call(app, f"Bearer {made['secret']}")
        seen.append((await owner.client.get("/v1/api-keys")).json()["items"][0]["last_used_at"])

    assert seen[0] == seen[1] != seen[2]


async def test_keys_are_listed_by_pages_the_newest_first(owner: Person) -> None:
    for number in range(5):
        await make_key(owner, name=f"Key {number}")

    names, cursor = [], None
    for _ in range(3):
        page = (
            await owner.client.get(
                "/v1/api-keys", params={"limit": 2} | ({"cursor": cursor} if cursor else {})
            )
        ).json()
        names += [key["name"] for key in page["items"]]
        cursor = page["next_cursor"]

    assert names == ["Key 4", "Key 3", "Key 2", "Key 1", "Key 0"]
    assert cursor is None


@pytest.mark.parametrize(
    ("query", "parameter"),
    [({"limit": 0}, "limit"), ({"limit": 201}, "limit"), ({"cursor": "' OR 1=1"}, "cursor")],
)
async def test_a_bad_page_names_its_parameter(
    owner: Person, query: dict[str, str | int], parameter: str
) -> None:
    response = await owner.client.get("/v1/api-keys", params=query)

    assert response.status_code == 400
    assert response.json()["errors"][0]["source"] == {"parameter": parameter}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"name": "", "scope": "full"}, "/name"),
        ({"name": "x" * 201, "scope": "full"}, "/name"),
        ({"name": "a\r\nBcc: b", "scope": "full"}, "/name"),
        ({"name": "a", "scope": "everything"}, "/scope"),
        ({"scope": "full"}, "/name"),
    ],
)
async def test_a_bad_key_names_its_field(owner: Person, body: dict[str, str], pointer: str) -> None:
    response = await owner.client.post("/v1/api-keys", json=body)

    assert response.status_code == 400
    assert response.json()["errors"][0]["source"] == {"pointer": pointer}


async def test_making_and_revoking_a_key_is_on_the_audit_trail(owner: Person) -> None:
    made = await make_key(owner)
    await owner.client.delete(f"/v1/api-keys/{made['id']}")

    entries = (await owner.client.get("/v1/audit-entries")).json()["items"]
    assert [entry["action"] for entry in entries[:2]] == ["api_key.revoked", "api_key.created"]
    assert entries[0]["target_id"] == made["id"]
    assert entries[0]["actor_label"] == owner.email
    assert made["secret"] not in str(entries)
