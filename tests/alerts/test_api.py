"""Recipients on /v1: listing, one, and asking once more."""

from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.alerts.recipients import HOUR, NOW, confirm, opt_out, queued_confirmations, save
from tests.application import Clock, Person, signed_in
from towpath.accounts import Role

OPS = "ops@shop.example"
LEAD = "o'lead+a/b@shop.example"
LIST = "/v1/alert-recipients"


@pytest.fixture
async def manager(app: FastAPI, account_id: UUID) -> AsyncIterator[Person]:
    async with signed_in(app, account_id, Role.MANAGER) as person:
        yield person


@pytest.fixture
async def api(manager: Person, engine: AsyncEngine, account_id: UUID) -> httpx.AsyncClient:
    """Give the client of a manager of an account with two recipients, one of them confirmed."""
    async with engine.begin() as conn:
        await save(conn, account_id, OPS, LEAD)
        await confirm(conn, account_id, OPS)
    return manager.client


async def test_recipients_are_listed_in_pages_with_their_state(api: httpx.AsyncClient) -> None:
    first = (await api.get(LIST, params={"limit": 1})).json()
    second = (await api.get(LIST, params={"limit": 1, "cursor": first["next_cursor"]})).json()

    assert [one["address"] for one in first["items"]] == [LEAD]
    assert second["next_cursor"] is None
    assert second["items"] == [
        {
            "address": OPS,
            "state": "confirmed",
            "added_at": "2026-11-02T09:00:00Z",
            "confirmation_sent_at": "2026-11-02T09:00:00Z",
            "confirmed_at": "2026-11-02T09:00:00Z",
            "disabled_at": None,
            "disabled_by": None,
            "hard_bounces": 0,
            "last_bounce": None,
        }
    ]


async def test_recipients_are_filtered_by_state(api: httpx.AsyncClient) -> None:
    answer = await api.get(LIST, params={"state": "unconfirmed"})

    assert [one["address"] for one in answer.json()["items"]] == [LEAD]


@pytest.mark.parametrize(
    "query",
    [
        "cursor=!!",
        "cursor=AA",
        "cursor=%00",
        "cursor=w6k%C3%A9",
        "state=maybe",
        "limit=0",
        "limit=x",
    ],
)
async def test_a_bad_query_is_refused_by_its_parameter(api: httpx.AsyncClient, query: str) -> None:
    answer = await api.get(f"{LIST}?{query}")

    assert answer.status_code == 400
    assert "Traceback" not in answer.text


async def test_one_recipient_is_found_in_any_spelling(api: httpx.AsyncClient) -> None:
    found = await api.get(f"{LIST}/OPS@Shop.example")
    other = await api.get(f"{LIST}/o'lead%2Ba%2Fb@shop.example")
    missing = await api.get(f"{LIST}/nobody@shop.example")

    assert found.json()["state"] == "confirmed"
    assert other.json()["address"] == LEAD
    assert missing.status_code == 404
    assert missing.json()["errors"][0]["code"] == "alert_recipient_not_found"


async def test_asking_again_is_held_back_for_an_hour_and_says_since_when(
    api: httpx.AsyncClient, engine: AsyncEngine, account_id: UUID, clock: Clock
) -> None:
    path = f"{LIST}/{LEAD}/confirmation-mails"
    early = await api.post(path)
    clock.now = NOW + HOUR
    sent = await api.post(path)
    async with engine.connect() as conn:
        mails = await queued_confirmations(conn, account_id)

    problem = early.json()["errors"][0]
    assert (early.status_code, problem["code"]) == (409, "confirmation_held_back")
    assert problem["meta"] == {
        "last_sent_at": "2026-11-02T09:00:00+00:00",
        "retry_at": "2026-11-02T10:00:00+00:00",
    }
    assert sent.status_code == 202
    assert sent.json()["confirmation_sent_at"] == "2026-11-02T10:00:00Z"
    assert mails == [LEAD, OPS, LEAD]


async def test_asking_a_disabled_address_again_makes_it_unconfirmed(
    api: httpx.AsyncClient, engine: AsyncEngine, account_id: UUID, clock: Clock
) -> None:
    async with engine.begin() as conn:
        await opt_out(conn, account_id, OPS)
    clock.now = NOW + HOUR
    sent = await api.post(f"{LIST}/{OPS}/confirmation-mails")

    assert sent.json()["state"] == "unconfirmed"


async def test_asking_a_confirmed_or_unknown_address_is_refused(api: httpx.AsyncClient) -> None:
    confirmed = await api.post(f"{LIST}/{OPS}/confirmation-mails")
    unknown = await api.post(f"{LIST}/nobody@shop.example/confirmation-mails")

    assert confirmed.status_code == 409
    assert confirmed.json()["errors"][0]["code"] == "alert_recipient_already_confirmed"
    assert unknown.status_code == 404


async def test_roles_may_look_or_ask_as_the_table_says(app: FastAPI, account_id: UUID) -> None:
    seen = {}
    for role in (Role.ANALYST, Role.SUPPORT):
        async with signed_in(app, account_id, role) as person:
            listed = await person.client.get(LIST)
            asked = await person.client.post(f"{LIST}/{OPS}/confirmation-mails")
            seen[role] = (listed.status_code, asked.status_code)

    assert seen == {Role.ANALYST: (200, 403), Role.SUPPORT: (403, 403)}


async def test_another_account_sees_nothing(
    api: httpx.AsyncClient, app: FastAPI, other_account_id: UUID
) -> None:
    async with signed_in(app, other_account_id, Role.OWNER) as stranger:
        listed = await stranger.client.get(LIST)
        found = await stranger.client.get(f"{LIST}/{OPS}")

    assert listed.json() == {"items": [], "next_cursor": None}
    assert found.status_code == 404
