"""Past events fed through a flow as if each had just happened (flows.md §4.0)."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from tests.flows.shop import (
    ORDER,
    Shop,
    alert,
    any_of,
    count_since_start,
    definition,
    delay,
    open_shop,
    split,
)
from tests.messaging.outbox import Letterbox, Notes, outbox_of
from towpath import flows, messaging, people

START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)


async def replayed(
    shop: Shop, events: Sequence[tuple[str, datetime]], *, until: datetime | None = None
) -> list[tuple[str, str, datetime]]:
    """Feed (person, time) through the flow and return (action, person, when) of every message."""
    outbox = outbox_of(
        shop.engine,
        transport=Letterbox(),
        notes=Notes(name="alert"),
        policy=messaging.REPLAY_POLICY,
    )
    drafts = [
        people.EventDraft(
            profile=people.ProfileDraft(email=f"{person}@x.example"), metric_name=ORDER, time=time
        )
        for person, time in events
    ]
    run = flows.Replay(
        engine=shop.engine,
        account_id=shop.account_id,
        flow_id=shop.flow_id,
        outbox=outbox,
        until=until,
        trigger_batch_max=1_000,
        step_batch_max=1_000,
    )
    await flows.replay(run, drafts, report=lambda _: None)
    return [(row[0], row[1].partition("@")[0], row[4]) for row in await shop.messages()]


async def test_somebody_is_new_when_their_first_event_happens(
    engine: AsyncEngine, account_id: UUID
) -> None:
    is_new = {
        "type": "profile-property",
        "property": "created",
        "filter": {"type": "date", "operator": "in-the-last", "unit": "day", "quantity": 1},
    }
    flow = definition(alert("a"), profile_filter=any_of(is_new))
    shop = await open_shop(engine, account_id, flow, now=START)

    happened = [("kim", START), ("lou", START + 9 * DAY), ("kim", START + 10 * DAY)]
    messages = await replayed(shop, happened)

    assert messages == [("a", "kim", START), ("a", "lou", START + 9 * DAY)]


async def test_an_event_at_the_moment_a_step_is_due_comes_first(
    engine: AsyncEngine, account_id: UUID
) -> None:
    came_again = count_since_start(ORDER, "greater-than", 0)
    flow = definition(
        delay("w", "s"),
        split("s", "again", "once", came_again),
        alert("again"),
        alert("once"),
        reentry_criteria={"duration": 1, "unit": "alltime"},
    )
    shop = await open_shop(engine, account_id, flow, now=START)

    happened = [("kim", START), ("lou", START), ("kim", START + DAY), ("lou", START + 2 * DAY)]
    messages = await replayed(shop, happened)

    assert sorted(messages) == [("again", "kim", START + DAY), ("once", "lou", START + DAY)]


async def test_the_clock_ends_where_it_is_told_to(engine: AsyncEngine, account_id: UUID) -> None:
    flow = definition(delay("w", "a"), alert("a"))
    shop = await open_shop(engine, account_id, flow, now=START)

    happened = [("kim", START), ("lou", START + DAY), ("max", START + 3 * DAY)]
    messages = await replayed(shop, happened, until=START + 2 * DAY - timedelta(seconds=1))

    assert messages == [("a", "kim", START + DAY)]
    assert await shop.runs() == [
        ("finished", None, False, None),
        ("waiting", "w", True, START + 2 * DAY),
    ]
