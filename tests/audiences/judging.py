"""Judging many people by many filters in one statement, as the engine does."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Integer, Uuid, and_, bindparam, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.reference.strategies_conditions import METRICS
from towpath import people
from towpath.audiences.conditions import ConditionGroups, Scope, compile_groups
from towpath.kit import db, ids

CREATED = datetime.fromisoformat("2020-01-01T00:00:00+00:00")


async def add_metrics(conn: AsyncConnection, account_id: UUID) -> None:
    """Make the metrics that events are of."""
    rows = [
        {
            "account_id": account_id,
            "id": metric_id,
            "name": metric_id,
            "created_at": CREATED,
            "updated_at": CREATED,
        }
        for metric_id in METRICS
    ]
    await conn.execute(insert(people.metric_table), rows)


async def judge_everybody(
    conn: AsyncConnection,
    *,
    account_id: UUID,
    filters: Sequence[ConditionGroups],
    cases: Sequence[Mapping[str, Any]],
    now: datetime,
) -> list[list[bool]]:
    """Store the people of `cases` and return, for each, what each filter says of them.

    A case has `person`, `events`, `started_at` and `event` (one of its events, or None).
    """
    rows = await _store(conn, account_id, cases)
    judged = db.array_rows(
        "judged",
        {
            "number": Integer(),
            "profile_id": Uuid(),
            "event_id": Uuid(),
            "started_at": DateTime(timezone=True),
        },
    )
    profile, event = people.profile_table.alias("person"), people.event_table.alias("trigger")
    scope = Scope(
        account_id=account_id,
        profile=profile,
        event=event,
        started_at=judged.c.started_at,
        now=bindparam("now", type_=DateTime(timezone=True)),
    )
    is_person = and_(profile.c.account_id == account_id, profile.c.id == judged.c.profile_id)
    is_trigger = and_(event.c.account_id == account_id, event.c.id == judged.c.event_id)
    verdicts = [
        compile_groups(groups, scope).label(f"filter_{number}")
        for number, groups in enumerate(filters)
    ]
    statement = (
        select(judged.c.number, *verdicts)
        .select_from(judged.join(profile, is_person).outerjoin(event, is_trigger))
        .order_by(judged.c.number)
    )
    parameters = {"now": now} | {
        key: [row[key] for row in rows]
        for key in ("number", "profile_id", "event_id", "started_at")
    }
    result = await conn.execute(statement, parameters)
    return [list(row)[1:] for row in result]


async def _store(
    conn: AsyncConnection, account_id: UUID, cases: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    profiles, events, rows = [], [], []
    for number, case in enumerate(cases):
        profile_id, event_ids = ids.new_id(), [ids.new_id() for _ in case["events"]]
        profiles.append(_profile_row(account_id, profile_id, case["person"]))
        for event_id, event in zip(event_ids, case["events"], strict=True):
            events.append(_event_row(account_id, profile_id, event_id, event))
        trigger = next(
            (
                id_
                for id_, one in zip(event_ids, case["events"], strict=True)
                if one is case["event"]
            ),
            None,
        )
        rows.append(
            {
                "number": number,
                "profile_id": profile_id,
                "event_id": trigger,
                "started_at": case["started_at"],
            }
        )
    if profiles:
        await conn.execute(insert(people.profile_table), profiles)
    if events:
        await conn.execute(insert(people.event_table), events)
    return rows


def _profile_row(account_id: UUID, profile_id: UUID, person: Mapping[str, Any]) -> dict[str, Any]:
    texts = ("email", "phone_number", "external_id", "first_name", "last_name", "title")
    properties = person.get("properties", {})
    return {
        "account_id": account_id,
        "id": profile_id,
        **{name: person.get(name) for name in texts},
        "location": person.get("location", {}),
        "properties": properties,
        "date_values": people.date_values(properties),
        "created_at": person.get("created", CREATED),
        "updated_at": person.get("updated", CREATED),
    }


def _event_row(
    account_id: UUID, profile_id: UUID, event_id: UUID, event: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "account_id": account_id,
        "id": event_id,
        "profile_id": profile_id,
        "metric_id": event["metric_id"],
        "time": event["time"],
        "unique_id": event_id.hex,
        "properties": event["properties"],
        "date_values": people.date_values(event["properties"]),
        "recorded_at": CREATED,
    }
