"""The official SDK on flows, their actions and messages: every call, read back."""

from typing import Any

import pytest
from openapi_client.exceptions import NotFoundException
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.api.conftest import Shop
from tests.api.flow_documents import (
    DICTIONARIES,
    SET_SEEN,
    action_of,
    add_metric,
    anchor_of,
    call,
    fixture,
    flow_of,
    insertion_of,
    small_flow,
    status_of,
    without_ids,
)
from tests.flows.shop import alert, any_of, definition, delay, update
from towpath import flows

DEFINITION = ["definition"]
SHOWN_TRIGGERS = (
    "Added to List",
    "Added to List",
    "Metric",
    "Date Based",
    "Date Based",
    "Price Drop",
    "Low Inventory",
)


async def made(shop: Shop, own_definition: Any, name: str = "Big orders") -> Any:
    """Make a flow and return it with its definition."""
    sdk = shop.sdk(options=DICTIONARIES)
    body = flow_of(own_definition, name)
    answer = await call(sdk.Flows.create_flow, body, additional_fields_flow=DEFINITION)
    return answer["data"]


async def definition_of(shop: Shop, flow_id: str) -> Any:
    sdk = shop.sdk(options=DICTIONARIES)
    answer = await call(sdk.Flows.get_flow, flow_id, additional_fields_flow=DEFINITION)
    return answer["data"]["attributes"]["definition"]


def by_type(flow: Any) -> dict[str, dict[str, Any]]:
    actions = flow["attributes"]["definition"]["actions"]
    return {action["type"]: action for action in actions}


async def test_a_flow_is_made_as_draft_with_ids_of_our_own(shop: Shop) -> None:
    sdk = shop.sdk()
    body = flow_of(small_flow(status="live"))
    flow = (await call(sdk.Flows.create_flow, body, additional_fields_flow=DEFINITION)).data

    assert flow.attributes.status == "draft"
    assert flow.attributes.archived is False
    assert flow.attributes.trigger_type == "Metric"
    ids = [action["id"] for action in flow.attributes.definition.actions]
    assert flow.attributes.definition.entry_action_id == ids[0]
    assert {"wait", "vip", "tell", "mark"}.isdisjoint(ids)
    assert flow.links.var_self == f"{shop.host}/api/flows/{flow.id}"
    read = (await call(sdk.Flows.get_flow, flow.id)).data
    assert (read.attributes.name, read.attributes.definition) == ("Big orders", None)


@pytest.mark.parametrize("trigger", fixture("triggers.json"), ids=lambda one: one["type"])
async def test_made_again_from_its_definition_a_flow_is_equal_but_for_ids(
    shop: Shop, trigger: dict[str, Any]
) -> None:
    every_condition = {"profile_filter": any_of(*fixture("conditions.json"))}
    document = fixture("flow_all_actions.json") | every_condition | {"triggers": [trigger]}
    first = (await made(shop, document))["id"]
    read = await definition_of(shop, first)
    second = (await made(shop, read))["id"]

    assert without_ids(read) == without_ids(document)
    assert without_ids(await definition_of(shop, second)) == without_ids(document)
    old = {one["id"] for one in read["actions"]}
    assert old.isdisjoint(one["id"] for one in (await definition_of(shop, second))["actions"])


@pytest.mark.parametrize(
    ("trigger", "shown"),
    [
        *zip(
            fixture("triggers.json"),
            SHOWN_TRIGGERS,
            strict=True,
        ),
        ({"type": "full-moon"}, "Unconfigured"),
    ],
    ids=lambda one: one["type"] if isinstance(one, dict) else "",
)
async def test_a_trigger_shows_as_one_of_the_six_words_that_clients_know(
    shop: Shop, trigger: dict[str, Any], shown: str
) -> None:
    sdk = shop.sdk()
    flow = await made(shop, fixture("flow_all_actions.json") | {"triggers": [trigger]})
    another = {"type": "list", "id": None} if shown == "Metric" else {"type": "metric", "id": None}
    await made(shop, {**small_flow(), "triggers": [another]})

    found = await call(sdk.Flows.get_flows, filter=f'equals(trigger_type,"{shown}")')
    assert [(one.id, one.attributes.trigger_type) for one in found.data] == [(flow["id"], shown)]


