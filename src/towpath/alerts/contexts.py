"""The data alerts are rendered with, loaded for a whole batch: people and events."""

from collections.abc import Collection, Mapping
from typing import Final
from uuid import UUID

from sqlalchemy import Uuid, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from towpath import people
from towpath.kit.db import any_of

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


async def load_people(
    conn: AsyncConnection, *, account_id: UUID, profile_ids: Collection[UUID]
) -> dict[UUID, Mapping[str, object]]:
    """Return profiles as templates see them: properties and fields side by side, fields first.

    A field that is empty leaves its name to a property. A profile that was merged away is the one
    it was merged into.
    """
    asked, person = people.profile_table.alias("asked"), people.profile_table.alias("person")
    statement = (
        select(
            asked.c.id,
            person.c.location,
            person.c.properties,
            *(person.c[name] for name in PERSON_FIELDS),
        )
        .join(
            person,
            (person.c.account_id == asked.c.account_id)
            & (person.c.id == func.coalesce(asked.c.merged_into, asked.c.id)),
        )
        .where(asked.c.account_id == account_id, any_of(asked.c.id, "ids", Uuid()))
    )
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
    """Return the properties of events, by the id of the event.

    `value` is the event's value, whose own key `$value` a dotted name cannot spell.
    """
    event = people.event_table
    statement = select(event.c.id, event.c.properties).where(
        event.c.account_id == account_id, any_of(event.c.id, "ids", Uuid())
    )
    rows = await conn.execute(statement, {"ids": sorted(event_ids)})
    return {
        row.id: (
            {"value": row.properties[people.VALUE], **row.properties}
            if people.VALUE in row.properties
            else row.properties
        )
        for row in rows
    }
