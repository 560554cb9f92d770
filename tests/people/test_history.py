"""The history of one person: the newest events, whatever their metric."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from tests.conftest import NOW
from towpath import people
from towpath.people.queries import HISTORY_EVENT_BYTES_MAX

ANN = people.ProfileDraft(email="ann@example.test")


def event(metric: str, *, minutes: int, **properties: object) -> people.EventDraft:
    return people.EventDraft(
        profile=ANN,
        metric_name=metric,
        time=NOW + timedelta(minutes=minutes),
        properties=properties,
    )


async def record(conn: AsyncConnection, account_id: UUID, *drafts: people.EventDraft) -> UUID:
    recorded = await people.record_events(conn, account_id=account_id, drafts=drafts, now=NOW)
    return recorded[0].profile_id


async def test_the_newest_events_of_all_metrics_come_first(
    conn: AsyncConnection, account_id: UUID
) -> None:
    ann = await record(
        conn,
        account_id,
        event("Viewed", minutes=1),
        event("Ordered", minutes=3, **{people.VALUE: 12.5, "sku": "A"}),
        event("Viewed", minutes=4),
        event("Viewed", minutes=2),
    )
    found = await people.recent_events(conn, account_id=account_id, profile_id=ann, limit=3)

    assert [(one.metric_name, one.time) for one in found] == [
        ("Viewed", NOW + timedelta(minutes=4)),
        ("Ordered", NOW + timedelta(minutes=3)),
        ("Viewed", NOW + timedelta(minutes=2)),
    ]
    assert found[1].value == 12.5
    assert found[1].properties == {people.VALUE: 12.5, "sku": "A"}


async def test_somebody_elses_events_are_not_in_it(conn: AsyncConnection, account_id: UUID) -> None:
    await record(conn, account_id, event("Viewed", minutes=1))
    [other] = await people.upsert_profiles(
        conn,
        account_id=account_id,
        drafts=[people.ProfileDraft(email="ben@example.test")],
        now=NOW,
    )

    assert (
        await people.recent_events(
            conn, account_id=account_id, profile_id=other.profile_id, limit=50
        )
        == []
    )


async def test_properties_of_great_size_stay_where_they_are(
    conn: AsyncConnection, account_id: UUID
) -> None:
    long = "x" * HISTORY_EVENT_BYTES_MAX
    ann = await record(
        conn, account_id, event("Imported", minutes=1, **{people.VALUE: 3, "text": long})
    )
    [found] = await people.recent_events(conn, account_id=account_id, profile_id=ann, limit=50)

    assert found.properties is None
    assert found.value == 3