async def test_flows_are_filtered_sorted_and_paged(shop: Shop, engine: AsyncEngine) -> None:
    sdk = shop.sdk()
    metric = await add_metric(engine, shop)
    ids = {
        name: (await made(shop, definition(update("m", None, SET_SEEN), metric=metric), name))["id"]
        for name in ("Birthday", "Reorder", "Win back")
    }
    await call(sdk.Flows.update_flow, ids["Reorder"], status_of(ids["Reorder"], "live"))
    names = {flow_id: name for name, flow_id in ids.items()}

    for condition, expected in {
        'equals(status,"live")': ["Reorder"],
        "equals(archived,false)": ["Birthday", "Reorder", "Win back"],
        "equals(archived,true)": [],
        "starts-with(name,'Win')": ["Win back"],
        "contains(name,'ord')": ["Reorder"],
        f'any(id,["{ids["Birthday"]}","nobody"])': ["Birthday"],
        "greater-than(created,2020-01-01T00:00:00Z)": ["Birthday", "Reorder", "Win back"],
        "less-than(updated,2020-01-01T00:00:00Z)": [],
    }.items():
        found = await call(sdk.Flows.get_flows, filter=condition, sort="name")
        assert [one.attributes.name for one in found.data] == expected, condition
    page = await call(sdk.Flows.get_flows, page_size=2, sort="-updated")
    assert [names[one.id] for one in page.data] == ["Reorder", "Win back"]
    page = await call(
        sdk.Flows.get_flows, page_size=2, sort="-updated", page_cursor=page.links.next
    )
    assert [names[one.id] for one in page.data] == ["Birthday"]
    sparse = shop.sdk(options=DICTIONARIES)
    found = await call(sparse.Flows.get_flows, fields_flow=["name"], filter="equals(status,'live')")
    assert found["data"][0]["attributes"] == {"name": "Reorder"}


async def test_flows_bring_their_actions_along(shop: Shop) -> None:
    sdk = shop.sdk()
    flow = await made(shop, small_flow())
    empty = await made(shop, {**small_flow(), "actions": [], "entry_action_id": None}, "Empty")
    ids = {one["id"] for one in flow["attributes"]["definition"]["actions"]}

    found = await call(sdk.Flows.get_flows, include=["flow-actions"])
    linked = {
        one.id: {link.id for link in one.relationships.flow_actions.data} for one in found.data
    }
    assert linked == {flow["id"]: ids, empty["id"]: set()}
    assert {one["id"] for one in found.included} == ids
    plain = await call(sdk.Flows.get_flow, flow["id"])
    assert plain.data.relationships.flow_actions.data is None
    links = plain.data.relationships.flow_actions.links
    assert links.related == f"{shop.host}/api/flows/{flow['id']}/flow-actions"


async def test_a_status_is_set_for_the_flow_and_all_its_actions(
    shop: Shop, engine: AsyncEngine
) -> None:
    sdk = shop.sdk()
    metric = await add_metric(engine, shop)
    flow = await made(shop, {**small_flow(), "triggers": [{"type": "metric", "id": metric}]})
    for status in ("manual", "live", "draft"):
        changed = await call(sdk.Flows.update_flow, flow["id"], status_of(flow["id"], status))

        assert changed.data.attributes.status == status
        actions = (await definition_of(shop, flow["id"]))["actions"]
        own = [one["data"]["status"] for one in actions if "status" in one["data"]]
        assert own == [status, status]


