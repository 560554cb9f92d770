"""Reads of people. Rows become dataclasses here and nowhere else."""

import zoneinfo
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Integer,
    Row,
    Select,
    Uuid,
    bindparam,
    case,
    cast,
    column,
    func,
    select,
    table,
    true,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Text

from towpath.kit import db
from towpath.people.model import (
    VALUE,
    Channel,
    Consent,
    ConsentStatus,
    HistoryEvent,
    Identifier,
    Metric,
    MetricNotFound,
    Profile,
    ProfileDraft,
    ProfileNotFound,
)
from towpath.people.resolution import Named, Names
from towpath.people.tables import consent, event, metric, profile

HISTORY_EVENT_BYTES_MAX = 20_000
"""Of an event's properties as JSON: a history shows many events at once."""

_ACCOUNT = bindparam("account_id", type_=Uuid())
_IDENTITIES = (profile.c.id, profile.c.external_id, profile.c.email, profile.c.phone_number)


def _named_by(identity: ColumnElement[Any], parameter: str) -> Select[Any]:
    """Look each value up by itself.

    A limit keeps the planner from turning that into one condition over the account, which it
    prefers while the table has no statistics.
    """
    given = db.array_rows(f"given_{parameter}", {parameter: identity.type})
    owner = (
        select(*_IDENTITIES, profile.c.merged_into)
        .where(profile.c.account_id == _ACCOUNT, identity == given.c[parameter])
        .limit(1)
        .lateral(f"owner_by_{parameter}")
    )
    return select(owner).select_from(given.join(owner, true()))


_NAMED = union_all(
    _named_by(profile.c.id, "ids"),
    _named_by(profile.c.external_id, "external_ids"),
    _named_by(profile.c.email, "emails"),
    _named_by(profile.c.phone_number, "phone_numbers"),
)
_PROFILES = select(profile).where(
    profile.c.account_id == _ACCOUNT,
    db.any_of(profile.c.id, "ids", Uuid()),
    profile.c.merged_into.is_(None),
)
_LOCKED_PROFILES = _PROFILES.order_by(profile.c.id).with_for_update(key_share=True)
_TIMEZONES = select(column("name", Text())).select_from(table("pg_timezone_names"))


async def read_named(
    conn: AsyncConnection, *, account_id: UUID, drafts: Sequence[ProfileDraft]
) -> Named:
    """Read every stored identity that a draft mentions; merged profiles lead to their survivor."""
    named: dict[str, set[Any]] = {"ids": set(), "external_ids": set(), "emails": set()}
    named["phone_numbers"] = set()
    for draft in drafts:
        named["ids"].add(draft.id)
        named["external_ids"].add(draft.external_id)
        named["emails"].add(draft.email)
        named["phone_numbers"].add(draft.phone_number)
    parameters: dict[str, Any] = {key: list(values - {None}) for key, values in named.items()}
    rows = (await conn.execute(_NAMED, {"account_id": account_id, **parameters})).all()
    survivors = {row.id: row.merged_into for row in rows if row.merged_into is not None}
    if survivors:
        parameters = {key: [] for key in parameters}
        parameters["ids"] = list(set(survivors.values()))
        rows = [
            *(row for row in rows if row.merged_into is None),
            *(await conn.execute(_NAMED, {"account_id": account_id, **parameters})).all(),
        ]
    names: dict[UUID, Names] = {
        row.id: {
            Identifier.EXTERNAL_ID: row.external_id,
            Identifier.EMAIL: row.email,
            Identifier.PHONE_NUMBER: row.phone_number,
        }
        for row in rows
    }
    return Named(names=names, survivors=survivors)


async def read_profiles(
    conn: AsyncConnection, *, account_id: UUID, profile_ids: Collection[UUID]
) -> dict[UUID, Profile]:
    """Return profiles by id, without those that are not there."""
    parameters = {"account_id": account_id, "ids": list(profile_ids)}
    rows = await conn.execute(_PROFILES, parameters)
    return {row.id: profile_from(row) for row in rows}


async def lock_profiles(
    conn: AsyncConnection, *, account_id: UUID, profile_ids: Collection[UUID]
) -> dict[UUID, Profile]:
    """Return profiles by id as they are now, locked in the order of their ids until commit."""
    parameters = {"account_id": account_id, "ids": list(profile_ids)}
    rows = await conn.execute(_LOCKED_PROFILES, parameters)
    return {row.id: profile_from(row) for row in rows}


async def get_profile(conn: AsyncConnection, *, account_id: UUID, profile_id: UUID) -> Profile:
    """Return one profile; one that was merged away answers as its survivor.

    Raises `ProfileNotFound`.
    """
    named = await read_named(conn, account_id=account_id, drafts=[ProfileDraft(id=profile_id)])
    survivor_id = named.survivors.get(profile_id, profile_id)
    found = await read_profiles(conn, account_id=account_id, profile_ids=[survivor_id])
    if survivor_id not in found:
        raise ProfileNotFound
    return found[survivor_id]


def profile_from(row: Row[Any]) -> Profile:
    """Make a profile of a row of the profile table."""
    return Profile(
        id=row.id,
        external_id=row.external_id,
        email=row.email,
        phone_number=row.phone_number,
        first_name=row.first_name,
        last_name=row.last_name,
        organization=row.organization,
        title=row.title,
        image=row.image,
        locale=row.locale,
        timezone=row.timezone,
        location=row.location,
        properties=row.properties,
        created_at=row.created_at.astimezone(UTC),
        updated_at=row.updated_at.astimezone(UTC),
    )


