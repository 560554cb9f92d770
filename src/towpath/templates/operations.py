"""Writes of stored templates; nothing is stored that cannot be compiled (flows.md §8)."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from towpath.kit import ids
from towpath.kit.errors import Problem
from towpath.kit.json_values import check_storable
from towpath.templates.checks import check, forbidden_tags
from towpath.templates.queries import as_template
from towpath.templates.stored import (
    ID_CHARACTERS_MAX,
    NAME_CHARACTERS_MAX,
    StoredTemplate,
    TemplateDraft,
    TemplateExists,
    TemplateInUse,
    TemplateInvalid,
    TemplateNotFound,
    TemplateUse,
)
from towpath.templates.tables import template

ID_PATTERN: Final = re.compile(rf"[A-Za-z0-9_-]{{1,{ID_CHARACTERS_MAX}}}")
ID_ATTEMPTS_MAX: Final = 5
USES_NAMED_MAX: Final = 5


async def create_template(
    conn: AsyncConnection,
    *,
    account_id: UUID,
    draft: TemplateDraft,
    now: datetime,
    template_id: str | None = None,
) -> StoredTemplate:
    """Store a new template, under `template_id` when an import brings its own.

    Raises `TemplateInvalid`, `TemplateSyntax` with line and column, or `TemplateExists`.
    """
    _check_draft(draft)
    if template_id is not None:
        if not ID_PATTERN.fullmatch(template_id):
            raise TemplateInvalid(
                f"An id is 1 to {ID_CHARACTERS_MAX} letters, digits, - and _.", pointer="/id"
            )
        made = await _insert(
            conn, account_id=account_id, template_id=template_id, draft=draft, now=now
        )
        if made is None:
            raise TemplateExists(pointer="/id")
        return made
    for _ in range(ID_ATTEMPTS_MAX):
        made = await _insert(
            conn, account_id=account_id, template_id=ids.new_short_id(), draft=draft, now=now
        )
        if made is not None:
            return made
    raise TemplateExists("No free id was found; try again.")


async def update_template(
    conn: AsyncConnection,
    *,
    account_id: UUID,
    template_id: str,
    draft: TemplateDraft,
    use: TemplateUse,
    now: datetime,
) -> StoredTemplate:
    """Replace a template's name and content; messages sent from now on use it.

    Raises `TemplateNotFound`, what `create_template` raises for a draft, and `TemplateInvalid`
    when an alert uses the template and the draft holds a tag that alerts must not use.
    """
    _check_draft(draft)
    statement = (
        template.update()
        .where(template.c.account_id == account_id, template.c.id == template_id)
        .values(
            name=draft.name,
            editor_type=draft.editor_type,
            html=draft.html,
            text=draft.text,
            updated_at=now,
        )
        .returning(template)
    )
    row = (await conn.execute(statement)).one_or_none()
    if row is None:
        raise TemplateNotFound
    alerts = await use.alerts_using(conn, account_id=account_id, template_id=template_id)
    if alerts:
        _check_allowed(draft, used_by=_listed(alerts))
    return as_template(row)


async def delete_template(
    conn: AsyncConnection, *, account_id: UUID, template_id: str, use: TemplateUse
) -> None:
    """Delete a template that no alert uses.

    Raises `TemplateNotFound` or `TemplateInUse` naming the alerts.
    """
    statement = (
        template.delete()
        .where(template.c.account_id == account_id, template.c.id == template_id)
        .returning(template.c.id)
    )
    if (await conn.execute(statement)).one_or_none() is None:
        raise TemplateNotFound
    alerts = await use.alerts_using(conn, account_id=account_id, template_id=template_id)
    if alerts:
        raise TemplateInUse(
            f"This template is the content of {_listed(alerts)}; give that other content first."
        )


async def _insert(
    conn: AsyncConnection,
    *,
    account_id: UUID,
    template_id: str,
    draft: TemplateDraft,
    now: datetime,
) -> StoredTemplate | None:
    statement = (
        insert(template)
        .values(
            account_id=account_id,
            id=template_id,
            name=draft.name,
            editor_type=draft.editor_type,
            html=draft.html,
            text=draft.text,
            created_at=now,
            updated_at=now,
        )
        .on_conflict_do_nothing()
        .returning(template)
    )
    row = (await conn.execute(statement)).one_or_none()
    return None if row is None else as_template(row)


def _check_draft(draft: TemplateDraft) -> None:
    check_storable({"name": draft.name, "html": draft.html, "text": draft.text})
    if not draft.name.strip() or len(draft.name) > NAME_CHARACTERS_MAX:
        raise TemplateInvalid(f"A name has 1 to {NAME_CHARACTERS_MAX} characters.", pointer="/name")
    for field, source in (("html", draft.html), ("text", draft.text)):
        try:
            check(source or "", autoescape=field == "html")
        except Problem as problem:
            raise problem.under(f"/{field}") from None


def _check_allowed(draft: TemplateDraft, *, used_by: str) -> None:
    for field, source in (("html", draft.html), ("text", draft.text)):
        for tag in forbidden_tags(source or ""):
            raise TemplateInvalid(
                f"`{tag.name}` on line {tag.line} is not allowed in alerts, and this template is "
                f"the content of {used_by}; remove it.",
                pointer=f"/{field}",
                meta={"line": tag.line},
            )


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(f'"{name}"' for name in names[:USES_NAMED_MAX])
    more = len(names) - USES_NAMED_MAX
    return f"{shown} and {more} more" if more > 0 else shown
