"""Subscriptions: how people agree to marketing messages, and how they or the shop end that.

Subscribing stores consent and puts people on a list; a list with double opt-in asks by a mail
first, and nothing happens before the click on the button behind its link. Suppression jobs keep
addresses out, or let them in again, whatever the people agreed to.
"""

from towpath.subscriptions.confirmation_kind import SubscriptionConfirmationKind
from towpath.subscriptions.link_routes import router
from towpath.subscriptions.merging import move_requests
from towpath.subscriptions.model import (
    ConfirmationOutcome,
    ConsentOfNobody,
    SmsNotConfirmable,
    Subscriber,
    SubscriptionLink,
    SuppressionJob,
    SuppressionJobKind,
    SuppressionJobNotFound,
)
from towpath.subscriptions.operations import confirm, subscribe, unsubscribe
from towpath.subscriptions.suppression_jobs import suppress_emails, suppress_list
from towpath.subscriptions.tables import suppression_job as suppression_job_table

__all__ = [
    "ConfirmationOutcome",
    "ConsentOfNobody",
    "SmsNotConfirmable",
    "Subscriber",
    "SubscriptionConfirmationKind",
    "SubscriptionLink",
    "SuppressionJob",
    "SuppressionJobKind",
    "SuppressionJobNotFound",
    "confirm",
    "move_requests",
    "router",
    "subscribe",
    "suppress_emails",
    "suppress_list",
    "suppression_job_table",
    "unsubscribe",
]
