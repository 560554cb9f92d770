"""Flows that are edited while people are on their way (flows.md §4.3, §4.5, §4.7 and §4.8)."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from tests.flows.shop import (
    Shop,
    alert,
    definition,
    delay,
    open_shop,
    property_equals,
    split,
    update,
)
from towpath import flows

START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
IS_GOLD = property_equals("tier", "gold")


async def somebody_waiting(engine: AsyncEngine, account_id: UUID, flow: dict[str, Any]) -> Shop:
    """Open a shop in which one person entered at the start and waits in the first delay."""
    shop = await open_shop(engine, account_id, flow, now=START)
    await shop.record("kim@x.example", START)
    await shop.work(START)
    assert await shop.runs() == [("waiting", "w", True, START + DAY)]
    return shop


async def received(shop: Shop) -> list[tuple[str, datetime]]:
    """Return the actions that left a message, and when, in order."""
    return [(row[0], row[4]) for row in await shop.messages()]


async def test_a_step_added_ahead_is_received(engine: AsyncEngine, account_id: UUID) -> None:
    shop = await somebody_waiting(engine, account_id, definition(delay("w", "a"), alert("a")))
    await shop.edit(definition(delay("w", "new"), alert("new", "a"), alert("a")), START + HOUR)

    await shop.work(START + DAY)

    assert await received(shop) == [("new", START + DAY), ("a", START + DAY)]


async def test_a_step_added_behind_is_not_received(engine: AsyncEngine, account_id: UUID) -> None:
    shop = await somebody_waiting(engine, account_id, definition(delay("w", "a"), alert("a")))
    await shop.edit(definition(alert("new", "w"), delay("w", "a"), alert("a")), START + HOUR)

    await shop.work(START + DAY)

    assert await received(shop) == [("a", START + DAY)]


async def test_a_deleted_delay_sends_who_waits_to_the_next_step_at_their_due_time(
    engine: AsyncEngine, account_id: UUID
) -> None:
    shop = await somebody_waiting(
        engine, account_id, definition(delay("w", "a"), alert("a", "b"), alert("b"))
    )
    await shop.edit(definition(alert("b", "a"), alert("a")), START + HOUR)

    await shop.work(START + DAY - HOUR)
    early = await received(shop)
    await shop.work(START + DAY)

    assert early == []
    assert await received(shop) == [("a", START + DAY)]


async def test_steps_deleted_in_one_go_lead_to_the_first_that_is_left(
    engine: AsyncEngine, account_id: UUID
) -> None:
    shop = await somebody_waiting(
        engine,
        account_id,
        definition(delay("w", "a"), alert("a", "w2"), delay("w2", "b"), alert("b")),
    )
    await shop.edit(definition(alert("b")), START + HOUR)

    await shop.work(START + DAY)

    assert await received(shop) == [("b", START + DAY)]


async def test_steps_deleted_one_after_the_other_lead_on_from_each_to_the_next(
    engine: AsyncEngine, account_id: UUID
) -> None:
    shop = await somebody_waiting(
        engine,
        account_id,
        definition(delay("w", "a"), alert("a", "b"), alert("b", "c"), alert("c")),
    )
    await shop.edit(definition(alert("a", "b"), alert("b", "c"), alert("c")), START + HOUR)
    await shop.edit(definition(alert("b", "c"), alert("c")), START + 2 * HOUR)
    await shop.edit(definition(alert("c")), START + 3 * HOUR)

    await shop.work(START + DAY)

    assert await received(shop) == [("c", START + DAY)]


async def test_who_waits_at_a_deleted_last_step_leaves_the_flow_when_due(
    engine: AsyncEngine, account_id: UUID
) -> None:
    shop = await somebody_waiting(
        engine, account_id, definition(alert("x", "w"), delay("w", "a"), alert("a"))
    )
    await shop.edit(definition(alert("x")), START + HOUR)
    waiting = await shop.runs()

    await shop.work(START + DAY)

    assert [(row[0], row[3]) for row in waiting] == [("waiting", START + DAY)]
    assert await shop.runs() == [("finished", None, False, None)]
    assert await received(shop) == [("x", START)]


async def test_a_deleted_split_sends_people_along_its_yes_side(
    engine: AsyncEngine, account_id: UUID
) -> None:
    shop = await somebody_waiting(
        engine,
        account_id,
        definition(delay("w", "s"), split("s", "yes", "no", IS_GOLD), alert("yes"), alert("no")),
    )
    await shop.edit(definition(alert("yes"), alert("no")), START + HOUR)

    await shop.work(START + DAY)

    assert await received(shop) == [("yes", START + DAY)]


async def test_a_deleted_delay_before_another_one_starts_that_one_when_due(
    engine: AsyncEngine, account_id: UUID
) -> None:
    shop = await somebody_waiting(
        engine, account_id, definition(delay("w", "w2"), delay("w2", "a"), alert("a"))
    )
    await shop.edit(definition(delay("w2", "a"), alert("a")), START + HOUR)

    await shop.work(START + DAY + 4 * MINUTE)

    assert await shop.runs() == [("waiting", "w2", True, START + 2 * DAY)]


async def test_live_to_draft_while_people_wait_is_passed_over_when_due(
    engine: AsyncEngine, account_id: UUID
) -> None:
    shop = await somebody_waiting(
        engine, account_id, definition(delay("w", "a"), alert("a", "b"), alert("b"))
    )
    flow = definition(delay("w", "a"), alert("a", "b", status="draft"), alert("b"))
    await shop.edit(flow, START + HOUR)

    await shop.work(START + DAY)

    assert await received(shop) == [("b", START + DAY)]


async def test_a_flow_set_to_draft_lets_people_pass_and_set_to_manual_asks(
    engine: AsyncEngine, account_id: UUID
) -> None:
    flow = definition(delay("w", "a"), alert("a", "w2"), delay("w2", "b"), alert("b"))
    shop = await somebody_waiting(engine, account_id, flow)
    await shop.record("lou@x.example", START + DAY)
    await shop.work(START + DAY - HOUR)
    await shop.set_status("draft", START + DAY - HOUR)
    await shop.work(START + DAY)
    await shop.set_status("manual", START + DAY + HOUR)
    await shop.record("max@x.example", START + DAY + HOUR)
    await shop.work(START + DAY + HOUR)

    await shop.work(START + 2 * DAY + HOUR)

    assert [row[:3] for row in await shop.messages()] == [("a", "max@x.example", "needs_review")]


async def test_changing_a_delay_does_not_move_who_waits_in_it(
    engine: AsyncEngine, account_id: UUID
) -> None:
    shop = await somebody_waiting(engine, account_id, definition(delay("w", "a"), alert("a")))
    await shop.edit(definition(delay("w", "a", value=30), alert("a")), START + HOUR)

    await shop.work(START + DAY)

    assert await received(shop) == [("a", START + DAY)]


async def test_no_step_is_executed_twice_in_one_run_however_it_is_reordered(
    engine: AsyncEngine, account_id: UUID
) -> None:
    flow = definition(alert("a", "w"), delay("w", "b"), alert("b"))
    shop = await somebody_waiting(engine, account_id, flow)
    await shop.edit(
        definition(delay("w", "b"), alert("b", "a"), alert("a", "c"), alert("c")), START
    )

    await shop.work(START + DAY)

    assert await received(shop) == [("a", START), ("b", START + DAY), ("c", START + DAY)]


async def test_an_update_carried_out_before_is_not_carried_out_again_behind_the_wait(
    engine: AsyncEngine, account_id: UUID
) -> None:
    to_gold = {
        "operator": "update",
        "property_type": "string",
        "property_key": "tier",
        "property_value": "gold",
    }
    branches = (alert("gold"), alert("plain"))
    shop = await somebody_waiting(
        engine,
        account_id,
        definition(
            update("mark", "w", to_gold),
            delay("w", "s"),
            split("s", "gold", "plain", IS_GOLD),
            *branches,
        ),
    )
    await shop.set_person("kim@x.example", START, properties={"tier": "plain"})
    await shop.edit(
        definition(
            delay("w", "mark"),
            update("mark", "s", to_gold),
            split("s", "gold", "plain", IS_GOLD),
            *branches,
        ),
        START + HOUR,
    )

    await shop.work(START + DAY)

    assert await received(shop) == [("plain", START + DAY)]


async def test_the_filter_of_a_split_is_the_one_when_it_is_reached(
    engine: AsyncEngine, account_id: UUID
) -> None:
    branches = (alert("yes"), alert("no"))
    shop = await somebody_waiting(
        engine,
        account_id,
        definition(delay("w", "s"), split("s", "yes", "no", IS_GOLD), *branches),
    )
    is_plain = property_equals("tier", "plain")
    await shop.set_person("kim@x.example", START, properties={"tier": "plain"})
    await shop.edit(
        definition(delay("w", "s"), split("s", "yes", "no", is_plain), *branches), START + HOUR
    )

    await shop.work(START + DAY)

    assert await received(shop) == [("yes", START + DAY)]


async def test_who_waits_in_a_deleted_flow_leaves_it_when_due(
    engine: AsyncEngine, account_id: UUID
) -> None:
    shop = await somebody_waiting(engine, account_id, definition(delay("w", "a"), alert("a")))
    async with engine.begin() as conn:
        await flows.delete_flow(conn, account_id=account_id, flow_id=shop.flow_id, now=START)

    await shop.work(START + DAY)

    assert await shop.runs() == [("cancelled", None, False, None)]
    assert await received(shop) == []
