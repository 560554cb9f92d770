"""What a subscription is, with its limits and errors."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from towpath import people
from towpath.kit.errors import Invalid, NotFound

CONFIRMATION_KIND: Final = "subscription_confirmation"
CONFIRMATION_INTERVAL: Final = timedelta(hours=1)
"""Who subscribes again within it gets no second mail."""

CONFIRMATION_VALID: Final = timedelta(days=14)
METHOD: Final = "api"
"""How consent came, in the words of api.md §6; nothing else records it yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """One person and their word: since when, per channel.

    `profile` holds the identifier of every channel named: `email`, or `phone_number` for SMS.
    """

    profile: people.ProfileDraft
    since: Mapping[people.Channel, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionLink:
    """What the link in a confirmation mail carries."""

    account_id: UUID
    request_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Somebody who was asked by mail whether they want to be on a list."""

    id: UUID
    list_id: str
    profile_id: UUID
    email: str
    custom_source: str | None
    is_confirmed: bool


class ConfirmationOutcome(StrEnum):
    """What a click on a confirmation link leads to."""

    CONFIRMED = "confirmed"
    ALREADY_CONFIRMED = "already_confirmed"
    SUPERSEDED = "superseded"  # unsubscribed, another address, or no such list any more


class SuppressionJobKind(StrEnum):
    """What a suppression job does."""

    SUPPRESS = "suppress"
    UNSUPPRESS = "unsuppress"


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressionJob:
    """A finished job: of `total_count` people `skipped_count` were already as they should be."""

    id: UUID
    kind: SuppressionJobKind
    total_count: int
    completed_count: int
    skipped_count: int


class ConsentOfNobody(Invalid):
    """Consent to a channel needs its address: email, or phone_number for SMS."""


class SmsNotConfirmable(Invalid):
    """The list asks for confirmation, and SMS cannot ask yet; use a list with single opt-in."""


class RequestNotFound(NotFound):
    """This confirmation was not asked for, or no longer counts."""


class SuppressionJobNotFound(NotFound):
    """A suppression job with this id does not exist."""
