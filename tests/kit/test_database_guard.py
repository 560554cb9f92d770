"""The guard itself: it lets the dialect pass and stops what is outside it."""

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.guard import CROSSES_ACCOUNTS, OutsideTheDialect, check_statement
from towpath.people import tables as people


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT id FROM profile WHERE id = %(id)s",
        "UPDATE profile SET updated_at = now() WHERE account_id = %(a)s",
        "UPDATE profile SET updated_at = %(t)s + interval '1 day' WHERE account_id = %(a)s",
        "CREATE TRIGGER t AFTER INSERT ON profile EXECUTE FUNCTION f()",
        "MERGE INTO profile USING event ON true WHEN MATCHED THEN DELETE",
        "SET search_path TO x",
        "SELECT pg_advisory_lock(1)",
    ],
)
def test_a_statement_outside_the_dialect_is_stopped(statement: str) -> None:
    with pytest.raises(OutsideTheDialect):
        check_statement(statement, {})


def test_a_scan_across_accounts_passes_only_when_it_says_so() -> None:
    statement = "SELECT account_id, count(*) FROM flow_run GROUP BY account_id"

    with pytest.raises(OutsideTheDialect):
        check_statement(statement, {})
    check_statement(statement, {CROSSES_ACCOUNTS: "the scheduler's scan"})


async def test_every_engine_of_the_suite_is_watched(conn: AsyncConnection) -> None:
    with pytest.raises(OutsideTheDialect):
        await conn.execute(people.profile.select())
