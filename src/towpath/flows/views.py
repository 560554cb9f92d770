"""Single actions and messages of the current definitions, as selections to read from.

Both are read out of the stored documents, so nothing has to be kept in step with them. Whatever
stands in the document of an unknown kind gives null: no cast here can fail.
"""

from typing import Any, Final

from sqlalchemy import (
    JSON,
    ColumnElement,
    FromClause,
    Subquery,
    TableValuedAlias,
    and_,
    case,
    cast,
    column,
    func,
    literal,
    select,
    true,
    union_all,
)

from towpath.flows.definition import MESSAGE_KINDS, STATUS_KINDS, Status
from towpath.flows.tables import flow, flow_action, flow_version


def _elements(array: ColumnElement[Any], name: str) -> TableValuedAlias:
    return (
        func.json_array_elements(array)
        .table_valued(column("value", JSON), name=name)
        .render_derived()
    )


_document = flow_version.c.definition
_current: Final[FromClause] = flow.join(
    flow_version,
    and_(
        flow_version.c.account_id == flow.c.account_id,
        flow_version.c.flow_id == flow.c.id,
        flow_version.c.version == flow.c.version,
    ),
)
_step: Final = _elements(_document["actions"], "step")


def _kind(of: ColumnElement[Any]) -> ColumnElement[Any]:
    kind: ColumnElement[Any] = of["type"].as_string()
    return kind


def _select_actions() -> Subquery:
    value = _step.c.value
    status = case(
        (_kind(value).in_(sorted(STATUS_KINDS)), Status.DRAFT.value), else_=Status.LIVE.value
    )
    return (
        select(
            flow_action.c.account_id,
            flow_action.c.id,
            flow_action.c.flow_id,
            flow_action.c.created_at,
            flow_action.c.updated_at,
            _kind(value).label("action_type"),
            func.coalesce(value["data"]["status"].as_string(), status).label("status"),
            value.label("definition"),
        )
        .select_from(_current)
        .join(_step, true())
        .join(
            flow_action,
            and_(
                flow_action.c.account_id == flow.c.account_id,
                flow_action.c.flow_id == flow.c.id,
                flow_action.c.id == value["id"].as_string(),
            ),
        )
        .where(flow.c.deleted_at.is_(None), flow_action.c.deleted_at.is_(None))
        .subquery("action")
    )


def _select_messages() -> Subquery:
    value = _step.c.value
    variations = value["data"]["current_experiment"]["variations"]
    variation = _elements(
        case(
            (func.json_typeof(variations) == "array", variations),
            else_=cast(literal("[]"), JSON),
        ),
        "variation",
    )
    carrier = union_all(
        select(value.label("value")).correlate(_step),
        select(value["data"]["main_action"].label("value")).correlate(_step),
        select(variation.c.value.label("value")).select_from(variation).correlate(_step),
    ).lateral("carrier")
    sender = flow_action.alias("sender")  # joined so that its key finds the flow
    sent = carrier.c.value
    message = sent["data"]["message"]
    return (
        select(
            flow_action.c.account_id,
            flow_action.c.id,
            flow_action.c.flow_id,
            sender.c.id.label("action_id"),
            flow_action.c.created_at,
            flow_action.c.updated_at,
            _kind(sent).label("action_type"),
            func.coalesce(message["name"].as_string(), "").label("name"),
            func.nullif(message["template_id"].as_string(), "").label("template_id"),
            message.label("definition"),
        )
        .select_from(_current)
        .join(_step, true())
        .join(
            sender,
            and_(
                sender.c.account_id == flow.c.account_id,
                sender.c.flow_id == flow.c.id,
                sender.c.id == value["id"].as_string(),
            ),
        )
        .join(carrier, true())
        .join(
            flow_action,
            and_(
                flow_action.c.account_id == flow.c.account_id,
                flow_action.c.flow_id == flow.c.id,
                flow_action.c.id == sent["id"].as_string(),
            ),
        )
        .where(
            flow.c.deleted_at.is_(None),
            flow_action.c.deleted_at.is_(None),
            _kind(sent).in_(sorted(MESSAGE_KINDS)),
            func.json_typeof(message) == "object",
        )
        .subquery("flow_message")
    )


action_view: Final = _select_actions()
"""Every action of the graphs, with `action_type`, `status` and its object as `definition`."""

message_view: Final = _select_messages()
"""Every message, with the graph's action that sends it and its object as `definition`."""
