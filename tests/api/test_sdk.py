"""The official SDK against our server: every call of the first rank, its answers and its errors."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import openapi_client
import pytest
from openapi_client.exceptions import (
    ApiException,
    BadRequestException,
    NotFoundException,
    UnauthorizedException,
)

from tests.api.conftest import Shop
from tests.api.documents import bulk_of, event_of, merge_of, profile_of

DICTIONARIES = {"USE_DICTIONARY_FOR_RESPONSE_DATA": True}


async def call(function: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """Run a blocking SDK call beside the loop."""
    return await asyncio.to_thread(function, *args, **options)


async def test_an_event_is_recorded_with_its_person_and_metric(shop: Shop) -> None:
    sdk = shop.sdk()
    recorded = event_of(
        "Ada@Example.TEST",
        properties={"sku": "A1", "qty": 2},
        time="2026-10-20T09:59:00.750+00:00",
        value=19.5,
        value_currency="EUR",
        unique_id="ord-1",
    )
    assert await call(sdk.Events.create_event, recorded) is None

    [profile] = (await call(sdk.Profiles.get_profiles)).data
    [metric] = (await call(sdk.Metrics.get_metrics)).data
    events = await call(sdk.Events.get_events, include=["metric", "profile"])
    [event] = events.data
    assert profile.attributes.email == "ada@example.test"
    assert profile.attributes.last_event_date == datetime(2026, 10, 20, 9, 59, tzinfo=UTC)
    assert metric.attributes.name == "Placed Order"
    assert event.attributes.event_properties == {
        "sku": "A1",
        "qty": 2,
        "$value": 19.5,
        "$value_currency": "EUR",
    }
    assert event.attributes.datetime_ == datetime(2026, 10, 20, 9, 59, tzinfo=UTC)
    assert event.relationships.profile.data.id == profile.id
    assert {one["id"] for one in events.included} == {profile.id, metric.id}


async def test_events_are_read_by_metric_person_and_time(shop: Shop) -> None:
    sdk = shop.sdk()
    for day in (1, 2, 3):
        await call(sdk.Events.create_event, event_of(time=f"2026-10-0{day}T00:00:00Z"))
    [metric] = (await call(sdk.Metrics.get_metrics)).data
    [profile] = (await call(sdk.Profiles.get_profiles)).data

    found = await call(
        sdk.Events.get_events,
        filter=f'equals(metric_id,"{metric.id}"),equals(profile_id,"{profile.id}"),'
        "greater-than(datetime,2026-10-01T12:00:00+00:00)",
        sort="-datetime",
    )
    assert [event.attributes.datetime_.day for event in found.data] == [3, 2]
    one = await call(sdk.Events.get_event, found.data[0].id)
    assert one.data.id == found.data[0].id
    assert (await call(sdk.Events.get_metric_for_event, one.data.id)).data.id == metric.id
    assert (await call(sdk.Events.get_metric_id_for_event, one.data.id)).data.id == metric.id
    assert (await call(sdk.Events.get_profile_for_event, one.data.id)).data.id == profile.id
    assert (await call(sdk.Events.get_profile_id_for_event, one.data.id)).data.id == profile.id
    assert (await call(sdk.Metrics.get_metric, metric.id)).data.id == metric.id


async def test_bulk_events_are_recorded_when_answered(shop: Shop) -> None:
    sdk = shop.sdk()
    events = [{"properties": {"n": number}, "unique_id": f"v{number}"} for number in range(3)]
    job = bulk_of(
        (profile_of("ada@example.test"), events), (profile_of("bob@example.test"), events)
    )
    await call(sdk.Events.bulk_create_events, job)

    found = await call(sdk.Events.get_events)
    assert len(found.data) == 6


async def test_a_profile_is_made_read_changed_and_cleared(shop: Shop) -> None:
    sdk = shop.sdk()
    made = await call(
        sdk.Profiles.create_profile,
        profile_of(
            "ada@example.test",
            first_name="Ada",
            phone_number="+49 151 23456789",
            external_id=None,
            location={"city": "Oslo", "timezone": "Europe/Oslo"},
            properties={"vip": True, "joined": "2026-01-01"},
        ),
    )
    profile_id = made.data.id
    assert made.data.attributes.phone_number == "+4915123456789"
    changed = await call(
        sdk.Profiles.update_profile,
        profile_id,
        {
            "data": {
                "type": "profile",
                "id": profile_id,
                "attributes": {"first_name": None, "last_name": "L", "location": {"zip": "1"}},
                "meta": {
                    "patch_properties": {"append": {"tags": ["a", "b"]}, "unset": "joined"},
                },
            }
        },
    )
    attributes = changed.data.attributes
    assert (attributes.first_name, attributes.last_name) == (None, "L")
    assert (attributes.location.city, attributes.location.zip) == ("Oslo", "1")
    assert attributes.properties == {"vip": True, "tags": ["a", "b"]}
    read = await call(
        sdk.Profiles.get_profile, profile_id, additional_fields_profile=["subscriptions"]
    )
    assert read.data.attributes.subscriptions.email.marketing.consent == "NEVER_SUBSCRIBED"


async def test_a_taken_identifier_is_409_with_the_owner(shop: Shop) -> None:
    sdk = shop.sdk()
    made = await call(sdk.Profiles.create_profile, profile_of("ada@example.test"))

    with pytest.raises(ApiException) as refused:
        await call(sdk.Profiles.create_profile, profile_of("ADA@example.test"))
    assert refused.value.status == 409
    [error] = openapi_client.ApiClient().deserialize(refused.value.body, "object", None)["errors"]
    assert error["code"] == "duplicate_profile"
    assert error["meta"]["duplicate_profile_id"] == made.data.id


async def test_import_is_201_when_made_and_200_when_changed(shop: Shop) -> None:
    sdk = shop.sdk()
    imported = sdk.Profiles.create_or_update_profile
    first = await call(imported, profile_of("ada@example.test", properties={"n": 1}))
    again = await call(imported, profile_of("ada@example.test", properties={"m": 2}))

    assert again.data.id == first.data.id
    assert again.data.attributes.properties == {"n": 1, "m": 2}
    async with shop.client() as client:
        body = profile_of("ada@example.test")
        assert (await client.post("/api/profile-import", json=body)).status_code == 200
        body = profile_of("new@example.test")
        assert (await client.post("/api/profile-import", json=body)).status_code == 201


async def test_profiles_are_found_by_each_identifier(shop: Shop) -> None:
    sdk = shop.sdk()
    made = await call(
        sdk.Profiles.create_profile,
        profile_of("a+b@example.test", phone_number="+4915123456789", external_id="c-1"),
    )
    await call(sdk.Profiles.create_profile, profile_of("other@example.test"))

    for condition in (
        'equals(email,"a+b@example.test")',
        "equals(email,'A+B@example.test')",
        'any(email,["nobody@example.test","a+b@example.test"])',
        'equals(phone_number,"+4915123456789")',
        'equals(external_id,"c-1")',
        f'equals(id,"{made.data.id}")',
        "and(equals(external_id,'c-1'),greater-than(created,2020-01-01))",
    ):
        found = await call(sdk.Profiles.get_profiles, filter=condition)
        assert [one.id for one in found.data] == [made.data.id], condition


async def test_pages_are_walked_with_the_whole_next_address(shop: Shop) -> None:
    sdk = shop.sdk()
    for number in range(5):
        await call(sdk.Profiles.create_profile, profile_of(f"p{number}@example.test"))

    seen: list[str] = []
    page = await call(sdk.Profiles.get_profiles, page_size=2, sort="-updated")
    for _ in range(5):
        seen += [one.attributes.email for one in page.data]
        if page.links.next is None:
            break
        page = await call(
            sdk.Profiles.get_profiles, page_size=2, sort="-updated", page_cursor=page.links.next
        )
    assert seen == [f"p{number}@example.test" for number in (4, 3, 2, 1, 0)]
    back = await call(
        sdk.Profiles.get_profiles, page_size=2, sort="-updated", page_cursor=page.links.prev
    )
    assert [one.attributes.email for one in back.data] == ["p2@example.test", "p1@example.test"]


async def test_answers_as_dictionaries(shop: Shop) -> None:
    sdk = shop.sdk(options=DICTIONARIES)
    await call(sdk.Profiles.create_profile, profile_of("ada@example.test", first_name="Ada"))
    found = await call(sdk.Profiles.get_profiles, fields_profile=["email", "location.city"])

    [one] = found["data"]
    assert one["attributes"] == {"email": "ada@example.test", "location": {"city": None}}


async def test_merging_moves_events_and_keeps_the_destination(shop: Shop) -> None:
    sdk = shop.sdk()
    kept = await call(sdk.Profiles.create_profile, profile_of("ada@example.test"))
    gone = await call(
        sdk.Profiles.create_profile, profile_of("ada2@example.test", external_id="c-1")
    )
    await call(sdk.Events.create_event, event_of("ada2@example.test"))
    merged = await call(
        sdk.Profiles.merge_profiles,
        merge_of(gone.data.id, kept.data.id),
    )

    assert merged.data.id == kept.data.id
    [only] = (await call(sdk.Profiles.get_profiles)).data
    assert (only.attributes.email, only.attributes.external_id) == ("ada@example.test", "c-1")
    [event] = (await call(sdk.Events.get_events)).data
    assert event.relationships.profile.data.id == kept.data.id


async def test_typed_exceptions(shop: Shop) -> None:
    sdk = shop.sdk()
    with pytest.raises(BadRequestException):
        await call(sdk.Events.create_event, event_of("not an address"))
    with pytest.raises(NotFoundException):
        await call(sdk.Profiles.get_profile, "01ARZ3NDEKTSV4RRFFQ69G5FAV")
    with pytest.raises(BadRequestException):
        await call(sdk.Profiles.get_profiles, filter="equals(email")
    wrong = Shop(account_id=shop.account_id, key="pk_wrong", host=shop.host).sdk()
    with pytest.raises(UnauthorizedException):
        await call(wrong.Profiles.get_profiles)
