"""What clients send wrong is answered with what, where and what to do; never with a 500."""

import json
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.conftest import Shop
from tests.api.documents import METRIC, bulk_of, event_of, merge_of, patch_of, profile_of

UNKNOWN_ID = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
INJECTIONS = (
    "'; DROP TABLE profile; --",
    '" OR ""="',
    "a@example.test\r\nBcc: everybody@example.test",
    "{{ 7*7 }}<script>alert(1)</script>",
    "%s %(account_id)s :account_id $1",
    "\\x00\\'",
    "\u202e\u0000"[:1] + "💥" * 5,
)
POINTER = "/data/attributes"


async def refused(
    client: httpx.AsyncClient, method: str, path: str, body: Any, *, status: int = 400
) -> dict[str, Any]:
    """Send and return the one error."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = await client.request(method, path, content=content)
    assert answer.status_code == status, answer.text
    [error] = answer.json()["errors"]
    assert {"id", "code", "title", "detail", "status", "source"} <= error.keys()
    found: dict[str, Any] = error
    return found


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"not json", b'"text"', b"[]", b"null", b"\xff\xfe", b'{"data": 1e400}',
     b'{"data": "\\ud800"}', b"[" * 100_000, b'{"a":' * 50_000, b"1" * 6_000, b"NaN"],
)  # fmt: skip
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/events"),
        ("POST", "/api/event-bulk-create-jobs"),
        ("POST", "/api/profiles"),
        ("PATCH", f"/api/profiles/{UNKNOWN_ID}"),
        ("POST", "/api/profile-import"),
        ("POST", "/api/profile-merge"),
    ],
)
async def test_what_is_no_document_is_refused(
    client: httpx.AsyncClient, method: str, path: str, content: bytes
) -> None:
    await refused(client, method, path, content)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/data"),
        ({"data": []}, "/data"),
        ({"data": {"type": "events", "attributes": {}}}, "/data/type"),
        ({"data": {"type": "event", "attributes": []}}, POINTER),
        (event_of(profile=None), f"{POINTER}/profile"),
        (event_of(profile={"data": {"type": "person"}}), f"{POINTER}/profile/data/type"),
        (event_of("not an address"), f"{POINTER}/profile/data/attributes/email"),
        (
            event_of(profile=profile_of(phone_number="12345")),
            f"{POINTER}/profile/data/attributes/phone_number",
        ),
        (event_of(profile=profile_of(nickname="A")), f"{POINTER}/profile/data/attributes/nickname"),
        (
            event_of(profile={"data": {"type": "profile", "attributes": {}}}),
            f"{POINTER}/profile/data/attributes",
        ),
        (
            event_of(profile={"data": {"type": "profile", "attributes": {"email": None}}}),
            f"{POINTER}/profile/data/attributes",
        ),
        (event_of(metric=None), f"{POINTER}/metric"),
        (event_of(metric="Placed Order"), f"{POINTER}/metric"),
        (event_of(metric={"data": {"type": "metric", "attributes": {}}}), f"{POINTER}/metric"),
        (
            event_of(metric={"data": {"type": "metric", "attributes": {"name": 3}}}),
            f"{POINTER}/metric/data/attributes/name",
        ),
        (
            event_of(metric={"data": {"type": "metric", "attributes": {"name": " "}}}),
            f"{POINTER}/metric/data/attributes/name",
        ),
        (event_of(time="tomorrow"), f"{POINTER}/time"),
        (event_of(time=["2026-11-01"]), f"{POINTER}/time"),
        (event_of(value="much"), f"{POINTER}/value"),
        (event_of(properties={"a": "x\x00"}), f"{POINTER}/properties/a"),
        (event_of(properties={str(n): n for n in range(401)}), f"{POINTER}/properties"),
        (event_of(colour="red"), f"{POINTER}/colour"),
        (event_of(backfill="no"), f"{POINTER}/backfill"),
    ],
)
async def test_a_bad_event_is_refused_by_its_place(
    client: httpx.AsyncClient, body: Any, pointer: str
) -> None:
    error = await refused(client, "POST", "/api/events", body)

    assert error["source"] == {"pointer": pointer}


async def test_properties_nested_too_deeply_are_refused(client: httpx.AsyncClient) -> None:
    deep = b'{"a":' * 100 + b"1" + b"}" * 100
    body = json.dumps(event_of(properties={"deep": "HERE"})).encode().replace(b'"HERE"', deep)
    error = await refused(client, "POST", "/api/events", body)

    assert "nested" in error["detail"]


async def test_bulk_events_are_all_valid_or_none_is_stored(client: httpx.AsyncClient) -> None:
    body = bulk_of(
        (profile_of("good@example.test"), [{"unique_id": "1"}, {"time": "soon"}]),
        (profile_of("bad"), [{}]),
        (profile_of("fine@example.test"), [{"value": "x"}]),
    )
    answer = await client.post("/api/event-bulk-create-jobs", json=body)

    assert answer.status_code == 400
    group = "/data/attributes/events-bulk-create/data/{}/attributes"
    assert [error["source"]["pointer"] for error in answer.json()["errors"]] == [
        f"{group.format(0)}/events/data/1/attributes/time",
        f"{group.format(1)}/profile/data/attributes/email",
        f"{group.format(2)}/events/data/0/attributes/value",
    ]
    assert (await client.get("/api/profiles")).json()["data"] == []


async def test_more_than_a_thousand_events_are_refused(client: httpx.AsyncClient) -> None:
    events = [{"unique_id": str(number)} for number in range(1_001)]
    body = bulk_of((profile_of(), events))
    error = await refused(client, "POST", "/api/event-bulk-create-jobs", body)

    assert "1,000" in error["detail"]


async def test_a_body_of_ten_megabytes_is_413(client: httpx.AsyncClient) -> None:
    await refused(client, "POST", "/api/events", b" " * 10_000_000, status=413)


@pytest.mark.parametrize("text", INJECTIONS)
async def test_text_is_only_text(client: httpx.AsyncClient, text: str) -> None:
    attributes = {
        "external_id": text,
        "first_name": text,
        "last_name": text,
        "organization": text,
        "title": text,
        "image": text,
        "locale": text,
        "location": {"city": text, "timezone": text, "latitude": text},
        "properties": {text: text, "list": [text], "deep": {text: text}},
    }
    metric = {"data": {"type": "metric", "attributes": {"name": text, "service": text}}}
    profile = {"data": {"type": "profile", "attributes": attributes}}
    body = event_of(
        metric=metric,
        profile=profile,
        properties={text: text},
        unique_id=text,
        value_currency=text,
    )
    answer = await client.post("/api/events", json=body)
    assert answer.status_code == 202, answer.text

    [read] = (await client.get("/api/profiles")).json()["data"]
    [event] = (await client.get("/api/events")).json()["data"]
    assert {name: read["attributes"][name] for name in attributes} == attributes | {
        "external_id": text.strip(),
        "location": read["attributes"]["location"],
    }
    assert read["attributes"]["location"]["city"] == text
    assert event["attributes"]["event_properties"] == {text: text, "$value_currency": text}
    for field in ("external_id", "email", "phone_number", "id"):
        condition = f"equals({field},{json.dumps(text, ensure_ascii=False)})"
        found = await client.get("/api/profiles", params={"filter": condition})
        assert found.status_code in {200, 400}


@pytest.mark.parametrize(
    ("parameters", "parameter"),
    [
        ({"filter": "equals(email"}, "filter"),
        ({"filter": 'equals(first_name,"A")'}, "filter"),
        ({"filter": 'contains(email,"a")'}, "filter"),
        ({"filter": "greater-than(created,soon)"}, "filter"),
        ({"filter": "equals(email,a@example.test)"}, "filter"),
        ({"sort": "colour"}, "sort"),
        ({"page[size]": "0"}, "page[size]"),
        ({"page[size]": "101"}, "page[size]"),
        ({"page[size]": "ten"}, "page[size]"),
        ({"page[size]": "9" * 5_000}, "page[size]"),
        ({"page[cursor]": "abc"}, "page[cursor]"),
        ({"page[cursor]": "http://localhost/api/profiles"}, "page[cursor]"),
        ({"page[cursor]": "WyJpZCIsIjEiLCIxIixmYWxzZV0"}, "page[cursor]"),
        ({"fields[profile]": "colour"}, "fields[profile]"),
        ({"additional-fields[profile]": "email"}, "additional-fields[profile]"),
        ({"include": "friends"}, "include"),
        ({"fliter": "x"}, "fliter"),
    ],
)
async def test_a_bad_parameter_is_named(
    client: httpx.AsyncClient, parameters: dict[str, str], parameter: str
) -> None:
    answer = await client.get("/api/profiles", params=parameters)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["source"] == {"parameter": parameter}


@pytest.mark.parametrize(
    "revision", ["", "latest", "2026", "2026-13-01", "2026-10-15x", "20261015"]
)
async def test_a_malformed_revision_is_refused(client: httpx.AsyncClient, revision: str) -> None:
    answer = await client.get("/api/profiles", headers={"revision": revision})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["source"] == {"parameter": "revision"}


@pytest.mark.parametrize("revision", ["2024-07-15", "2026-10-15.pre", "2031-01-01"])
async def test_any_dated_revision_is_served(client: httpx.AsyncClient, revision: str) -> None:
    answer = await client.get("/api/profiles", headers={"revision": revision})

    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/catalogs", 404, "not_found"),
        ("GET", "/api", 404, "not_found"),
        ("GET", "/api/profiles/a/b/c/d", 404, "not_found"),
        ("GET", f"/api/profiles/{UNKNOWN_ID}", 404, "not_found"),
        ("GET", "/api/profiles/never", 404, "not_found"),
        ("GET", f"/api/events/{UNKNOWN_ID}/metric", 404, "not_found"),
        ("GET", "/api/metrics/nope", 404, "not_found"),
        ("DELETE", "/api/profiles", 405, "method_not_allowed"),
    ],
)
async def test_what_is_not_there_is_a_json_api_error(
    client: httpx.AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    answer = await client.request(method, path, headers={"Accept": "text/html"})

    assert answer.status_code == status
    assert answer.json()["errors"][0]["code"] == code


async def test_writing_to_profiles_that_are_not_there(client: httpx.AsyncClient) -> None:
    await refused(client, "PATCH", f"/api/profiles/{UNKNOWN_ID}", patch_of(UNKNOWN_ID), status=404)
    await refused(client, "PATCH", "/api/profiles/x", patch_of("x"), status=404)
    await refused(client, "PATCH", f"/api/profiles/{UNKNOWN_ID}", patch_of("other"))
    body = event_of(profile={"data": {"type": "profile", "id": UNKNOWN_ID, "attributes": {}}})
    error = await refused(client, "POST", "/api/events", body, status=404)
    assert error["source"]["pointer"] == f"{POINTER}/profile/data/id"
    merge = merge_of(UNKNOWN_ID, "nonsense")
    await refused(client, "POST", "/api/profile-merge", merge, status=404)
    merge = merge_of(UNKNOWN_ID, UNKNOWN_ID)
    await refused(client, "POST", "/api/profile-merge", merge)


KEYS = st.sampled_from(
    ["data", "type", "id", "attributes", "properties", "profile", "metric", "name", "email", "time",
     "value", "location", "meta", "patch_properties", "events", "events-bulk-create", "unique_id",
     "relationships", "profiles", "append", "unset"]
)  # fmt: skip
WORDS = st.sampled_from(
    ["event", "profile", "metric", "event-bulk-create-job", "event-bulk-create", "profile-merge",
     "a@example.test", "+4915123456789", "2026-11-01T00:00:00Z", UNKNOWN_ID, "", "\x00", "ü"]
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=4),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(KEYS, below, max_size=5),
    max_leaves=12,
)
CORRUPTIONS = st.tuples(st.integers(0, 40), JSON)
WHOLE = (
    event_of(
        time="2026-11-01T00:00:00Z",
        value=3,
        unique_id="u",
        profile=profile_of(location={"city": "Oslo"}, properties={"a": [1]}, phone_number=None),
    ),
    bulk_of((profile_of(), [{"value": 1}, {"metric": METRIC}])),
    profile_of(location={"city": "Oslo"}, properties={"a": 1}),
    merge_of(UNKNOWN_ID, UNKNOWN_ID),
)


def corrupted(document: Any, place: int, value: Any) -> Any:
    """Return the document with the value at one place (counted depth first) replaced."""
    count = -1

    def walk(item: Any) -> Any:
        nonlocal count
        count += 1
        if count == place:
            return value
        if isinstance(item, dict):
            return {key: walk(below) for key, below in item.items()}
        if isinstance(item, list):
            return [walk(below) for below in item]
        return item

    return walk(document)


@settings(
    max_examples=100,
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
            ("POST", "/api/events"),
            ("POST", "/api/event-bulk-create-jobs"),
            ("POST", "/api/profiles"),
            ("POST", "/api/profile-import"),
            ("PATCH", f"/api/profiles/{UNKNOWN_ID}"),
            ("POST", "/api/profile-merge"),
        ]
    ),
)
async def test_no_body_is_answered_with_a_500(
    client: httpx.AsyncClient, body: Any, endpoint: tuple[str, str]
) -> None:
    method, path = endpoint
    answer = await client.request(method, path, content=json.dumps(body).encode())

    assert answer.status_code < 500, answer.text


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    path=st.sampled_from(["/api/profiles", "/api/events", "/api/metrics", "/api/events/x/metric"]),
    parameters=st.dictionaries(
        st.sampled_from(
            [
                "filter",
                "sort",
                "page[cursor]",
                "page[size]",
                "include",
                "fields[profile]",
                "fields[event]",
                "additional-fields[profile]",
                "fields[",
                "x",
            ]
        ),
        st.text(st.characters(codec="utf-8"), max_size=20)
        | st.sampled_from(["equals(id,'a')", "-created", "http://x/?page%5Bcursor%5D=a", "email"]),
        max_size=3,
    ),
)
async def test_no_query_is_answered_with_a_500(
    client: httpx.AsyncClient, path: str, parameters: dict[str, str]
) -> None:
    answer = await client.get(path, params=parameters)

    assert answer.status_code < 500, answer.text


async def test_wrong_keys_and_missing_permissions_are_told_apart(
    shop: Shop, reading_shop: Shop
) -> None:
    async with httpx.AsyncClient(base_url=shop.host) as anybody:
        assert (await anybody.get("/api/profiles")).status_code == 401
        wrong = {"Authorization": "Klaviyo-API-Key pk_wrong"}
        assert (await anybody.get("/api/profiles", headers=wrong)).status_code == 401
    async with reading_shop.client() as reader:
        assert (await reader.get("/api/profiles")).status_code == 200
        error = await refused(reader, "POST", "/api/events", event_of(), status=403)
        assert error["code"] == "permission_denied"
