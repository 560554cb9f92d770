"""Recipients of alerts and the rules of their opt-in (alerts.md, Recipient opt-in)."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from email_validator import EmailNotValidError, validate_email

from towpath.kit.errors import Conflict, Invalid, NotFound

ALERT_KIND: Final = "alert"
CONFIRMATION_KIND: Final = "confirmation"

CONFIRMATION_INTERVAL: Final = timedelta(hours=1)
"""At most one confirmation mail to one address in this time."""

CONFIRMATION_VALID: Final = timedelta(days=14)
"""How long the link of a confirmation mail works."""

HARD_BOUNCES_MAX: Final = 3
"""So many hard bounces in a row disable an address."""

ADDRESSES_PER_SAVE_MAX: Final = 10_000
RESPONSE_CHARACTERS_MAX: Final = 1_000


class RecipientState(StrEnum):
    """Whether an address gets the alerts of an account."""

    UNCONFIRMED = "unconfirmed"
    CONFIRMED = "confirmed"
    DISABLED = "disabled"


class DisabledBy(StrEnum):
    """What stopped the alerts to an address."""

    OPT_OUT = "opt_out"
    HARD_BOUNCES = "hard_bounces"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """One address of one account; it needs neither a user nor a profile.

    `disablings` counts how often it was disabled. A confirmation link carries the count of its
    mail, so that a link from before cannot bring the alerts back.
    """

    address: str
    state: RecipientState
    added_at: datetime
    confirmation_sent_at: datetime | None
    confirmed_at: datetime | None
    disabled_at: datetime | None
    disabled_by: DisabledBy | None
    disablings: int
    hard_bounces: int
    last_bounce: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedRecipients:
    """What saving an alert meant for its addresses, all case-folded.

    `throttled` holds the addresses whose mail was held back, with when the last one went.
    `disabled` ones stay so: they were in the list before.
    """

    mailed: tuple[str, ...]
    throttled: Mapping[str, datetime]
    confirmed: tuple[str, ...]
    disabled: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmationLink:
    """What a confirmation link carries: one address of one account, and its `disablings`."""

    account_id: UUID
    address: str
    disablings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOutLink:
    """What an opt-out link carries: one address of one account."""

    account_id: UUID
    address: str


class ConfirmationOutcome(StrEnum):
    """What a press of *Confirm Email Address* does."""

    CONFIRMED = "confirmed"
    ALREADY_CONFIRMED = "already_confirmed"
    SUPERSEDED = "superseded"


class RecipientNotFound(NotFound):
    """No alert of this account was ever saved with this address; add it to an alert first."""

    code = "alert_recipient_not_found"


class RecipientAlreadyConfirmed(Conflict):
    """This address is confirmed already; it needs no confirmation email."""

    code = "alert_recipient_already_confirmed"


class ConfirmationHeldBack(Conflict):
    """One address gets at most one confirmation email an hour; try again later."""

    code = "confirmation_held_back"

    def __init__(self, *, last_sent_at: datetime) -> None:
        """`meta` says when the last one went and from when the next one may go."""
        again = last_sent_at + CONFIRMATION_INTERVAL
        super().__init__(
            "One address gets at most one confirmation email an hour; the last one went at "
            f"{last_sent_at.isoformat()}. Try again at {again.isoformat()}.",
            meta={"last_sent_at": last_sent_at.isoformat(), "retry_at": again.isoformat()},
        )


class BadAddress(Invalid):
    """This is not an email address."""

    code = "bad_address"


def fold(address: str) -> str:
    """Return the one form of an address that its state belongs to and that mail goes to.

    Mail goes to the folded form too, so two spellings can never be two mailboxes of which only
    one said yes.
    """
    return unicodedata.normalize("NFC", address.strip()).lower()


def is_address(folded: str) -> bool:
    """Whether mail can be sent to this; nothing is looked up."""
    try:
        validate_email(folded, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError:
        return False
    return True


def is_held_back(sent_at: datetime | None, *, now: datetime) -> bool:
    """Whether the last confirmation mail is too recent for another."""
    return sent_at is not None and now < sent_at + CONFIRMATION_INTERVAL


def outcome_of(link: ConfirmationLink, recipient: Recipient) -> ConfirmationOutcome:
    """Return what pressing the button behind `link` does while the recipient is like this."""
    if recipient.state is RecipientState.CONFIRMED:
        return ConfirmationOutcome.ALREADY_CONFIRMED
    if recipient.state is RecipientState.DISABLED or recipient.disablings != link.disablings:
        return ConfirmationOutcome.SUPERSEDED
    return ConfirmationOutcome.CONFIRMED


def confirmed(recipient: Recipient, *, now: datetime) -> Recipient:
    """Return the recipient after it said yes."""
    return replace(recipient, state=RecipientState.CONFIRMED, confirmed_at=now, hard_bounces=0)


def disabled(recipient: Recipient, *, by: DisabledBy, now: datetime) -> Recipient:
    """Return the recipient without alerts; what disabled it first stays on record."""
    if recipient.state is RecipientState.DISABLED:
        return recipient
    return replace(
        recipient,
        state=RecipientState.DISABLED,
        disabled_at=now,
        disabled_by=by,
        disablings=recipient.disablings + 1,
    )


def reopened(recipient: Recipient) -> Recipient:
    """Return a disabled recipient that may be asked again; bounces count from the start."""
    return replace(recipient, state=RecipientState.UNCONFIRMED, hard_bounces=0)


def bounced(recipient: Recipient, *, response: str, now: datetime) -> Recipient:
    """Return the recipient after a hard bounce; so many in a row disable it."""
    counted = replace(
        recipient,
        hard_bounces=recipient.hard_bounces + 1,
        last_bounce=response[:RESPONSE_CHARACTERS_MAX],
    )
    if counted.hard_bounces < HARD_BOUNCES_MAX:
        return counted
    return disabled(counted, by=DisabledBy.HARD_BOUNCES, now=now)


def delivered(recipient: Recipient) -> Recipient:
    """Return the recipient after a mail server took a mail: earlier bounces are over."""
    return replace(recipient, hard_bounces=0, last_bounce=None)
