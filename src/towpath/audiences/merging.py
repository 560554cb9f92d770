"""What happens to memberships and suppressions when two profiles become one."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import Table, delete, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from towpath.audiences.lists.tables import list_membership
from towpath.audiences.suppressions.tables import suppression


async def move_memberships(
    conn: AsyncConnection,
    *,
    account_id: UUID,
    source_id: UUID,
    destination_id: UUID,
    collapsed: Mapping[UUID, UUID],  # noqa: ARG001 -- the protocol's
) -> None:
    """Put the destination on the source's lists and under its suppressions, since the earliest."""
    for table, kept, since in (
        (list_membership, ("list_id", "method", "custom_source"), "joined_at"),
        (suppression, ("reason",), "at"),
    ):
        await _move(
            conn,
            table=table,
            kept=kept,
            since=since,
            account_id=account_id,
            source_id=source_id,
            destination_id=destination_id,
        )


async def _move(
    conn: AsyncConnection,
    *,
    table: Table,
    kept: tuple[str, ...],
    since: str,
    account_id: UUID,
    source_id: UUID,
    destination_id: UUID,
) -> None:
    """Copy the source's rows, keeping the earlier moment where both have one; delete them."""
    is_theirs = (table.c.account_id == account_id) & (table.c.profile_id == source_id)
    columns = [table.c[name] for name in (*kept, since)]
    copied = insert(table).from_select(
        ["account_id", "profile_id", *kept, since],
        select(literal(account_id), literal(destination_id), *columns).where(is_theirs),
    )
    await conn.execute(
        copied.on_conflict_do_update(
            index_elements=[column.name for column in table.primary_key],
            set_={since: func.least(table.c[since], copied.excluded[since])},
        )
    )
    await conn.execute(delete(table).where(is_theirs))
