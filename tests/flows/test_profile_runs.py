"""Where one person is and was in flows, and what their actions are called."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from tests.conftest import NOW
from tests.flows.shop import (
    Shop,
    alert,
    definition,
    delay,
    open_shop,
    property_equals,
    update,
)
from towpath import flows
from towpath.kit import ids

DAY = timedelta(days=1)


async def runs_of(shop: Shop, profile_id: UUID, *, limit: int = 20) -> list[flows.ProfileRun]:
    async with shop.engine.connect() as conn:
        return await flows.runs_of_profile(
            conn, account_id=shop.account_id, profile_id=profile_id, limit=limit
        )


async def named(shop: Shop) -> flows.NamedFlow:
    async with shop.engine.connect() as conn:
        found = await flows.named_flows(
            conn, account_id=shop.account_id, flow_ids=[shop.flow_id, "GONE01"]
        )
    assert list(found) == [shop.flow_id]
    return found[shop.flow_id]


async def test_who_waits_stands_first_and_is_shown_with_what_comes_next(
    engine: AsyncEngine, account_id: UUID
) -> None:
    shop = await open_shop(
        engine,
        account_id,
        definition(delay("wait", "tell"), alert("tell", name="Tell the team")),
        now=NOW,
    )
    ann = await shop.record("ann@mail.example", NOW, unique_id="1")
    await shop.work(NOW)
    await shop.work(NOW + DAY)
    await shop.record("ann@mail.example", NOW + DAY, unique_id="2")
    await shop.work(NOW + DAY)
    await shop.record("ben@mail.example", NOW + DAY, unique_id="3")
    await shop.work(NOW + DAY)
    runs = await runs_of(shop, ann)

    assert [one.state for one in runs] == [flows.RunState.WAITING, flows.RunState.FINISHED]
    assert runs[0].due_at == NOW + 2 * DAY
    flow = await named(shop)
    assert flow.name == "Flow"
    assert flow.next_action(runs[0]) == flows.ActionName(
        kind="send-internal-alert", name="Tell the team"
    )
    assert flow.next_action(runs[1]) is None
    assert len(await runs_of(shop, ann, limit=1)) == 1
    assert await runs_of(shop, ids.new_id()) == []


async def test_a_skipped_step_is_named_with_its_reason(
    engine: AsyncEngine, account_id: UUID
) -> None:
    operation = {
        "operator": "update",
        "property_type": "string",
        "property_key": "tier",
        "property_value": "gold",
    }
    shop = await open_shop(
        engine,
        account_id,
        definition(
            delay("wait", "mark"),
            update("mark", None, operation),
            profile_filter={
                "condition_groups": [{"conditions": [property_equals("kind", "shop")]}]
            },
        ),
        now=NOW,
    )
    await shop.set_person("ann@mail.example", NOW, properties={"kind": "shop"})
    ann = await shop.record("ann@mail.example", NOW)
    await shop.work(NOW)
    await shop.set_person("ann@mail.example", NOW, properties={"kind": "home"})
    await shop.work(NOW + DAY)
    [run] = await runs_of(shop, ann)

    assert [(one.action_id, one.reason) for one in run.skipped] == [
        (shop.action_ids["mark"], "Fails Flow Filters")
    ]
    assert (await named(shop)).action(run.skipped[0].action_id) == flows.ActionName(
        kind="update-profile", name="mark"
    )


async def test_an_action_that_is_gone_keeps_the_name_of_its_file(
    engine: AsyncEngine, account_id: UUID
) -> None:
    shop = await open_shop(
        engine, account_id, definition(delay("wait", "tell"), alert("tell")), now=NOW
    )
    await shop.edit(definition(alert("tell")), NOW)
    flow = await named(shop)

    assert flow.action(shop.action_ids["wait"]) == flows.ActionName(kind=None, name="wait")
    assert flow.action("never") == flows.ActionName(kind=None, name=None)
