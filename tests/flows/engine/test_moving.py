"""How a profile moves (flows.md §4), on the real engine with time as an argument."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from tests.flows.shop import (
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

START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)


async def test_an_event_is_alerted_about_at_once_without_a_delay(
    engine: AsyncEngine, account_id: UUID
) -> None:
    shop = await open_shop(engine, account_id, definition(alert("a")), now=START)
    await shop.record("kim@x.example", START)

    await shop.work(START)

    assert await shop.messages() == [("a", "kim@x.example", "queued", None, START)]
    assert await shop.runs() == [("finished", None, False, None)]


async def test_a_person_waits_in_a_delay_until_it_ends(
    engine: AsyncEngine, account_id: UUID
) -> None:
    flow = definition(delay("wait", "a", value=7), alert("a"))
    shop = await open_shop(engine, account_id, flow, now=START)
    await shop.record("kim@x.example", START)

    await shop.work(START)
    waiting = await shop.runs()
    await shop.work(START + 7 * DAY - timedelta(seconds=1))
    early = await shop.messages()
    await shop.work(START + 7 * DAY)

    assert waiting == [("waiting", "wait", True, START + 7 * DAY)]
    assert early == []
    assert await shop.messages() == [("a", "kim@x.example", "queued", None, START + 7 * DAY)]


async def test_the_profile_filter_skips_with_the_reason_and_the_run_goes_on(
    engine: AsyncEngine, account_id: UUID
) -> None:
    flow = definition(
        delay("w1", "a"),
        alert("a", "w2"),
        delay("w2", "b"),
        alert("b"),
        profile_filter=any_of(count_since_start("Placed Order", "equals", 0)),
    )
    shop = await open_shop(engine, account_id, flow, now=START)
    await shop.record("kim@x.example", START)
    await shop.work(START)
    await shop.record("kim@x.example", START + timedelta(hours=1), unique_id="second")
    await shop.work(START + timedelta(hours=1))

    await shop.work(START + DAY)
    await shop.work(START + 2 * DAY)
    await shop.work(START + 3 * DAY)

    states = [(label, state, reason) for label, _, state, reason, _ in await shop.messages()]
    assert ("a", "skipped", "Fails Flow Filters") in states
    assert ("b", "skipped", "Fails Flow Filters") in states


async def test_a_split_sees_what_an_update_just_before_it_wrote(
    engine: AsyncEngine, account_id: UUID
) -> None:
    mark = {
        "operator": "update",
        "property_type": "string",
        "property_key": "tier",
        "property_value": "gold",
    }
    flow = definition(
        update("mark", "check", mark),
        split("check", "yes", "no", property_equals("tier", "gold")),
        alert("yes"),
        alert("no"),
    )
    shop = await open_shop(engine, account_id, flow, now=START)
    await shop.record("kim@x.example", START)

    await shop.work(START)

    assert [row[0] for row in await shop.messages()] == ["yes"]


async def test_a_manual_alert_goes_to_review_and_a_draft_leaves_no_trace(
    engine: AsyncEngine, account_id: UUID
) -> None:
    flow = definition(
        alert("review", "off", status="manual"), alert("off", "on", status="draft"), alert("on")
    )
    shop = await open_shop(engine, account_id, flow, now=START)
    await shop.record("kim@x.example", START)

    await shop.work(START)

    states = {row[0]: row[2] for row in await shop.messages()}
    assert states == {"review": "needs_review", "on": "queued"}
