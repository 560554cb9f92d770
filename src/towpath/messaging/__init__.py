"""The outbox: a message is one activity row, a delivery is one mail to one recipient.

Others insert messages; `dispatch_due` claims those that are due, asks their kind who gets them and
what they say, sends outside of any transaction, and records what became of each mail.
"""

from towpath.messaging.circuit import Circuit
from towpath.messaging.model import (
    Addressee,
    Claimed,
    DeliveryState,
    Finished,
    Mail,
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
from towpath.messaging.ports import Kind, Transport
from towpath.messaging.tables import delivery as delivery_table
from towpath.messaging.tables import message as message_table

__all__ = [
    "Addressee",
    "Circuit",
    "Claimed",
    "DeliveryState",
    "Finished",
    "Kind",
    "Mail",
    "MessageState",
    "Outcome",
    "Reason",
    "Recipients",
    "Rejected",
    "Rendered",
    "Sent",
    "Skip",
    "ToRender",
    "Transport",
    "TryLater",
    "delivery_table",
    "message_table",
]
