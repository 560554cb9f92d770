"""Several workers at once, and runs that cannot be moved (docs/architecture.md)."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import and_, func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.flows.shop import ORDER, Shop, alert, any_of, definition, delay, open_shop
from tests.flows.shop import update as profile_update
from tests.guard import watch_statements
from towpath import flows, people
from towpath.flows.tables import flow_version
from towpath.kit import db

START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)
PEOPLE = 300
BATCH = 20
APPEND = {
    "operator": "update",
    "property_type": "list",
    "property_key": "seen",
    "property_operation": "add",
    "property_value": "once",
}


@pytest.fixture
async def other_engine(engine: AsyncEngine) -> AsyncIterator[AsyncEngine]:
    """Give a second worker's connections to the same database."""
    other = db.create_engine(engine.url.render_as_string(hide_password=False))
    watch_statements(other)
    yield other
    await other.dispose()


async def crowd(engine: AsyncEngine, account_id: UUID) -> Shop:
    """Open a shop into which many people came at once; nobody has looked yet."""
    flow = definition(
        alert("a", "mark"),
        profile_update("mark", "w", APPEND),
        delay("w", "b", unit="minutes", value=1),
        alert("b"),
        reentry_criteria={"duration": 1, "unit": "alltime"},
    )
    shop = await open_shop(engine, account_id, flow, now=START)
    drafts = [
        people.EventDraft(
            profile=people.ProfileDraft(email=f"p{number % PEOPLE}@x.example"),
            metric_name=ORDER,
            time=START,
            unique_id=str(number),
        )
        for number in range(2 * PEOPLE)
    ]
    async with engine.begin() as conn:
        await people.record_events(conn, account_id=account_id, drafts=drafts, now=START)
    return shop


async def handle(engine: AsyncEngine, account_id: UUID, *, now: datetime) -> tuple[int, int]:
    """Work as one worker of several does, and return its entries and moves."""
    plans, entries, moves, idle = flows.Plans(), 0, 0, 0
    while idle < 3:
        triggered = await flows.trigger_batch(
            engine, plans=plans, account_id=account_id, now=now, batch_max=BATCH
        )
        moved = await flows.advance_due(
            engine, plans=plans, now=now, batch_max=BATCH, account_id=account_id, passes_max=1
        )
        entries, moves = entries + triggered.entries, moves + moved
        idle = 0 if triggered.events or moved else idle + 1
    return entries, moves


async def test_two_workers_at_once_start_and_move_nobody_twice(
    engine: AsyncEngine, other_engine: AsyncEngine, account_id: UUID
) -> None:
    shop = await crowd(engine, account_id)

    first = await asyncio.gather(
        handle(engine, account_id, now=START), handle(other_engine, account_id, now=START)
    )
    later = START + timedelta(minutes=1)
    second = await asyncio.gather(
        handle(engine, account_id, now=later), handle(other_engine, account_id, now=later)
    )

    assert sum(entries for entries, _ in first) == PEOPLE
    # Three moves to the delay (the update is a stage of its own) and one to the end.
    assert sum(moves for _, moves in first) == 3 * PEOPLE
    assert sum(moves for _, moves in second) == PEOPLE
    messages = await shop.messages()
    assert sorted(row[1] for row in messages if row[0] == "a") == sorted(
        f"p{number}@x.example" for number in range(PEOPLE)
    )
    assert len(messages) == 2 * PEOPLE
    assert all(run[0] == "finished" for run in await shop.runs())


async def test_a_run_that_cannot_be_moved_is_parked_alone(
    engine: AsyncEngine, account_id: UUID
) -> None:
    flow = definition(
        alert("a", "w"), delay("w", "b", value=1, delay_until_time="15:00:00"), alert("b")
    )
    shop = await open_shop(engine, account_id, flow, now=START)
    emails = [f"p{number}@x.example" for number in range(9)]
    for email in emails:
        await shop.record(email, START)
    profile = people.profile_table
    async with engine.begin() as conn:
        await conn.execute(
            update(profile)
            .where(profile.c.account_id == account_id, profile.c.email == emails[4])
            .values(timezone="Atlantis/Capital")
        )

    await shop.work(START)
    await shop.work(START + 2 * DAY)

    states = [state for state, *_ in await shop.runs()]
    assert sorted(states) == ["finished"] * 8 + ["parked"]
    assert {row[1] for row in await shop.messages()} == {*emails} - {emails[4]}
    assert await parked_errors(shop) == ['time zone "Atlantis/Capital" not recognized']


async def test_a_profile_that_cannot_be_judged_keeps_no_other_from_its_update(
    engine: AsyncEngine, account_id: UUID
) -> None:
    flow = definition(
        profile_update("mark", "w", APPEND),
        delay("w", "b", delay_until_time="15:00:00"),
        alert("b"),
    )
    shop = await open_shop(engine, account_id, flow, now=START)
    for email in ("sunk@x.example", "kim@x.example"):
        await shop.record(email, START)
    profile = people.profile_table
    async with engine.begin() as conn:
        await conn.execute(
            update(profile)
            .where(profile.c.account_id == account_id, profile.c.email == "sunk@x.example")
            .values(timezone="Atlantis/Capital")
        )

    await shop.work(START)

    async with engine.connect() as conn:
        marked = await conn.execute(
            select(func.count())
            .select_from(profile)
            .where(
                profile.c.account_id == account_id, profile.c.properties["seen"].astext.isnot(None)
            )
        )
    assert marked.scalar_one() == 2
    assert sorted(state for state, *_ in await shop.runs()) == ["parked", "waiting"]


async def test_an_event_that_cannot_be_judged_is_set_aside_alone(
    engine: AsyncEngine, account_id: UUID
) -> None:
    bare, like = (
        {"type": "metric-property", "metric_id": ORDER, "field": "note", "filter": filter_}
        for filter_ in (
            {"type": "existence", "operator": "not-set"},
            {"type": "string", "operator": "regex", "value": "x"},
        )
    )
    flow = definition(alert("a"), trigger_filter=any_of(bare, like))
    shop = await open_shop(engine, account_id, flow, now=START)
    await spoil_regex(shop, "(")
    await shop.record("kim@x.example", START)
    await shop.record("sunk@x.example", START, note="a text, on which the regex is tried")
    await shop.record("lou@x.example", START)

    await shop.work(START)

    queue = people.trigger_queue_table
    async with engine.connect() as conn:
        left = await conn.execute(select(queue.c.error).where(queue.c.account_id == account_id))
    assert list(left.scalars()) == ["invalid regular expression: parentheses () not balanced"]
    assert sorted(row[1] for row in await shop.messages()) == ["kim@x.example", "lou@x.example"]


async def spoil_regex(shop: Shop, broken: str) -> None:
    """Put a regex into the last condition on the trigger that saving would have refused."""
    is_current = and_(
        flow_version.c.account_id == shop.account_id, flow_version.c.flow_id == shop.flow_id
    )
    async with shop.engine.begin() as conn:
        stored = await conn.execute(select(flow_version.c.definition).where(is_current))
        document = stored.scalar_one()
        groups = document["triggers"][0]["trigger_filter"]["condition_groups"]
        groups[0]["conditions"][-1]["filter"]["value"] = broken
        await conn.execute(update(flow_version).where(is_current).values(definition=document))


async def parked_errors(shop: Shop) -> list[str]:
    """Return why runs are parked."""
    run = flows.flow_run_table
    async with shop.engine.connect() as conn:
        errors = await conn.execute(
            select(run.c.error).where(run.c.account_id == shop.account_id, run.c.state == "parked")
        )
        return list(errors.scalars())
