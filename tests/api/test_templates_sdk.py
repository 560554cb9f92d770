"""The official SDK on templates: every call, read back, and what is refused."""

import asyncio
from typing import Any

import pytest
from openapi_client.exceptions import (
    ApiException,
    BadRequestException,
    ForbiddenException,
    NotFoundException,
)

from tests.api.conftest import Shop
from tests.api.flow_documents import DICTIONARIES, call, flow_of
from tests.api.test_bad_input import refused
from tests.flows.shop import alert, definition

HTML = "<p>Hello {{ person.first_name|default:'you' }}</p>"


def template_of(name: str = "Welcome", **attributes: Any) -> dict[str, Any]:
    given = {"name": name, "editor_type": "CODE", "html": HTML, **attributes}
    return {"data": {"type": "template", "attributes": given}}


def change_of(template_id: str, **attributes: Any) -> dict[str, Any]:
    return {"data": {"type": "template", "id": template_id, "attributes": attributes}}


def rendering_of(template_id: str, context: Any) -> dict[str, Any]:
    return change_of(template_id, context=context)


async def made(shop: Shop, name: str = "Welcome", **attributes: Any) -> Any:
    sdk = shop.sdk()
    return (await call(sdk.Templates.create_template, template_of(name, **attributes))).data


async def test_a_template_is_made_read_changed_and_deleted(shop: Shop) -> None:
    sdk = shop.sdk()
    template = await made(shop, text="Hello {{ person.first_name }}", editor_type="USER_DRAGGABLE")
    assert template.links.var_self == f"{shop.host}/api/templates/{template.id}"
    read = await call(
        sdk.Templates.get_template, template.id, additional_fields_template=["definition"]
    )
    attributes = read.data.attributes
    assert (attributes.html, attributes.editor_type) == (HTML, "USER_DRAGGABLE")
    assert attributes.definition is None

    body = change_of(template.id, name="Hello", text=None)
    changed = (await call(sdk.Templates.update_template, template.id, body)).data.attributes
    assert (changed.name, changed.html, changed.text) == ("Hello", HTML, None)
    assert changed.updated > changed.created
    assert await call(sdk.Templates.delete_template, template.id) is None
    with pytest.raises(NotFoundException):
        await call(sdk.Templates.get_template, template.id)


async def test_two_changes_at_once_are_both_kept(shop: Shop) -> None:
    template = await made(shop)
    path = f"/api/templates/{template.id}"
    async with shop.client() as client:
        for number in range(10):
            await asyncio.gather(
                client.patch(path, json=change_of(template.id, html=f"h{number}")),
                client.patch(path, json=change_of(template.id, text=f"t{number}")),
            )
            read = (await client.get(path)).json()["data"]["attributes"]
            assert (read["html"], read["text"]) == (f"h{number}", f"t{number}")


async def test_a_template_without_html_shows_it_empty(shop: Shop) -> None:
    template = await made(shop, html=None, text="plain")

    assert (template.attributes.html, template.attributes.text) == ("", "plain")


async def test_templates_are_filtered_sorted_and_paged_by_ten(shop: Shop) -> None:
    sdk = shop.sdk()
    ids = {name: (await made(shop, name)).id for name in [f"T{n:02}" for n in range(11)]}
    for condition, expected in {
        "equals(name,'T03')": ["T03"],
        "any(name,['T03','T05','none'])": ["T03", "T05"],
        "contains(name,'T1')": ["T10"],
        f"equals(id,'{ids['T07']}')": ["T07"],
        "less-than(created,2020-01-01T00:00:00Z)": [],
    }.items():
        found = await call(sdk.Templates.get_templates, filter=condition, sort="name")
        assert [one.attributes.name for one in found.data] == expected, condition
    first = await call(sdk.Templates.get_templates, sort="-created")
    cursor = first.links.next
    rest = await call(sdk.Templates.get_templates, sort="-created", page_cursor=cursor)

    assert [one.attributes.name for one in first.data] == [f"T{n:02}" for n in range(10, 0, -1)]
    assert [one.attributes.name for one in rest.data] == ["T00"]
    sparse = shop.sdk(options=DICTIONARIES)
    found = await call(sparse.Templates.get_templates, fields_template=["name"], page_size=1)
    assert list(found["data"][0]["attributes"]) == ["name"]


async def test_a_template_is_rendered_with_the_names_in_the_context(shop: Shop) -> None:
    sdk = shop.sdk()
    template = await made(
        shop,
        html="<b>{{ first_name }} {{ person.last_name }}</b> {{ event.Items.0 }} "
        "{{ organization.name }} {% unsubscribe %}",
        text="{{ event|lookup:'Order Id' }}",
    )
    context = {
        "first_name": "<Ada>",
        "person": {"last_name": "L"},
        "event": {"Items": ["tea"], "Order Id": 7},
        "organization": {"name": "Tea & Co"},
    }
    body = rendering_of(template.id, context)
    shown = (await call(sdk.Templates.render_template, body)).data

    assert shown.id == template.id
    assert shown.attributes.html == (
        '<b>&lt;Ada&gt; L</b> tea Tea &amp; Co <a href="#">Unsubscribe</a>'
    )
    assert shown.attributes.text == "7"
    read = await call(sdk.Templates.get_template, template.id)
    assert "{{ first_name }}" in read.data.attributes.html


