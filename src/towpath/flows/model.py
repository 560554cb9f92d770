"""What a flow is outside its definition: its row, its versions, and the errors people make."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from towpath import alerts
from towpath.kit.errors import Conflict, Invalid, NotFound, Problem

NAME_CHARACTERS_MAX = 255


class FlowNotFound(NotFound):
    """There is no flow with this id in this account."""


class FlowActionNotFound(NotFound):
    """There is no flow action with this id in this account."""


class FlowMessageNotFound(NotFound):
    """There is no flow message with this id in this account."""


class ActionKindFixed(Invalid):
    """An action keeps its type; delete it and insert another."""


class PlacementInvalid(Invalid):
    """The new action cannot be placed there."""


class LiveActionUnconfirmed(Invalid):
    """This action would be live at once; set allow_live_action to true if that is meant."""


class FlowNameInvalid(Invalid):
    """A flow needs a name of 1 to 255 characters."""


class StatusInvalid(Invalid):
    """The status of a flow is draft, manual or live."""


class VersionMissing(Invalid):
    """Send the version you edited in the If-Match header, so that nobody's work is lost."""


class StaleVersion(Conflict):
    """Somebody saved this flow meanwhile; reload it and repeat your change."""

    code = "stale_version"

    def __init__(self, *, version: int, saved_by: str, saved_at: datetime) -> None:
        """Say which version is newer, whose it is, and since when."""
        super().__init__(
            f"{saved_by} saved version {version} of this flow meanwhile; reload it and repeat "
            "your change.",
            meta={"version": version, "saved_by": saved_by, "saved_at": saved_at.isoformat()},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """One flow as listed. `status` is shown from its actions (flows.md §1)."""

    account_id: UUID
    id: str
    name: str
    status: str
    trigger_type: str
    version: int
    is_archived: bool
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowVersion:
    """A flow with its definition as saved, verbatim."""

    flow: Flow
    definition: dict[str, object]
    saved_by: str
    saved_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedFlow:
    """What saving came to: the flow, what to mend before it can go live, and who was written to.

    `action_ids` gives the id of each action by the label it came with.
    """

    flow: Flow
    warnings: Sequence[Problem]
    action_ids: dict[str, str]
    recipients: alerts.SavedRecipients


@dataclass(frozen=True, slots=True, kw_only=True)
class After:
    """On the way out of an action that is named as its links are; `kind` is its type."""

    action_id: str
    kind: str
    way: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """Before an action: everything that led there leads to the new one."""

    action_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class First:
    """In a flow that has no actions yet."""

    flow_id: str


Placement: TypeAlias = After | Before | First
"""Where an action is inserted."""
