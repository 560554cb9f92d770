"""Who is meant: pure decisions about identifiers and content, made before anything is written.

A draft is matched by id, external id, e-mail, phone number, in that order (docs/architecture.md,
Identity). Identifiers that nobody owns go to the matched profile, in place of the one it had;
one that somebody else owns stays there and is noted as a conflict.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from towpath.kit import db, ids
from towpath.people.model import Identifier, Profile, ProfileDraft, ProfileNotFound

Names = dict[Identifier, str | None]


@dataclass(slots=True, kw_only=True)
class Plan:
    """What is to be written so that the first `len(targets)` drafts are placed."""

    targets: list[UUID] = field(default_factory=list)
    created: dict[UUID, Names] = field(default_factory=dict)
    renamed: dict[UUID, Names] = field(default_factory=dict)
    patches: dict[UUID, list[ProfileDraft]] = field(default_factory=dict)
    conflicts: dict[tuple[UUID, Identifier, str], UUID] = field(default_factory=dict)
    """The owner who keeps an identifier, by (whom it was given for, kind, value)."""

    @property
    def changes_identities(self) -> bool:
        """Whether an identifier gets or loses an owner."""
        return bool(self.created or self.renamed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What is stored about the identities that drafts mention."""

    names: Mapping[UUID, Names]
    survivors: Mapping[UUID, UUID]


def make_plan(drafts: Sequence[ProfileDraft], named: Named, fresh_ids: Iterator[UUID]) -> Plan:
    """Decide where each draft goes, as if they came one after the other.

    The plan ends before a draft that mentions an identifier which an earlier one took off a
    profile: within one statement it cannot change hands twice. At least one draft is placed. The
    same draft object given again is the same word about the same person and is applied once.
    Raises `ProfileNotFound` for an id that is not stored.
    """
    board = _Board(named)
    placed: dict[int, UUID] = {}
    for draft in drafts:
        target = placed.get(id(draft))
        if target is None:
            if board.must_wait(draft):
                return board.plan
            target = board.match(draft) or board.create(next(fresh_ids))
            board.take(target, draft)
            if draft.has_content:
                board.plan.patches.setdefault(target, []).append(draft)
            placed[id(draft)] = target
        board.plan.targets.append(target)
    return board.plan


class _Board:
    """Who owns what, as it stands after the drafts placed so far."""

    def __init__(self, named: Named) -> None:
        self.plan = Plan()
        self.survivors = named.survivors
        self.names = {profile_id: dict(own) for profile_id, own in named.names.items()}
        self.owners = {
            (kind, value): profile_id
            for profile_id, own in self.names.items()
            for kind, value in own.items()
            if value is not None
        }
        self.released: set[tuple[Identifier, str]] = set()

    def must_wait(self, draft: ProfileDraft) -> bool:
        return bool(self.released) and not self.released.isdisjoint(_given(draft))

    def match(self, draft: ProfileDraft) -> UUID | None:
        if draft.id is not None:
            profile_id = self.survivors.get(draft.id, draft.id)
            if profile_id not in self.names:
                shown_id = ids.to_base32(draft.id)
                raise ProfileNotFound(f"A profile with the id {shown_id} does not exist.")
            return profile_id
        owners = (self.owners.get(identity) for identity in _given(draft))
        return next((owner for owner in owners if owner is not None), None)

    def create(self, profile_id: UUID) -> UUID:
        self.plan.created[profile_id] = self.names[profile_id] = {}
        return profile_id

    def take(self, target: UUID, draft: ProfileDraft) -> None:
        """Give the draft's identifiers to the target, where nobody else owns them."""
        for kind in draft.cleared:
            self._change(target, kind, None)
        for kind, value in _given(draft):
            owner = self.owners.get((kind, value))
            if owner is None:
                self._change(target, kind, value)
            elif owner != target:
                self.plan.conflicts[target, kind, value] = owner

    def _change(self, target: UUID, kind: Identifier, value: str | None) -> None:
        own = self.names[target]
        old = own.get(kind)
        if old == value:
            return
        if old is not None:
            self.released.add((kind, old))
            del self.owners[kind, old]
        if value is not None:
            self.owners[kind, value] = target
        own[kind] = value
        if target not in self.plan.created:
            self.plan.renamed[target] = own


def _given(draft: ProfileDraft) -> list[tuple[Identifier, str]]:
    values = (draft.external_id, draft.email, draft.phone_number)  # in the order of Identifier
    return [
        (kind, value) for kind, value in zip(Identifier, values, strict=True) if value is not None
    ]


def patched(profile: Profile, drafts: Sequence[ProfileDraft], timezones: frozenset[str]) -> Profile:
    """Return the profile with the content of `drafts` applied in order; the same when equal.

    `timezones` are the names that may be stored as the profile's timezone; another one is kept in
    the location only.
    """
    attributes: dict[str, Any] = {}
    location, properties = dict(profile.location), dict(profile.properties)
    for draft in drafts:
        attributes.update(draft.attributes)
        _set(location, draft.location)
        _set(properties, draft.properties)
        for name, value in draft.append.items():
            properties[name] = _appended(properties.get(name), value)
        for name, value in draft.unappend.items():
            if isinstance(properties.get(name), list):
                properties[name] = _without(properties[name], _listed(value))
        for name in draft.unset:
            properties.pop(name, None)
    timezone = profile.timezone
    if any(draft.location for draft in drafts):
        named = location.get("timezone")
        timezone = named if named in timezones else None
    return replace(
        profile, **attributes, location=location, properties=properties, timezone=timezone
    )


def is_same(first: object, second: object) -> bool:
    """Whether two profiles or JSON values are equal; true and 1 are not, 1 and 1.0 are."""
    if isinstance(first, Profile) and isinstance(second, Profile):
        return (
            first == second
            and is_same(first.properties, second.properties)
            and is_same(first.location, second.location)
        )
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        return first.keys() == second.keys() and all(
            is_same(value, second[key]) for key, value in first.items()
        )
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(map(is_same, first, second))
    return first == second and isinstance(first, bool) == isinstance(second, bool)


def _set(stored: dict[str, Any], given: Mapping[str, Any]) -> None:
    """Null clears, missing leaves (api.md §3)."""
    for name, value in given.items():
        if value is None:
            stored.pop(name, None)
        else:
            stored[name] = value


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _appended(stored: Any, value: Any) -> list[Any]:
    """Add what is not in the list yet, so that a repeated request changes nothing."""
    kept = [] if stored is None else list(_listed(stored))
    return kept + _without(_listed(value), kept)


def _without(values: list[Any], unwanted: list[Any]) -> list[Any]:
    written = {db.encode_json(value) for value in unwanted}
    return [value for value in values if db.encode_json(value) not in written]