async def test_a_deleted_flow_is_gone_with_its_actions_and_messages(shop: Shop) -> None:
    sdk = shop.sdk()
    flow = await made(shop, small_flow())
    action_id = by_type(flow)["send-internal-alert"]["id"]
    assert await call(sdk.Flows.delete_flow, flow["id"]) is None

    for read, own_id in (
        (sdk.Flows.get_flow, flow["id"]),
        (sdk.Flows.get_flow_action, action_id),
        (sdk.Flows.get_flow_message, action_id),
        (sdk.Flows.get_actions_for_flow, flow["id"]),
    ):
        with pytest.raises(NotFoundException):
            await call(read, own_id)
    assert (await call(sdk.Flows.get_flows)).data == []


async def test_actions_are_read_by_flow_with_filters_and_pages(shop: Shop) -> None:
    sdk = shop.sdk()
    flow = await made(shop, fixture("flow_all_actions.json"))
    actions = {one["id"]: one for one in flow["attributes"]["definition"]["actions"]}
    listed = await call(sdk.Flows.get_actions_for_flow, flow["id"])

    assert {one.id: one.attributes.definition for one in listed.data} == actions
    assert listed.links.var_self == f"{shop.host}/api/flows/{flow['id']}/flow-actions"
    alert_id, wait_id = (by_type(flow)[one]["id"] for one in ("send-internal-alert", "time-delay"))
    for condition, expected in {
        'equals(action_type,"time-delay")': {wait_id},
        'any(action_type,["send-sms","code"])': {
            by_type(flow)["send-sms"]["id"], by_type(flow)["code"]["id"]
        },
        f'any(id,["{alert_id}"]),equals(status,"draft")': {alert_id},
        f'any(id,["{alert_id}"]),equals(status,"live")': set(),
        'equals(action_type,"time-delay"),equals(status,"live")': {wait_id},
        "less-than(created,2020-01-01T00:00:00Z)": set(),
        "greater-or-equal(updated,2020-01-01T00:00:00Z)": set(actions),
    }.items():  # fmt: skip
        found = await call(sdk.Flows.get_actions_for_flow, flow["id"], filter=condition)
        assert {one.id for one in found.data} == expected, condition
        same = await call(sdk.Flows.get_action_ids_for_flow, flow["id"], filter=condition)
        assert [one.id for one in same.data] == [one.id for one in found.data]
    seen: list[str] = []
    page = await call(sdk.Flows.get_actions_for_flow, flow["id"], page_size=9, sort="action_type")
    while True:
        seen += [one.attributes.definition["type"] for one in page.data]
        if page.links.next is None:
            break
        page = await call(
            sdk.Flows.get_actions_for_flow,
            flow["id"], page_size=9, sort="action_type", page_cursor=page.links.next,
        )  # fmt: skip
    assert seen == sorted(one["type"] for one in actions.values())


async def test_every_relation_is_read_in_both_directions(shop: Shop) -> None:
    sdk = shop.sdk()
    template = await call(
        sdk.Templates.create_template,
        {"data": {"type": "template", "attributes": {
            "name": "Alert", "editor_type": "CODE", "html": "<b>{{ person.email }}</b>"}}},
    )  # fmt: skip
    flow = await made(shop, definition(alert("tell", None, template_id=template.data.id)))
    [action] = flow["attributes"]["definition"]["actions"]
    message_id = action["data"]["message"]["id"]

    [message] = (await call(sdk.Flows.get_flow_action_messages, action["id"])).data
    assert (message.id, message.attributes.channel) == (message_id, "internal_alert")
    assert message.attributes.definition == action["data"]["message"]
    ids = await call(sdk.Flows.get_message_ids_for_flow_action, action["id"])
    assert [one.id for one in ids.data] == [message_id]
    back = await call(sdk.Flows.get_action_for_flow_message, message_id)
    assert back.data.attributes.definition == action
    assert (await call(sdk.Flows.get_action_id_for_flow_message, message_id)).data.id == action[
        "id"
    ]
    assert (await call(sdk.Flows.get_flow_for_flow_action, action["id"])).data.id == flow["id"]
    assert (await call(sdk.Flows.get_flow_id_for_flow_action, action["id"])).data.id == flow["id"]
    used = await call(sdk.Flows.get_template_for_flow_message, message_id)
    assert (used.data.id, used.data.attributes.html) == (
        template.data.id, "<b>{{ person.email }}</b>"
    )  # fmt: skip
    link = await call(sdk.Flows.get_template_id_for_flow_message, message_id)
    assert link.data.id == template.data.id
    whole = await call(sdk.Flows.get_flow_message, message_id, include=["flow-action", "template"])
    assert {one["type"] for one in whole.included} == {"flow-action", "template"}
    action_read = await call(
        sdk.Flows.get_flow_action, action["id"], include=["flow", "flow-messages"]
    )
    assert {one["type"] for one in action_read.included} == {"flow", "flow-message"}


