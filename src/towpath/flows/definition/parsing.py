"""From the public JSON to a `Definition`, with every problem found and placed (api.md §5)."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType

from towpath.audiences.conditions import Place
from towpath.flows.definition import graph
from towpath.flows.definition.action_reading import Labels, read_action, read_labels
from towpath.flows.definition.documents import exact_text
from towpath.flows.definition.filters import read_filter
from towpath.flows.definition.limits import (
    ACTIONS_MAX,
    PATH_DAYS_MAX,
    REENTRY_DAYS_MAX,
)
from towpath.flows.definition.model import (
    Action,
    Always,
    Definition,
    DefinitionInvalid,
    Never,
    OncePer,
    ReEntry,
)
from towpath.flows.definition.outline import raw_actions
from towpath.flows.definition.reading import Fields, Findings, read_object
from towpath.flows.definition.triggers import (
    ListTrigger,
    SegmentTrigger,
    Trigger,
    UnknownTrigger,
    read_trigger,
)
from towpath.kit.errors import Invalid


class _ReEntryUnit(StrEnum):
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    ALL_TIME = "alltime"


def parse(document: object) -> Definition:
    """Read a definition from its public JSON, given as a JSON value.

    What is unknown but harmless is kept: unknown keys silently, unknown types and operators listed
    in `unsupported`. Raises `DefinitionInvalid` with every problem and its JSON pointer.
    """
    try:
        text = exact_text(document)
    except Invalid as problem:
        raise DefinitionInvalid([problem]) from None
    findings = Findings()
    fields = read_object(document, pointer="", findings=findings)
    definition = _read(fields, document=text) if fields else None
    if findings.problems or definition is None:
        raise DefinitionInvalid(findings.problems)
    return definition


def _read(fields: Fields, *, document: str) -> Definition:
    findings = fields.findings
    trigger = _read_trigger(fields)
    profile_filter = read_filter(fields, "profile_filter", Place.FLOW_PROFILE_FILTER)
    labels, each = _read_actions(fields)
    actions = {action.id: action for action in each if action.parent is None}
    entry_action_id = _read_entry(fields, labels)
    _check_graph(actions, findings)
    return Definition(
        document=document,
        trigger=trigger,
        profile_filter=profile_filter,
        actions=MappingProxyType(actions),
        variations=MappingProxyType({one.id: one for one in each if one.parent is not None}),
        entry_action_id=entry_action_id,
        reentry=_read_reentry(fields, trigger),
        unsupported=tuple(findings.unsupported),
        filters=tuple(findings.filters),
    )


def _read_trigger(fields: Fields) -> Trigger:
    triggers = fields.values.get("triggers")
    if not isinstance(triggers, list) or len(triggers) != 1:
        fields.refuse("triggers", "`triggers` is an array of exactly one trigger.")
        return UnknownTrigger(kind="")
    (trigger,) = fields.parts("triggers", count_max=1) or (None,)
    return read_trigger(trigger) if trigger else UnknownTrigger(kind="")


def _read_actions(fields: Fields) -> tuple[Labels, list[Action]]:
    if fields.values.get("actions") is None:
        fields.refuse("actions", "`actions` is an array; give an empty one for none yet.")
    fields.parts("actions", count_max=ACTIONS_MAX)
    raw = list(raw_actions(dict(fields.values)))
    if len(raw) > ACTIONS_MAX:
        fields.refuse("actions", f"A flow has at most {ACTIONS_MAX:,} actions; split it.")
        return Labels(actions={}), []
    labels = read_labels(raw, fields.findings)
    return labels, [read_action(one, labels=labels, findings=fields.findings) for one in raw]


def _read_entry(fields: Fields, labels: Labels) -> str | None:
    label = fields.text("entry_action_id")
    if label is None:
        if fields.values.get("actions") and fields.values.get("entry_action_id") is None:
            detail = "`entry_action_id` is missing; name the action with which the flow begins."
            fields.refuse("entry_action_id", detail)
        return None
    if complaint := labels.complaint(label):
        fields.refuse("entry_action_id", complaint)
    return labels.resolve(label)


def _check_graph(actions: Mapping[str, Action], findings: Findings) -> None:
    cycles = graph.cycles(actions)
    for cycle in cycles:
        findings.refuse(cycle.pointer, cycle.describe())
    if not cycles and graph.longest_of(actions) > timedelta(days=PATH_DAYS_MAX):
        detail = f"The delays along one path add up to over {PATH_DAYS_MAX:,} days; shorten them."
        findings.refuse("/actions", detail)


def _read_reentry(fields: Fields, trigger: Trigger) -> ReEntry:
    """Read the re-entry rule; without one, flows.md §2 has a default by trigger."""
    criteria = fields.part("reentry_criteria")
    if criteria is None:
        return Never() if isinstance(trigger, ListTrigger | SegmentTrigger) else Always()
    criteria.require("unit")
    unit = criteria.choice("unit", _ReEntryUnit, default=_ReEntryUnit.ALL_TIME)
    if unit is _ReEntryUnit.ALL_TIME:
        duration = criteria.whole_number("duration", default=None, maximum=1)
        return Never() if duration else Always()
    step = timedelta(**{f"{unit.value}s": 1})
    duration = criteria.whole_number(
        "duration", default=None, maximum=timedelta(days=REENTRY_DAYS_MAX) // step
    )
    return OncePer(period=duration * step) if duration else Always()
