"""Profile updates are typed, in order, and keep off what identifies a person."""

from typing import Any

import pytest

from tests.flows.definition.refusals import refusals
from tests.flows.definition.samples import fixture, flow, update
from towpath.flows import definition
from towpath.flows.definition import (
    AddToList,
    CustomProperty,
    DeleteProperty,
    ProfileField,
    PropertyType,
    RemoveFromList,
    SetToday,
    SetValue,
    UpdateProfile,
    limits,
)


def operations(*each: dict[str, Any]) -> tuple[definition.ProfileOperation, ...]:
    data = definition.parse(flow(update("u", *each))).actions["u"].data
    assert isinstance(data, UpdateProfile)
    return data.operations


def setting(key: str, kind: str, value: object, **others: Any) -> dict[str, Any]:
    return {
        "operator": "update",
        "property_type": kind,
        "property_key": key,
        "property_value": value,
    } | others


def test_the_operations_of_the_fixture_are_read_in_order() -> None:
    data = definition.parse(fixture("flow_all_actions.json")).actions["prof"].data

    assert isinstance(data, UpdateProfile)
    assert data.operations == (
        SetValue(
            target=CustomProperty(name="big_spender"),
            property_type=PropertyType.BOOLEAN,
            value=True,
        ),
        AddToList(target=CustomProperty(name="labels"), value="vip"),
        SetToday(target=CustomProperty(name="last_big_order")),
        DeleteProperty(target=CustomProperty(name="temp_flag")),
    )


def test_a_name_the_profile_has_means_that_field() -> None:
    assert operations(
        setting("first_name", "string", "Ada"),
        setting("location['city']", "string", "Kraków"),
        setting("properties['first_name']", "string", "x"),
        {"operator": "delete", "property_key": "title"},
    ) == (
        SetValue(
            target=ProfileField(name="first_name"), property_type=PropertyType.STRING, value="Ada"
        ),
        SetValue(
            target=ProfileField(name="location['city']"),
            property_type=PropertyType.STRING,
            value="Kraków",
        ),
        SetValue(
            target=CustomProperty(name="first_name"), property_type=PropertyType.STRING, value="x"
        ),
        DeleteProperty(target=ProfileField(name="title")),
    )


def test_a_list_operation_without_a_word_adds() -> None:
    assert operations(
        setting("tags", "list", "vip"),
        setting("tags", "list", "new", property_operation="remove"),
    ) == (
        AddToList(target=CustomProperty(name="tags"), value="vip"),
        RemoveFromList(target=CustomProperty(name="tags"), value="new"),
    )


@pytest.mark.parametrize("key", ["email", "phone_number", "external_id", "id"])
def test_what_identifies_a_person_is_kept_but_not_changed(key: str) -> None:
    parsed = definition.parse(flow(update("u", setting(key, "string", "x"))))

    assert parsed.actions["u"].data == UpdateProfile(operations=())
    (obstacle,) = definition.obstacles_to_live(parsed)
    assert obstacle.pointer == "/actions/0/data/profile_operations/0/property_key"


@pytest.mark.parametrize(
    "value", ["2026-11-30", "2026-11-30T09:00:00", "2026-11-30T09:00:00+01:00", "today"]
)
def test_a_date_is_iso_8601_or_today(value: str) -> None:
    assert len(operations(setting("d", "date", value))) == 1


@pytest.mark.parametrize(
    ("operation", "key"),
    [
        (setting("k", "boolean", "true"), "property_value"),
        (setting("k", "boolean", 1), "property_value"),
        (setting("k", "numeric", "1"), "property_value"),
        (setting("k", "numeric", True), "property_value"),
        (setting("k", "string", 1), "property_value"),
        (setting("k", "string", None), "property_value"),
        (setting("k", "date", "tomorrow"), "property_value"),
        (setting("k", "date", "2026-02-30"), "property_value"),
        (setting("k", "date", "0001-01-01T00:00:00+14:00"), "property_value"),
        (setting("k", "list", ["a"]), "property_value"),
        (setting("k", "list", "a", property_operation="sort"), "property_operation"),
        (setting("k", "colour", "a"), "property_type"),
        (setting("first_name", "boolean", True), "property_type"),
        (setting("", "string", "a"), "property_key"),
        ({"operator": "upsert", "property_key": "k"}, "operator"),
        ({"property_key": "k"}, "operator"),
        ({"operator": "delete"}, "property_key"),
        ({"operator": "update", "property_key": "k", "property_value": "x"}, "property_type"),
    ],
)
def test_a_wrong_operation_is_refused_at_its_place(operation: dict[str, Any], key: str) -> None:
    found = refusals(flow(update("u", operation)))

    assert f"/actions/0/data/profile_operations/0/{key}" in found


def test_the_strings_of_one_update_are_limited() -> None:
    each = [setting(f"k{number}", "string", "ü" * 1_000) for number in range(51)]

    found = refusals(flow(update("u", *each)))

    assert f"{limits.PROFILE_OPERATIONS_BYTES_MAX:,}" in found["/actions/0/data/profile_operations"]
