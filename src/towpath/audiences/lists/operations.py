"""Writes of lists and memberships. None of them changes what anybody agreed to."""

import re
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import DateTime, Uuid, bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Text

from towpath import people
from towpath.audiences.lists.model import (
    LIST_ID_CHARACTERS_MAX,
    LIST_NAME_CHARACTERS_MAX,
    ContactList,
    InvalidList,
    ListIdTaken,
    ListNotFound,
    OptInProcess,
)
from towpath.audiences.lists.queries import list_from
from towpath.audiences.lists.tables import list_, list_membership
from towpath.kit import db, ids
from towpath.kit.json_values import check_storable

ID_PATTERN: Final = re.compile(rf"[A-Za-z0-9_-]{{1,{LIST_ID_CHARACTERS_MAX}}}")
ID_ATTEMPTS_MAX: Final = 5

_ACCOUNT = bindparam("account", type_=Uuid())
_JOINING = db.array_rows("joining", {"new_profile_id": Uuid()})
_JOIN = (
    insert(list_membership)
    .from_select(
        ["account_id", "list_id", "profile_id", "joined_at", "method", "custom_source"],
        select(
            _ACCOUNT,
            bindparam("list", type_=Text()),
            _JOINING.c.new_profile_id,
            bindparam("now", type_=DateTime(timezone=True)),
            bindparam("how", type_=Text()),
            bindparam("source", type_=Text()),
        ),
    )
    .on_conflict_do_nothing()
    .returning(list_membership.c.profile_id)
)


async def create_list(
    conn: AsyncConnection,
    *,
    account_id: UUID,
    name: str,
    opt_in_process: OptInProcess = OptInProcess.DOUBLE_OPT_IN,
    list_id: str | None = None,
    now: datetime,
) -> ContactList:
    """Make a list, under `list_id` when an import brings its own.

    Raises `InvalidList` or `ListIdTaken`.
    """
    name = checked_list_name(name)
    if list_id is not None and not ID_PATTERN.fullmatch(list_id):
        raise InvalidList(
            f"An id is 1 to {LIST_ID_CHARACTERS_MAX} letters, digits, - and _.", pointer="/id"
        )
    for _ in range(ID_ATTEMPTS_MAX if list_id is None else 1):
        statement = (
            insert(list_)
            .values(
                account_id=account_id,
                id=list_id or ids.new_short_id(),
                name=name,
                opt_in_process=opt_in_process,
                created_at=now,
                updated_at=now,
            )
            .on_conflict_do_nothing()
            .returning(list_)
        )
        row = (await conn.execute(statement)).one_or_none()
        if row is not None:
            return list_from(row)
    raise ListIdTaken(pointer="/id")


async def update_list(
    conn: AsyncConnection,
    *,
    account_id: UUID,
    list_id: str,
    name: str | None = None,
    opt_in_process: OptInProcess | None = None,
    now: datetime,
) -> ContactList:
    """Rename a list or change how people subscribe to it; what is None stays.

    Raises `InvalidList` or `ListNotFound`.
    """
    changes: dict[str, str | datetime] = {"updated_at": now}
    if name is not None:
        changes["name"] = checked_list_name(name)
    if opt_in_process is not None:
        changes["opt_in_process"] = opt_in_process
    row = (
        await conn.execute(
            update(list_)
            .where(
                list_.c.account_id == account_id,
                list_.c.id == list_id,
                list_.c.deleted_at.is_(None),
            )
            .values(changes)
            .returning(list_)
        )
    ).one_or_none()
    if row is None:
        raise ListNotFound
    return list_from(row)


async def delete_list(
    conn: AsyncConnection, *, account_id: UUID, list_id: str, now: datetime
) -> None:
    """Delete a list and who was on it; the people and their consent stay. Raises `ListNotFound`."""
    gone = await conn.execute(
        update(list_)
        .where(
            list_.c.account_id == account_id, list_.c.id == list_id, list_.c.deleted_at.is_(None)
        )
        .values(deleted_at=now, updated_at=now)
    )
    if gone.rowcount == 0:
        raise ListNotFound
    await conn.execute(
        delete(list_membership).where(
            list_membership.c.account_id == account_id, list_membership.c.list_id == list_id
        )
    )


async def hold_list(conn: AsyncConnection, *, account_id: UUID, list_id: str) -> ContactList:
    """Return a list that nobody changes or deletes until commit. Raises `ListNotFound`."""
    row = (
        await conn.execute(
            select(list_)
            .where(
                list_.c.account_id == account_id,
                list_.c.id == list_id,
                list_.c.deleted_at.is_(None),
            )
            .with_for_update(read=True)
        )
    ).one_or_none()
    if row is None:
        raise ListNotFound
    return list_from(row)


async def add_to_list(
    conn: AsyncConnection,
    *,
    account_id: UUID,
    list_id: str,
    profile_ids: Collection[UUID],
    method: str,
    custom_source: str | None = None,
    now: datetime,
) -> list[UUID]:
    """Put people on a list and return those who were not on it; who was keeps their `joined_at`.

    A profile that was merged away leads to its survivor. Raises `ListNotFound` and
    `people.ProfileNotFound`.
    """
    survivors = await _survivors(conn, account_id=account_id, profile_ids=profile_ids, now=now)
    await hold_list(conn, account_id=account_id, list_id=list_id)
    rows = await conn.execute(
        _JOIN,
        {
            "account": account_id,
            "list": list_id,
            "new_profile_id": survivors,
            "now": now,
            "how": method,
            "source": custom_source,
        },
    )
    return list(rows.scalars())


async def remove_from_list(
    conn: AsyncConnection,
    *,
    account_id: UUID,
    list_id: str,
    profile_ids: Collection[UUID],
    now: datetime,
) -> list[UUID]:
    """Take people off a list and return those who were on it.

    Raises `ListNotFound` and `people.ProfileNotFound`.
    """
    survivors = await _survivors(conn, account_id=account_id, profile_ids=profile_ids, now=now)
    await hold_list(conn, account_id=account_id, list_id=list_id)
    rows = await conn.execute(
        delete(list_membership)
        .where(
            list_membership.c.account_id == account_id,
            list_membership.c.list_id == list_id,
            db.any_of(list_membership.c.profile_id, "gone_ids", Uuid()),
        )
        .returning(list_membership.c.profile_id),
        {"gone_ids": survivors},
    )
    return list(rows.scalars())


def checked_list_name(name: str) -> str:
    """Return the name of a list without the space around it. Raises `InvalidList`."""
    check_storable(name, pointer="/name")
    name = name.strip()
    if not 0 < len(name) <= LIST_NAME_CHARACTERS_MAX:
        raise InvalidList(
            f"A name has 1 to {LIST_NAME_CHARACTERS_MAX} characters.", pointer="/name"
        )
    return name


async def _survivors(
    conn: AsyncConnection, *, account_id: UUID, profile_ids: Collection[UUID], now: datetime
) -> Sequence[UUID]:
    """Return who the profiles are by now, each once in order; no merge happens until commit."""
    placed = await people.upsert_profiles(
        conn,
        account_id=account_id,
        drafts=[people.ProfileDraft(id=profile_id) for profile_id in profile_ids],
        now=now,
    )
    return sorted({one.profile_id for one in placed})
