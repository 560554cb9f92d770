"""From plain values to drafts: every field checked, normalised, and refused by its pointer.

Pointers are relative (`/email`, `/properties/sku`); the caller that knows where the values stood
moves them with `Problem.under`.
"""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from towpath.kit import json_values
from towpath.people.model import (
    ATTRIBUTE_CHARACTERS_MAX,
    ATTRIBUTES,
    EVENT_AHEAD_MAX,
    EVENT_BYTES_MAX,
    EVENT_PROPERTIES_MAX,
    EVENT_YEAR_MIN,
    LOCATION_COORDINATES,
    LOCATION_TEXTS,
    METRIC_NAME_CHARACTERS_MAX,
    NOTHING,
    PROFILE_BYTES_MAX,
    STRING_BYTES_MAX,
    UNIQUE_ID_CHARACTERS_MAX,
    VALUE,
    VALUE_CURRENCY,
    EventDraft,
    Identifier,
    InvalidEvent,
    InvalidProfile,
    ProfileDraft,
)
from towpath.people.normalisation import (
    normalised_email,
    normalised_external_id,
    normalised_phone_number,
)

_NORMALISE = {
    Identifier.EXTERNAL_ID: normalised_external_id,
    Identifier.EMAIL: normalised_email,
    Identifier.PHONE_NUMBER: normalised_phone_number,
}
_INTEGER_MAX = 10**json_values.INTEGER_DIGITS_MAX


def profile_draft(
    values: Mapping[str, Any],
    *,
    profile_id: UUID | None = None,
    patch: Mapping[str, Any] = NOTHING,
    null_clears_identifiers: bool = False,
) -> ProfileDraft:
    """Read a profile's `values` and its `patch` (`append`, `unappend`, `unset`).

    A null leaves an identifier alone unless `null_clears_identifiers`: an event that does not know
    the phone number must not erase it. Raises `InvalidProfile` for an unknown field, a wrong type
    or a value that is not valid.
    """
    identifiers: dict[str, str] = {}
    cleared: set[Identifier] = set()
    attributes: dict[str, str | None] = {}
    location = properties = NOTHING
    for name, value in values.items():
        if name in _NORMALISE:
            identifier = Identifier(name)
            if value is not None and value != "":
                text = _text(value, f"/{name}", ATTRIBUTE_CHARACTERS_MAX)
                identifiers[name] = _NORMALISE[identifier](text)
            elif null_clears_identifiers:
                cleared.add(identifier)
        elif name in ATTRIBUTES:
            attributes[name] = (
                None if value is None else _text(value, f"/{name}", ATTRIBUTE_CHARACTERS_MAX)
            )
        elif name == "location":
            location = _location(value)
        elif name == "properties":
            properties = _profile_properties(value)
        else:
            pointer = f"/{json_values.escape(name)}"
            raise InvalidProfile(f"'{name}' is not a field of a profile.", pointer=pointer)
    return ProfileDraft(
        id=profile_id,
        external_id=identifiers.get("external_id"),
        email=identifiers.get("email"),
        phone_number=identifiers.get("phone_number"),
        cleared=frozenset(cleared),
        attributes=attributes,
        location=location,
        properties=properties,
        **(_patch(patch) if patch else NOTHING),
    )


def event_draft(
    values: Mapping[str, Any],
    *,
    profile: ProfileDraft,
    metric_name: str,
    service: str,
    now: datetime,
    backfill: bool = False,
) -> EventDraft:
    """Read an event's `values`: properties, time, value, value_currency, unique_id, backfill.

    Without a time it happens `now`. Raises `InvalidEvent` (limits: api.md §3).
    """
    given = values.get("properties")
    properties = _event_properties({} if given is None else given)
    value = values.get("value")
    currency = values.get("value_currency")
    if value is not None:
        properties = {**properties, VALUE: _number(value, "/value")}
    if currency is not None:
        text = _text(currency, "/value_currency", METRIC_NAME_CHARACTERS_MAX)
        properties = {**properties, VALUE_CURRENCY: text}
    unique_id = values.get("unique_id")
    if unique_id is not None:
        unique_id = _text(unique_id, "/unique_id", UNIQUE_ID_CHARACTERS_MAX)
    is_backfill = values.get("backfill")
    if is_backfill is not None and type(is_backfill) is not bool:
        raise InvalidEvent("backfill must be true or false.", pointer="/backfill")
    return EventDraft(
        profile=profile,
        metric_name=metric_name,
        service=service,
        time=event_time(values.get("time"), now=now),
        properties=properties,
        unique_id=unique_id or None,
        backfill=backfill if is_backfill is None else is_backfill,
    )


def metric_name(value: object) -> str:
    """Return a metric's name without the space around it. Raises `InvalidEvent`."""
    name = _text(value, "/name", STRING_BYTES_MAX).strip()
    if not 0 < len(name) <= METRIC_NAME_CHARACTERS_MAX:
        raise InvalidEvent(
            f"A metric's name has 1 to {METRIC_NAME_CHARACTERS_MAX} characters.", pointer="/name"
        )
    return name


def event_time(value: object, *, now: datetime) -> datetime:
    """Return when an event happened, in whole seconds; `now` when nothing is given.

    Raises `InvalidEvent` for what is no ISO 8601 time, before 1990 or over a year ahead.
    """
    if value is None:
        return now.replace(microsecond=0)
    try:
        if type(value) is not str:
            raise ValueError  # noqa: TRY301 -- one answer for a wrong type and a wrong form
        moment = datetime.fromisoformat(value)
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidEvent(
            "Not a time; give ISO 8601, e.g. 2026-11-01T12:00:00+00:00.", pointer="/time"
        ) from None
    if moment.year < EVENT_YEAR_MIN or moment - now > EVENT_AHEAD_MAX:
        raise InvalidEvent(
            f"An event's time lies after {EVENT_YEAR_MIN} and at most a year ahead.",
            pointer="/time",
        )
    return moment.replace(microsecond=0)


