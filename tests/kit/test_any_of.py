"""A bound array is read once for a statement, not once for every row it is compared with."""

from sqlalchemy import Uuid, column, func, select, table, text
from sqlalchemy.ext.asyncio import AsyncConnection

from towpath.kit import db, ids

ROWS = 4_000
STATEMENT_TIME_MAX = "3s"  # read for every row it would take three times as long, on a fast machine

PILE = table("pile", column("id", Uuid()))
MAKE_PILE = text("CREATE TEMPORARY TABLE pile (id uuid) ON COMMIT DROP")


async def test_rows_that_are_named_are_found(conn: AsyncConnection) -> None:
    known = ids.new_ids(3)
    rows = db.array_rows("rows", {"id": Uuid()})

    found = await conn.execute(
        select(rows.c.id).where(db.any_of(rows.c.id, "wanted", Uuid())),
        {"id": known, "wanted": [known[2], known[0], ids.new_id()]},
    )

    assert list(found.scalars()) == [known[0], known[2]]


async def test_many_rows_without_an_index_are_compared_with_many_values(
    conn: AsyncConnection,
) -> None:
    known = ids.new_ids(ROWS)
    rows = db.array_rows("rows", {"id": Uuid()})
    await conn.execute(MAKE_PILE)
    await conn.execute(PILE.insert().from_select(["id"], select(rows.c.id)), {"id": known})
    await conn.execute(select(func.set_config("statement_timeout", STATEMENT_TIME_MAX, True)))

    found = await conn.execute(
        select(func.count()).where(db.any_of(PILE.c.id, "wanted", Uuid())),
        {"wanted": known[::2]},
    )

    assert found.scalar_one() == ROWS // 2
