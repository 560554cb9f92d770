"""Merging: what moves, what collapses, what stays."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from towpath import people

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)


class Listener:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[UUID, UUID, Mapping[UUID, UUID]]] = []

    async def __call__(
        self,
        conn: AsyncConnection,  # noqa: ARG002 -- the protocol's signature
        *,
        account_id: UUID,  # noqa: ARG002
        source_id: UUID,
        destination_id: UUID,
        collapsed: Mapping[UUID, UUID],
    ) -> None:
        self.told.append((source_id, destination_id, collapsed))


async def merge(
    conn: AsyncConnection,
    account_id: UUID,
    source_id: UUID,
    destination_id: UUID,
    *listeners: people.MergeListener,
) -> UUID:
    return await people.merge_profiles(
        conn,
        account_id=account_id,
        source_id=source_id,
        destination_id=destination_id,
        listeners=listeners,
        now=NOW,
    )


async def two_people(conn: AsyncConnection, account_id: UUID) -> tuple[UUID, UUID]:
    drafts = [
        people.ProfileDraft(
            email="old@example.test",
            external_id="c-1",
            attributes={"first_name": "Old", "last_name": "Name"},
            properties={"a": 1, "b": 1},
            location={"city": "Oslo"},
        ),
        people.ProfileDraft(
            email="new@example.test",
            attributes={"first_name": "New"},
            properties={"b": 2},
        ),
    ]
    placed = await people.upsert_profiles(conn, account_id=account_id, drafts=drafts, now=NOW)
    return placed[0].profile_id, placed[1].profile_id


async def test_the_destination_wins_and_the_source_fills_the_gaps(
    conn: AsyncConnection, account_id: UUID
) -> None:
    source_id, destination_id = await two_people(conn, account_id)
    await merge(conn, account_id, source_id, destination_id)

    merged = await people.get_profile(conn, account_id=account_id, profile_id=destination_id)
    assert (merged.email, merged.external_id) == ("new@example.test", "c-1")
    assert (merged.first_name, merged.last_name) == ("New", "Name")
    assert merged.properties == {"a": 1, "b": 2}
    assert merged.location == {"city": "Oslo"}


async def test_the_sources_id_and_identifiers_lead_to_the_destination(
    conn: AsyncConnection, account_id: UUID
) -> None:
    source_id, destination_id = await two_people(conn, account_id)
    await merge(conn, account_id, source_id, destination_id)
    event = people.EventDraft(
        profile=people.ProfileDraft(id=source_id), metric_name="Placed Order", time=NOW
    )
    [recorded] = await people.record_events(conn, account_id=account_id, drafts=[event], now=NOW)
    followed = await people.get_profile(conn, account_id=account_id, profile_id=source_id)

    assert recorded.profile_id == followed.id == destination_id


async def test_a_chain_of_merges_leads_to_the_last(conn: AsyncConnection, account_id: UUID) -> None:
    first_id, second_id = await two_people(conn, account_id)
    third = await people.create_profile(
        conn,
        account_id=account_id,
        draft=people.ProfileDraft(email="third@example.test"),
        now=NOW,
    )
    await merge(conn, account_id, first_id, second_id)
    await merge(conn, account_id, second_id, third)

    followed = await people.get_profile(conn, account_id=account_id, profile_id=first_id)
    assert followed.id == third


async def test_events_move_and_equal_ones_collapse(conn: AsyncConnection, account_id: UUID) -> None:
    source_id, destination_id = await two_people(conn, account_id)
    drafts = [
        people.EventDraft(
            profile=people.ProfileDraft(id=profile_id),
            metric_name="Placed Order",
            time=NOW,
            unique_id=unique_id,
        )
        for profile_id, unique_id in (
            (source_id, "both"),
            (source_id, "only"),
            (destination_id, "both"),
        )
    ]
    metric_ids = await people.ensure_metrics(
        conn, account_id=account_id, drafts=[people.MetricDraft(name="Placed Order")], now=NOW
    )
    await people.add_metric_listeners(
        conn, account_id=account_id, metric_ids=metric_ids.values(), listener="flow:1"
    )
    recorded = await people.record_events(conn, account_id=account_id, drafts=drafts, now=NOW)
    listener = Listener()
    await merge(conn, account_id, source_id, destination_id, listener)

    both, only, twin = (made.id for made in recorded)
    assert listener.told == [(source_id, destination_id, {both: twin})]
    for table, column in (
        (people.event_table, people.event_table.c.id),
        (people.trigger_queue_table, people.trigger_queue_table.c.event_id),
    ):
        rows = await conn.execute(
            select(column, table.c.profile_id).where(table.c.account_id == account_id)
        )
        assert {tuple(row) for row in rows} == {(only, destination_id), (twin, destination_id)}


async def test_a_withdrawn_consent_stays_withdrawn(conn: AsyncConnection, account_id: UUID) -> None:
    source_id, destination_id = await two_people(conn, account_id)
    subscribed, unsubscribed = people.ConsentStatus.SUBSCRIBED, people.ConsentStatus.UNSUBSCRIBED

    def said(
        profile_id: UUID, channel: people.Channel, status: people.ConsentStatus, days: int
    ) -> people.Consent:
        return people.Consent(
            profile_id=profile_id,
            channel=channel,
            status=status,
            method="form",
            consented_at=NOW - timedelta(days=days),
        )

    await people.set_consent(
        conn,
        account_id=account_id,
        consents=[
            said(source_id, people.Channel.EMAIL, unsubscribed, 9),
            said(destination_id, people.Channel.EMAIL, subscribed, 1),
            said(source_id, people.Channel.SMS_MARKETING, subscribed, 1),
            said(destination_id, people.Channel.SMS_MARKETING, unsubscribed, 9),
            said(source_id, people.Channel.SMS_TRANSACTIONAL, subscribed, 1),
        ],
        now=NOW,
    )
    await merge(conn, account_id, source_id, destination_id)

    found = await people.consents_of(
        conn, account_id=account_id, profile_ids=[source_id, destination_id]
    )
    assert found[source_id] == {}
    assert {channel: said.status for channel, said in found[destination_id].items()} == {
        people.Channel.EMAIL: unsubscribed,
        people.Channel.SMS_MARKETING: unsubscribed,
        people.Channel.SMS_TRANSACTIONAL: subscribed,
    }


async def test_merging_twice_changes_nothing(conn: AsyncConnection, account_id: UUID) -> None:
    source_id, destination_id = await two_people(conn, account_id)
    listener = Listener()
    first = await merge(conn, account_id, source_id, destination_id, listener)
    again = await merge(conn, account_id, source_id, destination_id, listener)

    assert first == again == destination_id
    assert len(listener.told) == 1


async def test_a_merge_needs_two_people_that_exist(conn: AsyncConnection, account_id: UUID) -> None:
    source_id, destination_id = await two_people(conn, account_id)
    with pytest.raises(people.MergeIntoItself):
        await merge(conn, account_id, source_id, source_id)
    with pytest.raises(people.ProfileNotFound):
        await merge(conn, account_id, source_id, UUID(int=1))
    assert source_id != destination_id
