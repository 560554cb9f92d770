"""What a definition mentions outside itself: metrics, lists, segments, templates.

In a file each may be named by id or by name; on import the names are looked up and replaced by ids
(`edits.with_references`). What cannot be found is listed, not refused (api.md §5.5.3). What stands
in conditions that are not carried out is unknown here and stays as it is.
"""

from collections.abc import Iterator
from typing import Final, TypeAlias

from towpath.audiences import conditions
from towpath.flows.definition.actions.list_update import ListUpdate
from towpath.flows.definition.actions.send_email import SendEmail
from towpath.flows.definition.actions.send_internal_alert import SendInternalAlert
from towpath.flows.definition.actions.send_sms import SendSms
from towpath.flows.definition.actions.trigger_split import TriggerSplit
from towpath.flows.definition.model import Action, Definition, Reference, ReferenceKind
from towpath.flows.definition.triggers import ListTrigger, MetricTrigger, SegmentTrigger

_Mention: TypeAlias = tuple[ReferenceKind, str | None, str]
"""The kind, what it is called (None: nothing chosen yet), and the pointer."""

_KINDS_IN_CONDITIONS: Final = {
    conditions.ReferenceKind.METRIC: ReferenceKind.METRIC,
    conditions.ReferenceKind.GROUP: ReferenceKind.LIST_OR_SEGMENT,
}

_KINDS_OF_TRIGGERS: Final = {
    "metric": ReferenceKind.METRIC,
    "list": ReferenceKind.LIST,
    "segment": ReferenceKind.SEGMENT,
}


def references(definition: Definition) -> frozenset[Reference]:
    """Return every mention, each with its place in the document."""
    outside_filters = [
        _of_trigger(definition),
        *(_of_action(action) for action in definition.every_action()),
    ]
    return frozenset(
        Reference(kind=kind, value=value, pointer=pointer)
        for found in (*outside_filters, _of_filters(definition))
        for kind, value, pointer in found
        if value is not None
    )


def _of_trigger(definition: Definition) -> Iterator[_Mention]:
    pointer = "/triggers/0/id"
    match definition.trigger:
        case MetricTrigger(metric_id=value):
            yield ReferenceKind.METRIC, value, pointer
        case ListTrigger(list_id=value):
            yield ReferenceKind.LIST, value, pointer
        case SegmentTrigger(segment_id=value):
            yield ReferenceKind.SEGMENT, value, pointer
        case _:
            pass


def _of_action(action: Action) -> Iterator[_Mention]:
    pointer = f"{action.pointer}/data"
    match action.data:
        case TriggerSplit(trigger_type=str(kind), trigger_id=value) if kind in _KINDS_OF_TRIGGERS:
            yield _KINDS_OF_TRIGGERS[kind], value, f"{pointer}/trigger_id"
        case ListUpdate(list_id=value):
            yield ReferenceKind.LIST, value, f"{pointer}/list_id"
        case (
            SendInternalAlert(message=message)
            | SendEmail(message=message)
            | SendSms(message=message)
        ) if message is not None:
            yield ReferenceKind.TEMPLATE, message.template_id, f"{pointer}/message/template_id"
        case _:
            pass


def _of_filters(definition: Definition) -> Iterator[_Mention]:
    for filter_ in definition.filters:
        for reference in filter_.references():
            yield _KINDS_IN_CONDITIONS[reference.kind], reference.id, reference.pointer
