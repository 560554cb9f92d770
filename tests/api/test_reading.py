"""Lists, pages, fields, relations and addresses, over HTTP."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.api.conftest import Shop
from tests.api.documents import bulk_of, event_of, patch_of, profile_of


async def pages(client: httpx.AsyncClient, path: str, **parameters: str) -> list[list[str]]:
    """Walk a list forwards to its end, then backwards to its start; return the ids of each page."""
    found: list[list[str]] = []
    document = (await client.get(path, params=parameters)).json()
    while True:
        found.append([one["id"] for one in document["data"]])
        if document["links"]["next"] is None:
            break
        document = (await client.get(document["links"]["next"])).json()
    back = [found[-1]]
    while document["links"]["prev"] is not None:
        document = (await client.get(document["links"]["prev"])).json()
        back.insert(0, [one["id"] for one in document["data"]])
    assert back == found
    return found


@pytest.mark.parametrize("sort", ["id", "-id", "created", "-updated", "email", "-email"])
async def test_every_order_is_walked_there_and_back(client: httpx.AsyncClient, sort: str) -> None:
    people = [profile_of(f"p{number}@example.test") for number in range(5)]
    people += [{"data": {"type": "profile", "attributes": {"external_id": f"c{n}"}}} for n in "ab"]
    one_event: list[dict[str, Any]] = [{}]
    body = bulk_of(*((person, one_event) for person in people))
    assert (await client.post("/api/event-bulk-create-jobs", json=body)).status_code == 202

    walked = await pages(client, "/api/profiles", **{"sort": sort, "page[size]": "3"})
    assert [len(page) for page in walked] == [3, 3, 1]
    whole = (await client.get("/api/profiles", params={"sort": sort})).json()["data"]
    assert [one["id"] for one in whole] == [shown for page in walked for shown in page]


async def test_events_of_equal_times_are_paged_without_loss(client: httpx.AsyncClient) -> None:
    events = [{"unique_id": str(number), "time": "2026-10-01"} for number in range(7)]
    await client.post("/api/event-bulk-create-jobs", json=bulk_of((profile_of(), events)))

    walked = await pages(client, "/api/events", **{"sort": "datetime", "page[size]": "2"})
    assert len({shown for page in walked for shown in page}) == 7


async def test_a_cursor_keeps_to_its_order(client: httpx.AsyncClient) -> None:
    for number in range(2):
        await client.post("/api/profiles", json=profile_of(f"p{number}@example.test"))
    page = (await client.get("/api/profiles", params={"page[size]": "1", "sort": "id"})).json()
    next_page = page["links"]["next"]

    answer = await client.get(next_page.replace("sort=id", "sort=-created"))
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["source"] == {"parameter": "page[cursor]"}


async def test_a_whole_address_as_cursor_is_taken_in_both_spellings(
    client: httpx.AsyncClient,
) -> None:
    for number in range(3):
        await client.post("/api/profiles", json=profile_of(f"p{number}@example.test"))
    page = (await client.get("/api/profiles", params={"page[size]": "1"})).json()
    address = page["links"]["next"]

    expected = (await client.get(address)).json()["data"]
    for spelling in (address, address.replace("%5B", "[").replace("%5D", "]")):
        parameters = {"page[size]": "1", "page[cursor]": spelling}
        assert (await client.get("/api/profiles", params=parameters)).json()["data"] == expected


async def test_additional_and_sparse_fields(client: httpx.AsyncClient) -> None:
    body = profile_of(first_name="Ada", location={"city": "Oslo"}, properties={"a": 1, "b": 2})
    shown = (await client.post("/api/profiles", json=body)).json()["data"]["id"]
    path = f"/api/profiles/{shown}"

    async def attributes(**parameters: str) -> dict[str, Any]:
        answer = await client.get(path, params=parameters)
        found: dict[str, Any] = answer.json()["data"]["attributes"]
        return found

    assert "subscriptions" not in await attributes()
    more = await attributes(**{"additional-fields[profile]": "subscriptions,predictive_analytics"})
    assert more["subscriptions"]["sms"]["marketing"]["can_receive_sms_marketing"] is False
    assert more["subscriptions"]["email"]["marketing"]["can_receive_email_marketing"] is True
    assert more["predictive_analytics"] is None
    assert await attributes(**{"fields[profile]": "first_name,properties.b"}) == {
        "first_name": "Ada",
        "properties": {"b": 2},
    }
    assert await attributes(**{"fields[profile]": ""}) == {}


async def test_relations_are_shown_linked_and_included(client: httpx.AsyncClient) -> None:
    await client.post("/api/events", json=event_of())
    listed = (await client.get("/api/events", params={"include": "metric,profile"})).json()
    [event] = listed["data"]
    included = {one["type"]: one for one in listed["included"]}

    for name in ("metric", "profile"):
        relation = event["relationships"][name]
        assert relation["data"] == {"type": name, "id": included[name]["id"]}
        related = (await client.get(relation["links"]["related"])).json()
        assert related["data"] == included[name]
        twin = (await client.get(relation["links"]["self"])).json()
        assert twin["data"] == relation["data"]


async def test_a_merged_profile_is_gone_from_lists_and_found_by_its_survivor(
    client: httpx.AsyncClient,
) -> None:
    kept, gone = [
        (await client.post("/api/profiles", json=profile_of(f"{name}@example.test"))).json()["data"]
        for name in ("kept", "gone")
    ]
    sources = {"profiles": {"data": [{"type": "profile", "id": gone["id"]}]}}
    merge = {"type": "profile-merge", "id": kept["id"], "relationships": sources}
    merged = await client.post("/api/profile-merge", json={"data": merge})

    assert merged.status_code == 201
    assert [one["id"] for one in (await client.get("/api/profiles")).json()["data"]] == [kept["id"]]
    assert (await client.get(f"/api/profiles/{gone['id']}")).status_code == 404
    body = patch_of(gone["id"], first_name="Ada")
    changed = await client.patch(f"/api/profiles/{gone['id']}", json=body)
    assert changed.json()["data"]["id"] == kept["id"]


@pytest.mark.parametrize("path", ["/api/profiles/", "//api/profiles", "//api/profiles/"])
async def test_slashes_of_old_clients_are_accepted(shop: Shop, path: str) -> None:
    async with shop.client() as client:
        answer = await client.get(f"{shop.host}{path}")
        made = await client.post(f"{shop.host}/api/events/", json=event_of())

    assert (answer.status_code, made.status_code) == (200, 202)


async def test_both_schemes_and_media_types_are_accepted(shop: Shop) -> None:
    async with httpx.AsyncClient(base_url=shop.host) as client:
        for scheme in ("Klaviyo-API-Key", "Bearer", "bearer"):
            for media_type in ("application/json", "application/vnd.api+json"):
                answer = await client.post(
                    "/api/profile-import",
                    json=profile_of(),
                    headers={"Authorization": f"{scheme} {shop.key}", "Content-Type": media_type},
                )
                assert answer.status_code in {200, 201}
                assert answer.headers["content-type"] == "application/vnd.api+json"


async def test_accounts_do_not_see_each_other(shop: Shop, other_shop: Shop) -> None:
    async with shop.client() as own, other_shop.client() as other:
        await own.post("/api/events", json=event_of())
        [profile] = (await own.get("/api/profiles")).json()["data"]
        [event] = (await own.get("/api/events")).json()["data"]
        [metric] = (await own.get("/api/metrics")).json()["data"]

        for path in ("profiles", "events", "metrics"):
            assert (await other.get(f"/api/{path}")).json()["data"] == []
        for path in (
            f"profiles/{profile['id']}",
            f"events/{event['id']}",
            f"events/{event['id']}/profile",
            f"events/{event['id']}/relationships/metric",
            f"metrics/{metric['id']}",
        ):
            assert (await own.get(f"/api/{path}")).status_code == 200
            assert (await other.get(f"/api/{path}")).status_code == 404
        body = patch_of(profile["id"], first_name="Eve")
        assert (await other.patch(f"/api/profiles/{profile['id']}", json=body)).status_code == 404
        assert (await other.post("/api/profiles", json=profile_of())).status_code == 201
        identified = {"data": {"type": "profile", "id": profile["id"], "attributes": {}}}
        stolen = await other.post("/api/events", json=event_of(profile=identified))
        assert stolen.status_code == 404


async def test_the_same_event_at_once_from_many_connections_is_stored_once(shop: Shop) -> None:
    async with shop.client() as client:
        answers = await asyncio.gather(
            *(
                client.post("/api/events", json=event_of(unique_id=f"u{n % 3}", time="2026-10-01"))
                for n in range(30)
            )
        )
        events = (await client.get("/api/events")).json()["data"]
        people = (await client.get("/api/profiles")).json()["data"]

    assert {answer.status_code for answer in answers} == {202}
    assert (len(events), len(people)) == (3, 1)


async def test_a_backfilled_event_is_recorded(client: httpx.AsyncClient) -> None:
    assert (await client.post("/api/events", json=event_of(backfill=True))).status_code == 202

    assert len((await client.get("/api/events")).json()["data"]) == 1


async def test_the_reference_describes_every_endpoint(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    operation = document["paths"]["/api/profiles"]["get"]
    names = {parameter["name"] for parameter in operation["parameters"]}

    assert {"filter", "sort", "page[cursor]", "page[size]", "fields[profile]"} <= names
    assert "/api/events/{id}/relationships/metric" in document["paths"]
    identifiers = [
        operation["operationId"]
        for methods in document["paths"].values()
        for operation in methods.values()
    ]
    assert len(identifiers) == len(set(identifiers))
