"""What people are made of: profiles, events, metrics and consent, with their limits and errors."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any
from uuid import UUID

from towpath.kit import ids
from towpath.kit.errors import Conflict, Invalid, NotFound

EVENT_PROPERTIES_MAX = 400
EVENT_BYTES_MAX = 5_000_000
EVENTS_PER_REQUEST_MAX = 1_000
STRING_BYTES_MAX = 100_000
PROFILE_BYTES_MAX = 100_000
EXTERNAL_ID_CHARACTERS_MAX = 255
EMAIL_CHARACTERS_MAX = 254
PHONE_NUMBER_CHARACTERS_MAX = 40
ATTRIBUTE_CHARACTERS_MAX = 2_000
METRIC_NAME_CHARACTERS_MAX = 128
UNIQUE_ID_CHARACTERS_MAX = 255
EVENT_YEAR_MIN = 1990
EVENT_AHEAD_MAX = timedelta(days=366)

NOTHING: Mapping[str, Any] = MappingProxyType({})

VALUE = "$value"
VALUE_CURRENCY = "$value_currency"


class Identifier(StrEnum):
    """What names a person beside the id, the strongest first: matching asks in this order."""

    EXTERNAL_ID = "external_id"
    EMAIL = "email"
    PHONE_NUMBER = "phone_number"


ATTRIBUTES = ("first_name", "last_name", "organization", "title", "image", "locale")
LOCATION_TEXTS = ("address1", "address2", "city", "country", "region", "zip", "timezone", "ip")
LOCATION_COORDINATES = ("latitude", "longitude")


class Channel(StrEnum):
    """A way to reach a person that needs their consent."""

    EMAIL = "email"
    SMS_MARKETING = "sms_marketing"
    SMS_TRANSACTIONAL = "sms_transactional"


class ConsentStatus(StrEnum):
    """What the person last said; without a row they never said anything."""

    SUBSCRIBED = "subscribed"
    UNSUBSCRIBED = "unsubscribed"


class InvalidProfile(Invalid):
    """The profile is not valid."""


class InvalidEvent(Invalid):
    """The event is not valid."""


class ProfileNotFound(NotFound):
    """A profile with this id does not exist."""


class MetricNotFound(NotFound):
    """A metric with this id does not exist."""


class EventNotFound(NotFound):
    """An event with this id does not exist."""


class DuplicateProfile(Conflict):
    """A profile already exists with one of these identifiers; update that one instead."""

    code = "duplicate_profile"

    def __init__(self, duplicate_profile_id: UUID, *, pointer: str | None = None) -> None:
        """`meta.duplicate_profile_id` names the profile that owns the identifier."""
        shown = ids.to_base32(duplicate_profile_id)
        super().__init__(pointer=pointer, meta={"duplicate_profile_id": shown})


class MetricIdTaken(Conflict):
    """The metric's id or name is already used by another metric."""


class MergeIntoItself(Invalid):
    """A profile cannot be merged into itself; name two different profiles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileDraft:
    """What a caller says about one person; everything is normalised, what is missing is left alone.

    `cleared` holds the identifiers, and None values in `attributes`, `location` and `properties`
    the fields, that were given as null: they are emptied. `append`, `unappend` and `unset` patch
    properties in that order, after `properties`.
    """

    id: UUID | None = None
    external_id: str | None = None
    email: str | None = None
    phone_number: str | None = None
    cleared: frozenset[Identifier] = frozenset()
    attributes: Mapping[str, str | None] = field(default_factory=dict)
    location: Mapping[str, Any] = field(default_factory=dict)
    properties: Mapping[str, Any] = field(default_factory=dict)
    append: Mapping[str, Any] = field(default_factory=dict)
    unappend: Mapping[str, Any] = field(default_factory=dict)
    unset: tuple[str, ...] = ()

    @property
    def has_name(self) -> bool:
        """Whether anything says who this is."""
        return bool(self.id or self.external_id or self.email or self.phone_number)

    @property
    def has_content(self) -> bool:
        """Whether there is anything to store beside identifiers."""
        return bool(
            self.attributes
            or self.properties
            or self.location
            or self.append
            or self.unappend
            or self.unset
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class EventDraft:
    """One event to record. `properties` holds the value as `$value`; `time` has whole seconds.

    Several drafts of one person share one `ProfileDraft` object where that is at hand; recording
    is then cheaper. A `backfill` event is recorded but triggers nothing.
    """

    profile: ProfileDraft
    metric_name: str
    time: datetime
    properties: Mapping[str, Any] = field(default_factory=dict)
    unique_id: str | None = None
    service: str = "api"
    backfill: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedEvent:
    """Where a draft ended up; a repetition (`is_new` false) carries the id of the first one."""

    id: UUID
    profile_id: UUID
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEvent:
    """One event of a person's history; `properties` is None when they are too many to show."""

    id: UUID
    metric_name: str
    time: datetime
    value: Any
    properties: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A person as stored."""

    id: UUID
    external_id: str | None = None
    email: str | None = None
    phone_number: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    organization: str | None = None
    title: str | None = None
    image: str | None = None
    locale: str | None = None
    timezone: str | None = None
    location: Mapping[str, Any] = field(default_factory=dict)
    properties: Mapping[str, Any] = field(default_factory=dict)
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UpsertedProfile:
    """Which profile a draft ended up in."""

    profile_id: UUID
    is_created: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """A person's word on one channel: how and since when."""

    profile_id: UUID
    channel: Channel
    status: ConsentStatus
    method: str
    custom_source: str | None = None
    is_double_opt_in: bool = False
    consented_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A kind of event."""

    id: str
    name: str
    service: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricDraft:
    """A metric to have: by name, and with the caller's id when one is given (imports keep ids)."""

    name: str
    id: str | None = None
    service: str = "api"
