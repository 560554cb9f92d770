"""The status of actions and of the flow, which is shown from its actions (flows.md §1)."""

from towpath.flows.definition.actions import KINDS
from towpath.flows.definition.model import Action, Definition, Status


def status_of(action: Action) -> Status | None:
    """Return how the action behaves: `disabled` as draft; None for delays and splits."""
    return Status.DRAFT if action.status is Status.DISABLED else action.status


def flow_status(definition: Definition) -> Status:
    """Return the status of the flow: the liveliest of its actions', never `disabled`."""
    statuses = {status_of(action) for action in definition.actions.values()}
    for status in (Status.LIVE, Status.MANUAL):
        if status in statuses:
            return status
    return Status.DRAFT


def message_actions(definition: Definition) -> tuple[Action, ...]:
    """Return the actions that send something, the variations of A/B tests included."""
    return tuple(
        action
        for action in definition.every_action()
        if action.kind in KINDS and KINDS[action.kind].is_message
    )
