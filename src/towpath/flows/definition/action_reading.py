"""Reading one action: its id, its status, its links, and its `data` by its kind."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from towpath.flows.definition.actions import ActionData
from towpath.flows.definition.actions.kept_verbatim import KeptVerbatim, NotConfigured
from towpath.flows.definition.executed import EXECUTED_ACTIONS
from towpath.flows.definition.limits import LINKS_MAX, NAME_CHARACTERS_MAX
from towpath.flows.definition.model import Action, Link, Status
from towpath.flows.definition.outline import RawAction, link_slots, own_link_slots
from towpath.flows.definition.reading import Fields, Findings, named


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """What the actions are called in this document: `id` and `temporary_id` are both names."""

    actions: Mapping[str, RawAction]

    def complaint(self, label: str) -> str | None:
        """Say why nothing may lead to `label`; None when something may."""
        action = self.actions.get(label)
        if action is None:
            return f"There is no action {named(label)} in this flow; name one there is, or null."
        if action.parent is not None:
            return f"{named(label)} is a variation inside a test; name the test instead."
        return None

    def resolve(self, label: str) -> str | None:
        """Return the id of the action that `label` names; None when nothing may lead to it."""
        return None if self.complaint(label) else self.actions[label].label


def read_labels(actions: Iterable[RawAction], findings: Findings) -> Labels:
    """Read the names of all actions; each has one at least, and none is used twice."""
    named_actions: dict[str, RawAction] = {}
    for action in actions:
        fields = Fields(values=action.value, pointer=action.pointer, findings=findings)
        texts = {key: fields.text(key) for key in ("id", "temporary_id")}
        if not action.labels and all(action.value.get(key) in (None, "") for key in texts):
            fields.refuse("id", "An action needs an `id` or a `temporary_id`; add one.")
        for key, label in texts.items():
            if not label:
                continue
            other = named_actions.setdefault(label, action)
            if other is not action:
                detail = f"{named(label)} is already the name of {other.pointer}; choose another."
                fields.refuse(key, detail)
    return Labels(actions=named_actions)


def read_action(action: RawAction, *, labels: Labels, findings: Findings) -> Action:
    """Read one action of the document."""
    own = findings.of_a_part()
    fields = Fields(values=action.value, pointer=action.pointer, findings=own)
    kind = fields.required_text("type")
    if action.parent is not None and action.is_known and not action.kind.is_message:
        fields.refuse("type", f"A test compares messages; {named(kind)} is none.")
    data = _read_data(action, kind, fields)
    links = tuple(_read_links(action, labels, fields))
    return Action(
        id=action.label or "",
        kind=kind,
        pointer=action.pointer,
        links=links,
        status=_read_status(action, fields),
        data=data,
        parent=action.parent.label if action.parent else None,
        unsupported=tuple(own.unsupported),
    )


def _read_data(action: RawAction, kind: str, fields: Fields) -> ActionData:
    if kind not in EXECUTED_ACTIONS:
        fields.keep("type", f"action type {named(kind)}")
    read = action.kind.read
    if read is None:
        return KeptVerbatim()
    if action.value.get("data") is None:
        if kind in EXECUTED_ACTIONS:
            fields.keep("data", f"{named(kind)} without data")
        return NotConfigured()
    data = fields.part("data")
    return read(data) if data else KeptVerbatim()


def _read_status(action: RawAction, fields: Fields) -> Status | None:
    data = action.value.get("data")
    given = data.get("status") if isinstance(data, dict) else None
    if not action.is_known:
        return Status(given) if isinstance(given, str) and given in list(Status) else None
    if not action.kind.has_status:
        return None
    if not isinstance(data, dict):
        return Status.DRAFT
    within = Fields(values=data, pointer=fields.at("data"), findings=fields.findings)
    return within.choice("status", Status, default=Status.DRAFT)


def _read_links(action: RawAction, labels: Labels, fields: Fields) -> Iterator[Link]:
    fields.part("links")
    if action.is_known:
        for name, slot in own_link_slots(action):
            if slot.value is not None and name not in action.kind.links:
                what = f"the link {named(name)} of an action of this type"
                fields.findings.keep(slot.pointer, what)
    slots = list(link_slots(action))
    if len(slots) > LINKS_MAX:
        fields.refuse("links", f"An action has at most {LINKS_MAX} links; remove some.")
        return
    for name, slot in slots:
        label = slot.value
        if label is None:
            continue
        if not isinstance(label, str) or len(label) > NAME_CHARACTERS_MAX:
            detail = f"A link is the id of an action or null, not {named(label)}."
            fields.findings.refuse(slot.pointer, detail)
        elif complaint := labels.complaint(label):
            fields.findings.refuse(slot.pointer, complaint)
        elif target := labels.resolve(label):
            yield Link(name=name, target=target, pointer=slot.pointer)
