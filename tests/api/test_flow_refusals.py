"""What the API refuses of flows and templates: by its place, and never with a 500."""

import json
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openapi_client.exceptions import (
    BadRequestException,
    ForbiddenException,
    NotFoundException,
)
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.api.conftest import Shop
from tests.api.flow_documents import (
    SET_SEEN,
    WITH_DEFINITION,
    action_of,
    add_metric,
    anchor_of,
    call,
    fixture,
    flow_of,
    insertion_of,
    small_flow,
    status_of,
)
from tests.api.test_bad_input import refused
from tests.flows.shop import alert, definition, delay, update

ATTRIBUTES = "/data/attributes"
DEFINITION = f"{ATTRIBUTES}/definition"
WRITES = (
    ("POST", "/api/flows", "flow"),
    ("PATCH", "/api/flows/{id}", "flow"),
    ("POST", "/api/flow-actions", "flow-action"),
    ("PATCH", "/api/flow-actions/{id}", "flow-action"),
    ("POST", "/api/templates", "template"),
    ("PATCH", "/api/templates/{id}", "template"),
    ("POST", "/api/template-render", "template"),
    ("POST", "/api/template-clone", "template"),
)


async def made(shop: Shop, own_definition: Any) -> dict[str, Any]:
    """Make a flow over plain HTTP and return it with its definition."""
    async with shop.client() as client:
        answer = await client.post(
            "/api/flows", params=WITH_DEFINITION, json=flow_of(own_definition)
        )
    assert answer.status_code == 201, answer.text
    flow: dict[str, Any] = answer.json()["data"]
    return flow


async def live(shop: Shop, engine: AsyncEngine, *actions: dict[str, Any]) -> dict[str, Any]:
    """Make a live flow."""
    metric = await add_metric(engine, shop)
    flow = await made(shop, definition(*actions, metric=metric))
    await call(shop.sdk().Flows.update_flow, flow["id"], status_of(flow["id"], "live"))
    return flow


def actions_of(flow: dict[str, Any]) -> list[dict[str, Any]]:
    actions: list[dict[str, Any]] = flow["attributes"]["definition"]["actions"]
    return actions


async def problems(shop: Shop, method: str, path: str, body: Any) -> list[tuple[str, str]]:
    """Send and return the code and pointer of each error."""
    async with shop.client() as client:
        answer = await client.request(method, path, content=json.dumps(body).encode())
    assert answer.status_code == 400, answer.text
    return [(one["code"], one["source"].get("pointer", "")) for one in answer.json()["errors"]]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/data"),
        ({"data": {"type": "flows"}}, "/data/type"),
        (flow_of(small_flow(), name=""), f"{ATTRIBUTES}/name"),
        (flow_of(small_flow(), name="x" * 256), f"{ATTRIBUTES}/name"),
        (flow_of(small_flow(), name=7), f"{ATTRIBUTES}/name"),  # type: ignore[arg-type] # the test
        (flow_of(small_flow(), name="a\x00"), f"{ATTRIBUTES}/name"),
        (flow_of(None), DEFINITION),
        (flow_of([]), DEFINITION),
        (flow_of({**small_flow(), "triggers": []}), f"{DEFINITION}/triggers"),
        (flow_of({**small_flow(), "entry_action_id": "x"}), f"{DEFINITION}/entry_action_id"),
        (flow_of(definition(delay("a", "gone"))), f"{DEFINITION}/actions/0/links/next"),
        (flow_of(definition(delay("a", "a"))), f"{DEFINITION}/actions/0/links/next"),
        (
            flow_of(definition(delay("a", None, unit="fortnights"))),
            f"{DEFINITION}/actions/0/data/unit",
        ),
        (flow_of({**small_flow(), "note": "\x00"}), f"{DEFINITION}/note"),
    ],
)
async def test_a_bad_flow_is_refused_by_its_place(shop: Shop, body: Any, pointer: str) -> None:
    async with shop.client() as client:
        error = await refused(client, "POST", "/api/flows", body)

    assert error["source"] == {"pointer": pointer}


