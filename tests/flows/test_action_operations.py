"""People on their way when single actions are deleted, inserted and changed (flows.md §4.8)."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.conftest import NOW
from tests.flows.shop import Shop, alert, definition, delay, open_shop
from towpath import flows

DAY = timedelta(days=1)


@pytest.fixture
async def shop(engine: AsyncEngine, account_id: UUID) -> Shop:
    """Give a shop with one person, who waits a day in the first delay."""
    document = definition(
        delay("first", "second"), delay("second", "tell"), alert("tell", "again"), alert("again")
    )
    shop = await open_shop(engine, account_id, document, now=NOW)
    await shop.record("ada@example.test", NOW)
    await shop.work(NOW)
    assert await shop.runs() == [("waiting", "first", True, NOW + DAY)]
    return shop


async def delete(shop: Shop, label: str) -> None:
    async with shop.engine.begin() as conn:
        await flows.delete_action(
            conn,
            account_id=shop.account_id,
            action_id=shop.action_ids[label],
            saved_by="test",
            now=NOW,
        )


async def told(shop: Shop) -> list[tuple[str, Any]]:
    return [(label, when) for label, _, _, _, when in await shop.messages()]


async def test_whoever_waits_in_a_deleted_delay_goes_on_when_due(shop: Shop) -> None:
    await delete(shop, "first")
    await shop.work(NOW + DAY)

    assert await shop.runs() == [("waiting", "second", True, NOW + 2 * DAY)]


async def test_deletions_one_after_the_other_lead_to_what_is_left(shop: Shop) -> None:
    for label in ("second", "tell", "first"):
        await delete(shop, label)
    await shop.work(NOW + DAY)

    assert await told(shop) == [("again", NOW + DAY)]


async def test_an_action_inserted_ahead_is_received(shop: Shop) -> None:
    async with shop.engine.begin() as conn:
        saved, new_id = await flows.insert_action(
            conn,
            account_id=shop.account_id,
            document=alert("early"),
            placement=flows.After(
                action_id=shop.action_ids["first"], kind="time-delay", way="next"
            ),
            allows_live=False,
            saved_by="test",
            now=NOW,
        )
    assert saved.action_ids["early"] == new_id
    shop.action_ids.update({"early": new_id})
    await shop.work(NOW + DAY)
    await shop.work(NOW + 2 * DAY)

    assert await told(shop) == [
        ("early", NOW + DAY),
        ("tell", NOW + 2 * DAY),
        ("again", NOW + 2 * DAY),
    ]


async def test_a_changed_delay_does_not_move_whoever_waits_in_it(shop: Shop) -> None:
    async with shop.engine.begin() as conn:
        before = await flows.definition_of(conn, account_id=shop.account_id, flow_id=shop.flow_id)
        first: Any = before.definition["actions"][0]  # type: ignore[index] # a list
        saved = await flows.update_action(
            conn,
            account_id=shop.account_id,
            action_id=first["id"],
            document={**first, "data": {**first["data"], "value": 30}},
            saved_by="test",
            now=NOW,
        )

    assert saved.flow.version == before.flow.version + 1
    assert await shop.runs() == [("waiting", "first", True, NOW + DAY)]


async def test_deleting_twice_finds_nothing_the_second_time(shop: Shop) -> None:
    await delete(shop, "tell")

    with pytest.raises(flows.FlowActionNotFound):
        await delete(shop, "tell")
