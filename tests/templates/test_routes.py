"""Templates on /v1, and what the alerts of flows that use one forbid."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from tests.application import client_of, make_runtime, signed_in, with_key
from tests.conftest import NOW
from towpath import flows
from towpath.accounts import Role, Scope
from towpath.web import create_app

LIST = "/v1/templates"
CONTENT = {"name": "Big order", "html": "<p>{{ first_name }}</p>", "text": None}


@pytest.fixture
def app(engine: AsyncEngine) -> FastAPI:
    return create_app(make_runtime(engine))


@pytest.fixture
async def api(app: FastAPI, account_id: UUID) -> AsyncIterator[httpx.AsyncClient]:
    async with with_key(app, account_id) as client:
        yield client


def alert_flow(template_id: str) -> dict[str, Any]:
    """Return a definition whose one alert has this template."""
    message = {
        "to_emails": ["ops@shop.example"],
        "from_email": "alerts@shop.example",
        "from_label": "Shop",
        "subject_line": "Order",
        "template_id": template_id,
        "name": "Tell ops",
    }
    return {
        "triggers": [{"type": "metric", "id": "Placed Order"}],
        "profile_filter": None,
        "entry_action_id": "a",
        "actions": [
            {
                "temporary_id": "a",
                "type": "send-internal-alert",
                "links": {"next": None},
                "data": {"status": "draft", "message": message},
            }
        ],
    }


async def add_flow(conn: AsyncConnection, account_id: UUID, template_id: str) -> str:
    saved = await flows.create_flow(
        conn,
        account_id=account_id,
        name="Orders",
        document=alert_flow(template_id),
        saved_by="test",
        now=NOW,
        creates_metrics=True,
    )
    return saved.flow.id


async def test_a_template_is_made_read_replaced_listed_and_deleted(
    api: httpx.AsyncClient,
) -> None:
    made = await api.post(LIST, json={**CONTENT, "id": "TPL"})
    replaced = await api.put(f"{LIST}/TPL", json={**CONTENT, "html": None, "text": "Hi"})
    read = await api.get(f"{LIST}/TPL")
    listed = await api.get(LIST)
    deleted = await api.delete(f"{LIST}/TPL")
    gone = await api.get(f"{LIST}/TPL")

    assert made.status_code == 201
    assert made.json()["editor_type"] == "CODE"
    assert replaced.json() == read.json()
    assert (read.json()["html"], read.json()["text"]) == (None, "Hi")
    assert [(one["id"], "html" in one) for one in listed.json()["items"]] == [("TPL", False)]
    assert deleted.status_code == 204
    assert (gone.status_code, gone.json()["errors"][0]["code"]) == (404, "template_not_found")


async def test_lists_go_on_after_their_cursor(api: httpx.AsyncClient) -> None:
    for template_id in ("b", "a", "c"):
        await api.post(LIST, json={**CONTENT, "id": template_id})
    first = (await api.get(LIST, params={"limit": 2})).json()
    second = (await api.get(LIST, params={"limit": 2, "cursor": first["next_cursor"]})).json()

    assert [one["id"] for one in first["items"]] == ["a", "b"]
    assert [one["id"] for one in second["items"]] == ["c"]
    assert second["next_cursor"] is None


@pytest.mark.parametrize(
    ("body", "pointer", "said"),
    [
        ({"html": "{% if %}"}, "/name", "required"),
        ({**CONTENT, "html": "<p>\n{% if %}"}, "/html", "line 2, column 1"),
        ({**CONTENT, "text": "{% include 'x' %}"}, "/text", "include"),
        ({**CONTENT, "html": 7}, "/html", "string"),
        ({**CONTENT, "editor_type": "WORD"}, "/editor_type", "CODE"),
        ({**CONTENT, "name": ""}, "/name", "characters"),
        ({**CONTENT, "name": "a\x00"}, "/name", "NUL"),
        ({**CONTENT, "id": "../x"}, "/id", "letters"),
    ],
)
async def test_a_bad_template_is_refused_by_its_field(
    api: httpx.AsyncClient, body: dict[str, Any], pointer: str, said: str
) -> None:
    refused = await api.post(LIST, json=body)

    problem = refused.json()["errors"][0]
    assert refused.status_code == 400
    assert problem["source"] == {"pointer": pointer}
    assert said in problem["detail"]


async def test_a_taken_id_is_a_conflict(api: httpx.AsyncClient) -> None:
    await api.post(LIST, json={**CONTENT, "id": "TPL"})
    again = await api.post(LIST, json={**CONTENT, "id": "TPL"})

    assert again.status_code == 409


async def test_a_template_in_use_by_an_alert_keeps_to_what_alerts_may_hold(
    api: httpx.AsyncClient, engine: AsyncEngine, account_id: UUID
) -> None:
    await api.post(LIST, json={**CONTENT, "id": "TPL"})
    await api.post(LIST, json={**CONTENT, "id": "TP"})
    async with engine.begin() as conn:
        flow_id = await add_flow(conn, account_id, "TPL")
    forbidden = {**CONTENT, "html": "<p>\n{% unsubscribe %}</p>"}
    refused = await api.put(f"{LIST}/TPL", json=forbidden)
    kept = await api.delete(f"{LIST}/TPL")
    unused = await api.put(f"{LIST}/TP", json=forbidden)
    content = (await api.get(f"{LIST}/TPL")).json()["html"]
    async with engine.begin() as conn:
        await flows.delete_flow(conn, account_id=account_id, flow_id=flow_id, now=NOW)
    deleted = await api.delete(f"{LIST}/TPL")

    assert refused.status_code == 400
    assert '"Orders: Tell ops"' in refused.json()["errors"][0]["detail"]
    assert refused.json()["errors"][0]["meta"] == {"line": 2}
    assert (kept.status_code, kept.json()["errors"][0]["code"]) == (409, "template_in_use")
    assert unused.status_code == 200
    assert content == CONTENT["html"]
    assert deleted.status_code == 204


async def test_roles_and_scopes_may_look_or_change_as_the_table_says(
    app: FastAPI, account_id: UUID
) -> None:
    seen = {}
    for role in (Role.MANAGER, Role.ANALYST, Role.SUPPORT):
        async with signed_in(app, account_id, role) as person:
            made = await person.client.post(LIST, json=CONTENT)
            seen[role.value] = ((await person.client.get(LIST)).status_code, made.status_code)
    async with with_key(app, account_id, Scope.READ) as client:
        made = await client.post(LIST, json=CONTENT)
        seen["read key"] = ((await client.get(LIST)).status_code, made.status_code)
    async with client_of(app) as nobody:
        seen["nobody"] = ((await nobody.get(LIST)).status_code, 401)

    assert seen == {
        "manager": (200, 201),
        "analyst": (200, 403),
        "support": (403, 403),
        "read key": (200, 403),
        "nobody": (401, 401),
    }