def _event_properties(given: object) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise InvalidEvent("properties must be an object.", pointer="/properties")
    if len(given) > EVENT_PROPERTIES_MAX:
        raise InvalidEvent(
            f"An event has at most {EVENT_PROPERTIES_MAX} properties.", pointer="/properties"
        )
    if _checked_size(given, "/properties") > EVENT_BYTES_MAX:
        raise InvalidEvent(
            f"An event's properties take at most {EVENT_BYTES_MAX:,} bytes.", pointer="/properties"
        )
    return given


def _profile_properties(given: object) -> Mapping[str, Any]:
    if given is None:
        return NOTHING
    if not isinstance(given, dict):
        raise InvalidProfile("properties must be an object.", pointer="/properties")
    if _checked_size(given, "/properties") > PROFILE_BYTES_MAX:
        raise InvalidProfile(
            f"A profile's properties take at most {PROFILE_BYTES_MAX:,} bytes.",
            pointer="/properties",
        )
    return given


def _location(given: object) -> Mapping[str, Any]:
    if given is None:
        return dict.fromkeys((*LOCATION_TEXTS, *LOCATION_COORDINATES))
    if not isinstance(given, dict):
        raise InvalidProfile("location must be an object.", pointer="/location")
    for name, value in given.items():
        pointer = f"/location/{json_values.escape(name)}"
        if name in LOCATION_COORDINATES:
            if value is not None and type(value) is not str:
                _number(value, pointer)
        elif name not in LOCATION_TEXTS:
            raise InvalidProfile(f"'{name}' is not a field of a location.", pointer=pointer)
        if type(value) is str or name in LOCATION_TEXTS:
            _ = None if value is None else _text(value, pointer, ATTRIBUTE_CHARACTERS_MAX)
    return given


def _patch(patch: Mapping[str, Any]) -> dict[str, Any]:
    read: dict[str, Any] = {}
    for name, given in patch.items():
        pointer = f"/patch_properties/{json_values.escape(name)}"
        if name not in {"append", "unappend", "unset"}:
            raise InvalidProfile(
                f"'{name}' is not a way to patch properties; use append, unappend or unset.",
                pointer=pointer,
            )
        if given is None:
            continue
        if name == "unset":
            keys = [given] if isinstance(given, str) else given
            if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
                raise InvalidProfile("unset takes a name or a list of names.", pointer=pointer)
            _checked_size(dict.fromkeys(keys), pointer)
            read[name] = tuple(keys)
        elif not isinstance(given, dict):
            raise InvalidProfile(f"{name} must be an object.", pointer=pointer)
        elif _checked_size(given, pointer) > PROFILE_BYTES_MAX:
            raise InvalidProfile(
                f"A patch takes at most {PROFILE_BYTES_MAX:,} bytes.", pointer=pointer
            )
        else:
            read[name] = given
    return read


def _checked_size(values: Mapping[str, Any], pointer: str) -> int:
    """Return about how many bytes `values` take; every value in them can be stored.

    Written for the common case, short plain values, which costs a comparison or two each.
    """
    size = 0
    for name, value in values.items():
        kind = type(value)
        size += len(name) + 8
        if "\x00" in name or not name.isascii():
            json_values.check_storable(name, pointer=pointer)
        if kind is str:
            size += len(value)
            if len(value) > STRING_BYTES_MAX // 4 or "\x00" in value or not value.isascii():
                _check_deep(value, f"{pointer}/{json_values.escape(name)}")
        elif kind is int or kind is float:
            if not -_INTEGER_MAX < value < _INTEGER_MAX and not (
                kind is float and math.isfinite(value)
            ):
                json_values.check_storable(value, pointer=f"{pointer}/{json_values.escape(name)}")
        elif kind is not bool and value is not None:
            size += _check_deep(value, f"{pointer}/{json_values.escape(name)}")
    return size


def _check_deep(value: object, pointer: str) -> int:
    """Return the bytes `value` takes as JSON; all in it can be stored and no text is too long."""
    json_values.check_storable(value, pointer=pointer)
    size = len(msgspec.json.encode(value))
    if size > STRING_BYTES_MAX:
        waiting = [value]
        while waiting:
            item = waiting.pop()
            if isinstance(item, str) and len(item.encode()) > STRING_BYTES_MAX:
                raise InvalidEvent(
                    f"A text takes at most {STRING_BYTES_MAX:,} bytes.", pointer=pointer
                )
            if isinstance(item, dict):
                waiting += item.values()
            elif isinstance(item, list):
                waiting += item
    return size


def _text(value: object, pointer: str, characters_max: int) -> str:
    if type(value) is not str:
        raise InvalidProfile("This must be a text.", pointer=pointer)
    if len(value) > characters_max:
        raise InvalidProfile(
            f"This text is longer than {characters_max} characters.", pointer=pointer
        )
    if "\x00" in value or not value.isascii():
        json_values.check_storable(value, pointer=pointer)
    return value


def _number(value: object, pointer: str) -> int | float:
    if type(value) is int or type(value) is float:
        json_values.check_storable(value, pointer=pointer)
        return value
    raise InvalidEvent("This must be a number.", pointer=pointer)