async def test_a_message_without_a_template_leads_to_none(shop: Shop) -> None:
    sdk = shop.sdk()
    flow = await made(
        shop, definition(alert("inline", "lost"), alert("lost", template_id="NOSUCH"))
    )
    inline, missing = (one["id"] for one in flow["attributes"]["definition"]["actions"])

    assert (await call(sdk.Flows.get_template_for_flow_message, inline)).data is None
    assert (await call(sdk.Flows.get_template_id_for_flow_message, inline)).data is None
    assert (await call(sdk.Flows.get_template_id_for_flow_message, missing)).data.id == "NOSUCH"
    with pytest.raises(NotFoundException):
        await call(sdk.Flows.get_template_for_flow_message, missing)


async def test_an_ab_test_has_the_messages_of_its_variations(shop: Shop) -> None:
    sdk = shop.sdk()
    flow = await made(shop, fixture("flow_all_actions.json"))
    test = by_type(flow)["ab-test"]
    experiment = test["data"]["current_experiment"]
    variations = [test["data"]["main_action"], *experiment["variations"]]
    messages = (await call(sdk.Flows.get_flow_action_messages, test["id"])).data

    assert {one.id for one in messages} == {one["id"] for one in variations}
    for one in messages:
        back = await call(sdk.Flows.get_action_for_flow_message, one.id)
        assert back.data.id == test["id"]
    name = variations[0]["data"]["message"]["name"]
    named = await call(
        sdk.Flows.get_flow_action_messages, test["id"], filter=f"equals(name,'{name}')"
    )
    assert variations[0]["id"] in {one.id for one in named.data}
    with pytest.raises(NotFoundException):
        await call(sdk.Flows.get_flow_action, variations[0]["id"])


async def test_an_action_is_replaced_whole_and_keeps_its_id(shop: Shop) -> None:
    sdk = shop.sdk()
    flow = await made(shop, small_flow())
    wait, tell = by_type(flow)["time-delay"], by_type(flow)["send-internal-alert"]
    changed = {**wait, "data": {**wait["data"], "value": 9}}
    answer = await call(sdk.Flows.update_flow_action, wait["id"], action_of(wait["id"], changed))

    assert answer.data.id == wait["id"]
    assert answer.data.attributes.definition == changed
    after = (await definition_of(shop, flow["id"]))["actions"]
    assert after[0] == changed
    assert after[1:] == flow["attributes"]["definition"]["actions"][1:]
    untouched = (await call(sdk.Flows.get_flow_action, tell["id"])).data.attributes
    assert untouched.updated == untouched.created
    assert answer.data.attributes.updated > answer.data.attributes.created


