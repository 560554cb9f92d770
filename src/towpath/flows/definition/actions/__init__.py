"""Actions: one file per kind, and the table of what a kind is (flows.md §5, api.md §5.3)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeAlias

from towpath.flows.definition.actions import (
    ab_test,
    conditional_split,
    countdown_delay,
    list_update,
    multi_branch_split,
    send_email,
    send_internal_alert,
    send_sms,
    send_webhook,
    target_date,
    time_delay,
    trigger_split,
    update_profile,
)
from towpath.flows.definition.actions.ab_test import AbTest
from towpath.flows.definition.actions.conditional_split import ConditionalSplit
from towpath.flows.definition.actions.countdown_delay import CountdownDelay
from towpath.flows.definition.actions.kept_verbatim import KeptVerbatim, NotConfigured
from towpath.flows.definition.actions.list_update import ListUpdate
from towpath.flows.definition.actions.multi_branch_split import MultiBranchSplit
from towpath.flows.definition.actions.send_email import SendEmail
from towpath.flows.definition.actions.send_internal_alert import SendInternalAlert
from towpath.flows.definition.actions.send_sms import SendSms
from towpath.flows.definition.actions.send_webhook import SendWebhook
from towpath.flows.definition.actions.target_date import TargetDate
from towpath.flows.definition.actions.time_delay import TimeDelay
from towpath.flows.definition.actions.trigger_split import TriggerSplit
from towpath.flows.definition.actions.update_profile import UpdateProfile
from towpath.flows.definition.reading import Fields

__all__ = [
    "KINDS",
    "MESSAGE_KINDS",
    "STATUS_KINDS",
    "UNKNOWN_KIND",
    "ActionData",
    "ActionKind",
]

ActionData: TypeAlias = (
    TimeDelay
    | ConditionalSplit
    | TriggerSplit
    | SendInternalAlert
    | UpdateProfile
    | SendEmail
    | SendSms
    | SendWebhook
    | ListUpdate
    | TargetDate
    | CountdownDelay
    | MultiBranchSplit
    | AbTest
    | KeptVerbatim
    | NotConfigured
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionKind:
    """What the document of one kind looks like.

    `read` reads its `data`; without it the data is kept as it came and means nothing here.
    `links` are the names its `links` may have; `has_status` says that `data.status` counts and is
    `draft` when absent; `has_variations` that actions stand in `main_action` and `variations`.
    """

    read: Callable[[Fields], ActionData] | None = None
    links: frozenset[str] = frozenset({"next"})
    has_status: bool = False
    is_message: bool = False
    has_variations: bool = False


_YES_AND_NO: Final = frozenset({"next_if_true", "next_if_false"})

KINDS: Final[Mapping[str, ActionKind]] = MappingProxyType(
    {
        "send-email": ActionKind(read=send_email.read, has_status=True, is_message=True),
        "send-sms": ActionKind(read=send_sms.read, has_status=True, is_message=True),
        "send-webhook": ActionKind(read=send_webhook.read, has_status=True, is_message=True),
        "send-internal-alert": ActionKind(
            read=send_internal_alert.read, has_status=True, is_message=True
        ),
        "send-mobile-push": ActionKind(has_status=True, is_message=True),
        "send-whatsapp": ActionKind(has_status=True, is_message=True),
        "update-profile": ActionKind(read=update_profile.read, has_status=True),
        "list-update": ActionKind(read=list_update.read, has_status=True),
        "time-delay": ActionKind(read=time_delay.read),
        "target-date": ActionKind(read=target_date.read),
        "countdown-delay": ActionKind(read=countdown_delay.read),
        "back-in-stock-delay": ActionKind(),
        "conditional-split": ActionKind(read=conditional_split.read, links=_YES_AND_NO),
        "trigger-split": ActionKind(read=trigger_split.read, links=_YES_AND_NO),
        "action-output-split": ActionKind(links=_YES_AND_NO),
        "multi-branch-split": ActionKind(read=multi_branch_split.read, links=frozenset()),
        "ab-test": ActionKind(read=ab_test.read, has_status=True, has_variations=True),
        "content-experiment": ActionKind(has_status=True, has_variations=True),
        "internal-service": ActionKind(has_status=True),
        "code": ActionKind(),
    }
)

UNKNOWN_KIND: Final = ActionKind()
"""Of a type that is not in the table: any link counts, and a status when it has one we know."""

MESSAGE_KINDS: Final = frozenset(name for name, kind in KINDS.items() if kind.is_message)
"""The types that send something."""

STATUS_KINDS: Final = frozenset(name for name, kind in KINDS.items() if kind.has_status)
"""The types with a status; the others are always live."""
