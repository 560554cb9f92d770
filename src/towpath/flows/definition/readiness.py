"""What keeps a flow from going live, and what its author should be told (flows.md §1, api.md §5.5).

Reading a definition refuses only what nobody could have meant. Whether it can *run* is asked here.
"""

from towpath.audiences.conditions import Unsupported
from towpath.flows.definition import graph
from towpath.flows.definition.actions.time_delay import TimeDelay
from towpath.flows.definition.actions.trigger_split import TriggerSplit
from towpath.flows.definition.model import Definition
from towpath.flows.definition.triggers import (
    ListTrigger,
    MetricTrigger,
    PriceDropTrigger,
    SegmentTrigger,
)
from towpath.kit.errors import Invalid


def unsupported(definition: Definition) -> list[Unsupported]:
    """Return all that is kept verbatim but not carried out; variations come last."""
    in_actions = (part for one in definition.every_action() for part in one.unsupported)
    return [*definition.unsupported, *in_actions]


def obstacles_to_live(definition: Definition) -> list[Invalid]:
    """Say what keeps the flow from going manual or live, alerts apart (`alert_rules`).

    Unsupported parts count only where somebody who enters can come.
    """
    obstacles = [
        Invalid(
            f"This version does not carry out {part.what}; remove it, or leave the flow in draft.",
            pointer=part.pointer,
            code="unsupported",
        )
        for part in _unsupported_in_reach(definition)
    ]
    match definition.trigger:
        case (
            MetricTrigger(metric_id=None)
            | ListTrigger(list_id=None)
            | SegmentTrigger(segment_id=None)
        ):
            detail = "Nothing starts this flow yet; choose what triggers it."
            obstacles.append(Invalid(detail, pointer="/triggers/0/id", code="no_trigger"))
        case _:
            pass
    if definition.entry_action_id is None:
        obstacles.append(Invalid("The flow has no actions yet; add one.", pointer="/actions"))
    return obstacles


def warnings(definition: Definition) -> list[Invalid]:
    """Say what is allowed but probably not meant, with its place."""
    within = graph.reachable(definition)
    found = [
        Invalid("Nothing leads to this action; link to it or delete it.", pointer=one.pointer)
        for one in definition.actions.values()
        if one.id not in within
    ]
    before_active = graph.before_active_actions(definition)
    triggers_with_event = (MetricTrigger, PriceDropTrigger)
    for action in definition.actions.values():
        match action.data:
            case TimeDelay() if action.id not in before_active:
                detail = "No live or manual action follows this delay; people leave the flow here."
                found.append(Invalid(detail, pointer=action.pointer))
            case TriggerSplit() if not isinstance(definition.trigger, triggers_with_event):
                detail = "This flow is not started by an event; everybody goes the no side."
                found.append(Invalid(detail, pointer=action.pointer))
            case _:
                pass
    return found


def _unsupported_in_reach(definition: Definition) -> list[Unsupported]:
    within = graph.reachable(definition)
    in_actions = (
        part
        for one in definition.every_action()
        if (one.parent or one.id) in within
        for part in one.unsupported
    )
    return [*definition.unsupported, *in_actions]
