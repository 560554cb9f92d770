"""How a run goes from action to action (flows.md §3 and §4.0 to §4.7)."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.flows.shop import (
    Shop,
    alert,
    any_of,
    count_since_start,
    definition,
    delay,
    open_shop,
    property_equals,
    split,
    update,
)
from towpath import flows

START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SET_GOLD = {
    "operator": "update",
    "property_type": "string",
    "property_key": "tier",
    "property_value": "gold",
}
IS_GOLD = property_equals("tier", "gold")


async def labels(shop: Shop) -> list[str]:
    """Return the actions that left a message, in order."""
    return [row[0] for row in await shop.messages()]


async def effects(shop: Shop) -> list[tuple[str, str, str | None]]:
    """Return (action, outcome, reason) of every profile update."""
    effect = flows.step_effect_table
    async with shop.engine.connect() as conn:
        rows = await conn.execute(
            select(effect.c.action_id, effect.c.outcome, effect.c.reason)
            .where(effect.c.account_id == shop.account_id)
            .order_by(effect.c.happened_at)
        )
        return [(shop.labels[row[0]], row[1], row[2]) for row in rows]


async def test_a_draft_action_is_passed_over_without_a_trace(
    engine: AsyncEngine, account_id: UUID
) -> None:
    flow = definition(
        update("mark", "w", SET_GOLD, status="draft"),
        delay("w", "off"),
        alert("off", "on", status="draft"),
        alert("on"),
    )
    shop = await open_shop(engine, account_id, flow, now=START)
    await shop.record("kim@x.example", START)
    await shop.work(START)

    await shop.work(START + DAY)

    assert await labels(shop) == ["on"]
    assert await effects(shop) == []


async def test_a_delay_before_drafts_alone_ends_the_run(
    engine: AsyncEngine, account_id: UUID
) -> None:
    flow = definition(
        alert("a", "w"),
        delay("w", "s"),
        split("s", "off", "w2", IS_GOLD),
        delay("w2", "off"),
        alert("off", status="draft"),
    )
    shop = await open_shop(engine, account_id, flow, now=START)
    await shop.record("kim@x.example", START)

    await shop.work(START)

    assert await shop.runs() == [("finished", None, False, None)]


async def test_people_wait_in_a_delay_when_any_path_behind_it_is_manual(
    engine: AsyncEngine, account_id: UUID
) -> None:
    flow = definition(
        delay("w", "s"),
        split("s", None, "review", IS_GOLD),
        alert("review", status="manual"),
    )
    shop = await open_shop(engine, account_id, flow, now=START)
    await shop.record("kim@x.example", START)

    await shop.work(START)

    assert await shop.runs() == [("waiting", "w", True, START + DAY)]


async def test_manual_writes_nothing_and_the_run_goes_on(
    engine: AsyncEngine, account_id: UUID
) -> None:
    flow = definition(
        update("mark", "s", SET_GOLD, status="manual"),
        split("s", "yes", "no", IS_GOLD),
        alert("yes"),
        alert("no"),
    )
    shop = await open_shop(engine, account_id, flow, now=START)
    await shop.record("kim@x.example", START)

    await shop.work(START)

    assert await effects(shop) == [("mark", "needs_review", None)]
    assert await labels(shop) == ["no"]


async def test_a_failed_profile_filter_keeps_an_update_from_happening(
    engine: AsyncEngine, account_id: UUID
) -> None:
    ordered_nothing = any_of(count_since_start("Placed Order", "equals", 0))
    flow = definition(delay("w", "mark"), update("mark", None, SET_GOLD))
    shop = await open_shop(
        engine, account_id, {**flow, "profile_filter": ordered_nothing}, now=START
    )
    await shop.record("kim@x.example", START)
    await shop.work(START)
    await shop.record("kim@x.example", START + HOUR, backfill=True)

    await shop.work(START + DAY)

    assert await effects(shop) == [("mark", "skipped", "Fails Flow Filters")]


async def test_an_update_right_after_a_delay_is_carried_out(
    engine: AsyncEngine, account_id: UUID
) -> None:
    flow = definition(
        delay("w", "mark"),
        update("mark", "s", SET_GOLD),
        split("s", "yes", "no", IS_GOLD),
        alert("yes"),
        alert("no"),
    )
    shop = await open_shop(engine, account_id, flow, now=START)
    await shop.record("kim@x.example", START)
    await shop.work(START)

    await shop.work(START + DAY)

    assert await effects(shop) == [("mark", "done", None)]
    assert await labels(shop) == ["yes"]


async def test_since_starting_this_flow_counts_from_the_second_after_the_start(
    engine: AsyncEngine, account_id: UUID
) -> None:
    flow = definition(
        delay("w", "s"),
        split("s", "again", "once", count_since_start("Viewed", "greater-than", 0)),
        alert("again"),
        alert("once"),
    )
    shop = await open_shop(engine, account_id, flow, now=START)
    for person, time in (("same", START), ("next", START + SECOND), ("due", START + DAY)):
        await shop.record(f"{person}@x.example", START)
        await shop.record(f"{person}@x.example", time, metric="Viewed", now=START)
    await shop.work(START)

    await shop.work(START + DAY)

    assert {row[1]: row[0] for row in await shop.messages()} == {
        "same@x.example": "once",
        "next@x.example": "again",
        "due@x.example": "again",
    }


async def test_two_branches_that_meet_go_on_together_and_each_action_acts_once(
    engine: AsyncEngine, account_id: UUID
) -> None:
    flow = definition(
        split("s", "gold", "plain", IS_GOLD),
        alert("gold", "both"),
        alert("plain", "both"),
        alert("both", "last"),
        alert("last"),
    )
    shop = await open_shop(engine, account_id, flow, now=START)
    await shop.set_person("kim@x.example", START, properties={"tier": "gold"})
    await shop.record("kim@x.example", START)
    await shop.record("lou@x.example", START)

    await shop.work(START)

    rows = [(row[1], row[0]) for row in await shop.messages()]
    assert sorted(rows) == [
        ("kim@x.example", "both"),
        ("kim@x.example", "gold"),
        ("kim@x.example", "last"),
        ("lou@x.example", "both"),
        ("lou@x.example", "last"),
        ("lou@x.example", "plain"),
    ]


@pytest.mark.parametrize(
    ("late", "counts_from"),
    [(5 * MINUTE, timedelta()), (5 * MINUTE + SECOND, 5 * MINUTE + SECOND)],
)
async def test_a_step_over_five_minutes_late_counts_the_next_delay_from_when_it_was_handled(
    engine: AsyncEngine, account_id: UUID, late: timedelta, counts_from: timedelta
) -> None:
    flow = definition(delay("w", "a"), alert("a", "w2"), delay("w2", "b"), alert("b"))
    shop = await open_shop(engine, account_id, flow, now=START)
    await shop.record("kim@x.example", START)
    await shop.work(START)

    await shop.work(START + DAY + late)

    assert await shop.runs() == [("waiting", "w2", True, START + 2 * DAY + counts_from)]


async def test_within_five_minutes_no_step_on_the_way_moves_the_next_delay(
    engine: AsyncEngine, account_id: UUID
) -> None:
    flow = definition(
        delay("w", "mark"),
        update("mark", "s", SET_GOLD),
        split("s", "meet", "a", IS_GOLD),
        alert("a", "meet"),
        alert("meet", "w2"),
        delay("w2", "b"),
        alert("b"),
    )
    shop = await open_shop(engine, account_id, flow, now=START)
    await shop.record("kim@x.example", START)
    await shop.work(START)

    await shop.work(START + DAY + 4 * MINUTE)

    assert await shop.runs() == [("waiting", "w2", True, START + 2 * DAY)]


async def test_a_delay_at_the_entry_counts_from_the_event_however_late_it_is_handled(
    engine: AsyncEngine, account_id: UUID
) -> None:
    flow = definition(delay("w", "a"), alert("a"))
    shop = await open_shop(engine, account_id, flow, now=START)
    await shop.record("kim@x.example", START)

    await shop.work(START + 3 * HOUR)

    assert await shop.runs() == [("waiting", "w", True, START + DAY)]


async def test_a_long_outage_does_not_make_two_messages_fall_together(
    engine: AsyncEngine, account_id: UUID
) -> None:
    flow = definition(
        delay("w", "a", unit="hours", value=1),
        alert("a", "w2"),
        delay("w2", "b", unit="hours", value=1),
        alert("b"),
    )
    shop = await open_shop(engine, account_id, flow, now=START)
    await shop.record("kim@x.example", START)
    await shop.work(START)

    await shop.work(START + 9 * HOUR)
    await shop.work(START + 10 * HOUR)

    times = [(row[0], row[4]) for row in await shop.messages()]
    assert times == [("a", START + 9 * HOUR), ("b", START + 10 * HOUR)]


async def test_working_twice_at_one_moment_changes_nothing(
    engine: AsyncEngine, account_id: UUID
) -> None:
    flow = definition(alert("a", "w"), delay("w", "b"), alert("b"))
    shop = await open_shop(engine, account_id, flow, now=START)
    await shop.record("kim@x.example", START)
    await shop.work(START)
    once = (await shop.runs(), await shop.messages())

    await shop.work(START)

    assert (await shop.runs(), await shop.messages()) == once
