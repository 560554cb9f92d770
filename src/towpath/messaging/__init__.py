"""The outbox: a message is one activity row, a delivery is one mail to one recipient.

Others insert messages; `dispatch_due` claims those that are due, asks their kind who gets them and
what they say, sends outside of any transaction, and records what became of each mail.
"""

from towpath.messaging.circuit import Circuit
from towpath.messaging.dispatch import Dispatched, Outbox, dispatch_due
from towpath.messaging.drain import MailServerUnavailable, drain
from towpath.messaging.letter import Letter, header_line
from towpath.messaging.merging import move_messages
from towpath.messaging.model import (
    Addressee,
    Claimed,
    DeliveryState,
    Finished,
    Mail,
    MessageNotFound,
    MessageState,
    Outcome,
    Reason,
    Recipients,
    Rejected,
    Rendered,
    Sent,
    Skip,
    ToRender,
    TryLater,
)
from towpath.messaging.operations import queue_mails
from towpath.messaging.policy import LIVE as LIVE_POLICY
from towpath.messaging.policy import REPLAY as REPLAY_POLICY
from towpath.messaging.policy import SendingPolicy, live_policy, storable
from towpath.messaging.ports import Kind, Transport
from towpath.messaging.queries import (
    MessageActivity,
    MessageContent,
    RecipientActivity,
    due_accounts,
    get_message,
    list_messages,
    oldest_due_at,
)
from towpath.messaging.tables import delivery as delivery_table
from towpath.messaging.tables import message as message_table

__all__ = [
    "LIVE_POLICY",
    "REPLAY_POLICY",
    "Addressee",
    "Circuit",
    "Claimed",
    "DeliveryState",
    "Dispatched",
    "Finished",
    "Kind",
    "Letter",
    "Mail",
    "MailServerUnavailable",
    "MessageActivity",
    "MessageContent",
    "MessageNotFound",
    "MessageState",
    "Outbox",
    "Outcome",
    "Reason",
    "RecipientActivity",
    "Recipients",
    "Rejected",
    "Rendered",
    "SendingPolicy",
    "Sent",
    "Skip",
    "ToRender",
    "Transport",
    "TryLater",
    "delivery_table",
    "dispatch_due",
    "drain",
    "due_accounts",
    "get_message",
    "header_line",
    "list_messages",
    "live_policy",
    "message_table",
    "move_messages",
    "oldest_due_at",
    "queue_mails",
    "storable",
]
