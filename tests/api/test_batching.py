"""Single events share commits: what one caller does wrong, or the database, meets nobody else."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Text, cast, column, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from towpath import people
from towpath.kit import ids
from towpath.web.api import batching
from towpath.web.api.batching import EventBatcher, TooBusy

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)


def event(number: int, profile: people.ProfileDraft | None = None, **values: Any) -> Any:
    return people.EventDraft(
        profile=profile or people.ProfileDraft(email=f"p{number % 5}@example.test"),
        metric_name="Placed Order",
        time=NOW,
        unique_id=f"u{number}",
        **values,
    )


def make_batcher(engine: AsyncEngine) -> EventBatcher:
    return EventBatcher(engine, clock=lambda: NOW)


async def stored(engine: AsyncEngine, account_id: UUID) -> int:
    table = people.event_table
    async with engine.connect() as conn:
        rows = await conn.execute(
            select(func.count()).select_from(table).where(table.c.account_id == account_id)
        )
    return int(rows.scalar_one())


async def test_events_that_arrive_together_share_a_commit(
    engine: AsyncEngine, account_id: UUID
) -> None:
    batcher = make_batcher(engine)
    await asyncio.gather(
        *(batcher.record(account_id=account_id, draft=event(number)) for number in range(600))
    )

    assert await stored(engine, account_id) == 600
    table = people.event_table
    commits_made = select(func.count(func.distinct(cast(column("xmin"), Text)))).where(
        table.c.account_id == account_id
    )
    async with engine.connect() as conn:
        commits = (await conn.execute(commits_made)).scalar_one()
    assert commits <= 600 // batching.BATCH_EVENTS_MAX + 2


async def test_a_bad_event_fails_alone(engine: AsyncEngine, account_id: UUID) -> None:
    batcher = make_batcher(engine)
    unknown = people.ProfileDraft(id=ids.new_id())
    drafts = [event(number) for number in range(40)]
    drafts[13] = event(13, unknown)
    drafts[27] = event(27, properties={"text": "\x00"})
    outcomes = await asyncio.gather(
        *(batcher.record(account_id=account_id, draft=draft) for draft in drafts),
        return_exceptions=True,
    )

    failed = {index: type(outcome) for index, outcome in enumerate(outcomes) if outcome is not None}
    assert failed.keys() == {13, 27}
    assert failed[13] is people.ProfileNotFound
    assert issubclass(failed[27], DBAPIError)
    assert await stored(engine, account_id) == 38


async def test_more_waiting_events_than_there_is_room_for_are_sent_away(
    engine: AsyncEngine, account_id: UUID
) -> None:
    batcher = EventBatcher(engine, clock=lambda: NOW, waiting_events_max=10)
    outcomes = await asyncio.gather(
        *(batcher.record(account_id=account_id, draft=event(number)) for number in range(15)),
        return_exceptions=True,
    )

    refused = [outcome for outcome in outcomes if isinstance(outcome, TooBusy)]
    assert len(refused) == 5
    assert refused[0].retry_after_seconds == 1
    assert await stored(engine, account_id) == 10


async def test_closing_waits_for_what_was_taken(engine: AsyncEngine, account_id: UUID) -> None:
    batcher = make_batcher(engine)
    taken = [
        asyncio.create_task(batcher.record(account_id=account_id, draft=event(number)))
        for number in range(20)
    ]
    await asyncio.sleep(0)
    await batcher.close()

    assert await stored(engine, account_id) == 20
    await asyncio.gather(*taken)


async def test_a_caller_who_leaves_does_not_take_the_batch_along(
    engine: AsyncEngine, account_id: UUID
) -> None:
    batcher = make_batcher(engine)
    leaving, staying = (
        asyncio.create_task(batcher.record(account_id=account_id, draft=event(number)))
        for number in range(2)
    )
    await asyncio.sleep(0)
    leaving.cancel()
    await staying

    assert await stored(engine, account_id) == 2
