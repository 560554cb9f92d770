"""Flows, their actions and their messages as resources of the API (api.md §5)."""

from collections.abc import Collection, Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, case
from sqlalchemy.ext.asyncio import AsyncConnection

from towpath import flows
from towpath.accounts import Permission
from towpath.flows.definition import with_message_ids
from towpath.web.api.description import (
    Attribute,
    Kind,
    Relation,
    Resource,
    Sortable,
    Values,
    column_attribute,
    filterable,
)
from towpath.web.api.filters import COMPARISONS, Operator
from towpath.web.api.rate_limits import Tier

DEFINITION: Final = "definition"
UNCONFIGURED: Final = "Unconfigured"

# Clients know only these; a segment flow has to be one of them (api.md §2, rule 3).
TRIGGER_TYPES: Final[Mapping[str, str]] = {
    "list": "Added to List",
    "segment": "Added to List",
    "metric": "Metric",
    "date": "Date Based",
    "price-drop": "Price Drop",
    "low-inventory": "Low Inventory",
}
CHANNELS: Final[Mapping[str, str]] = {
    "send-email": "email",
    "send-sms": "sms",
    "send-webhook": "webhook",
    "send-internal-alert": "internal_alert",
    "send-mobile-push": "mobile_push",
    "send-whatsapp": "whatsapp",
}

_EQUAL = frozenset({Operator.EQUALS})
_ANY = frozenset({Operator.ANY})
_WHEN = COMPARISONS | _EQUAL
_TEXTS = frozenset({Operator.CONTAINS, Operator.ENDS_WITH, Operator.EQUALS, Operator.STARTS_WITH})
_flow = flows.flow_table.c
_action = flows.action_view.c
_message = flows.message_view.c
_trigger_type = case(TRIGGER_TYPES, value=_flow.trigger_type, else_=UNCONFIGURED)


async def _definitions(
    conn: AsyncConnection, account_id: UUID, ids: Collection[Any], wanted: Collection[str]
) -> Mapping[str, Mapping[Any, Any]]:
    if DEFINITION not in wanted:
        return {}
    found = await flows.current_documents(conn, account_id=account_id, flow_ids=list(ids))
    shown = {flow_id: with_message_ids(document) for flow_id, document in found.items()}
    return {DEFINITION: shown}


def _action_definition(row: Row[Any], _extras: Values) -> Any:
    action: object = row.definition
    with_message_ids({"actions": [action]})
    return action


FLOW: Final = Resource(
    name="flow",
    path="flows",
    table=flows.flow_table,
    id_kind=Kind.SHORT_ID,
    permission=Permission.ACTIVITY,
    not_found=flows.FlowNotFound,
    page_size=50,
    page_size_max=50,
    list_tier=Tier.S,
    one_tier=Tier.S,
    related_tier=Tier.S,
    where=(_flow.deleted_at.is_(None),),
    extras=_definitions,
    attributes={
        "name": column_attribute("name", Kind.TEXT, "What it is called."),
        "status": column_attribute("status", Kind.TEXT, "draft, manual or live."),
        "archived": column_attribute("is_archived", Kind.FLAG, "Whether it is put away."),
        "created": column_attribute("created_at", Kind.MOMENT, "When it was made."),
        "updated": column_attribute("updated_at", Kind.MOMENT, "When it was last saved."),
        "trigger_type": Attribute(
            kind=Kind.TEXT,
            read=lambda row, _extras: TRIGGER_TYPES.get(row.trigger_type, UNCONFIGURED),
            text="What starts it; a segment counts as Added to List.",
        ),
        DEFINITION: Attribute(
            kind=Kind.OBJECT,
            read=lambda _row, extras: extras.get(DEFINITION),
            text="Trigger, filters and actions.",
            is_additional=True,
        ),
    },
    filters={
        "id": filterable(_flow.id, Kind.SHORT_ID, _ANY | _EQUAL),
        "name": filterable(_flow.name, Kind.TEXT, _TEXTS),
        "status": filterable(_flow.status, Kind.TEXT, _EQUAL),
        "archived": filterable(_flow.is_archived, Kind.FLAG, _EQUAL),
        "created": filterable(_flow.created_at, Kind.MOMENT, _WHEN),
        "updated": filterable(_flow.updated_at, Kind.MOMENT, _WHEN),
        "trigger_type": filterable(_trigger_type, Kind.TEXT, _EQUAL),
    },
    sorts={
        "id": Sortable(column=_flow.id, kind=Kind.SHORT_ID),
        "name": Sortable(column=_flow.name, kind=Kind.TEXT),
        "status": Sortable(column=_flow.status, kind=Kind.TEXT),
        "trigger_type": Sortable(column=_trigger_type, kind=Kind.TEXT),
        "created": Sortable(column=_flow.created_at, kind=Kind.MOMENT),
        "updated": Sortable(column=_flow.updated_at, kind=Kind.MOMENT),
    },
    relations={
        "flow-actions": Relation(target="flow-action", column=_action.flow_id, is_many=True)
    },
)

