"""Ids and cursor lists of `/v1`: `{"items": […], "next_cursor": "…"}`, newest first."""

from collections.abc import Callable, Sequence
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel

from towpath.kit import ids
from towpath.kit.errors import Invalid, NotFound

PAGE_SIZE_MAX = 200

Item = TypeVar("Item")
Row = TypeVar("Row")


class BadCursor(Invalid):
    """The cursor is not one this list gave out; start again without it."""

    code = "invalid_cursor"


class Page(BaseModel, Generic[Item]):
    """One page of a list; `next_cursor` is null on the last."""

    items: list[Item]
    next_cursor: str | None


def _read_cursor(cursor: Annotated[str | None, Query(max_length=100)] = None) -> UUID | None:
    if cursor is None:
        return None
    identifier = ids.from_base32(cursor)
    if identifier is None:
        raise BadCursor(parameter="cursor")
    return identifier


Cursor = Annotated[UUID | None, Depends(_read_cursor)]
Limit = Annotated[int, Query(ge=1, le=PAGE_SIZE_MAX, description="Rows in one page.")]


def read_id(text: str, missing: type[NotFound]) -> UUID:
    """Read an id as `/v1` writes it; what is no id is as absent as an unknown one (`missing`)."""
    identifier = ids.from_base32(text)
    if identifier is None:
        raise missing
    return identifier


def page_of(
    rows: Sequence[Row], *, limit: int, item: Callable[[Row], Item], id_of: Callable[[Row], UUID]
) -> Page[Item]:
    """Make a page from rows that were read with `limit + 1`: the extra one says there is more."""
    shown = rows[:limit]
    more = len(rows) > limit
    return Page(
        items=[item(row) for row in shown],
        next_cursor=ids.to_base32(id_of(shown[-1])) if more else None,
    )
