"""Many writers at once: no duplicate, no deadlock, nothing lost."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import any_, column, func, literal, select, table
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from towpath import people

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
WRITERS = 8
ROUNDS = 12
PEOPLE = 12
SECONDS_MAX = 30


def person(number: int, choice: random.Random) -> people.ProfileDraft:
    """Name the same person by any of their identifiers, in a stable combination."""
    external_id, email = f"c-{number}", f"p{number}@example.test"
    return people.ProfileDraft(
        email=email,
        external_id=choice.choice((None, external_id)),
        append={"seen": [choice.randrange(5)]},
    )


async def test_the_same_people_written_from_everywhere_exist_once(
    engine: AsyncEngine, account_id: UUID
) -> None:
    async def write(seed: int) -> None:
        choice = random.Random(seed)
        for turn in range(ROUNDS):
            numbers = choice.sample(range(PEOPLE), 6)
            drafts = [
                people.EventDraft(
                    profile=person(number, choice),
                    metric_name=f"Metric {choice.randrange(4)}",
                    time=NOW + timedelta(seconds=turn),
                    unique_id=f"u{choice.randrange(40)}",
                )
                for number in numbers
            ]
            async with engine.begin() as conn:
                await people.record_events(conn, account_id=account_id, drafts=drafts, now=NOW)

    async with asyncio.timeout(SECONDS_MAX):
        await asyncio.gather(*(write(seed) for seed in range(WRITERS)))

    profile = people.profile_table
    async with engine.connect() as conn:
        rows = (
            await conn.execute(
                select(profile.c.email, profile.c.properties).where(
                    profile.c.account_id == account_id
                )
            )
        ).all()
        metrics = await people.list_metrics(conn, account_id=account_id)
    assert sorted(row.email for row in rows) == sorted(
        f"p{number}@example.test" for number in range(PEOPLE)
    )
    assert all(len(row.properties["seen"]) == len(set(row.properties["seen"])) for row in rows)
    assert len(metrics) == len({metric.name for metric in metrics}) == 4


async def test_events_are_written_in_the_order_of_their_keys_so_that_nobody_deadlocks(
    engine: AsyncEngine, account_id: UUID
) -> None:
    def event(unique_id: str) -> people.EventDraft:
        return people.EventDraft(
            profile=people.ProfileDraft(email="a@example.test"),
            metric_name="Placed Order",
            time=NOW,
            unique_id=unique_id,
        )

    async def record(conn: AsyncConnection, *unique_ids: str) -> list[people.RecordedEvent]:
        drafts = [event(unique_id) for unique_id in unique_ids]
        return await people.record_events(conn, account_id=account_id, drafts=drafts, now=NOW)

    async with engine.begin() as conn:
        await record(conn, "0")
    async with asyncio.timeout(SECONDS_MAX), engine.connect() as one, engine.connect() as other:
        await record(one, "1")
        waiting = asyncio.create_task(record(other, "2", "1"))
        await until_waiting(engine, one)
        await record(one, "2")
        await one.commit()

        assert [made.is_new for made in await waiting] == [False, False]


async def until_waiting(engine: AsyncEngine, holder: AsyncConnection) -> None:
    """Return when somebody waits for `holder`'s transaction."""
    holder_pid = (await holder.execute(select(func.pg_backend_pid()))).scalar_one()
    activity = table("pg_stat_activity", column("pid"))
    blocked = select(func.count()).where(
        literal(holder_pid) == any_(func.pg_blocking_pids(activity.c.pid))
    )
    while True:
        async with engine.connect() as conn:
            if (await conn.execute(blocked)).scalar_one():
                return


async def test_no_event_is_left_on_a_profile_that_is_merged_away(
    engine: AsyncEngine, account_id: UUID
) -> None:
    async with engine.begin() as conn:
        kept = await people.create_profile(
            conn,
            account_id=account_id,
            draft=people.ProfileDraft(email="kept@example.test"),
            now=NOW,
        )

    async def record(name: str, seconds: int) -> None:
        event = people.EventDraft(
            profile=people.ProfileDraft(email=name),
            metric_name="Placed Order",
            time=NOW + timedelta(seconds=seconds),
        )
        async with engine.begin() as conn:
            await people.record_events(conn, account_id=account_id, drafts=[event], now=NOW)

    async def merge(source_id: UUID) -> None:
        async with engine.begin() as conn:
            await people.merge_profiles(
                conn,
                account_id=account_id,
                source_id=source_id,
                destination_id=kept,
                listeners=(),
                now=NOW,
            )

    async with asyncio.timeout(SECONDS_MAX):
        for turn in range(ROUNDS):
            async with engine.begin() as conn:
                [made] = await people.upsert_profiles(
                    conn,
                    account_id=account_id,
                    drafts=[people.ProfileDraft(email=f"gone{turn}@example.test")],
                    now=NOW,
                )
            await asyncio.gather(
                record(f"gone{turn}@example.test", 2 * turn),
                merge(made.profile_id),
                record(f"gone{turn}@example.test", 2 * turn + 1),
            )

    event, profile = people.event_table, people.profile_table
    async with engine.connect() as conn:
        left = await conn.execute(
            select(func.count())
            .select_from(event.join(profile, event.c.profile_id == profile.c.id))
            .where(
                event.c.account_id == account_id,
                profile.c.account_id == account_id,
                profile.c.merged_into.is_not(None),
            )
        )
        total = await conn.execute(
            select(func.count()).select_from(event).where(event.c.account_id == account_id)
        )
    assert left.scalar_one() == 0
    assert total.scalar_one() == 2 * ROUNDS