async def test_a_flow_that_cannot_run_is_kept_from_live_by_every_reason(shop: Shop) -> None:
    flow = await made(shop, fixture("flow_all_actions.json"))
    path = f"/api/flows/{flow['id']}"
    found = await problems(shop, "PATCH", path, status_of(flow["id"], "live"))

    assert ("unsupported", f"{DEFINITION}/actions/3/type") in found
    assert ("unresolved_reference", f"{DEFINITION}/triggers/0/id") in found
    assert ("template_missing", f"{DEFINITION}/actions/2/data/message/template_id") in found
    read = (await call(shop.sdk().Flows.get_flow, flow["id"])).data
    assert read.attributes.status == "draft"


@pytest.mark.parametrize("status", ["disabled", "", None, 7, ["live"], {"a": 1}])
async def test_a_flow_has_three_statuses(shop: Shop, status: Any) -> None:
    flow = await made(shop, small_flow())
    body = status_of(flow["id"], status)

    [(_, pointer)] = await problems(shop, "PATCH", f"/api/flows/{flow['id']}", body)
    assert pointer == f"{ATTRIBUTES}/status"


async def test_only_the_status_of_a_flow_is_changed_here(shop: Shop) -> None:
    flow = await made(shop, small_flow())
    path = f"/api/flows/{flow['id']}"
    body = status_of(flow["id"], "draft")
    body["data"]["attributes"]["name"] = "Other"

    assert await problems(shop, "PATCH", path, body) == [("invalid", f"{ATTRIBUTES}/name")]
    found = await problems(shop, "PATCH", path, status_of("other1", "draft"))
    assert found == [("invalid", "/data/id")]


async def test_a_bad_action_is_refused_by_its_place(shop: Shop) -> None:
    flow = await made(shop, small_flow())
    wait, split, tell, _ = actions_of(flow)
    for own, change, pointer in (
        (wait, {"id": tell["id"]}, f"{DEFINITION}/id"),
        (wait, {"type": "send-sms"}, f"{DEFINITION}/type"),
        (wait, {"links": {"next": "gone"}}, f"{DEFINITION}/links/next"),
        (wait, {"data": {"unit": "days", "value": -1}}, f"{DEFINITION}/data/value"),
        (wait, {"note": "\x00"}, f"{DEFINITION}/note"),
        (split, {"links": {"next_if_true": wait["id"]}}, f"{DEFINITION}/links/next_if_true"),
        (tell, {"data": {"message": {"to_emails": "me"}}}, f"{DEFINITION}/data/message/to_emails"),
    ):
        path = f"/api/flow-actions/{own['id']}"
        found = await problems(shop, "PATCH", path, action_of(own["id"], {**own, **change}))
        assert [place for _, place in found][:1] == [pointer], change


async def test_an_alert_that_the_editor_refuses_is_refused_here_too(shop: Shop) -> None:
    flow = await made(shop, definition(alert("a", "b", status="draft"), alert("b", to=["nobody"])))
    one, other = actions_of(flow)
    message = {**one["data"]["message"], "to_emails": [], "text": "{% if %}"}
    bad = {**one, "data": {**one["data"], "message": message}}
    path = f"/api/flow-actions/{one['id']}"
    found = await problems(shop, "PATCH", path, action_of(one["id"], bad))

    assert {place for _, place in found} == {
        f"{DEFINITION}/data/message/to_emails",
        f"{DEFINITION}/data/message/text",
    }
    assert other["data"]["message"]["to_emails"] == ["nobody"]
    good = {**one, "data": {**one["data"], "message": {**message, "to_emails": ["a@b.example"]}}}
    good["data"]["message"]["text"] = "Hello"
    changed = await call(shop.sdk().Flows.update_flow_action, one["id"], action_of(one["id"], good))
    assert changed.data.attributes.definition["data"]["message"]["text"] == "Hello"


async def test_unfinished_parts_of_a_draft_do_not_keep_others_from_being_deleted(
    shop: Shop,
) -> None:
    unfinished = alert("b", template_id="NOSUCH", to=["nobody"])
    flow = await made(shop, definition(delay("a", "b"), unfinished))
    wait, tell = actions_of(flow)
    sdk = shop.sdk()
    await call(sdk.Flows.delete_flow_action, wait["id"])
    left = await call(sdk.Flows.get_actions_for_flow, flow["id"])

    assert [one.id for one in left.data] == [tell["id"]]


