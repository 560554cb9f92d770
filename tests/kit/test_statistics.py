"""Statistics are renewed where a table changed much, and expected before it has any."""

from sqlalchemy import func, insert, literal, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.conftest import NOW
from towpath import people
from towpath.accounts import create_account
from towpath.kit import ids
from towpath.kit.statistics import ROWS_CHANGED_MIN, renew_statistics


async def test_a_table_is_analysed_once_it_has_changed_much(own_engine: AsyncEngine) -> None:
    account_id = ids.new_id()
    async with own_engine.begin() as conn:
        await create_account(conn, account_id=account_id, name="Shop", timezone="UTC", now=NOW)
        metric = people.metric_table
        number = func.generate_series(1, ROWS_CHANGED_MIN).column_valued("number")
        await conn.execute(
            insert(metric).from_select(
                ["account_id", "id", "name", "created_at", "updated_at"],
                select(
                    literal(account_id),
                    func.format("M%s", number),
                    func.format("Metric %s", number),
                    literal(NOW),
                    literal(NOW),
                ),
            )
        )
        await conn.execute(select(func.pg_stat_force_next_flush()))

    assert await renew_statistics(own_engine) == ["metric"]
    assert await renew_statistics(own_engine) == []


async def test_the_first_rows_are_found_by_their_key(own_engine: AsyncEngine) -> None:
    account_id = ids.new_id()
    drafts = [
        people.EventDraft(
            profile=people.ProfileDraft(email=f"p{number}@example.test"),
            metric_name="Placed Order",
            time=NOW,
        )
        for number in range(ROWS_CHANGED_MIN)
    ]
    async with own_engine.begin() as conn:
        await create_account(conn, account_id=account_id, name="Shop", timezone="UTC", now=NOW)
        await people.record_events(conn, account_id=account_id, drafts=drafts, now=NOW)
        version = conn.dialect.server_version_info
    if version is not None and version < (18,):
        await renew_statistics(own_engine)

    for look_up, index in (
        ("EXPLAIN SELECT 1 FROM profile WHERE account_id = :account_id AND id = :id", "pk_profile"),
        ("EXPLAIN SELECT 1 FROM event WHERE account_id = :account_id AND id = :id", "pk_event"),
    ):
        async with own_engine.connect() as conn:
            plan = await conn.execute(text(look_up), {"account_id": account_id, "id": account_id})
            assert index in "\n".join(plan.scalars())
