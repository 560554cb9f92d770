"""Who enters a metric flow (flows.md §2, §3 and §4.4)."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.flows.shop import Shop, alert, any_of, definition, delay, open_shop, property_equals
from towpath import flows

START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)


async def entries(shop: Shop, *times: datetime) -> list[bool]:
    """Record an event at each time, handled at once, and say which of them started a run."""
    entered = []
    for number, time in enumerate(times):
        before = len(await shop.runs())
        await shop.record("kim@x.example", time, unique_id=str(number))
        await shop.work(time)
        entered.append(len(await shop.runs()) > before)
    return entered


async def has_entered(
    engine: AsyncEngine, account_id: UUID, flow: dict[str, Any], *, late: timedelta, **event: Any
) -> bool:
    """Say whether an event that arrives `late` starts a run."""
    shop = await open_shop(engine, account_id, flow, now=START)
    await shop.record("kim@x.example", START, now=START + late, **event)
    await shop.work(START + late)
    return bool(await shop.runs())


async def test_without_a_rule_everybody_enters_again(engine: AsyncEngine, account_id: UUID) -> None:
    shop = await open_shop(engine, account_id, definition(alert("a")), now=START)

    assert await entries(shop, START, START + SECOND) == [True, True]


async def test_who_may_enter_always_enters_twice_in_a_second(
    engine: AsyncEngine, account_id: UUID
) -> None:
    flow = definition(alert("a"), reentry_criteria={"duration": 0, "unit": "alltime"})
    shop = await open_shop(engine, account_id, flow, now=START)

    assert await entries(shop, START, START) == [True, True]


async def test_who_may_enter_once_never_enters_again(engine: AsyncEngine, account_id: UUID) -> None:
    flow = definition(alert("a"), reentry_criteria={"duration": 1, "unit": "alltime"})
    shop = await open_shop(engine, account_id, flow, now=START)

    assert await entries(shop, START, START + 999 * DAY) == [True, False]


async def test_a_period_counts_from_the_last_entry_and_not_from_refused_attempts(
    engine: AsyncEngine, account_id: UUID
) -> None:
    flow = definition(alert("a"), reentry_criteria={"duration": 2, "unit": "day"})
    shop = await open_shop(engine, account_id, flow, now=START)

    times = (START, START + DAY, START + 2 * DAY - SECOND, START + 2 * DAY, START + 3 * DAY)
    assert await entries(shop, *times) == [True, False, False, True, False]


async def test_within_one_batch_the_earlier_event_enters_whatever_arrived_first(
    engine: AsyncEngine, account_id: UUID
) -> None:
    flow = definition(delay("w", "a"), alert("a"), reentry_criteria={"duration": 1, "unit": "week"})
    shop = await open_shop(engine, account_id, flow, now=START)
    await shop.record("kim@x.example", START + HOUR, now=START + HOUR)
    await shop.record("kim@x.example", START, now=START + HOUR)

    await shop.work(START + HOUR)

    assert await shop.runs() == [("waiting", "w", True, START + DAY)]


async def test_an_edited_rule_looks_at_entries_made_before_it(
    engine: AsyncEngine, account_id: UUID
) -> None:
    shop = await open_shop(engine, account_id, definition(alert("a")), now=START)
    await entries(shop, START)
    await shop.edit(definition(alert("a"), reentry_criteria={"duration": 1, "unit": "hour"}), START)

    assert await entries(shop, START + HOUR - SECOND, START + HOUR) == [False, True]


@pytest.mark.parametrize(
    ("late", "enters"), [(6 * HOUR, True), (6 * HOUR + timedelta(microseconds=1), False)]
)
async def test_an_event_older_than_six_hours_starts_nothing(
    engine: AsyncEngine, account_id: UUID, late: timedelta, *, enters: bool
) -> None:
    flow = definition(delay("w", "a", unit="hours", value=5), alert("a"))

    assert await has_entered(engine, account_id, flow, late=late) is enters


@pytest.mark.parametrize(("late", "enters"), [(51 * HOUR, True), (51 * HOUR + SECOND, False)])
async def test_an_event_may_be_as_old_as_the_first_delay_when_that_is_longer(
    engine: AsyncEngine, account_id: UUID, late: timedelta, *, enters: bool
) -> None:
    flow = definition(delay("w", "a", unit="days", value=2, secondary_value=3), alert("a"))

    assert await has_entered(engine, account_id, flow, late=late) is enters


async def test_a_delay_behind_another_action_does_not_count_as_the_first(
    engine: AsyncEngine, account_id: UUID
) -> None:
    flow = definition(alert("now", "w"), delay("w", "a", value=2), alert("a"))

    assert not await has_entered(engine, account_id, flow, late=7 * HOUR)


async def test_lateness_is_that_of_the_event_and_not_of_the_worker(
    engine: AsyncEngine, account_id: UUID
) -> None:
    shop = await open_shop(engine, account_id, definition(alert("a")), now=START)
    await shop.record("kim@x.example", START)

    await shop.work(START + 3 * DAY)

    assert [row[0] for row in await shop.messages()] == ["a"]


async def test_a_backfilled_event_starts_nothing(engine: AsyncEngine, account_id: UUID) -> None:
    flow = definition(alert("a"))

    assert not await has_entered(engine, account_id, flow, late=timedelta(), backfill=True)


async def test_an_event_of_another_metric_starts_nothing(
    engine: AsyncEngine, account_id: UUID
) -> None:
    flow = definition(alert("a"))

    assert not await has_entered(engine, account_id, flow, late=timedelta(), metric="Viewed")


async def test_the_same_event_sent_twice_starts_one_run(
    engine: AsyncEngine, account_id: UUID
) -> None:
    shop = await open_shop(engine, account_id, definition(alert("a")), now=START)
    await shop.record("kim@x.example", START, unique_id="order-1")
    await shop.work(START)
    await shop.record("kim@x.example", START + HOUR, unique_id="order-1")

    await shop.work(START + HOUR)

    assert len(await shop.runs()) == 1


async def test_the_trigger_filter_judges_the_event(engine: AsyncEngine, account_id: UUID) -> None:
    large = {
        "type": "metric-property",
        "metric_id": "Placed Order",
        "field": "total",
        "filter": {"type": "numeric", "operator": "greater-than-or-equal", "value": 100},
    }
    shop = await open_shop(
        engine, account_id, definition(alert("a"), trigger_filter=any_of(large)), now=START
    )
    await shop.record("small@x.example", START, total=99.99)
    await shop.record("large@x.example", START, total=100)

    await shop.work(START)

    assert [row[1] for row in await shop.messages()] == ["large@x.example"]


async def test_the_profile_filter_is_judged_when_the_event_is_handled(
    engine: AsyncEngine, account_id: UUID
) -> None:
    flow = definition(alert("a"), profile_filter=any_of(property_equals("vip", "yes")))
    shop = await open_shop(engine, account_id, flow, now=START)
    await shop.record("kim@x.example", START)
    await shop.record("lou@x.example", START)
    await shop.set_person("kim@x.example", START, properties={"vip": "yes"})

    await shop.work(START + SECOND)

    assert [row[1] for row in await shop.messages()] == ["kim@x.example"]


async def test_an_event_ahead_of_the_clock_starts_its_run_when_its_time_comes(
    engine: AsyncEngine, account_id: UUID
) -> None:
    shop = await open_shop(engine, account_id, definition(alert("a")), now=START)
    await shop.record("kim@x.example", START + HOUR, now=START)

    await shop.work(START + HOUR - SECOND)
    early = await shop.runs()
    await shop.work(START + HOUR)

    assert early == []
    assert [row[4] for row in await shop.messages()] == [START + HOUR]


async def test_nobody_enters_while_all_actions_are_draft(
    engine: AsyncEngine, account_id: UUID
) -> None:
    shop = await open_shop(engine, account_id, definition(alert("a")), now=START)
    await shop.set_status("draft", START)
    await shop.record("kim@x.example", START)
    await shop.set_status("live", START + HOUR)
    await shop.record("lou@x.example", START + HOUR)

    await shop.work(START + HOUR)

    assert [row[1] for row in await shop.messages()] == ["lou@x.example"]


async def test_nobody_enters_a_deleted_flow(engine: AsyncEngine, account_id: UUID) -> None:
    shop = await open_shop(engine, account_id, definition(alert("a")), now=START)
    await shop.record("kim@x.example", START)
    async with engine.begin() as conn:
        await flows.delete_flow(conn, account_id=account_id, flow_id=shop.flow_id, now=START)

    await shop.work(START)

    assert await shop.runs() == []
