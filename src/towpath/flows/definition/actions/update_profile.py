"""`update-profile`: set, extend and delete properties of the profile, in order (flows.md §5).

A `property_key` is the name of a custom property as it stands, `properties['…']` its longer form.
Names the profile itself has (`first_name`, `location['city']`, spelt as in conditions) mean that
field: a shadow property beside it would be a trap. Fields that identify a person are not changed by
a flow; such an operation is kept and keeps the flow from going live.

`create` and `update` do the same, as in the reference: both set the value, whether or not the
property was there.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, TypeAlias

from towpath.flows.definition.limits import (
    LINE_CHARACTERS_MAX,
    PROFILE_OPERATIONS_BYTES_MAX,
    PROFILE_OPERATIONS_MAX,
)
from towpath.flows.definition.reading import Fields, named

TODAY: Final = "today"
"""The date value that stands for the day the step runs."""

PROFILE_FIELDS: Final = frozenset(
    {"first_name", "last_name", "organization", "title", "image", "locale"}
    | {
        f"location['{part}']"
        for part in ("address1", "address2", "city", "region", "country", "zip")
    }
)
"""Fields of the profile that a flow may set; all hold text."""

IDENTIFYING_FIELDS: Final = frozenset({"id", "email", "phone_number", "external_id"})

_CUSTOM_PROPERTY = re.compile(r"properties\['(.+)'\]|properties\[\"(.+)\"\]", re.DOTALL)


class Operator(StrEnum):
    """What an operation does."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


class PropertyType(StrEnum):
    """The type of the value that an operation sets."""

    STRING = "string"
    BOOLEAN = "boolean"
    NUMERIC = "numeric"
    DATE = "date"
    LIST = "list"


class ListOperation(StrEnum):
    """What an operation does to a list property."""

    ADD = "add"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomProperty:
    """A key of the profile's `properties`."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileField:
    """One of `PROFILE_FIELDS`."""

    name: str


Target: TypeAlias = CustomProperty | ProfileField


@dataclass(frozen=True, slots=True, kw_only=True)
class SetValue:
    """Set the property. A `date` value without a time is that day; `TODAY` is in `SetToday`."""

    target: Target
    property_type: PropertyType
    value: str | bool | int | float


@dataclass(frozen=True, slots=True, kw_only=True)
class SetToday:
    """Set the property to the day on which the step runs."""

    target: Target


@dataclass(frozen=True, slots=True, kw_only=True)
class AddToList:
    """Add one string to a list property, once; what is no list becomes one."""

    target: Target
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveFromList:
    """Take one string out of a list property."""

    target: Target
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteProperty:
    """Remove the property."""

    target: Target


ProfileOperation: TypeAlias = SetValue | SetToday | AddToList | RemoveFromList | DeleteProperty


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateProfile:
    """The operations, carried out in this order."""

    operations: tuple[ProfileOperation, ...]


def read(fields: Fields) -> UpdateProfile:
    """Read the `data` of a profile update."""
    fields.require("profile_operations")
    each = fields.parts("profile_operations", count_max=PROFILE_OPERATIONS_MAX)
    strings = (value for one in each for value in one.values.values() if isinstance(value, str))
    if sum(len(value.encode()) for value in strings) > PROFILE_OPERATIONS_BYTES_MAX:
        detail = (
            f"The strings of one update are at most {PROFILE_OPERATIONS_BYTES_MAX:,} bytes "
            "together; shorten them or use two actions."
        )
        fields.refuse("profile_operations", detail)
    read_operations = (_read_operation(one) for one in each)
    return UpdateProfile(operations=tuple(one for one in read_operations if one is not None))


def _read_operation(fields: Fields) -> ProfileOperation | None:
    target = _read_target(fields)
    fields.require("operator")
    if fields.choice("operator", Operator, default=Operator.UPDATE) is Operator.DELETE:
        return DeleteProperty(target=target) if target else None
    fields.require("property_type", "property_value")
    property_type = fields.choice("property_type", PropertyType, default=PropertyType.STRING)
    if isinstance(target, ProfileField) and property_type is not PropertyType.STRING:
        detail = f'`{target.name}` of a profile holds text; set `property_type` to "string".'
        fields.refuse("property_type", detail)
    if property_type is PropertyType.LIST:
        return _read_list_operation(fields, target)
    value = fields.values.get("property_value")
    if complaint := _value_complaint(value, property_type):
        fields.refuse("property_value", complaint)
        return None
    if target is None or not isinstance(value, str | int | float):
        return None
    if property_type is PropertyType.DATE and value == TODAY:
        return SetToday(target=target)
    return SetValue(target=target, property_type=property_type, value=value)


def _read_target(fields: Fields) -> Target | None:
    key = fields.required_text("property_key")
    if key in IDENTIFYING_FIELDS:
        fields.keep("property_key", f"changing `{key}`, which identifies the person")
        return None
    if key in PROFILE_FIELDS:
        return ProfileField(name=key)
    spelt_out = _CUSTOM_PROPERTY.fullmatch(key)
    name = (spelt_out[1] or spelt_out[2]) if spelt_out else key
    return CustomProperty(name=name) if name else None


def _read_list_operation(fields: Fields, target: Target | None) -> ProfileOperation | None:
    value = fields.required_text("property_value", characters_max=LINE_CHARACTERS_MAX)
    operation = fields.choice("property_operation", ListOperation, default=ListOperation.ADD)
    if target is None:
        return None
    match operation:
        case ListOperation.ADD:
            return AddToList(target=target, value=value)
        case ListOperation.REMOVE:
            return RemoveFromList(target=target, value=value)


def _value_complaint(value: object, property_type: PropertyType) -> str | None:
    """Say why the value does not fit its type; None when it does."""
    match property_type, value:
        case PropertyType.BOOLEAN, bool():
            return None
        case PropertyType.NUMERIC, int() | float() if not isinstance(value, bool):
            return None
        case PropertyType.STRING, str() if len(value) <= LINE_CHARACTERS_MAX:
            return None
        case PropertyType.DATE, str() if value == TODAY or _is_date(value):
            return None
    expected = {
        PropertyType.BOOLEAN: "true or false",
        PropertyType.NUMERIC: "a number",
        PropertyType.STRING: f"a string of at most {LINE_CHARACTERS_MAX:,} characters",
        PropertyType.DATE: '"today" or an ISO 8601 date such as "2026-11-30"',
        PropertyType.LIST: "a string",
    }[property_type]
    return f"`property_value` is {expected}, not {named(value)}."


def _is_date(text: str) -> bool:
    try:
        moment = datetime.fromisoformat(text)
        moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return False
    return True
