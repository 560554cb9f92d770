"""What the planner is told about tables that are still empty."""

from sqlalchemy import REAL, Connection, Integer, Text, cast, column, false, func, select, table

RESTORES_STATISTICS = (18,)

_COLUMNS = table(
    "columns",
    column("table_schema"),
    column("table_name"),
    column("column_name"),
    schema="information_schema",
)


def expect_one_account(connection: Connection) -> None:
    """Tell the planner that, until it knows better, all rows of a table belong to one account.

    That is so on nearly every installation. Without it an account is taken for a two-hundredth of
    a table: every index starts with the account, so the planner picks any of them, also for
    foreign-key checks, and reads all of an account's rows where one was meant. Needs PostgreSQL 18;
    on an older one the statistics that are kept fresh while serving say the same a second later.
    """
    version = connection.dialect.server_version_info
    if version is None or version < RESTORES_STATISTICS:
        return
    values = {
        "schemaname": cast(_COLUMNS.c.table_schema, Text),
        "relname": cast(_COLUMNS.c.table_name, Text),
        "attname": cast("account_id", Text),
        "inherited": false(),
        "null_frac": cast(0, REAL),
        "avg_width": cast(16, Integer),
        "n_distinct": cast(1, REAL),
    }
    pairs = [part for name, value in values.items() for part in (cast(name, Text), value)]
    connection.execute(
        select(func.pg_restore_attribute_stats(*pairs)).where(
            _COLUMNS.c.table_schema == func.current_schema(),
            _COLUMNS.c.column_name == "account_id",
        )
    )