class _Known:
    """Timezones never change while a server runs, and asking it takes 50 ms."""

    timezones: frozenset[str] = frozenset()


async def read_timezones(conn: AsyncConnection) -> frozenset[str]:
    """Return the timezone names that both Python and the database know."""
    if not _Known.timezones:
        names = (await conn.execute(_TIMEZONES)).scalars()
        _Known.timezones = frozenset(names) & zoneinfo.available_timezones()
    return _Known.timezones


_CONSENTS = select(consent).where(
    consent.c.account_id == _ACCOUNT, db.any_of(consent.c.profile_id, "ids", Uuid())
)


async def consents_of(
    conn: AsyncConnection, *, account_id: UUID, profile_ids: Collection[UUID]
) -> dict[UUID, dict[Channel, Consent]]:
    """Return what each person said per channel; a channel they never spoke about is missing."""
    found: dict[UUID, dict[Channel, Consent]] = {profile_id: {} for profile_id in profile_ids}
    parameters = {"account_id": account_id, "ids": list(profile_ids)}
    for row in await conn.execute(_CONSENTS, parameters):
        channel = Channel(row.channel)
        found[row.profile_id][channel] = Consent(
            profile_id=row.profile_id,
            channel=channel,
            status=ConsentStatus(row.status),
            method=row.method,
            custom_source=row.custom_source,
            is_double_opt_in=row.is_double_opt_in,
            consented_at=row.consented_at.astimezone(UTC),
        )
    return found


_LAST_EVENTS = (
    select(event.c.profile_id, func.max(event.c.time).label("time"))
    .where(event.c.account_id == _ACCOUNT, db.any_of(event.c.profile_id, "ids", Uuid()))
    .group_by(event.c.profile_id)
)


async def last_event_times(
    conn: AsyncConnection, *, account_id: UUID, profile_ids: Collection[UUID]
) -> Mapping[UUID, Any]:
    """Return when each person's latest event happened; who has none is missing."""
    parameters = {"account_id": account_id, "ids": list(profile_ids)}
    rows = await conn.execute(_LAST_EVENTS, parameters)
    return {row.profile_id: row.time.astimezone(UTC) for row in rows}


_NEWEST_OF_METRIC = (
    select(event.c.id, event.c.time, event.c.properties)
    .where(
        event.c.account_id == _ACCOUNT,
        event.c.profile_id == bindparam("profile_id", type_=Uuid()),
        event.c.metric_id == metric.c.id,
    )
    .order_by(event.c.time.desc(), event.c.id.desc())
    .limit(bindparam("limit", type_=Integer()))
    .lateral("newest_of_metric")
)
_NEWEST = (
    select(metric.c.name, _NEWEST_OF_METRIC)
    .select_from(metric.join(_NEWEST_OF_METRIC, true()))
    .where(metric.c.account_id == _ACCOUNT)
    .order_by(_NEWEST_OF_METRIC.c.time.desc(), _NEWEST_OF_METRIC.c.id.desc())
    .limit(bindparam("limit", type_=Integer()))
    .subquery("newest")
)
_IS_SHORT = func.octet_length(cast(_NEWEST.c.properties, Text)) <= HISTORY_EVENT_BYTES_MAX
_RECENT_EVENTS = select(
    _NEWEST.c.id,
    _NEWEST.c.name,
    _NEWEST.c.time,
    _NEWEST.c.properties[VALUE].label("value"),
    case((_IS_SHORT, _NEWEST.c.properties)).label("properties"),
).order_by(_NEWEST.c.time.desc(), _NEWEST.c.id.desc())


async def recent_events(
    conn: AsyncConnection, *, account_id: UUID, profile_id: UUID, limit: int
) -> list[HistoryEvent]:
    """Return the latest events of a person, the newest first, without properties of great size.

    The newest of each metric are looked up by themselves, so that the price does not grow with the
    length of the history.
    """
    parameters = {"account_id": account_id, "profile_id": profile_id, "limit": limit}
    return [
        HistoryEvent(
            id=row.id,
            metric_name=row.name,
            time=row.time.astimezone(UTC),
            value=row.value,
            properties=row.properties,
        )
        for row in await conn.execute(_RECENT_EVENTS, parameters)
    ]


async def list_metrics(conn: AsyncConnection, *, account_id: UUID) -> list[Metric]:
    """Return every metric of the account by name: as many as a shop has kinds of event."""
    rows = await conn.execute(
        select(metric).where(metric.c.account_id == account_id).order_by(metric.c.name, metric.c.id)
    )
    return [_metric_from(row) for row in rows]


async def get_metric(conn: AsyncConnection, *, account_id: UUID, metric_id: str) -> Metric:
    """Return one metric. Raises `MetricNotFound`."""
    rows = await conn.execute(
        select(metric).where(metric.c.account_id == account_id, metric.c.id == metric_id)
    )
    row = rows.one_or_none()
    if row is None:
        raise MetricNotFound
    return _metric_from(row)


def _metric_from(row: Row[Any]) -> Metric:
    return Metric(
        id=row.id,
        name=row.name,
        service=row.service,
        created_at=row.created_at.astimezone(UTC),
        updated_at=row.updated_at.astimezone(UTC),
    )