async def test_a_live_flow_stays_able_to_run(shop: Shop, engine: AsyncEngine) -> None:
    flow = await live(shop, engine, delay("wait", "mark"), update("mark", None, SET_SEEN))
    wait, mark = actions_of(flow)
    sms = {"temporary_id": "n", "type": "send-sms", "links": {"next": mark["id"]},
           "data": {"status": "draft", "message": {"body": "Hi"}}}  # fmt: skip

    assert ("unsupported", f"{DEFINITION}/type") in await problems(
        shop, "POST", "/api/flow-actions", insertion_of(sms)
    )
    changed = {**wait, "data": {**wait["data"], "value": 2}}
    await call(shop.sdk().Flows.update_flow_action, wait["id"], action_of(wait["id"], changed))
    read = (await call(shop.sdk().Flows.get_flow, flow["id"])).data
    assert read.attributes.status == "live"


async def test_a_delay_goes_into_a_live_flow_only_when_that_is_said(
    shop: Shop, engine: AsyncEngine
) -> None:
    flow = await live(shop, engine, update("mark", None, SET_SEEN))
    [mark] = actions_of(flow)
    new = delay("n", mark["id"])
    found = await problems(shop, "POST", "/api/flow-actions", insertion_of(new))

    assert found == [("invalid", f"{ATTRIBUTES}/allow_live_action")]
    sdk = shop.sdk()
    body = insertion_of(new, allows_live=True)
    made_live = await call(sdk.Flows.create_flow_action, body)
    assert made_live.data.attributes.definition["links"] == {"next": mark["id"]}


async def test_a_new_action_is_placed_in_exactly_one_way(shop: Shop) -> None:
    flow = await made(shop, small_flow())
    wait, split, tell, _ = actions_of(flow)
    after = anchor_of(wait["id"], "time-delay", {"next": "n"})
    anchor = f"{ATTRIBUTES}/anchor-action/data"
    own = f"{anchor}/attributes/definition"
    for body, pointer in (
        (insertion_of(delay("n", None)), "/data"),
        (insertion_of(delay("n", tell["id"]), anchor=after), "/data"),
        (insertion_of(delay("n", tell["id"]), flow_id=flow["id"]), "/data"),
        (insertion_of(delay("n", None), flow_id=flow["id"]), "/data/relationships/flow"),
        (insertion_of({**delay("n", tell["id"]), "id": "x"}), f"{DEFINITION}/id"),
        (insertion_of(delay("", tell["id"])), f"{DEFINITION}/temporary_id"),
        (insertion_of(delay(wait["id"], tell["id"])), f"{DEFINITION}/temporary_id"),
        (insertion_of(delay("n", 7)), f"{DEFINITION}/links/next"),  # type: ignore[arg-type] # so
        (insertion_of({**split, "temporary_id": "n", "id": None}), f"{DEFINITION}/links"),
        (
            insertion_of(
                {"type": "ab-test", "temporary_id": "n", "links": {"next": tell["id"]}, "data": {}}
            ),
            f"{DEFINITION}/type",
        ),
        (insertion_of(delay("n", None), anchor={"data": {"type": "flow"}}), f"{anchor}/type"),
        (
            insertion_of(
                delay("n", None), anchor=anchor_of(wait["id"], "time-delay", {"next": "m"})
            ),
            f"{own}/links",
        ),
        (
            insertion_of(delay("n", None), anchor=anchor_of(wait["id"], "code", {"next": "n"})),
            f"{own}/type",
        ),
        (
            insertion_of(
                delay("n", None), anchor=anchor_of(wait["id"], "time-delay", {"other": "n"})
            ),
            f"{own}/links",
        ),
    ):
        found = await problems(shop, "POST", "/api/flow-actions", body)
        assert [place for _, place in found][:1] == [pointer], body
    read = await call(shop.sdk().Flows.get_actions_for_flow, flow["id"])
    assert len(read.data) == 4


async def test_what_others_have_is_not_found(shop: Shop, other_shop: Shop) -> None:
    flow = await made(shop, small_flow())
    wait, _, tell, _ = actions_of(flow)
    sdk = other_shop.sdk()
    assert (await call(sdk.Flows.get_flows, include=["flow-actions"])).data == []

    for call_with in (
        (sdk.Flows.get_flow, flow["id"]),
        (sdk.Flows.update_flow, flow["id"], status_of(flow["id"], "draft")),
        (sdk.Flows.delete_flow, flow["id"]),
        (sdk.Flows.get_actions_for_flow, flow["id"]),
        (sdk.Flows.get_flow_action, wait["id"]),
        (sdk.Flows.update_flow_action, wait["id"], action_of(wait["id"], wait)),
        (sdk.Flows.delete_flow_action, wait["id"]),
        (sdk.Flows.create_flow_action, insertion_of(delay("n", wait["id"]))),
        (sdk.Flows.create_flow_action, insertion_of(delay("n", None), flow_id=flow["id"])),
        (sdk.Flows.get_flow_message, tell["id"]),
        (sdk.Flows.get_flow_action_messages, tell["id"]),
    ):
        with pytest.raises(NotFoundException):
            await call(*call_with)


