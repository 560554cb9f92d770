"""The typed reading of a flow's definition: frozen dataclasses and the feature's errors."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TypeAlias

from towpath.audiences.conditions import ConditionGroups, Unsupported
from towpath.flows.definition.actions import ActionData
from towpath.flows.definition.documents import json_value
from towpath.flows.definition.triggers import Trigger
from towpath.kit.errors import Invalid, Problems


class DefinitionInvalid(Problems, Invalid):
    """The definition is not valid; each problem names the place in it and what to change."""

    def under(self, prefix: str) -> "DefinitionInvalid":
        """Return the same error with every pointer moved below `prefix`."""
        for problem in self.problems:
            problem.under(prefix)
        return self


class Status(StrEnum):
    """Of an action that does something; delays and splits have none (flows.md §1)."""

    DRAFT = "draft"
    MANUAL = "manual"
    LIVE = "live"
    DISABLED = "disabled"

    @property
    def is_active(self) -> bool:
        """Whether the action acts on people: live sends, manual goes to review."""
        return self in {Status.MANUAL, Status.LIVE}


class LinkName(StrEnum):
    """The ways out of an action, as named in its `links`."""

    NEXT = "next"
    NEXT_IF_TRUE = "next_if_true"
    NEXT_IF_FALSE = "next_if_false"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One way out of an action that leads somewhere; a way that ends the path is no link.

    `name` is a `LinkName`, `branch:<branch_id>` for a branch of a multi-branch split, or whatever
    an action of an unknown type calls it.
    """

    name: str
    target: str
    pointer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One step of a flow.

    `id` is its `id` in the document or, when it has none yet, its `temporary_id`. `status` is None
    for actions without one. `parent` is the A/B test around a variation: variations stand outside
    the graph, people reach them through their test. `unsupported` lists what this release keeps
    but cannot carry out.
    """

    id: str
    kind: str
    pointer: str
    links: tuple[Link, ...]
    status: Status | None
    data: ActionData
    parent: str | None
    unsupported: tuple[Unsupported, ...]

    def target(self, name: str) -> str | None:
        """Return the action that the link `name` leads to; None when the path ends there."""
        return next((link.target for link in self.links if link.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Never:
    """Whoever entered once does not enter again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Always:
    """Every trigger enters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OncePer:
    """At most one entry per `period`, counted from the last entry."""

    period: timedelta


ReEntry: TypeAlias = Never | Always | OncePer


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A whole flow as read from its document.

    `document` is the JSON text exactly as it came: order, unknown keys, null beside absent. It is
    what a definition *is*; everything else is read from it, and edits (`with_…`) change the
    document and read it again. Two definitions are equal when their documents are.
    """

    document: str = field(repr=False)
    trigger: Trigger = field(compare=False)
    profile_filter: ConditionGroups | None = field(compare=False)
    actions: Mapping[str, Action] = field(compare=False)
    """The graph, by id, in the order of the document."""
    variations: Mapping[str, Action] = field(compare=False)
    """The messages inside A/B tests, by id."""
    entry_action_id: str | None = field(compare=False)
    reentry: ReEntry = field(compare=False)
    unsupported: tuple[Unsupported, ...] = field(compare=False)
    """In the trigger and the profile filter; those of an action are on the action."""
    filters: tuple[ConditionGroups, ...] = field(compare=False)
    """Every filter of the flow, wherever it stands, for checks that need them all."""

    def to_json(self) -> dict[str, object]:
        """Return the public JSON, equal to what was parsed in every key and its order."""
        value = json_value(self.document)
        assert isinstance(value, dict)
        return value

    def every_action(self) -> Iterable[Action]:
        """Return the actions of the graph, then the variations of its A/B tests."""
        return (*self.actions.values(), *self.variations.values())


class ReferenceKind(StrEnum):
    """What a definition can point at outside itself."""

    METRIC = "metric"
    LIST = "list"
    SEGMENT = "segment"
    LIST_OR_SEGMENT = "list-or-segment"
    TEMPLATE = "template"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """One mention of a metric, list, segment or template; `value` is its id or its name."""

    kind: ReferenceKind
    value: str
    pointer: str