async def test_a_template_is_cloned_under_a_name_of_its_own(shop: Shop) -> None:
    sdk = shop.sdk()
    template = await made(shop, "W" * 200)
    named = await call(sdk.Templates.clone_template, change_of(template.id, name="Second"))
    unnamed = await call(sdk.Templates.clone_template, change_of(template.id))

    assert named.data.attributes.name == "Second"
    assert unnamed.data.attributes.name == "W" * 195 + " copy"
    assert named.data.attributes.html == HTML
    assert len({template.id, named.data.id, unnamed.data.id}) == 3


@pytest.mark.parametrize(
    ("attributes", "pointer"),
    [
        ({"name": None}, "name"),
        ({"name": " "}, "name"),
        ({"name": "x\x00"}, "name"),
        ({"editor_type": "SYSTEM_DRAGGABLE"}, "editor_type"),
        ({"editor_type": ["CODE"]}, "editor_type"),
        ({"html": 7}, "html"),
        ({"text": "{% if %}"}, "text"),
        ({"amp": "<html amp4email>"}, "amp"),
        ({"definition": {"body": {}}}, "definition"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_a_bad_template_is_refused_by_its_place(
    shop: Shop, attributes: dict[str, Any], pointer: str
) -> None:
    async with shop.client() as client:
        error = await refused(client, "POST", "/api/templates", template_of(**attributes))

    assert error["source"] == {"pointer": f"/data/attributes/{pointer}"}


async def test_a_faulty_tag_is_refused_with_line_and_column(shop: Shop) -> None:
    template = await made(shop)
    async with shop.client() as client:
        body = change_of(template.id, html="<p>\n  {% endfor %}")
        error = await refused(client, "PATCH", f"/api/templates/{template.id}", body)

    assert error["code"] == "template_syntax"
    assert error["source"] == {"pointer": "/data/attributes/html"}
    assert (error["meta"]["line"], error["meta"]["column"]) == (2, 3)


async def test_a_rendering_that_asks_for_too_much_is_refused(shop: Shop) -> None:
    sdk = shop.sdk()
    loop = "{% for a in list %}{% for b in list %}x{% endfor %}{% endfor %}"
    template = await made(shop, html=loop)

    for context in ({"list": list(range(200))}, {"person": [1]}, {"deep": "\x00"}):
        with pytest.raises(BadRequestException):
            await call(sdk.Templates.render_template, rendering_of(template.id, context))
    fits = rendering_of(template.id, {"list": [1, 2]})
    shown = await call(sdk.Templates.render_template, fits)
    assert shown.data.attributes.html == "xxxx"


async def test_the_template_of_an_alert_is_not_deleted(shop: Shop) -> None:
    sdk = shop.sdk()
    template = await made(shop)
    flow = definition(alert("tell", template_id=template.id))
    await call(sdk.Flows.create_flow, flow_of(flow))

    with pytest.raises(ApiException) as kept:
        await call(sdk.Templates.delete_template, template.id)
    assert kept.value.status == 409
    assert "tell" in kept.value.body


async def test_templates_of_others_and_unknown_ones_are_not_found(
    shop: Shop, other_shop: Shop
) -> None:
    own = (await made(shop)).id
    sdk = other_shop.sdk()

    assert (await call(sdk.Templates.get_templates)).data == []
    for call_with in (
        (sdk.Templates.get_template, own),
        (sdk.Templates.update_template, own, change_of(own, name="Mine")),
        (sdk.Templates.delete_template, own),
        (sdk.Templates.clone_template, change_of(own, name="Mine")),
        (sdk.Templates.render_template, rendering_of(own, {})),
    ):
        with pytest.raises(NotFoundException):
            await call(*call_with)
    assert (await call(shop.sdk().Templates.get_template, own)).data.attributes.name == "Welcome"


async def test_a_key_that_reads_renders_but_does_not_write(shop: Shop, reading_shop: Shop) -> None:
    own = (await made(shop)).id
    sdk = reading_shop.sdk()

    assert (await call(sdk.Templates.get_template, own)).data.id == own
    assert (await call(sdk.Templates.render_template, rendering_of(own, {}))).data.id == own
    for call_with in (
        (sdk.Templates.create_template, template_of()),
        (sdk.Templates.update_template, own, change_of(own, name="Mine")),
        (sdk.Templates.delete_template, own),
        (sdk.Templates.clone_template, change_of(own, name="Mine")),
    ):
        with pytest.raises(ForbiddenException):
            await call(*call_with)
