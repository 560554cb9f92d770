"""`/v1/templates`: list, create, read, replace, delete."""

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from towpath import accounts
from towpath.accounts import Actor, Permission
from towpath.kit import http
from towpath.templates.operations import create_template, delete_template, update_template
from towpath.templates.queries import PAGE_SIZE_MAX, get_template, list_templates
from towpath.templates.stored import (
    ID_CHARACTERS_MAX,
    EditorType,
    ListedTemplate,
    StoredTemplate,
    TemplateDraft,
    TemplateUse,
)

PATH: Final = "/v1/templates"

Reader = Annotated[Actor, Depends(accounts.require(Permission.ACTIVITY))]
Author = Annotated[Actor, Depends(accounts.require(Permission.AUTOMATION))]


class TemplateRow(BaseModel):
    """A template as listed, without its content."""

    id: str
    name: str
    editor_type: EditorType
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, template: ListedTemplate) -> "TemplateRow":
        """Show a template of a list."""
        return cls(
            id=template.id,
            name=template.name,
            editor_type=template.editor_type,
            created_at=template.created_at,
            updated_at=template.updated_at,
        )


class TemplateContent(BaseModel):
    """What a person writes: Django template syntax, with escaping in `html`."""

    name: str
    editor_type: EditorType = EditorType.CODE
    html: str | None = None
    text: str | None = None

    def draft(self) -> TemplateDraft:
        """Read what was written."""
        return TemplateDraft(
            name=self.name, editor_type=self.editor_type, html=self.html, text=self.text
        )


class NewTemplate(TemplateContent):
    """A new template; `id` is for one that an import brings along."""

    id: str | None = None


class TemplateAnswer(TemplateContent):
    """A template. Messages use it as it is when they are sent."""

    id: str
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, template: StoredTemplate) -> "TemplateAnswer":
        """Show a template with its content."""
        return cls(
            id=template.id,
            name=template.name,
            editor_type=template.editor_type,
            html=template.html,
            text=template.text,
            created_at=template.created_at,
            updated_at=template.updated_at,
        )


def make_router(use: TemplateUse) -> APIRouter:
    """Return the routes; `use` knows which alerts a change would reach."""
    router = APIRouter(prefix=PATH, tags=["Templates"], route_class=http.JsonRoute)

    @router.get("")
    async def read_templates(
        actor: Reader,
        conn: http.Transaction,
        limit: http.Limit = PAGE_SIZE_MAX,
        cursor: Annotated[str | None, Query(max_length=ID_CHARACTERS_MAX)] = None,
    ) -> http.Page[TemplateRow]:
        """List templates in order of id."""
        found = await list_templates(
            conn, account_id=actor.account_id, after=cursor, limit=limit + 1
        )
        return http.Page(
            items=[TemplateRow.of(template) for template in found[:limit]],
            next_cursor=found[limit - 1].id if len(found) > limit else None,
        )

    @router.post("", status_code=201)
    async def add_template(
        actor: Author, conn: http.Transaction, now: http.Now, body: NewTemplate
    ) -> TemplateAnswer:
        """Store a new template; refused with line and column when it cannot be compiled."""
        made = await create_template(
            conn, account_id=actor.account_id, template_id=body.id, draft=body.draft(), now=now
        )
        await _note(conn, actor, "template.created", made.id, now)
        return TemplateAnswer.of(made)

    @router.get("/{template_id}")
    async def read_template(
        actor: Reader, conn: http.Transaction, template_id: str
    ) -> TemplateAnswer:
        """Return one template with its content."""
        return TemplateAnswer.of(
            await get_template(conn, account_id=actor.account_id, template_id=template_id)
        )

    @router.put("/{template_id}")
    async def replace_template(
        actor: Author,
        conn: http.Transaction,
        now: http.Now,
        template_id: str,
        body: TemplateContent,
    ) -> TemplateAnswer:
        """Replace name and content; in an alert's template, tags that alerts must not use too."""
        changed = await update_template(
            conn,
            account_id=actor.account_id,
            template_id=template_id,
            draft=body.draft(),
            use=use,
            now=now,
        )
        await _note(conn, actor, "template.changed", template_id, now)
        return TemplateAnswer.of(changed)

    @router.delete("/{template_id}", status_code=204)
    async def remove_template(
        actor: Author, conn: http.Transaction, now: http.Now, template_id: str
    ) -> Response:
        """Delete a template that no alert uses; 409 names the alerts that do."""
        await delete_template(conn, account_id=actor.account_id, template_id=template_id, use=use)
        await _note(conn, actor, "template.deleted", template_id, now)
        return Response(status_code=204)

    return router


async def _note(
    conn: AsyncConnection, actor: Actor, action: str, template_id: str, now: datetime
) -> None:
    await accounts.record_audit(
        conn, actor=actor, action=action, target_kind="template", target_id=template_id, now=now
    )
