"""Recording events: who they go to, what is one event, and who hears of it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from towpath import people

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)


def draft(
    email: str = "ada@example.test",
    *,
    metric: str = "Placed Order",
    profile: people.ProfileDraft | None = None,
    seconds: int = 0,
    **values: Any,
) -> people.EventDraft:
    return people.EventDraft(
        profile=profile or people.ProfileDraft(email=email),
        metric_name=metric,
        time=NOW + timedelta(seconds=seconds),
        **values,
    )


async def count(conn: AsyncConnection, table: Any, account_id: UUID) -> int:
    rows = await conn.execute(
        select(func.count()).select_from(table).where(table.c.account_id == account_id)
    )
    return int(rows.scalar_one())


async def record(
    conn: AsyncConnection, account_id: UUID, *drafts: people.EventDraft
) -> list[people.RecordedEvent]:
    return await people.record_events(conn, account_id=account_id, drafts=drafts, now=NOW)


async def test_ids_increase_in_draft_order(conn: AsyncConnection, account_id: UUID) -> None:
    recorded = await record(
        conn, account_id, draft("z@example.test"), draft("a@example.test"), draft(seconds=1)
    )

    assert [made.id for made in recorded] == sorted(made.id for made in recorded)
    assert all(made.is_new for made in recorded)


async def test_a_repeated_unique_id_is_one_event_and_the_first_wins(
    conn: AsyncConnection, account_id: UUID
) -> None:
    [first] = await record(conn, account_id, draft(unique_id="o1", properties={"n": 1}))
    [again, other] = await record(
        conn,
        account_id,
        draft(unique_id="o1", properties={"n": 2}, seconds=9),
        draft(unique_id="o2", properties={"n": 3}),
    )

    assert (again.id, again.is_new, other.is_new) == (first.id, False, True)
    events = people.event_table
    stored = await conn.execute(
        select(events.c.properties, events.c.time).where(
            events.c.account_id == account_id, events.c.unique_id == "o1"
        )
    )
    assert stored.all() == [({"n": 1}, NOW)]


async def test_without_a_unique_id_one_event_per_person_metric_and_second(
    conn: AsyncConnection, account_id: UUID
) -> None:
    recorded = await record(
        conn,
        account_id,
        draft(),
        draft(),
        draft(seconds=1),
        draft(metric="Viewed Page"),
        draft("bob@example.test"),
    )

    assert [made.is_new for made in recorded] == [True, False, True, True, True]
    assert recorded[1].id == recorded[0].id


async def test_only_new_events_of_a_metric_that_is_heard_are_queued(
    conn: AsyncConnection, account_id: UUID
) -> None:
    metric_ids = await people.ensure_metrics(
        conn, account_id=account_id, drafts=[people.MetricDraft(name="Placed Order")], now=NOW
    )
    for listener in ("flow:1", "flow:2"):
        await people.add_metric_listeners(
            conn, account_id=account_id, metric_ids=metric_ids.values(), listener=listener
        )
    [heard, _, _] = await record(
        conn, account_id, draft(), draft(backfill=True, seconds=1), draft(metric="Viewed Page")
    )
    await record(conn, account_id, draft())

    queue = people.trigger_queue_table
    rows = await conn.execute(select(queue).where(queue.c.account_id == account_id))
    [row] = rows.all()
    assert (row.event_id, row.profile_id, row.time) == (heard.id, heard.profile_id, NOW)
    assert row.metric_id == metric_ids["Placed Order"]


async def test_no_listener_no_queue(conn: AsyncConnection, account_id: UUID) -> None:
    metric_ids = await people.ensure_metrics(
        conn, account_id=account_id, drafts=[people.MetricDraft(name="Placed Order")], now=NOW
    )
    await people.add_metric_listeners(
        conn, account_id=account_id, metric_ids=metric_ids.values(), listener="flow:1"
    )
    await people.remove_metric_listener(conn, account_id=account_id, listener="flow:1")
    await record(conn, account_id, draft())

    assert await count(conn, people.trigger_queue_table, account_id) == 0


async def test_a_metric_keeps_the_id_a_caller_gave_it(
    conn: AsyncConnection, account_id: UUID
) -> None:
    wanted = people.MetricDraft(name="Placed Order", id="METORD")
    for _ in range(2):
        found = await people.ensure_metrics(conn, account_id=account_id, drafts=[wanted], now=NOW)

        assert found == {"Placed Order": "METORD"}


async def test_dates_among_the_properties_are_kept_as_seconds(
    conn: AsyncConnection, account_id: UUID
) -> None:
    await record(conn, account_id, draft(properties={"due": "2026-11-02", "sku": "A-1"}))
    events = people.event_table
    stored = await conn.execute(
        select(events.c.date_values).where(events.c.account_id == account_id)
    )

    assert stored.scalar_one() == {"due": int(datetime(2026, 11, 2, tzinfo=UTC).timestamp())}
