"""What a definition mentions outside itself: metrics, lists, segments, templates.

In a file each may be named by id or by name; on import the names are looked up and replaced by ids
(`edits.with_references`). What cannot be found is listed, not refused (api.md §5.5.3).
"""

from collections.abc import Iterator
from typing import Any, Final

from towpath.flows.definition.documents import pointer_below
from towpath.flows.definition.model import Definition, Reference, ReferenceKind
from towpath.flows.definition.outline import RawAction, Slot, raw_actions

_KINDS_BY_TRIGGER: Final = {
    "metric": ReferenceKind.METRIC,
    "list": ReferenceKind.LIST,
    "segment": ReferenceKind.SEGMENT,
}

_METRIC_CONDITIONS: Final = frozenset(
    {"metric-property", "profile-metric", "price-drop-property", "low-inventory-property"}
)


def references(definition: Definition) -> frozenset[Reference]:
    """Return every mention, each with its place in the document."""
    return frozenset(
        Reference(kind=kind, value=slot.value, pointer=slot.pointer)
        for kind, slot in reference_slots(definition.to_json())
        if isinstance(slot.value, str)
    )


def reference_slots(document: dict[str, Any]) -> Iterator[tuple[ReferenceKind, Slot]]:
    """Every place of a valid document that holds a reference, or null."""
    for index, trigger in enumerate(document["triggers"]):
        pointer = pointer_below("/triggers", index)
        if kind := _KINDS_BY_TRIGGER.get(trigger.get("type")):
            yield from _member(kind, trigger, "id", pointer)
        yield from _in_filter(trigger, "trigger_filter", pointer)
    yield from _in_filter(document, "profile_filter", "")
    for action in raw_actions(document):
        data = action.value.get("data")
        if isinstance(data, dict):
            yield from _in_data(action, data, f"{action.pointer}/data")


def _in_data(
    action: RawAction, data: dict[str, Any], pointer: str
) -> Iterator[tuple[ReferenceKind, Slot]]:
    match action.value.get("type"):
        case "conditional-split":
            yield from _in_filter(data, "profile_filter", pointer)
        case "trigger-split":
            yield from _in_filter(data, "trigger_filter", pointer)
            trigger_type = data.get("trigger_type")
            kind = _KINDS_BY_TRIGGER.get(trigger_type) if isinstance(trigger_type, str) else None
            if kind is not None:
                yield from _member(kind, data, "trigger_id", pointer)
        case "multi-branch-split":
            for index, branch in enumerate(_list(data, "branches")):
                yield from _in_filter(branch, "branch_filter", f"{pointer}/branches/{index}")
        case "list-update":
            yield from _member(ReferenceKind.LIST, data, "list_id", pointer)
        case "send-email" | "send-sms" | "send-internal-alert":
            message = data.get("message")
            if isinstance(message, dict):
                below = f"{pointer}/message"
                yield from _member(ReferenceKind.TEMPLATE, message, "template_id", below)
                yield from _in_filter(message, "additional_filters", below)


def _in_filter(
    holder: dict[str, Any], key: str, pointer: str
) -> Iterator[tuple[ReferenceKind, Slot]]:
    filter_ = holder.get(key)
    groups = _list(filter_, "condition_groups") if isinstance(filter_, dict) else []
    for group_index, group in enumerate(groups):
        below = f"{pointer}/{key}/condition_groups/{group_index}/conditions"
        for index, condition in enumerate(_list(group, "conditions")):
            yield from _in_condition(condition, f"{below}/{index}")


def _in_condition(condition: dict[str, Any], pointer: str) -> Iterator[tuple[ReferenceKind, Slot]]:
    kind = condition.get("type")
    if kind == "profile-group-membership":
        group_ids = condition.get("group_ids")
        if isinstance(group_ids, list):
            for index in range(len(group_ids)):
                slot = Slot(holder=group_ids, key=index, pointer=f"{pointer}/group_ids/{index}")
                yield ReferenceKind.LIST_OR_SEGMENT, slot
    elif isinstance(kind, str) and kind in _METRIC_CONDITIONS:
        yield from _member(ReferenceKind.METRIC, condition, "metric_id", pointer)


def _member(
    kind: ReferenceKind, holder: dict[str, Any], key: str, pointer: str
) -> Iterator[tuple[ReferenceKind, Slot]]:
    if key in holder:
        yield kind, Slot(holder=holder, key=key, pointer=f"{pointer}/{key}")


def _list(holder: Any, key: str) -> list[dict[str, Any]]:
    """Return the objects of an array; what else it holds is somebody's unknown type."""
    value = holder.get(key) if isinstance(holder, dict) else None
    return (
        [one if isinstance(one, dict) else {} for one in value] if isinstance(value, list) else []
    )