async def test_a_key_that_reads_does_not_write(shop: Shop, reading_shop: Shop) -> None:
    flow = await made(shop, small_flow())
    wait = actions_of(flow)[0]
    sdk = reading_shop.sdk()
    assert (await call(sdk.Flows.get_flow_action, wait["id"])).data.id == wait["id"]

    for call_with in (
        (sdk.Flows.create_flow, flow_of(small_flow())),
        (sdk.Flows.update_flow, flow["id"], status_of(flow["id"], "draft")),
        (sdk.Flows.delete_flow, flow["id"]),
        (sdk.Flows.update_flow_action, wait["id"], action_of(wait["id"], wait)),
        (sdk.Flows.delete_flow_action, wait["id"]),
        (sdk.Flows.create_flow_action, insertion_of(delay("n", wait["id"]))),
    ):
        with pytest.raises(ForbiddenException):
            await call(*call_with)


async def test_tags_are_not_there(shop: Shop) -> None:
    sdk = shop.sdk()
    flow = await made(shop, small_flow())

    with pytest.raises(NotFoundException):
        await call(sdk.Flows.get_tags_for_flow, flow["id"])
    with pytest.raises(NotFoundException):
        await call(sdk.Flows.get_tag_ids_for_flow, flow["id"])
    with pytest.raises(BadRequestException):
        await call(sdk.Flows.get_flow, flow["id"], include=["tags"])


@pytest.mark.parametrize("path", ["flows", "flow-actions", "flow-messages", "templates"])
@pytest.mark.parametrize("own_id", ["%00", "a%00b", "%F0%9F%92%A5", "x" * 1_000, "%27--"])
async def test_an_id_that_cannot_be_is_the_client_s_mistake(
    client: httpx.AsyncClient, path: str, own_id: str
) -> None:
    answer = await client.get(f"/api/{path}/{own_id}")

    assert answer.status_code == (400 if "%00" in own_id else 404)


def texts() -> st.SearchStrategy[Any]:
    known = st.sampled_from(
        ["data", "type", "id", "attributes", "definition", "links", "next", "actions", "triggers",
         "temporary_id", "n", "time-delay", "send-email", "message", "context", "html", "name"]
    )  # fmt: skip
    return known | st.text(max_size=8)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts(),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(texts(), below, max_size=5),
    max_leaves=12,
)


@pytest.fixture
async def own_ids(shop: Shop) -> dict[str, str]:
    """Make what the requests below are about."""
    flow = await made(shop, small_flow())
    attributes = {"name": "T", "editor_type": "CODE", "html": "{{ a }}"}
    async with shop.client() as client:
        body = {"data": {"type": "template", "attributes": attributes}}
        template = (await client.post("/api/templates", json=body)).json()["data"]
    return {
        "flow": flow["id"],
        "flow-action": actions_of(flow)[2]["id"],
        "template": template["id"],
    }


@st.composite
def documents(draw: st.DrawFn, kind: str, own_id: str) -> Any:
    """Give any JSON, or any JSON inside a document of the right type and id."""
    if draw(st.booleans()):
        return draw(JSON)
    attributes = draw(JSON)
    if isinstance(attributes, dict):
        attributes = {"definition": draw(JSON), "context": draw(JSON), **attributes}
    relationships = draw(JSON)
    data = {"type": kind, "id": own_id, "attributes": attributes, "relationships": relationships}
    return {"data": data}


@pytest.mark.parametrize(("method", "path", "kind"), WRITES)
@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
async def test_no_json_makes_a_bug(
    client: httpx.AsyncClient,
    own_ids: dict[str, str],
    *,
    method: str,
    path: str,
    kind: str,
    data: st.DataObject,
) -> None:
    own_id = own_ids[kind]
    content = json.dumps(data.draw(documents(kind, own_id))).encode()
    answer = await client.request(method, path.replace("{id}", own_id), content=content)

    assert answer.status_code < 500, answer.text
