"""Mails, what became of them, and the exact words in which a message says why it was skipped."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from towpath.kit.errors import NotFound


class Reason(StrEnum):
    """Why a message was skipped, word for word (flows.md §7)."""

    SMART_SENDING = "Smart Sending"
    NO_LONGER_IN_LIST = "Person No Longer in List"
    FAILS_FLOW_FILTERS = "Fails Flow Filters"
    FAILS_ADDITIONAL_FILTERS = "Fails Additional Filters"
    PERSON_DELETED = "Person Deleted"
    ACTION_DELETED = "Action Deleted"
    MISSING_EMAIL = "Missing Email"
    PERSON_SUPPRESSED = "Person Suppressed"
    EMAIL_SYNTAX_ERROR = "Email Syntax Error"
    OVER_EMAIL_LIMIT = "Over Email Limit"
    UNABLE_TO_SEND_EMAIL = "Unable to Send Email"
    INVALID_FROM_EMAIL = "Invalid From Email"
    EMAIL_CANCELLED = "Email Cancelled"
    MISSING_SMS_CONSENT = "Missing SMS Consent"
    MISSING_PHONE_NUMBER = "Missing Phone Number"
    PHONE_NUMBER_IS_NOT_VALID = "Phone Number is Not Valid"
    NO_SENDING_NUMBER = "No Sending Number"
    UNABLE_TO_SEND_SMS = "Unable to Send SMS"
    COUPON_CODE_DOES_NOT_EXIST = "Coupon Code Doesn't Exist"
    NO_MORE_COUPONS = "No More Uploaded Coupons Remain"
    NO_CONFIRMED_RECIPIENTS = "No Confirmed Recipients"


class MessageState(StrEnum):
    """Where a message stands: one row per alert, whatever the number of its mails."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    SKIPPED = "skipped"
    NEEDS_REVIEW = "needs_review"
    CANCELLED = "cancelled"


class DeliveryState(StrEnum):
    """Where one mail to one recipient stands."""

    PENDING = "pending"
    LEASED = "leased"
    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One mail to one recipient, ready for a transport.

    Texts may hold anything; the transport encodes them and lets no line break into a header.
    `message_id` comes without angle brackets and is the same over every attempt. `headers` are
    further fields such as List-Unsubscribe.
    """

    sender_label: str
    sender_address: str
    recipient: str
    subject: str
    html: str | None
    text: str | None
    message_id: str
    date: datetime
    reply_to: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The provider accepted it; `response` is its receipt."""

    response: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """The provider refused it for good, `response` in its own words.

    `is_bounce`: the refusal says that the recipient's address does not exist.
    """

    response: str
    is_bounce: bool = False
    reason: Reason = Reason.UNABLE_TO_SEND_EMAIL


@dataclass(frozen=True, slots=True, kw_only=True)
class TryLater:
    """Not now. Without `after_seconds` the retry policy decides when.

    `is_transport_down`: no mail would get through (refused connection, wrong password), so the
    others wait too and the attempt does not count against this one.
    """

    response: str
    after_seconds: float | None = None
    is_transport_down: bool = False


Outcome = Sent | Rejected | TryLater


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A message that is about to be judged or rendered.

    `created_at` is when its step was due. A message that is not from a flow has an `address` and
    a `locale` instead of flow, action, run and profile.
    """

    id: UUID
    kind: str
    flow_id: str | None
    action_id: str | None
    run_id: UUID | None
    profile_id: UUID | None
    event_id: UUID | None
    address: str | None
    locale: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipients:
    """Judgement: send it to these addresses, each as a mail of its own.

    None twice and at least one: nobody is left is a `Skip`.
    """

    addresses: tuple[str, ...]

    def __post_init__(self) -> None:
        """Hold the promise above."""
        assert self.addresses
        assert len(set(self.addresses)) == len(self.addresses)


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip:
    """Judgement: do not send it. `detail` adds to the reason, e.g. where a template fails."""

    reason: Reason
    detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """One recipient of a message being rendered, and the Message-ID of the mail to it."""

    address: str
    message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToRender:
    """A message whose mails are about to be sent; `date` goes into their Date field."""

    message: Claimed
    addressees: tuple[Addressee, ...]
    date: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A rendered message.

    `subject`, `html` and `text` are kept and shown: they hold no secret of one recipient, such as
    the opt-out link. `mails` has one mail per addressee, by address.
    """

    subject: str
    html: str | None
    text: str | None
    mails: Mapping[str, Mail]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """The last word on one mail, for the kind that wants to know about bounces."""

    message_id: UUID
    address: str
    outcome: Sent | Rejected


class MessageNotFound(NotFound):
    """There is no such message in this account."""
