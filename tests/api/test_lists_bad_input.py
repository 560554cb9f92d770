"""What clients send wrong about lists and consent: what, where and what to do; never a 500."""

import json
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.conftest import Shop
from tests.api.test_bad_input import CORRUPTIONS, INJECTIONS, JSON, UNKNOWN_ID, corrupted, refused
from tests.api.test_lists_sdk import (
    ADA,
    SUPPRESS,
    consent_of,
    job_of,
    list_of,
    made_list,
    members_of,
    subscribe_job,
    unsubscribe_job,
)

POINTER = "/data/attributes"
PROFILE = f"{POINTER}/profiles/data/0/attributes"
SUBSCRIBE_PATH = "/api/profile-subscription-bulk-create-jobs"
UNSUBSCRIBE_PATH = "/api/profile-subscription-bulk-delete-jobs"
SUPPRESS_PATH = "/api/profile-suppression-bulk-create-jobs"
UNSUPPRESS_PATH = "/api/profile-suppression-bulk-delete-jobs"


@pytest.mark.parametrize(
    ("attributes", "pointer"),
    [
        ({}, "/name"),
        ({"name": None}, "/name"),
        ({"name": 7}, "/name"),
        ({"name": "  "}, "/name"),
        ({"name": "x" * 256}, "/name"),
        ({"name": "a\x00b"}, "/name"),
        ({"name": "a", "opt_in_process": "triple"}, "/opt_in_process"),
        ({"name": "a", "opt_in_process": []}, "/opt_in_process"),
        ({"name": "a", "profile_count": 3}, "/profile_count"),
    ],
)
async def test_a_bad_list_is_refused(
    client: httpx.AsyncClient, attributes: dict[str, Any], pointer: str
) -> None:
    body = {"data": {"type": "list", "attributes": attributes}}
    error = await refused(client, "POST", "/api/lists", body)

    assert error["source"] == {"pointer": POINTER + pointer}


async def test_the_id_of_a_list_is_ours_and_the_one_in_the_address(
    client: httpx.AsyncClient, shop: Shop
) -> None:
    list_id = await made_list(shop)
    given_id = list_of()
    given_id["data"]["id"] = "mine"
    other = {"data": {"type": "list", "id": "other", "attributes": {"name": "a"}}}

    for method, path, body in (
        ("POST", "/api/lists", given_id),
        ("PATCH", f"/api/lists/{list_id}", other),
    ):
        error = await refused(client, method, path, body)
        assert error["source"] == {"pointer": "/data/id"}


@pytest.mark.parametrize("method", ["POST", "DELETE"])
async def test_bad_members_are_refused(client: httpx.AsyncClient, shop: Shop, method: str) -> None:
    path = f"/api/lists/{await made_list(shop)}/relationships/profiles"

    for body, pointer, status in (
        ({}, "/data", 400),
        ({"data": {}}, "/data", 400),
        ({"data": [{"type": "list", "id": "a"}]}, "/data/0/type", 400),
        ({"data": [{"type": "profile", "id": 7}]}, "/data/0/id", 400),
        (members_of("short"), "/data/0/id", 404),
        ({"data": members_of(UNKNOWN_ID)["data"] * 1_001}, "/data", 400),
    ):
        error = await refused(client, method, path, body, status=status)
        assert error["source"] == {"pointer": pointer}
    await refused(client, method, path, members_of(UNKNOWN_ID), status=404)


@pytest.mark.parametrize(
    ("profile", "pointer"),
    [
        ({"subscriptions": {"email": {"marketing": {"consent": "SUBSCRIBED"}}}}, ""),
        ({"email": ADA}, "/subscriptions"),
        ({"email": ADA, "subscriptions": {}}, "/subscriptions"),
        ({"email": ADA, "subscriptions": {"email": {}}}, "/subscriptions"),
        ({"email": ADA, "subscriptions": {"email": 7}}, "/subscriptions/email"),
        (
            {"email": ADA, "subscriptions": {"whatsapp": {"marketing": {}}}},
            "/subscriptions/whatsapp/marketing",
        ),
        (consent_of(ADA, "YES"), "/subscriptions/email/marketing/consent"),
        (consent_of(ADA, "UNSUBSCRIBED"), "/subscriptions/email/marketing/consent"),
        (
            consent_of(ADA, consented_at="2020-01-01T00:00:00Z"),
            "/subscriptions/email/marketing/consented_at",
        ),
        (consent_of("nobody"), "/email"),
        ({**consent_of(ADA), "first_name": "Ada"}, "/first_name"),
        (
            {"email": ADA, "subscriptions": {"sms": {"marketing": {"consent": "SUBSCRIBED"}}}},
            "/phone_number",
        ),
    ],
)
async def test_bad_consent_is_refused(
    client: httpx.AsyncClient, profile: dict[str, Any], pointer: str
) -> None:
    error = await refused(client, "POST", SUBSCRIBE_PATH, subscribe_job(profile))

    assert error["source"] == {"pointer": PROFILE + pointer}


@pytest.mark.parametrize("moment", [None, 7, "yesterday", "2999-01-01T00:00:00Z", "0001-01-01"])
async def test_historical_consent_needs_its_moment_in_the_past(
    client: httpx.AsyncClient, moment: Any
) -> None:
    body = subscribe_job(consent_of(ADA, consented_at=moment), historical_import=True)
    if moment == "0001-01-01":
        assert (await client.post(SUBSCRIBE_PATH, json=body)).status_code == 202
        return
    error = await refused(client, "POST", SUBSCRIBE_PATH, body)

    assert error["source"] == {"pointer": f"{PROFILE}/subscriptions/email/marketing/consented_at"}


