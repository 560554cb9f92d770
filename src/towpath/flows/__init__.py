"""Flows: one trigger, a profile filter, and a graph of actions that people walk through.

`definition` is the public JSON and what it means; `operations` save it; `engine` moves people;
`replay` feeds a past through it with a virtual clock.
"""

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
    Flow,
    FlowNameInvalid,
    FlowNotFound,
    FlowVersion,
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
from towpath.flows.vitals import ParkedRun, Vitals, vitals
from towpath.flows.template_use import FlowTemplates

__all__ = [
    "ActionCounts",
    "ActionName",
    "Definition",
    "DefinitionInvalid",
    "Flow",
    "FlowAlerts",
    "FlowFile",
    "FlowFileInvalid",
    "FlowNameInvalid",
    "FlowNotFound",
    "FlowTemplates",
    "FlowVersion",
    "NamedFlow",
    "ParkedRun",
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
    "advance_due",
    "create_flow",
    "definition_of",
    "delete_flow",
    "find_flow",
    "flow_run_table",
    "flow_table",
    "get_flow",
    "list_flows",
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
    "vitals",
]
