"""Flow definitions: the public JSON and what it means, without a database (api.md §5).

`parse` reads a document into a frozen `Definition` and reports every problem with its JSON pointer;
`Definition.to_json` gives the document back exactly. What is unknown (types, operators, keys)
is kept verbatim: `unsupported` lists it, and `obstacles_to_live` refuses it only where somebody
could come to it. Questions about the graph, statuses and references are plain functions; edits
(`with_…`) return a new definition.

A definition is stored as `to_json()` in a `json` column (`jsonb` would lose the order of keys).
"""

from towpath.audiences.conditions import Unsupported
from towpath.flows.definition.action_edits import (
    action_documents,
    pointer_of_appended,
    ways_named,
    with_action,
    with_action_after,
    with_action_before,
    with_action_first,
    with_message_ids,
    without_action,
)
from towpath.flows.definition.actions import KINDS, MESSAGE_KINDS, STATUS_KINDS, ActionData
from towpath.flows.definition.actions.ab_test import AbTest
from towpath.flows.definition.actions.conditional_split import ConditionalSplit
from towpath.flows.definition.actions.countdown_delay import CountdownDelay
from towpath.flows.definition.actions.kept_verbatim import KeptVerbatim, NotConfigured
from towpath.flows.definition.actions.list_update import ListUpdate
from towpath.flows.definition.actions.multi_branch_split import Branch, MultiBranchSplit
from towpath.flows.definition.actions.send_email import SendEmail
from towpath.flows.definition.actions.send_internal_alert import InternalAlert, SendInternalAlert
from towpath.flows.definition.actions.send_sms import SendSms
from towpath.flows.definition.actions.send_webhook import SendWebhook
from towpath.flows.definition.actions.target_date import TargetDate
from towpath.flows.definition.actions.time_delay import DelayUnit, TimeDelay
from towpath.flows.definition.actions.trigger_split import TriggerSplit
from towpath.flows.definition.actions.update_profile import (
    AddToList,
    CustomProperty,
    DeleteProperty,
    ProfileField,
    ProfileOperation,
    PropertyType,
    RemoveFromList,
    SetToday,
    SetValue,
    UpdateProfile,
)
from towpath.flows.definition.alert_rules import RECIPIENTS_MAX, alert_problems
from towpath.flows.definition.edits import with_ids, with_references, with_status
from towpath.flows.definition.graph import (
    before_active_actions,
    default_successor,
    first_delay,
    has_active_action_after,
    longest_path,
    reachable,
    reachable_from,
    successors,
    topological_order,
)
from towpath.flows.definition.limits import ACTIONS_MAX
from towpath.flows.definition.model import (
    Action,
    Always,
    Definition,
    DefinitionInvalid,
    Link,
    LinkName,
    Never,
    OncePer,
    ReEntry,
    Reference,
    ReferenceKind,
    Status,
)
from towpath.flows.definition.parsing import parse
from towpath.flows.definition.readiness import obstacles_to_live, unsupported, warnings
from towpath.flows.definition.references import references
from towpath.flows.definition.schedule import PROFILE_TIMEZONE, Weekday
from towpath.flows.definition.statuses import flow_status, message_actions, status_of
from towpath.flows.definition.triggers import (
    CustomObjectDateTrigger,
    ListTrigger,
    LowInventoryTrigger,
    MetricTrigger,
    PriceDropTrigger,
    ProfileDateTrigger,
    SegmentTrigger,
    Trigger,
    UnknownTrigger,
)

__all__ = [
    "ACTIONS_MAX",
    "KINDS",
    "MESSAGE_KINDS",
    "PROFILE_TIMEZONE",
    "RECIPIENTS_MAX",
    "STATUS_KINDS",
    "AbTest",
    "Action",
    "ActionData",
    "AddToList",
    "Always",
    "Branch",
    "ConditionalSplit",
    "CountdownDelay",
    "CustomObjectDateTrigger",
    "CustomProperty",
    "Definition",
    "DefinitionInvalid",
    "DelayUnit",
    "DeleteProperty",
    "InternalAlert",
    "KeptVerbatim",
    "Link",
    "LinkName",
    "ListTrigger",
    "ListUpdate",
    "LowInventoryTrigger",
    "MetricTrigger",
    "MultiBranchSplit",
    "Never",
    "NotConfigured",
    "OncePer",
    "PriceDropTrigger",
    "ProfileDateTrigger",
    "ProfileField",
    "ProfileOperation",
    "PropertyType",
    "ReEntry",
    "Reference",
    "ReferenceKind",
    "RemoveFromList",
    "SegmentTrigger",
    "SendEmail",
    "SendInternalAlert",
    "SendSms",
    "SendWebhook",
    "SetToday",
    "SetValue",
    "Status",
    "TargetDate",
    "TimeDelay",
    "Trigger",
    "TriggerSplit",
    "UnknownTrigger",
    "Unsupported",
    "UpdateProfile",
    "Weekday",
    "action_documents",
    "alert_problems",
    "before_active_actions",
    "default_successor",
    "first_delay",
    "flow_status",
    "has_active_action_after",
    "longest_path",
    "message_actions",
    "obstacles_to_live",
    "parse",
    "pointer_of_appended",
    "reachable",
    "reachable_from",
    "references",
    "status_of",
    "successors",
    "topological_order",
    "unsupported",
    "warnings",
    "ways_named",
    "with_action",
    "with_action_after",
    "with_action_before",
    "with_action_first",
    "with_ids",
    "with_message_ids",
    "with_references",
    "with_status",
    "without_action",
]
