"""The data alerts are rendered with, loaded for a whole batch: people and events."""

from collections.abc import Collection, Mapping
from typing import Final
from uuid import UUID

from sqlalchemy import Uuid, select
from sqlalchemy.ext.asyncio import AsyncConnection

from towpath.kit.db import any_of
from towpath.people.tables import event, profile

PERSON_FIELDS: Final = (
    "email",
    "phone_number",
    "external_id",
    "first_name",
    "last_name",
    "organization",
    "title",
    "image",
    "locale",
    "timezone",
)

# The value of an event is its property `$value`, which a dotted name cannot spell (flows.md §3).
VALUE_KEY: Final = "$value"


async def load_people(
    conn: AsyncConnection, *, account_id: UUID, profile_ids: Collection[UUID]
) -> dict[UUID, Mapping[str, object]]:
    """Return profiles as templates see them: properties and fields side by side, fields first.

    A field that is empty leaves its name to a property.
    """
    statement = select(
        profile.c.id,
        profile.c.location,
        profile.c.properties,
        *(profile.c[name] for name in PERSON_FIELDS),
    ).where(profile.c.account_id == account_id, any_of(profile.c.id, "ids", Uuid()))
    rows = (await conn.execute(statement, {"ids": sorted(profile_ids)})).mappings()
    return {
        row["id"]: {
            **row["properties"],
            "location": row["location"],
            **{name: row[name] for name in PERSON_FIELDS if row[name] is not None},
        }
        for row in rows
    }


async def load_events(
    conn: AsyncConnection, *, account_id: UUID, event_ids: Collection[UUID]
) -> dict[UUID, Mapping[str, object]]:
    """Return the properties of events; `value` is the event's value unless a property has it."""
    statement = select(event.c.id, event.c.properties).where(
        event.c.account_id == account_id, any_of(event.c.id, "ids", Uuid())
    )
    rows = await conn.execute(statement, {"ids": sorted(event_ids)})
    return {
        row.id: (
            {"value": row.properties[VALUE_KEY], **row.properties}
            if VALUE_KEY in row.properties
            else row.properties
        )
        for row in rows
    }
