"""Merging two profiles that turned out to be one person. Always explicit, never a guess."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, and_, bindparam, delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from towpath.people.model import (
    ATTRIBUTES,
    Consent,
    ConsentStatus,
    Identifier,
    MergeIntoItself,
    Profile,
    ProfileDraft,
    ProfileNotFound,
)
from towpath.people.operations.consents import set_consent
from towpath.people.operations.locks import hold_identities, keep_writers_out
from towpath.people.operations.profiles import write_profiles
from towpath.people.queries import consents_of, lock_profiles, read_named
from towpath.people.tables import consent, event, identity_conflict, profile, trigger_queue


class MergeListener(Protocol):
    """What a higher feature does about its own rows when two profiles become one."""

    async def __call__(
        self,
        conn: AsyncConnection,
        *,
        account_id: UUID,
        source_id: UUID,
        destination_id: UUID,
        collapsed: Mapping[UUID, UUID],
    ) -> None:
        """Point from the source to the destination, and from each collapsed event to its twin."""


async def merge_profiles(
    conn: AsyncConnection,
    *,
    account_id: UUID,
    source_id: UUID,
    destination_id: UUID,
    listeners: Sequence[MergeListener],
    now: datetime,
) -> UUID:
    """Merge the source into the destination and return the destination's id.

    The destination's own values win, the source fills what is empty. Events move; one that the
    destination has too (same metric and unique id) collapses into it. A withdrawn consent stays
    withdrawn. The source's id keeps leading to the destination, and doing it twice changes
    nothing. Raises `ProfileNotFound` and `MergeIntoItself`.
    """
    if source_id == destination_id:
        raise MergeIntoItself
    await keep_writers_out(conn, account_id=account_id)
    await hold_identities(conn, account_id=account_id)
    drafts = [ProfileDraft(id=source_id), ProfileDraft(id=destination_id)]
    named = await read_named(conn, account_id=account_id, drafts=drafts)
    source_id = named.survivors.get(source_id, source_id)
    destination_id = named.survivors.get(destination_id, destination_id)
    if source_id not in named.names or destination_id not in named.names:
        raise ProfileNotFound
    if source_id == destination_id:
        return destination_id
    locked = await lock_profiles(
        conn, account_id=account_id, profile_ids=[source_id, destination_id]
    )
    await _merge_content(
        conn,
        account_id=account_id,
        source=locked[source_id],
        destination=locked[destination_id],
        now=now,
    )
    await _merge_consents(
        conn, account_id=account_id, source_id=source_id, destination_id=destination_id, now=now
    )
    collapsed = await _move_events(
        conn, account_id=account_id, source_id=source_id, destination_id=destination_id
    )
    for listener in listeners:
        await listener(
            conn,
            account_id=account_id,
            source_id=source_id,
            destination_id=destination_id,
            collapsed=collapsed,
        )
    await _drop_collapsed(conn, account_id=account_id, event_ids=list(collapsed))
    return destination_id


async def _merge_content(
    conn: AsyncConnection,
    *,
    account_id: UUID,
    source: Profile,
    destination: Profile,
    now: datetime,
) -> None:
    """Empty the source first: an identifier cannot be in two places."""
    own = profile.c.account_id == account_id
    await conn.execute(
        update(profile)
        .where(own, or_(profile.c.id == source.id, profile.c.merged_into == source.id))
        .values(dict.fromkeys([*Identifier, *ATTRIBUTES, "timezone"]))
        .values(location={}, properties={}, date_values={})
        .values(merged_into=destination.id, updated_at=now)
    )
    filled: dict[str, Any] = {
        name: getattr(destination, name) or getattr(source, name)
        for name in (*(str(kind) for kind in Identifier), *ATTRIBUTES, "timezone")
    }
    merged = replace(
        destination,
        **filled,
        location={**source.location, **destination.location},
        properties={**source.properties, **destination.properties},
    )
    await write_profiles(conn, account_id=account_id, profiles=[merged], now=now)
    both = [source.id, destination.id]
    await conn.execute(
        delete(identity_conflict).where(
            identity_conflict.c.account_id == account_id,
            identity_conflict.c.profile_id.in_(both),
            identity_conflict.c.owner_profile_id.in_(both),
        )
    )


async def _merge_consents(
    conn: AsyncConnection,
    *,
    account_id: UUID,
    source_id: UUID,
    destination_id: UUID,
    now: datetime,
) -> None:
    """Keep the strictest word: withdrawn beats given, and silence says nothing."""
    said = await consents_of(conn, account_id=account_id, profile_ids=[source_id, destination_id])
    kept: list[Consent] = []
    for channel, theirs in said[source_id].items():
        own = said[destination_id].get(channel)
        is_stricter = theirs.status == ConsentStatus.UNSUBSCRIBED and (
            own is not None and own.status == ConsentStatus.SUBSCRIBED
        )
        if own is None or is_stricter:
            kept.append(replace(theirs, profile_id=destination_id))
    await conn.execute(
        delete(consent).where(
            consent.c.account_id == account_id,
            or_(
                consent.c.profile_id == source_id,
                and_(
                    consent.c.profile_id == destination_id,
                    consent.c.channel.in_([str(said.channel) for said in kept]),
                ),
            ),
        )
    )
    await set_consent(conn, account_id=account_id, consents=kept, now=now)


async def _move_events(
    conn: AsyncConnection, *, account_id: UUID, source_id: UUID, destination_id: UUID
) -> dict[UUID, UUID]:
    """Move what can be moved; return the destination's twin of each event that could not."""
    own = event.alias("own")
    is_twin = and_(
        own.c.account_id == account_id,
        own.c.profile_id == destination_id,
        own.c.metric_id == event.c.metric_id,
        own.c.unique_id == event.c.unique_id,
    )
    theirs = and_(event.c.account_id == account_id, event.c.profile_id == source_id)
    await conn.execute(
        update(event).where(theirs, ~exists().where(is_twin)).values(profile_id=destination_id)
    )
    rows = await conn.execute(select(event.c.id, own.c.id.label("twin_id")).where(theirs, is_twin))
    collapsed = {row.id: row.twin_id for row in rows}
    await conn.execute(
        update(trigger_queue)
        .where(trigger_queue.c.account_id == account_id, trigger_queue.c.profile_id == source_id)
        .values(profile_id=destination_id)
    )
    return collapsed


async def _drop_collapsed(
    conn: AsyncConnection, *, account_id: UUID, event_ids: Sequence[UUID]
) -> None:
    """Delete collapsed events; their twins are or were queued, so nothing that starts is lost."""
    if not event_ids:
        return
    array = bindparam("event_ids", list(event_ids), type_=ARRAY(Uuid()))
    for table, column in ((trigger_queue, trigger_queue.c.event_id), (event, event.c.id)):
        await conn.execute(
            delete(table).where(table.c.account_id == account_id, column == func.any(array))
        )
