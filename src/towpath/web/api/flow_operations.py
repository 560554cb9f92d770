"""The writing operations of flows and their actions, described."""

from typing import Final

from towpath.accounts import Permission
from towpath.web.api import flow_action_writes, flow_writes
from towpath.web.api.flow_resources import FLOW, FLOW_ACTION
from towpath.web.api.operations import Operation
from towpath.web.api.rate_limits import Tier
from towpath.web.api.schemas import Schema, attributes, document

_WRITE: Final = Permission.AUTOMATION
_TEXT: Final[Schema] = {"type": "string"}
_ID: Final[Schema] = {"id": _TEXT}
_DEFINITION: Final[Schema] = {
    "type": "object",
    "properties": {
        "triggers": {"type": "array", "items": {"type": "object"}},
        "profile_filter": {"anyOf": [{"type": "object"}, {"type": "null"}]},
        "actions": {"type": "array", "items": {"type": "object"}},
        "entry_action_id": {"anyOf": [_TEXT, {"type": "null"}]},
        "reentry_criteria": {"anyOf": [{"type": "object"}, {"type": "null"}]},
    },
    "required": ["triggers", "actions", "entry_action_id"],
}
_ACTION: Final[Schema] = {
    "type": "object",
    "properties": {
        "type": _TEXT,
        "id": _TEXT,
        "temporary_id": _TEXT,
        "links": {"type": "object"},
        "data": {"type": "object"},
    },
    "required": ["type"],
}


FLOW_BODY: Final = document(
    "flow",
    attributes({"name": _TEXT, "definition": _DEFINITION}, "name", "definition"),
    required=("attributes",),
)
FLOW_PATCH_BODY: Final = document(
    "flow",
    _ID | attributes({"status": {"type": "string", "enum": ["draft", "manual", "live"]}}, "status"),
    required=("id", "attributes"),
)
ACTION_PATCH_BODY: Final = document(
    "flow-action",
    _ID | attributes({"definition": _ACTION}, "definition"),
    required=("id", "attributes"),
)
ACTION_BODY: Final = document(
    "flow-action",
    attributes(
        {
            "definition": _ACTION,
            "allow_live_action": {"type": "boolean"},
            "anchor-action": document(
                "flow-action", _ID | attributes({"definition": _ACTION}, "definition")
            ),
        },
        "definition",
    )
    | {"relationships": {"type": "object", "properties": {"flow": document("flow", _ID)}}},
    required=("attributes",),
)

FLOW_OPERATIONS: Final = (
    Operation(
        method="POST",
        path="flows",
        name="create_flow",
        summary="Make a flow, as draft",
        handler=flow_writes.create_flow,
        permission=_WRITE,
        tier=Tier.XS,
        status=201,
        resource=FLOW,
        body=FLOW_BODY,
    ),
    Operation(
        method="PATCH",
        path="flows/{id}",
        name="update_flow",
        summary="Set all actions of a flow to draft, manual or live",
        handler=flow_writes.update_flow,
        permission=_WRITE,
        tier=Tier.S,
        resource=FLOW,
        body=FLOW_PATCH_BODY,
    ),
    Operation(
        method="DELETE",
        path="flows/{id}",
        name="delete_flow",
        summary="Delete a flow",
        handler=flow_writes.delete_flow,
        permission=_WRITE,
        tier=Tier.S,
        status=204,
    ),
    Operation(
        method="POST",
        path="flow-actions",
        name="create_flow_action",
        summary="Insert an action into a flow",
        handler=flow_action_writes.create_flow_action,
        permission=_WRITE,
        tier=Tier.S,
        status=201,
        resource=FLOW_ACTION,
        body=ACTION_BODY,
    ),
    Operation(
        method="PATCH",
        path="flow-actions/{id}",
        name="update_flow_action",
        summary="Replace an action",
        handler=flow_action_writes.update_flow_action,
        permission=_WRITE,
        tier=Tier.S,
        resource=FLOW_ACTION,
        body=ACTION_PATCH_BODY,
    ),
    Operation(
        method="DELETE",
        path="flow-actions/{id}",
        name="delete_flow_action",
        summary="Take an action out of its flow",
        handler=flow_action_writes.delete_flow_action,
        permission=_WRITE,
        tier=Tier.S,
        status=204,
    ),
)