FLOW_ACTION: Final = Resource(
    name="flow-action",
    path="flow-actions",
    table=flows.action_view,
    id_kind=Kind.SHORT_ID,
    permission=Permission.ACTIVITY,
    not_found=flows.FlowActionNotFound,
    page_size=50,
    page_size_max=50,
    list_tier=Tier.S,
    one_tier=Tier.S,
    related_tier=Tier.S,
    is_listed=False,
    attributes={
        "created": column_attribute("created_at", Kind.MOMENT, "When it was added."),
        "updated": column_attribute("updated_at", Kind.MOMENT, "When it was last changed."),
        DEFINITION: Attribute(
            kind=Kind.OBJECT, read=_action_definition, text="The action in the flow's definition."
        ),
    },
    filters={
        "id": filterable(_action.id, Kind.SHORT_ID, _ANY | _EQUAL),
        "action_type": filterable(_action.action_type, Kind.TEXT, _ANY | _EQUAL),
        "status": filterable(_action.status, Kind.TEXT, _EQUAL),
        "created": filterable(_action.created_at, Kind.MOMENT, _WHEN),
        "updated": filterable(_action.updated_at, Kind.MOMENT, _WHEN),
    },
    sorts={
        "id": Sortable(column=_action.id, kind=Kind.SHORT_ID),
        "action_type": Sortable(column=_action.action_type, kind=Kind.TEXT),
        "status": Sortable(column=_action.status, kind=Kind.TEXT),
        "created": Sortable(column=_action.created_at, kind=Kind.MOMENT),
        "updated": Sortable(column=_action.updated_at, kind=Kind.MOMENT),
    },
    relations={
        "flow": Relation(target="flow", column=_action.flow_id),
        "flow-messages": Relation(target="flow-message", column=_message.action_id, is_many=True),
    },
)

FLOW_MESSAGE: Final = Resource(
    name="flow-message",
    path="flow-messages",
    table=flows.message_view,
    id_kind=Kind.SHORT_ID,
    permission=Permission.ACTIVITY,
    not_found=flows.FlowMessageNotFound,
    page_size=50,
    page_size_max=50,
    list_tier=Tier.S,
    one_tier=Tier.S,
    related_tier=Tier.S,
    is_listed=False,
    attributes={
        "channel": Attribute(
            kind=Kind.TEXT,
            read=lambda row, _extras: CHANNELS[row.action_type],
            text="email, sms, webhook, internal_alert, mobile_push or whatsapp.",
        ),
        "created": column_attribute("created_at", Kind.MOMENT, "When its action was added."),
        "updated": column_attribute("updated_at", Kind.MOMENT, "When it was last changed."),
        DEFINITION: Attribute(
            kind=Kind.OBJECT,
            read=lambda row, _extras: {**row.definition, "id": row.id},
            text="The message in the action's definition.",
        ),
    },
    filters={
        "id": filterable(_message.id, Kind.SHORT_ID, _ANY | _EQUAL),
        "name": filterable(_message.name, Kind.TEXT, _TEXTS),
        "created": filterable(_message.created_at, Kind.MOMENT, _WHEN),
        "updated": filterable(_message.updated_at, Kind.MOMENT, _WHEN),
    },
    sorts={
        "id": Sortable(column=_message.id, kind=Kind.SHORT_ID),
        "name": Sortable(column=_message.name, kind=Kind.TEXT),
        "created": Sortable(column=_message.created_at, kind=Kind.MOMENT),
        "updated": Sortable(column=_message.updated_at, kind=Kind.MOMENT),
    },
    relations={
        "flow-action": Relation(target="flow-action", column=_message.action_id),
        "template": Relation(target="template", column=_message.template_id),
    },
)
