"""What a profile-property condition is about: the `property` it names (api.md §6).

    name      = email | phone_number | … (the profile's own properties, `_COLUMNS` and created …)
    location  = location['key'], key one of `LOCATION_KEYS`
    custom    = properties['any name']

The quotes are single or double; within them a backslash stands before a quote or a backslash that
is part of the name. A bare name that is none of the profile's own is kept but not carried out: it
may be one of the reference product's that is not known here, and guessing that it is a custom
property would send messages to the wrong people.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, assert_never

from towpath.audiences.conditions.limits import NAME_CHARACTERS_MAX
from towpath.audiences.conditions.reading import Fields, named
from towpath.audiences.conditions.scope import Scope
from towpath.audiences.conditions.values import (
    Value,
    instant_value,
    json_value,
    text_value,
)
from towpath.audiences.conditions.words import Words

TEXT_PROPERTIES: Final = frozenset(
    {
        "email",
        "phone_number",
        "external_id",
        "first_name",
        "last_name",
        "organization",
        "title",
        "image",
        "locale",
    }
)
INSTANT_PROPERTIES: Final = {"created": "created_at", "updated": "updated_at"}
LOCATION_KEYS: Final = frozenset(
    {
        "address1",
        "address2",
        "city",
        "country",
        "region",
        "zip",
        "latitude",
        "longitude",
        "timezone",
        "ip",
    }
)

_BARE = re.compile(r"[\w$][\w$ -]*")
_ESCAPE = re.compile(r"\\(['\"\\])")
_MEMBER = re.compile(
    r"(?P<of>\w+)\[(?:'(?P<single>(?:[^'\\]|\\['\"\\])+)'|\"(?P<double>(?:[^\"\\]|\\['\"\\])+)\")\]"
)


class Part(StrEnum):
    """Where a property is kept."""

    PROFILE = "profile"
    LOCATION = "location"
    PROPERTIES = "properties"


@dataclass(frozen=True, slots=True, kw_only=True)
class PropertyPath:
    """One property of a profile."""

    part: Part
    name: str

    @property
    def is_instant(self) -> bool:
        """Whether it is when the profile was made or last changed."""
        return self.part is Part.PROFILE and self.name in INSTANT_PROPERTIES

    def value(self, scope: Scope) -> Value:
        """Return the property of the profile in `scope` as SQL."""
        columns = scope.profile.c
        match self.part:
            case Part.PROPERTIES:
                return json_value(columns.properties, self.name, dates=columns.date_values)
            case Part.LOCATION:
                return json_value(columns.location, self.name)
            case Part.PROFILE if self.is_instant:
                return instant_value(columns[INSTANT_PROPERTIES[self.name]])
            case Part.PROFILE:
                return text_value(columns[self.name])
            case _:
                assert_never(self.part)

    def describe(self, words: Words) -> str:
        """Name the property: our own in the reader's language, theirs in quotation marks."""
        if self.part is Part.PROPERTIES:
            return words.quoted(self.name)
        return words.translate(self.name.replace("_", " "))


def read_property_path(fields: Fields) -> PropertyPath | None:
    """Read the member `property`."""
    text = fields.text("property", characters_max=2 * NAME_CHARACTERS_MAX)
    if text is None:
        return None
    member = _MEMBER.fullmatch(text)
    if member is not None:
        return _read_member(fields, member)
    if text in TEXT_PROPERTIES or text in INSTANT_PROPERTIES:
        return PropertyPath(part=Part.PROFILE, name=text)
    if _BARE.fullmatch(text):
        fields.keep("property", f"the profile property {named(text)}")
        return None
    detail = f"{named(text)} names no property; write a custom one as properties['Name']."
    fields.refuse("property", detail)
    return None


def _read_member(fields: Fields, member: re.Match[str]) -> PropertyPath | None:
    name = _ESCAPE.sub(r"\1", member["single"] or member["double"])
    if len(name) > NAME_CHARACTERS_MAX:
        fields.refuse("property", f"A name has at most {NAME_CHARACTERS_MAX} characters.")
        return None
    match member["of"]:
        case "properties":
            return PropertyPath(part=Part.PROPERTIES, name=name)
        case "location" if name in LOCATION_KEYS:
            return PropertyPath(part=Part.LOCATION, name=name)
        case "location":
            keys = ", ".join(sorted(LOCATION_KEYS))
            fields.refuse("property", f"{named(name)} is no part of a location; it has {keys}.")
        case other:
            detail = f"{named(other)} has no members; only properties['…'] and location['…'] do."
            fields.refuse("property", detail)
    return None
