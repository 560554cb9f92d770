"""Stored templates: what is refused at save and while an alert uses one."""

# ruff: noqa: ARG002 -- a protocol says which arguments there are

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from towpath import accounts, templates
from towpath.kit import ids
from towpath.kit.errors import Invalid

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
DRAFT = templates.TemplateDraft(
    name="Big order",
    editor_type=templates.EditorType.CODE,
    html="<p>{{ first_name }}</p>",
    text=None,
)


@dataclass(frozen=True)
class Alerts:
    """The alerts that use any template that is asked about."""

    names: tuple[str, ...] = ()

    async def alerts_using(
        self, conn: AsyncConnection, *, account_id: UUID, template_id: str
    ) -> Sequence[str]:
        return self.names


async def create(
    conn: AsyncConnection,
    account_id: UUID,
    draft: templates.TemplateDraft = DRAFT,
    template_id: str | None = "TPL",
) -> templates.StoredTemplate:
    return await templates.create_template(
        conn, account_id=account_id, template_id=template_id, draft=draft, now=NOW
    )


async def update(
    conn: AsyncConnection,
    account_id: UUID,
    draft: templates.TemplateDraft,
    *,
    used_by: tuple[str, ...] = (),
    template_id: str = "TPL",
) -> templates.StoredTemplate:
    return await templates.update_template(
        conn,
        account_id=account_id,
        template_id=template_id,
        draft=draft,
        use=Alerts(used_by),
        now=LATER,
    )


async def test_a_template_is_stored_under_a_short_id_or_the_one_it_came_with(
    conn: AsyncConnection, account_id: UUID
) -> None:
    own = await create(conn, account_id, template_id=None)
    imported = await create(conn, account_id, template_id="T7_x-9")
    found = await templates.stored_templates(
        conn, account_id=account_id, template_ids=[own.id, imported.id, "NONE"]
    )

    assert len(own.id) == 6
    assert found == {own.id: own, "T7_x-9": imported}
    assert imported.html == DRAFT.html
    assert imported.created_at == imported.updated_at == NOW


async def test_an_id_that_is_taken_or_malformed_is_refused(
    conn: AsyncConnection, account_id: UUID
) -> None:
    await create(conn, account_id)

    with pytest.raises(templates.TemplateExists):
        await create(conn, account_id)
    for bad in ("", "a b", "a/b", "x" * 65, "\x00", "é", "TPL\n"):
        with pytest.raises(templates.TemplateInvalid):
            await create(conn, account_id, template_id=bad)


async def test_another_account_may_use_the_same_id_and_sees_only_its_own(
    conn: AsyncConnection, account_id: UUID
) -> None:
    other = ids.new_id()
    await accounts.create_account(conn, account_id=other, name="Two", timezone="UTC", now=NOW)
    await create(conn, account_id)

    with pytest.raises(templates.TemplateNotFound):
        await templates.get_template(conn, account_id=other, template_id="TPL")
    await create(conn, other, replace(DRAFT, name="Theirs"))
    mine = await templates.get_template(conn, account_id=account_id, template_id="TPL")
    assert mine.name == "Big order"


@pytest.mark.parametrize(
    ("draft", "pointer"),
    [
        (replace(DRAFT, name=" "), "/name"),
        (replace(DRAFT, name="x" * 201), "/name"),
        (replace(DRAFT, name="a\x00b"), "/name"),
        (replace(DRAFT, html="\x00"), "/html"),
        (replace(DRAFT, html="<p>\n  {% if %}</p>"), "/html"),
        (replace(DRAFT, text="{{ a|nosuch }}"), "/text"),
        (replace(DRAFT, html="x" * 600_000), "/html"),
    ],
)
async def test_a_bad_draft_is_refused_by_its_field(
    conn: AsyncConnection, account_id: UUID, draft: templates.TemplateDraft, pointer: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await create(conn, account_id, draft)

    assert refused.value.pointer == pointer


async def test_a_syntax_error_names_line_and_column(
    conn: AsyncConnection, account_id: UUID
) -> None:
    with pytest.raises(templates.TemplateSyntax) as refused:
        await create(conn, account_id, replace(DRAFT, html="<p>\n  {% if %}</p>"))

    assert (refused.value.line, refused.value.column) == (2, 3)


async def test_an_update_replaces_content_and_keeps_the_time_of_creation(
    conn: AsyncConnection, account_id: UUID
) -> None:
    await create(conn, account_id)
    changed = await update(conn, account_id, replace(DRAFT, html=None, text="Hi"))

    assert (changed.html, changed.text) == (None, "Hi")
    assert (changed.created_at, changed.updated_at) == (NOW, LATER)
    with pytest.raises(templates.TemplateNotFound):
        await update(conn, account_id, DRAFT, template_id="NONE")


async def test_a_template_that_an_alert_uses_must_not_get_a_forbidden_tag(
    conn: AsyncConnection, account_id: UUID
) -> None:
    await create(conn, account_id)
    draft = replace(DRAFT, html="<p>\n{% unsubscribe_link %}</p>")
    with pytest.raises(templates.TemplateInvalid) as refused:
        await update(conn, account_id, draft, used_by=("Tell ops", "Tell sales"))
    free = await update(conn, account_id, draft)

    assert refused.value.pointer == "/html"
    assert refused.value.meta == {"line": 2}
    assert "`unsubscribe_link` on line 2" in refused.value.detail
    assert '"Tell ops", "Tell sales"' in refused.value.detail
    assert free.html == draft.html


async def test_a_template_that_an_alert_uses_cannot_be_deleted(
    conn: AsyncConnection, account_id: UUID
) -> None:
    await create(conn, account_id)
    async with conn.begin_nested() as attempt:
        with pytest.raises(templates.TemplateInUse) as refused:
            await templates.delete_template(
                conn,
                account_id=account_id,
                template_id="TPL",
                use=Alerts(tuple(f"Alert {number}" for number in range(7))),
            )
        await attempt.rollback()
    await templates.delete_template(conn, account_id=account_id, template_id="TPL", use=Alerts())

    assert "and 2 more" in refused.value.detail
    with pytest.raises(templates.TemplateNotFound):
        await templates.delete_template(
            conn, account_id=account_id, template_id="TPL", use=Alerts()
        )


async def test_templates_are_listed_in_order_of_id_page_by_page(
    conn: AsyncConnection, account_id: UUID
) -> None:
    for template_id in ("b", "a", "C"):
        await create(conn, account_id, template_id=template_id)
    first = await templates.list_templates(conn, account_id=account_id, limit=2)
    second = await templates.list_templates(conn, account_id=account_id, after="a", limit=2)

    assert [one.id for one in first] == ["C", "a"]
    assert [one.id for one in second] == ["b"]
