"""Internal alerts: mails to the team, sent only to addresses that said yes (alerts.md).

A recipient is an address of an account: unconfirmed, confirmed or disabled, whatever flow names it.
`save_recipients` takes note of every save; `AlertKind` and `ConfirmationKind` write the two kinds
of mail for the outbox; `AlertSource` is what alerts need to know about flows.
"""

from towpath.alerts.alert_kind import AlertKind
from towpath.alerts.confirmation_kind import ConfirmationKind
from towpath.alerts.model import (
    ALERT_KIND,
    CONFIRMATION_INTERVAL,
    CONFIRMATION_KIND,
    CONFIRMATION_VALID,
    BadAddress,
    ConfirmationHeldBack,
    ConfirmationLink,
    ConfirmationOutcome,
    OptOutLink,
    Recipient,
    RecipientAlreadyConfirmed,
    RecipientNotFound,
    RecipientState,
    SavedRecipients,
    fold,
    is_address,
)
from towpath.alerts.operations import (
    confirm,
    confirm_address,
    opt_out,
    record_deliveries,
    resend_confirmation,
    save_recipients,
)
from towpath.alerts.ports import AlertContent, AlertSource
from towpath.alerts.queries import (
    RecipientPage,
    confirmed_addresses,
    find_recipient,
    list_recipients,
    recipients_by_address,
)
from towpath.alerts.routes import router

__all__ = [
    "ALERT_KIND",
    "CONFIRMATION_INTERVAL",
    "CONFIRMATION_KIND",
    "CONFIRMATION_VALID",
    "AlertContent",
    "AlertKind",
    "AlertSource",
    "BadAddress",
    "ConfirmationHeldBack",
    "ConfirmationKind",
    "ConfirmationLink",
    "ConfirmationOutcome",
    "OptOutLink",
    "Recipient",
    "RecipientAlreadyConfirmed",
    "RecipientNotFound",
    "RecipientPage",
    "RecipientState",
    "SavedRecipients",
    "confirm",
    "confirm_address",
    "confirmed_addresses",
    "find_recipient",
    "fold",
    "is_address",
    "list_recipients",
    "opt_out",
    "recipients_by_address",
    "record_deliveries",
    "resend_confirmation",
    "router",
    "save_recipients",
]
