"""Reads of stored templates."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Text

from towpath.kit.db import any_of
from towpath.templates.stored import (
    EditorType,
    ListedTemplate,
    StoredTemplate,
    TemplateNotFound,
)
from towpath.templates.tables import template

PAGE_SIZE_MAX: Final = 200


async def get_template(
    conn: AsyncConnection, *, account_id: UUID, template_id: str, is_to_change: bool = False
) -> StoredTemplate:
    """Return one template; raises `TemplateNotFound`.

    With `is_to_change` nobody else changes it before this transaction ends.
    """
    statement = select(template).where(
        template.c.account_id == account_id, template.c.id == template_id
    )
    if is_to_change:
        statement = statement.with_for_update()
    row = (await conn.execute(statement)).one_or_none()
    if row is None:
        raise TemplateNotFound
    return as_template(row)


async def stored_templates(
    conn: AsyncConnection, *, account_id: UUID, template_ids: Collection[str]
) -> dict[str, StoredTemplate]:
    """Return those of `template_ids` that exist, by id."""
    if not template_ids:
        return {}
    statement = select(template).where(
        template.c.account_id == account_id, any_of(template.c.id, "ids", Text())
    )
    rows = await conn.execute(statement, {"ids": sorted(template_ids)})
    return {row.id: as_template(row) for row in rows}


async def list_templates(
    conn: AsyncConnection, *, account_id: UUID, after: str | None = None, limit: int
) -> list[ListedTemplate]:
    """Return up to `limit` templates in order of id, beginning after the id `after`."""
    assert 0 < limit <= PAGE_SIZE_MAX + 1
    statement = (
        select(
            template.c.id,
            template.c.name,
            template.c.editor_type,
            template.c.created_at,
            template.c.updated_at,
        )
        .where(template.c.account_id == account_id, template.c.id > (after or ""))
        .order_by(template.c.id)
        .limit(limit)
    )
    return [
        ListedTemplate(
            id=row.id,
            name=row.name,
            editor_type=EditorType(row.editor_type),
            created_at=row.created_at,
            updated_at=row.updated_at,
        )
        for row in await conn.execute(statement)
    ]


def as_template(row: Row[tuple[object, ...]]) -> StoredTemplate:
    """Make the dataclass of a row of `template`."""
    return StoredTemplate(
        id=row.id,
        name=row.name,
        editor_type=EditorType(row.editor_type),
        html=row.html,
        text=row.text,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