@pytest.mark.parametrize(
    ("body", "pointer", "status"),
    [
        (subscribe_job(consent_of(ADA), historical_import="yes"), "/historical_import", 400),
        (subscribe_job(consent_of(ADA), custom_source=""), "/custom_source", 400),
        (subscribe_job(consent_of(ADA), custom_source="a\x00"), "/custom_source", 400),
        (subscribe_job(), "/profiles", 400),
        (subscribe_job(profiles={"data": []}), "/profiles/data", 400),
        (subscribe_job(*[consent_of(ADA)] * 1_001), "/profiles/data", 400),
    ],
)
async def test_a_bad_job_is_refused(
    client: httpx.AsyncClient, body: dict[str, Any], pointer: str, status: int
) -> None:
    error = await refused(client, "POST", SUBSCRIBE_PATH, body, status=status)

    assert error["source"] == {"pointer": POINTER + pointer}


async def test_a_list_that_cannot_be_used_is_named(client: httpx.AsyncClient, shop: Shop) -> None:
    double = await made_list(shop)
    sms = {
        "phone_number": "+15005550006",
        "subscriptions": {"sms": {"marketing": {"consent": "SUBSCRIBED"}}},
    }

    for path, body, status in (
        (SUBSCRIBE_PATH, subscribe_job(consent_of(ADA), list_id="nope"), 404),
        (SUBSCRIBE_PATH, subscribe_job(consent_of(ADA), list_id="a\x00"), 400),
        (SUBSCRIBE_PATH, subscribe_job(sms, list_id=double), 400),
        (
            UNSUBSCRIBE_PATH,
            unsubscribe_job(consent_of(ADA, "UNSUBSCRIBED"), list_id="nope"),
            404,
        ),
        (SUPPRESS_PATH, job_of(SUPPRESS, list_id="nope"), 404),
    ):
        error = await refused(client, "POST", path, body, status=status)
        assert error["source"] == {"pointer": "/data/relationships/list/data/id"}
    segment = {"segment": {"data": {"type": "segment", "id": "S"}}}
    body = {"data": {"type": SUPPRESS, "relationships": segment}}
    error = await refused(client, "POST", SUPPRESS_PATH, body)
    assert error["source"] == {"pointer": "/data/relationships/segment"}


async def test_a_refused_job_changes_nobody(client: httpx.AsyncClient) -> None:
    bad = [consent_of(ADA), consent_of("bad one"), consent_of("bad two")]
    answer = await client.post(SUBSCRIBE_PATH, json=subscribe_job(*bad))

    pointers = [error["source"]["pointer"] for error in answer.json()["errors"]]
    assert answer.status_code == 400
    assert [pointer.split("/")[5] for pointer in pointers] == ["1", "2"]
    assert (await client.get("/api/profiles")).json()["data"] == []


async def test_who_may_only_read_changes_nothing(reading_shop: Shop) -> None:
    async with reading_shop.client() as client:
        for method, path, body in (
            ("POST", "/api/lists", list_of()),
            ("PATCH", "/api/lists/a", list_of()),
            ("DELETE", "/api/lists/a", None),
            ("POST", "/api/lists/a/relationships/profiles", members_of()),
            ("DELETE", "/api/lists/a/relationships/profiles", members_of()),
            ("POST", SUBSCRIBE_PATH, subscribe_job(consent_of(ADA))),
            ("POST", UNSUBSCRIBE_PATH, unsubscribe_job(consent_of(ADA, "UNSUBSCRIBED"))),
            ("POST", SUPPRESS_PATH, job_of(SUPPRESS, {"email": ADA})),
            ("POST", UNSUPPRESS_PATH, job_of(SUPPRESS, {"email": ADA})),
        ):
            error = await refused(client, method, path, body, status=403)
            assert error["code"] == "permission_denied"
        assert (await client.get("/api/lists")).status_code == 200


WHOLE = (
    list_of(opt_in_process="single_opt_in"),
    members_of(UNKNOWN_ID),
    subscribe_job(consent_of(ADA), list_id="nope", custom_source="Footer"),
    unsubscribe_job(consent_of(ADA, "UNSUBSCRIBED")),
    job_of(SUPPRESS, {"email": ADA}),
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    body=JSON
    | st.builds(
        lambda whole, corruption: corrupted(whole, *corruption),
        st.sampled_from(WHOLE),
        CORRUPTIONS,
    ),
    endpoint=st.sampled_from(
        [
            ("POST", "/api/lists"),
            ("PATCH", "/api/lists/a"),
            ("POST", "/api/lists/a/relationships/profiles"),
            ("DELETE", "/api/lists/a/relationships/profiles"),
            ("POST", SUBSCRIBE_PATH),
            ("POST", UNSUBSCRIBE_PATH),
            ("POST", SUPPRESS_PATH),
            ("POST", UNSUPPRESS_PATH),
        ]
    ),
)
async def test_no_body_is_answered_with_a_500(
    client: httpx.AsyncClient, body: Any, endpoint: tuple[str, str]
) -> None:
    method, path = endpoint
    answer = await client.request(method, path, content=json.dumps(body).encode())

    assert answer.status_code < 500, answer.text


@pytest.mark.parametrize("shown_id", [*map(quote, INJECTIONS), "a%00b", "%ff"])
async def test_no_id_is_answered_with_a_500(client: httpx.AsyncClient, shown_id: str) -> None:
    for path in ("", "/profiles", "/relationships/profiles"):
        answer = await client.get(f"/api/lists/{shown_id}{path}")
        assert answer.status_code < 500, answer.text
