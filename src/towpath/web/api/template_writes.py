"""The operations that change, copy and render templates (api.md §7)."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from towpath import accounts, flows, templates
from towpath.kit.errors import Problem
from towpath.kit.json_values import check_storable
from towpath.web.api.bodies import (
    BadDocument,
    Json,
    check_fields,
    read_attributes,
    read_document,
    read_id,
    read_named_resource,
    read_object,
    read_resource,
    read_text,
)
from towpath.web.api.documents import resource_object, respond
from towpath.web.api.operations import Call
from towpath.web.api.parameters import read_parameters
from towpath.web.api.reading import read_one
from towpath.web.api.template_resources import TEMPLATE
from towpath.web.api.writing import write_and_show

ATTRIBUTES: Final = "/data/attributes"
PARTS: Final = ("html", "text")
COPY: Final = " copy"
EDITORS: Final = (templates.EditorType.CODE, templates.EditorType.USER_DRAGGABLE)
# Written by clients that know more kinds of templates; null says that there is none.
UNSUPPORTED: Final = ("amp", "definition")
LINKS_IN_MESSAGES: Final = ("unsubscribe_link", "manage_preferences_link", "web_view_link")
PREVIEW_LINKS: Final[Mapping[str, str]] = dict.fromkeys(LINKS_IN_MESSAGES, "#")

_USE: Final = flows.FlowTemplates()


async def create_template(call: Call) -> Response:
    """Store a new template; refused with line and column when it cannot be compiled."""
    attributes = read_attributes(read_resource(await read_document(call.request), TEMPLATE.name))
    _check_fields(attributes, {"name", "editor_type", *PARTS})
    editor = attributes.get("editor_type")
    if editor not in EDITORS:
        raise BadDocument(
            f"editor_type is {' or '.join(EDITORS)}.", pointer=f"{ATTRIBUTES}/editor_type"
        )
    draft = templates.TemplateDraft(
        name=read_text(attributes, "name"),
        editor_type=templates.EditorType(editor),
        html=_part(attributes, "html"),
        text=_part(attributes, "text"),
    )
    return await _store(call, draft)


async def update_template(call: Call) -> Response:
    """Change what is given of a template; null takes a part away."""
    data = read_named_resource(await read_document(call.request), TEMPLATE.name, call.shown_id)
    attributes = read_attributes(data)
    _check_fields(attributes, {"name", *PARTS})

    async def write(conn: AsyncConnection) -> tuple[str, int]:
        before = await templates.get_template(
            conn, account_id=call.account_id, template_id=call.shown_id, is_to_change=True
        )
        draft = templates.TemplateDraft(
            name=read_text(attributes, "name") if "name" in attributes else before.name,
            editor_type=before.editor_type,
            html=_part(attributes, "html") if "html" in attributes else before.html,
            text=_part(attributes, "text") if "text" in attributes else before.text,
        )
        with _within_attributes():
            changed = await templates.update_template(
                conn,
                account_id=call.account_id,
                template_id=call.shown_id,
                draft=draft,
                use=_USE,
                now=call.now,
            )
        await _note(call, conn, "template.changed", changed.id)
        return changed.id, 200

    return await write_and_show(call, TEMPLATE, write)


async def delete_template(call: Call) -> Response:
    """Delete a template that no alert uses; 409 names the alerts that do."""
    async with call.runtime.engine.begin() as conn:
        await templates.delete_template(
            conn, account_id=call.account_id, template_id=call.shown_id, use=_USE
        )
        await _note(call, conn, "template.deleted", call.shown_id)
    return Response(status_code=204)


async def clone_template(call: Call) -> Response:
    """Copy a template under a name of its own."""
    data = read_resource(await read_document(call.request), TEMPLATE.name)
    template_id = read_id(data)
    attributes = read_attributes(data)
    _check_fields(attributes, {"name"})
    async with call.runtime.engine.connect() as conn:
        original = await templates.get_template(
            conn, account_id=call.account_id, template_id=template_id
        )
    if attributes.get("name") is None:
        name = original.name[: templates.NAME_CHARACTERS_MAX - len(COPY)] + COPY
    else:
        name = read_text(attributes, "name")
    return await _store(
        call,
        templates.TemplateDraft(
            name=name,
            editor_type=original.editor_type,
            html=original.html,
            text=original.text,
        ),
    )


async def render_template(call: Call) -> Response:
    """Render a template with the names in `context`; nothing is stored or sent.

    `person`, `event` and `organization` are what a message would have under these names.
    """
    data = read_resource(await read_document(call.request), TEMPLATE.name)
    template_id = read_id(data)
    attributes = read_attributes(data)
    _check_fields(attributes, {"context"})
    context = read_object(attributes, "context", ATTRIBUTES)
    check_storable(context, pointer=f"{ATTRIBUTES}/context")
    parameters = read_parameters(call.request, TEMPLATE, is_list=False)
    async with call.runtime.engine.connect() as conn:
        found = await read_one(
            conn,
            TEMPLATE,
            account_id=call.account_id,
            shown_id=template_id,
            parameters=parameters,
        )
        account = await accounts.account_of(conn, account_id=call.account_id)
    assert account is not None
    [row] = found.rows
    data_of_message = templates.RenderContext(
        person=_named(context, "person"),
        event=_named(context, "event") or None,
        organization={"name": account.name, **_named(context, "organization")},
        now=call.now,
        timezone=ZoneInfo(account.timezone),
        links=PREVIEW_LINKS,
        extra=context,
    )
    rendered = await asyncio.to_thread(_render, row.html, row.text, data_of_message)
    written = resource_object(TEMPLATE, row, found.extras_of(row), parameters, call.base)
    shown = written["attributes"]
    written["attributes"] = shown | {key: rendered[key] for key in PARTS if key in shown}
    return respond({"data": written, "links": written["links"]}, status=201)


def _render(
    html: str | None, text: str | None, context: templates.RenderContext
) -> dict[str, str | None]:
    """Render both parts; takes up to a second each (templates.render_limits)."""
    return {
        "html": templates.compile(html or "", autoescape=True).render(context),
        "text": None if text is None else templates.compile(text, autoescape=False).render(context),
    }


async def _store(call: Call, draft: templates.TemplateDraft) -> Response:
    async def write(conn: AsyncConnection) -> tuple[str, int]:
        with _within_attributes():
            made = await templates.create_template(
                conn, account_id=call.account_id, draft=draft, now=call.now
            )
        await _note(call, conn, "template.created", made.id)
        return made.id, 201

    return await write_and_show(call, TEMPLATE, write)


async def _note(call: Call, conn: AsyncConnection, action: str, template_id: str) -> None:
    await accounts.record_audit(
        conn,
        actor=call.actor,
        action=action,
        target_kind="template",
        target_id=template_id,
        now=call.now,
    )


def _check_fields(attributes: Json, known: set[str]) -> None:
    check_fields(attributes, known | set(UNSUPPORTED), TEMPLATE.name)
    for name in UNSUPPORTED:
        if attributes.get(name) is not None:
            raise BadDocument(
                f"{name} is not supported; send html and text.", pointer=f"{ATTRIBUTES}/{name}"
            )


def _part(attributes: Json, name: str) -> str | None:
    return None if attributes.get(name) is None else read_text(attributes, name)


def _named(context: Json, name: str) -> Mapping[str, Any]:
    value = context.get(name)
    if value is None:
        return {}
    return read_object(context, name, f"{ATTRIBUTES}/context")


@contextmanager
def _within_attributes() -> Iterator[None]:
    """Point problems of a draft to the attributes of the resource."""
    try:
        yield
    except Problem as problem:
        if problem.pointer is not None:
            problem.under(ATTRIBUTES)
        raise
