"""Why somebody gets no marketing emails."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID


class SuppressionReason(StrEnum):
    """The reasons, in the words of the API (api.md §7)."""

    HARD_BOUNCE = "HARD_BOUNCE"
    INVALID_EMAIL = "INVALID_EMAIL"
    SPAM_COMPLAINT = "SPAM_COMPLAINT"
    UNSUBSCRIBE = "UNSUBSCRIBE"
    USER_SUPPRESSED = "USER_SUPPRESSED"


LIFTED_BY_CONSENT: Final = (
    SuppressionReason.SPAM_COMPLAINT,
    SuppressionReason.UNSUBSCRIBE,
    SuppressionReason.USER_SUPPRESSED,
)
"""What ends when the person subscribes; an address that bounces does so all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """One reason why a person gets no marketing emails, and since when."""

    profile_id: UUID
    reason: SuppressionReason
    at: datetime
