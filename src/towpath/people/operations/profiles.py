"""Writes of profiles, a set at a time."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Uuid, bindparam, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Text, TypeEngine

from towpath.kit import db, ids
from towpath.people.dates import date_values
from towpath.people.model import (
    ATTRIBUTES,
    DuplicateProfile,
    Identifier,
    InvalidProfile,
    Profile,
    ProfileDraft,
    ProfileNotFound,
    UpsertedProfile,
)
from towpath.people.operations.locks import hold_identities, keep_merges_out
from towpath.people.queries import (
    lock_profiles,
    read_named,
    read_profiles,
    read_timezones,
)
from towpath.people.resolution import Names, Plan, is_same, make_plan, patched
from towpath.people.tables import identity_conflict, profile

# Parameters are named apart from the columns: SQLAlchemy takes a parameter of a column's name for
# a value to set.
_NEW = "new_"
_TEXTS = (*(str(kind) for kind in Identifier), *ATTRIBUTES, "timezone")
_DOCUMENTS = ("location", "properties", "date_values")
_KINDS: dict[str, TypeEngine[Any]] = {"id": Uuid()}
_KINDS |= {name: Text() for name in _TEXTS} | {name: JSONB() for name in _DOCUMENTS}
_STORED = db.array_rows("stored", {_NEW + name: kind for name, kind in _KINDS.items()})
_ACCOUNT = bindparam("account", type_=Uuid())
_NOW = bindparam("now", type_=DateTime(timezone=True))
_VALUES = {name: _STORED.c[_NEW + name] for name in _TEXTS} | {
    name: _STORED.c[_NEW + name].cast(JSONB) for name in _DOCUMENTS
}
_INSERT = insert(profile).from_select(
    ["account_id", "id", *_VALUES, "created_at", "updated_at"],
    select(_ACCOUNT, _STORED.c[_NEW + "id"], *_VALUES.values(), _NOW, _NOW),
)
_UPDATE = (
    update(profile)
    .values(**_VALUES, updated_at=_NOW)
    .where(profile.c.account_id == _ACCOUNT, profile.c.id == _STORED.c[_NEW + "id"])
)
_CONFLICT_KINDS: dict[str, TypeEngine[Any]] = {
    "id": Uuid(),
    "profile_id": Uuid(),
    "owner_profile_id": Uuid(),
    "kind": Text(),
    "value": Text(),
}
_CONFLICTS = db.array_rows("seen", {_NEW + name: kind for name, kind in _CONFLICT_KINDS.items()})
_INSERT_CONFLICTS = (
    insert(identity_conflict)
    .from_select(
        ["account_id", *_CONFLICT_KINDS, "noticed_at"], select(_ACCOUNT, *_CONFLICTS.c, _NOW)
    )
    .on_conflict_do_nothing()
)


async def upsert_profiles(
    conn: AsyncConnection, *, account_id: UUID, drafts: Sequence[ProfileDraft], now: datetime
) -> list[UpsertedProfile]:
    """Make or change one profile per draft, in order; several drafts may mean the same person.

    A profile that would not change is not written. Raises `ProfileNotFound` for an unknown id and
    `InvalidProfile` for a draft that names nobody.
    """
    await keep_merges_out(conn, account_id=account_id)
    return await place_people(conn, account_id=account_id, drafts=drafts, now=now)


async def create_profile(
    conn: AsyncConnection, *, account_id: UUID, draft: ProfileDraft, now: datetime
) -> UUID:
    """Make a new profile. Raises `DuplicateProfile` when somebody owns one of its identifiers."""
    await keep_merges_out(conn, account_id=account_id)
    await hold_identities(conn, account_id=account_id)
    named = await read_named(conn, account_id=account_id, drafts=[draft])
    for kind, value in _identifiers(draft).items():
        for profile_id, own in named.names.items():
            if own[kind] == value:
                raise DuplicateProfile(profile_id)
    placed = await place_people(conn, account_id=account_id, drafts=[draft], now=now)
    return placed[0].profile_id


async def update_profile(
    conn: AsyncConnection, *, account_id: UUID, draft: ProfileDraft, now: datetime
) -> UUID:
    """Change the profile that `draft.id` names and return its id (the survivor's after a merge).

    Raises `ProfileNotFound`, or `DuplicateProfile` when another profile owns an identifier.
    """
    assert draft.id is not None
    await keep_merges_out(conn, account_id=account_id)
    if _identifiers(draft) or draft.cleared:
        await hold_identities(conn, account_id=account_id)
    named = await read_named(conn, account_id=account_id, drafts=[draft])
    own_id = named.survivors.get(draft.id, draft.id)
    if own_id not in named.names:
        raise ProfileNotFound
    for kind, value in _identifiers(draft).items():
        for profile_id, own in named.names.items():
            if own[kind] == value and profile_id != own_id:
                raise DuplicateProfile(profile_id, pointer=f"/{kind}")
    await place_people(conn, account_id=account_id, drafts=[draft], now=now)
    return own_id


def _identifiers(draft: ProfileDraft) -> dict[Identifier, str]:
    values = {kind: getattr(draft, kind) for kind in Identifier}
    return {kind: value for kind, value in values.items() if value is not None}


async def place_people(
    conn: AsyncConnection, *, account_id: UUID, drafts: Sequence[ProfileDraft], now: datetime
) -> list[UpsertedProfile]:
    """Resolve drafts to profiles and write what they change; merges are kept out by the caller."""
    if not all(draft.has_name for draft in drafts):
        raise InvalidProfile(
            "A profile needs at least one of id, email, phone_number and external_id."
        )
    placed: list[UpsertedProfile] = []
    created: set[UUID] = set()
    while len(placed) < len(drafts):  # a plan places at least one draft, nearly always all
        rest = drafts[len(placed) :] if placed else drafts
        plan = await _plan(conn, account_id=account_id, drafts=rest)
        await _write(conn, account_id=account_id, plan=plan, now=now)
        for target in plan.targets:
            is_created = target in plan.created and target not in created
            placed.append(UpsertedProfile(profile_id=target, is_created=is_created))
            created.add(target)
    return placed


async def _plan(conn: AsyncConnection, *, account_id: UUID, drafts: Sequence[ProfileDraft]) -> Plan:
    """Plan on what is stored; when identities would change, again while holding them still."""
    fresh_ids = iter(ids.new_id, None)
    named = await read_named(conn, account_id=account_id, drafts=drafts)
    plan = make_plan(drafts, named, fresh_ids)
    if plan.changes_identities:
        await hold_identities(conn, account_id=account_id)
        named = await read_named(conn, account_id=account_id, drafts=drafts)
        plan = make_plan(drafts, named, fresh_ids)
    return plan


async def _write(conn: AsyncConnection, *, account_id: UUID, plan: Plan, now: datetime) -> None:
    patches = plan.patches.values()
    touches_location = any(draft.location for drafts in patches for draft in drafts)
    timezones = await read_timezones(conn) if touches_location else frozenset()
    existing = [profile_id for profile_id in plan.patches if profile_id not in plan.created]
    changing = set(plan.renamed)
    if existing:
        stored = await read_profiles(conn, account_id=account_id, profile_ids=existing)
        changing |= {
            profile_id
            for profile_id, before in stored.items()
            if not is_same(patched(before, plan.patches[profile_id], timezones), before)
        }
    if changing:
        locked = await lock_profiles(conn, account_id=account_id, profile_ids=changing)
        changed = [_changed(plan, own, timezones) for own in locked.values()]
        await write_profiles(conn, account_id=account_id, profiles=changed, now=now)
    if plan.created:
        blank = [
            Profile(id=profile_id, created_at=now, updated_at=now, **_keywords(names))
            for profile_id, names in plan.created.items()
        ]
        created = [_changed(plan, own, timezones) for own in blank]
        await conn.execute(_INSERT, _parameters(account_id, created, now))
    if plan.conflicts:
        await conn.execute(_INSERT_CONFLICTS, _conflict_parameters(account_id, plan, now))


async def write_profiles(
    conn: AsyncConnection, *, account_id: UUID, profiles: Sequence[Profile], now: datetime
) -> None:
    """Store profiles as they are given, over what was there."""
    await conn.execute(_UPDATE, _parameters(account_id, profiles, now))


def _changed(plan: Plan, own: Profile, timezones: frozenset[str]) -> Profile:
    drafts = plan.patches.get(own.id)
    changed = patched(own, drafts, timezones) if drafts else own
    names = plan.renamed.get(own.id)
    return replace(changed, **_keywords(names)) if names else changed


def _keywords(names: Names) -> dict[str, Any]:
    return {str(kind): value for kind, value in names.items()}


def _parameters(account_id: UUID, profiles: Sequence[Profile], now: datetime) -> dict[str, Any]:
    parameters: dict[str, Any] = {
        _NEW + name: [getattr(one, name) for one in profiles] for name in ("id", *_TEXTS)
    }
    documents = {
        "location": [db.encode_json(one.location) for one in profiles],
        "properties": [db.encode_json(one.properties) for one in profiles],
        "date_values": [db.encode_json(date_values(one.properties)) for one in profiles],
    }
    parameters |= {_NEW + name: texts for name, texts in documents.items()}
    return {"account": account_id, "now": now} | parameters


def _conflict_parameters(account_id: UUID, plan: Plan, now: datetime) -> dict[str, Any]:
    seen = sorted(plan.conflicts.items())
    return {
        "account": account_id,
        "now": now,
        _NEW + "id": ids.new_ids(len(seen)),
        _NEW + "profile_id": [profile_id for (profile_id, _, _), _ in seen],
        _NEW + "owner_profile_id": [owner for _, owner in seen],
        _NEW + "kind": [str(kind) for (_, kind, _), _ in seen],
        _NEW + "value": [value for (_, _, value), _ in seen],
    }
