"""Flows: one trigger, a profile filter, and a graph of actions that people walk through.

`definition` is the public JSON and what it means; `operations` save it; `engine` moves people;
`replay` feeds a past through it with a virtual clock.
"""

from towpath.flows.action_operations import delete_action, insert_action, update_action
from towpath.flows.activity import ActionCounts, SentMessage, action_counts, sent_messages
from towpath.flows.alert_source import FlowAlerts
from towpath.flows.definition import Definition, DefinitionInvalid, Status
from towpath.flows.documents import FlowFile, FlowFileInvalid, read_flow_file
from towpath.flows.engine import (
    Plans,
    Triggered,
    accounts_with_triggers,
    advance_due,
    next_due_at,
    trigger_batch,
)
from towpath.flows.merging import move_runs
from towpath.flows.model import (
    After,
    Before,
    First,
    Flow,
    FlowActionNotFound,
    FlowMessageNotFound,
    FlowNameInvalid,
    FlowNotFound,
    FlowVersion,
    Placement,
    PlacementInvalid,
    SavedFlow,
    StaleVersion,
    StatusInvalid,
)
from towpath.flows.operations import create_flow, delete_flow, save_definition, set_status
from towpath.flows.profile_runs import (
    ActionName,
    NamedFlow,
    ProfileRun,
    RunState,
    SkippedStep,
    named_flows,
    runs_of_profile,
)
from towpath.flows.queries import (
    action_labels,
    current_documents,
    definition_of,
    find_flow,
    get_flow,
    list_flows,
)
from towpath.flows.replay import Progress, Replay, replay
from towpath.flows.routes import router
from towpath.flows.tables import flow as flow_table
from towpath.flows.tables import flow_run as flow_run_table
from towpath.flows.tables import step_effect as step_effect_table
from towpath.flows.template_use import FlowTemplates
from towpath.flows.views import action_view, message_view
from towpath.flows.vitals import ParkedRun, Vitals, vitals

__all__ = [
    "ActionCounts",
    "ActionName",
    "After",
    "Before",
    "Definition",
    "DefinitionInvalid",
    "First",
    "Flow",
    "FlowActionNotFound",
    "FlowAlerts",
    "FlowFile",
    "FlowFileInvalid",
    "FlowMessageNotFound",
    "FlowNameInvalid",
    "FlowNotFound",
    "FlowTemplates",
    "FlowVersion",
    "NamedFlow",
    "ParkedRun",
    "Placement",
    "PlacementInvalid",
    "Plans",
    "ProfileRun",
    "Progress",
    "Replay",
    "RunState",
    "SavedFlow",
    "SentMessage",
    "SkippedStep",
    "StaleVersion",
    "Status",
    "StatusInvalid",
    "Triggered",
    "Vitals",
    "accounts_with_triggers",
    "action_counts",
    "action_labels",
    "action_view",
    "advance_due",
    "create_flow",
    "current_documents",
    "definition_of",
    "delete_action",
    "delete_flow",
    "find_flow",
    "flow_run_table",
    "flow_table",
    "get_flow",
    "insert_action",
    "list_flows",
    "message_view",
    "move_runs",
    "named_flows",
    "next_due_at",
    "read_flow_file",
    "replay",
    "router",
    "runs_of_profile",
    "save_definition",
    "sent_messages",
    "set_status",
    "step_effect_table",
    "trigger_batch",
    "update_action",
    "vitals",
]