async def test_a_deleted_action_leaves_its_links_to_the_next(shop: Shop) -> None:
    sdk = shop.sdk()
    flow = await made(shop, small_flow())
    own = by_type(flow)
    await call(sdk.Flows.delete_flow_action, own["conditional-split"]["id"])
    await call(sdk.Flows.delete_flow_action, own["time-delay"]["id"])

    after = await definition_of(shop, flow["id"])
    assert after["entry_action_id"] == own["send-internal-alert"]["id"]
    assert [one["type"] for one in after["actions"]] == ["send-internal-alert", "update-profile"]
    for last in ("send-internal-alert", "update-profile"):
        await call(sdk.Flows.delete_flow_action, own[last]["id"])
    after = await definition_of(shop, flow["id"])
    assert (after["actions"], after["entry_action_id"]) == ([], None)


async def test_an_action_is_inserted_first_after_and_before(shop: Shop) -> None:
    sdk = shop.sdk()
    flow = await made(shop, {**small_flow(), "actions": [], "entry_action_id": None})
    mark = update("new", None, SET_SEEN, status="draft")
    body = insertion_of(mark, flow_id=flow["id"])
    first = (await call(sdk.Flows.create_flow_action, body)).data
    body = insertion_of(
        delay("after", None),
        anchor=anchor_of(first.id, "update-profile", {"next": "after"}),
    )
    last = (await call(sdk.Flows.create_flow_action, body)).data
    before = (await call(sdk.Flows.create_flow_action, insertion_of(delay("b", last.id)))).data

    after = await definition_of(shop, flow["id"])
    links = {one["id"]: one["links"]["next"] for one in after["actions"]}
    assert after["entry_action_id"] == first.id
    assert links == {first.id: before.id, before.id: last.id, last.id: None}
    assert first.attributes.definition["id"] == first.id
    assert "temporary_id" not in first.attributes.definition


async def test_an_action_is_inserted_on_one_side_of_a_split_and_on_a_branch(shop: Shop) -> None:
    sdk = shop.sdk()
    flow = await made(shop, small_flow())
    split, mark = by_type(flow)["conditional-split"], by_type(flow)["update-profile"]
    anchor = anchor_of(split["id"], "conditional-split", {"next_if_false": "n"})
    new = await call(sdk.Flows.create_flow_action, insertion_of(delay("n", None), anchor=anchor))
    assert new.data.attributes.definition["links"] == {"next": mark["id"]}
    read = (await call(sdk.Flows.get_flow_action, split["id"])).data.attributes.definition
    assert read["links"] == {**split["links"], "next_if_false": new.data.id}

    branching = await made(shop, fixture("flow_all_actions.json"))
    multi = by_type(branching)["multi-branch-split"]
    anchor = anchor_of(multi["id"], "multi-branch-split", {})
    branch = {"branch_id": "b-de", "links": {"next": "n"}}
    anchor["data"]["attributes"]["definition"]["data"] = {"branches": [branch]}
    new = await call(sdk.Flows.create_flow_action, insertion_of(delay("n", None), anchor=anchor))
    onward = by_type(branching)["send-whatsapp"]["id"]
    assert new.data.attributes.definition["links"] == {"next": onward}


async def test_changes_are_in_the_audit_trail(shop: Shop, engine: AsyncEngine) -> None:
    sdk = shop.sdk()
    flow = await made(shop, small_flow())
    wait = by_type(flow)["time-delay"]
    await call(sdk.Flows.update_flow_action, wait["id"], action_of(wait["id"], wait))
    await call(sdk.Flows.update_flow, flow["id"], status_of(flow["id"], "draft"))
    await call(sdk.Flows.delete_flow, flow["id"])

    async with shop.client() as client:
        entries = (await client.get("/v1/audit-entries")).json()["items"]
    of_flow = [one for one in entries if one["target_id"] == flow["id"]]
    assert [one["action"] for one in reversed(of_flow)] == [
        "flow.created", "flow.saved", "flow.status_set", "flow.deleted"
    ]  # fmt: skip
    assert {one["actor_label"] for one in of_flow} == {"Test"}
    async with engine.connect() as conn:
        with pytest.raises(flows.FlowNotFound):
            await flows.get_flow(conn, account_id=shop.account_id, flow_id=flow["id"])
