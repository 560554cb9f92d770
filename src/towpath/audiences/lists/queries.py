"""Reads of lists, and the two views of membership that are read page by page."""

from collections.abc import Collection, Mapping
from datetime import UTC
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, Uuid, func, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Text

from towpath import people
from towpath.audiences.lists.model import ContactList, ListNotFound, OptInProcess
from towpath.audiences.lists.tables import list_, list_membership
from towpath.kit import db

_profile = people.profile_table
_is_of_profile = (list_membership.c.account_id == _profile.c.account_id) & (
    list_membership.c.profile_id == _profile.c.id
)
_is_of_list = (list_membership.c.account_id == list_.c.account_id) & (
    list_membership.c.list_id == list_.c.id
)

LIST_MEMBERS: Final = (
    select(_profile, list_membership.c.list_id, list_membership.c.joined_at.label("joined_at"))
    .join_from(_profile, list_membership, _is_of_profile)
    .subquery("list_member")
)
"""Profiles, once for every list they are on, with `list_id` and `joined_at`."""

LISTS_OF_PROFILES: Final = (
    select(list_, list_membership.c.profile_id)
    .join_from(list_, list_membership, _is_of_list)
    .subquery("joined_list")
)
"""Lists, once for every profile on them, with `profile_id`."""


async def get_list(conn: AsyncConnection, *, account_id: UUID, list_id: str) -> ContactList:
    """Return one list. Raises `ListNotFound`."""
    row = (
        await conn.execute(
            select(list_).where(
                list_.c.account_id == account_id,
                list_.c.id == list_id,
                list_.c.deleted_at.is_(None),
            )
        )
    ).one_or_none()
    if row is None:
        raise ListNotFound
    return list_from(row)


async def members_among(
    conn: AsyncConnection, *, account_id: UUID, list_id: str, profile_ids: Collection[UUID]
) -> set[UUID]:
    """Return those of these profiles who are on a list."""
    rows = await conn.execute(
        select(list_membership.c.profile_id).where(
            list_membership.c.account_id == account_id,
            list_membership.c.list_id == list_id,
            db.any_of(list_membership.c.profile_id, "profile_ids", Uuid()),
        ),
        {"profile_ids": list(profile_ids)},
    )
    return set(rows.scalars())


async def member_counts(
    conn: AsyncConnection, *, account_id: UUID, list_ids: Collection[str]
) -> Mapping[str, int]:
    """Return how many profiles are on each of these lists."""
    rows = await conn.execute(
        select(list_membership.c.list_id, func.count().label("members"))
        .where(
            list_membership.c.account_id == account_id,
            db.any_of(list_membership.c.list_id, "list_ids", Text()),
        )
        .group_by(list_membership.c.list_id),
        {"list_ids": list(list_ids)},
    )
    return dict.fromkeys(list_ids, 0) | {row.list_id: row.members for row in rows}


def list_from(row: Row[Any]) -> ContactList:
    """Make a list of a row of the list table."""
    return ContactList(
        id=row.id,
        name=row.name,
        opt_in_process=OptInProcess(row.opt_in_process),
        created_at=row.created_at.astimezone(UTC),
        updated_at=row.updated_at.astimezone(UTC),
    )
