"""Normalisation, dates and limits: pure rules."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from towpath import people
from towpath.kit.errors import Problem

NOW = datetime(2026, 11, 1, 12, 0, 0, 750_000, tzinfo=UTC)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
JSON = st.recursive(
    SCALARS,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=5), below),
    max_leaves=8,
)


def event(**values: Any) -> people.EventDraft:
    return people.event_draft(
        values,
        profile=people.ProfileDraft(email="a@example.test"),
        metric_name="Placed Order",
        service="api",
        now=NOW,
    )


@pytest.mark.parametrize(
    ("given_address", "expected"),
    [
        (" Ada@Example.TEST ", "ada@example.test"),
        ("ada+tag@shop.example", "ada+tag@shop.example"),
        ("Ü@BÜCHER.example", "ü@bücher.example"),
    ],
)
def test_addresses_are_lower_case(given_address: str, expected: str) -> None:
    assert people.normalised_email(given_address) == expected


@pytest.mark.parametrize(
    "address",
    ["", "ada", "ada@", "@example.test", "a b@example.test", "a@b", f"{'a' * 300}@example.test",
     "a@example.test\r\nBcc: b@example.test", "a@example.test, b@example.test", "a\x00@b.test"],
)  # fmt: skip
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(people.InvalidProfile) as refused:
        people.normalised_email(address)
    assert refused.value.pointer == "/email"


@pytest.mark.parametrize(
    ("number", "expected"),
    [("+49 (151) 23456789", "+4915123456789"), ("+15005550006", "+15005550006")],
)
def test_phone_numbers_are_e164(number: str, expected: str) -> None:
    assert people.normalised_phone_number(number) == expected


@pytest.mark.parametrize(
    "number", ["", "12345", "0151 23456789", "+1", "+999999999999999999", "call me", "+49\x00151"]
)
def test_what_is_no_phone_number_is_refused(number: str) -> None:
    with pytest.raises(people.InvalidProfile) as refused:
        people.normalised_phone_number(number)
    assert refused.value.pointer == "/phone_number"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-02", 86_400),
        ("1970-01-01T00:00:01", 1),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1970-01-01T00:00:00.9Z", 0),
        ("1969-12-31T23:59:59.5Z", -1),
        ("0001-01-01T00:00:00+12:00", None),
        ("9999-12-31T23:59:59-12:00", None),
        ("2026-13-01", None),
        ("2026-11-01 and more", None),
        ("2026-11", None),
        ("20261101", None),
    ],
)
def test_dates_are_seconds_since_1970(text: str, expected: int | None) -> None:
    assert people.epoch_seconds(text) == expected
    assert people.date_values({"when": text}) == ({} if expected is None else {"when": expected})


@given(st.dictionaries(st.text(max_size=5), JSON, max_size=5))
def test_any_properties_have_date_values_that_fit_a_timestamp(properties: dict[str, Any]) -> None:
    for seconds in people.date_values(properties).values():
        datetime.fromtimestamp(seconds, tz=UTC)


@given(st.datetimes(timezones=st.just(UTC)))
def test_every_moment_that_is_written_is_read_again(moment: datetime) -> None:
    seconds = people.epoch_seconds(moment.isoformat())
    assert seconds == (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)


def test_an_event_without_a_time_happens_now_to_the_second() -> None:
    assert event().time == NOW.replace(microsecond=0)
    assert event(time="2026-10-01T10:00:00.999+02:00").time == datetime(2026, 10, 1, 8, tzinfo=UTC)


def test_the_value_is_a_property() -> None:
    made = event(properties={"sku": "A", "$value": "old"}, value=19.5, value_currency="EUR")
    assert made.properties == {"sku": "A", "$value": 19.5, "$value_currency": "EUR"}


@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({"time": "yesterday"}, "/time"),
        ({"time": "1989-12-31T23:59:59Z"}, "/time"),
        ({"time": "2027-11-03T00:00:00Z"}, "/time"),
        ({"time": 1_700_000_000}, "/time"),
        ({"value": "19.5"}, "/value"),
        ({"value": True}, "/value"),
        ({"value": float("inf")}, "/value"),
        ({"value_currency": 3}, "/value_currency"),
        ({"unique_id": 3}, "/unique_id"),
        ({"unique_id": "x" * 256}, "/unique_id"),
        ({"unique_id": "a\x00b"}, "/unique_id"),
        ({"backfill": "yes"}, "/backfill"),
        ({"properties": []}, "/properties"),
        ({"properties": {str(number): 1 for number in range(401)}}, "/properties"),
        ({"properties": {"long": "x" * 100_001}}, "/properties/long"),
        ({"properties": {"long": "ü" * 50_001}}, "/properties/long"),
        ({"properties": {"deep": {"long": ["x" * 100_001]}}}, "/properties/deep"),
        ({"properties": {"nul": "a\x00b"}}, "/properties/nul"),
        ({"properties": {"a\x00b": 1}}, "/properties"),
        ({"properties": {"lone": "\ud800"}}, "/properties/lone"),
        ({"properties": {"deep": {"a/b": ["\x00"]}}}, "/properties/deep/a~1b/0"),
        ({"properties": {"huge": 10**400}}, "/properties/huge"),
        ({"properties": {"huge": float("nan")}}, "/properties/huge"),
    ],
)
def test_a_bad_event_is_refused_by_its_place(values: dict[str, Any], pointer: str) -> None:
    with pytest.raises(Problem) as refused:
        event(**values)
    assert refused.value.pointer == pointer


@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({"email": 3}, "/email"),
        ({"external_id": " "}, "/external_id"),
        ({"external_id": "x" * 256}, "/external_id"),
        ({"first_name": ["Ada"]}, "/first_name"),
        ({"first_name": "a\x00"}, "/first_name"),
        ({"nickname": "Ada"}, "/nickname"),
        ({"location": "Oslo"}, "/location"),
        ({"location": {"town": "Oslo"}}, "/location/town"),
        ({"location": {"city": 3}}, "/location/city"),
        ({"location": {"latitude": True}}, "/location/latitude"),
        ({"location": {"latitude": float("inf")}}, "/location/latitude"),
        ({"properties": "vip"}, "/properties"),
        ({"properties": {str(n): "x" * 99 for n in range(1_000)}}, "/properties"),
    ],
)
def test_a_bad_profile_is_refused_by_its_place(values: dict[str, Any], pointer: str) -> None:
    with pytest.raises(Problem) as refused:
        people.profile_draft(values)
    assert refused.value.pointer == pointer


@pytest.mark.parametrize(
    "patch",
    [
        {"append": []},
        {"unset": [3]},
        {"unset": {"a": 1}},
        {"remove": {}},
        {"append": {"a": "\x00"}},
    ],
)
def test_a_bad_patch_is_refused_by_its_place(patch: dict[str, Any]) -> None:
    with pytest.raises(Problem) as refused:
        people.profile_draft({"email": "a@example.test"}, patch=patch)
    assert (refused.value.pointer or "").startswith("/patch_properties/")


@given(st.dictionaries(st.sampled_from(["email", "location", "properties", "title", "x"]), JSON))
def test_any_profile_is_read_or_refused(values: dict[str, Any]) -> None:
    try:
        people.profile_draft(values)
    except Problem:
        return


@given(
    st.dictionaries(st.sampled_from(["time", "value", "properties", "unique_id", "backfill"]), JSON)
)
def test_any_event_is_read_or_refused(values: dict[str, Any]) -> None:
    try:
        event(**values)
    except Problem:
        return
