"""Where things stand in the raw document: its actions, those inside A/B tests, and its links.

Reading a definition and editing one both go by this outline, so that they agree on what an action
and what a link is. It passes over whatever has not the expected shape; reading reports that.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from towpath.flows.definition.actions import KINDS, UNKNOWN_KIND, ActionKind
from towpath.flows.definition.documents import pointer_below


@dataclass(frozen=True, slots=True, kw_only=True)
class RawAction:
    """One action object of the document; `parent` is the A/B test around a variation."""

    value: dict[str, object]
    pointer: str
    parent: "RawAction | None" = None

    @property
    def kind(self) -> ActionKind:
        """What its type says about its shape."""
        return KINDS.get(str(self.value.get("type")), UNKNOWN_KIND)

    @property
    def is_known(self) -> bool:
        """Whether its type is in the table of kinds."""
        return self.kind is not UNKNOWN_KIND

    @property
    def label(self) -> str | None:
        """Its `id` or, without one, its `temporary_id`."""
        return next(iter(self.labels), None)

    @property
    def labels(self) -> list[str]:
        """What links may call it: its `id` and its `temporary_id`, those that it has."""
        names = (self.value.get("id"), self.value.get("temporary_id"))
        return [name for name in names if isinstance(name, str) and name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A member of the document, to be read and, in an edited copy, replaced."""

    holder: dict[str, object]
    key: str
    pointer: str

    @property
    def value(self) -> object:
        """What stands there."""
        return self.holder[self.key]

    def replace(self, value: str | None) -> None:
        """Put the label of an action there, or null."""
        self.holder[self.key] = value


def raw_actions(document: dict[str, object]) -> Iterator[RawAction]:
    """Every action in the order of the document, the variations of a test after the test."""
    actions = document.get("actions")
    for index, value in enumerate(actions if isinstance(actions, list) else ()):
        if isinstance(value, dict):
            action = RawAction(value=value, pointer=pointer_below("/actions", index))
            yield action
            yield from _variations(action)


def _variations(action: RawAction) -> Iterator[RawAction]:
    data = action.value.get("data")
    if not action.kind.has_variations or not isinstance(data, dict):
        return
    below = f"{action.pointer}/data"
    if isinstance(data.get("main_action"), dict):
        yield RawAction(value=data["main_action"], pointer=f"{below}/main_action", parent=action)
    experiment = data.get("current_experiment")
    variations = experiment.get("variations") if isinstance(experiment, dict) else None
    for index, value in enumerate(variations if isinstance(variations, list) else ()):
        if isinstance(value, dict):
            pointer = f"{below}/current_experiment/variations/{index}"
            yield RawAction(value=value, pointer=pointer, parent=action)


def link_slots(action: RawAction) -> Iterator[tuple[str, Slot]]:
    """Every link with its name (see `Link.name`): of the action itself, then of its branches."""
    yield from own_link_slots(action)
    for branch, pointer in _branches(action):
        links = branch.get("links")
        if isinstance(links, dict) and "next" in links:
            slot = Slot(holder=links, key="next", pointer=f"{pointer}/links/next")
            yield f"branch:{branch.get('branch_id')}", slot


def own_link_slots(action: RawAction) -> Iterator[tuple[str, Slot]]:
    """Every link in the `links` of the action."""
    links = action.value.get("links")
    if isinstance(links, dict):
        for name in links:
            pointer = pointer_below(f"{action.pointer}/links", name)
            yield name, Slot(holder=links, key=name, pointer=pointer)


def _branches(action: RawAction) -> Iterator[tuple[dict[str, object], str]]:
    data = action.value.get("data")
    branches = data.get("branches") if isinstance(data, dict) else None
    for index, branch in enumerate(branches if isinstance(branches, list) else ()):
        if isinstance(branch, dict):
            yield branch, f"{action.pointer}/data/branches/{index}"
