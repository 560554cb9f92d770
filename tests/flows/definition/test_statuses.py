"""The status of a flow is shown from its actions, and setting it sets them all."""

import pytest

from tests.flows.definition.samples import alert, delay, fixture, flow, update
from towpath.flows import definition
from towpath.flows.definition import Status


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ([], Status.DRAFT),
        (["draft", "draft"], Status.DRAFT),
        (["draft", "disabled"], Status.DRAFT),
        (["draft", "manual", "disabled"], Status.MANUAL),
        (["manual", "live", "draft"], Status.LIVE),
    ],
)
def test_a_flow_is_as_lively_as_its_liveliest_action(statuses: list[str], expected: Status) -> None:
    actions = [alert(f"a{index}", status=status) for index, status in enumerate(statuses)]

    assert definition.flow_status(definition.parse(flow(delay("d"), *actions))) == expected


def test_disabled_behaves_as_draft_and_delays_have_no_status() -> None:
    document = flow(delay("d"), alert("a", status="disabled"), update("u"))
    del document["actions"][2]["data"]["status"]
    actions = definition.parse(document).actions

    assert actions["a"].status is Status.DISABLED
    assert definition.status_of(actions["a"]) is Status.DRAFT
    assert definition.status_of(actions["u"]) is Status.DRAFT
    assert definition.status_of(actions["d"]) is None


def test_setting_the_status_sets_every_action_that_has_one_and_nothing_else() -> None:
    before = fixture("flow_all_actions.json")

    live = definition.with_status(definition.parse(before), Status.LIVE)

    statuses = {one.id: one.status for one in live.every_action() if one.status}
    assert set(statuses.values()) == {Status.LIVE}
    assert {"alert", "prof", "lst", "ab", "ab-main", "ab-b", "push", "svc"} <= set(statuses)
    back = definition.with_status(live, Status.DRAFT)
    assert back.to_json() == before


def test_an_absent_status_is_added() -> None:
    document = flow(alert("a"))
    del document["actions"][0]["data"]["status"]

    live = definition.with_status(definition.parse(document), Status.LIVE)

    assert live.actions["a"].status is Status.LIVE


def test_an_action_without_data_stays_without() -> None:
    document = flow({"id": "a", "type": "update-profile", "data": None})

    live = definition.with_status(definition.parse(document), Status.LIVE)

    assert live.to_json() == document


def test_an_action_of_an_unknown_type_has_the_status_it_says() -> None:
    document = flow(
        {"id": "a", "type": "teleport", "data": {"status": "manual"}},
        {"id": "b", "type": "teleport", "data": {"status": "asleep"}},
    )
    parsed = definition.parse(document)

    assert parsed.actions["a"].status is Status.MANUAL
    assert parsed.actions["b"].status is None


def test_messages_are_what_is_sent_to_somebody_with_the_variations_of_tests() -> None:
    parsed = definition.parse(fixture("flow_all_actions.json"))

    messages = {action.id for action in definition.message_actions(parsed)}

    assert messages == {
        "alert", "hook", "mail", "sms", "push", "wa", "ab-main", "ab-b", "exp-main"
    }  # fmt: skip
