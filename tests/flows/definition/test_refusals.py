"""Every problem of a document is reported at once, with its place and what to do."""

from typing import Any

import pytest

from tests.flows.definition.refusals import refusals
from tests.flows.definition.samples import alert, delay, fixture, flow, split
from towpath.flows import definition
from towpath.flows.definition import limits


def test_all_problems_are_reported_together() -> None:
    document = flow(
        delay("a", "b", value=-1, timezone="Mars/Olympus"),
        split("b", "nowhere"),
        alert("c", status="sleeping"),
        reentry_criteria={"duration": "7", "unit": "day"},
        profile_filter=5,
    )

    assert set(refusals(document)) == {
        "/actions/0/data/value",
        "/actions/0/data/timezone",
        "/actions/1/links/next_if_true",
        "/actions/2/data/status",
        "/reentry_criteria/duration",
        "/profile_filter",
    }


@pytest.mark.parametrize(
    ("others", "pointer"),
    [
        ({"triggers": []}, "/triggers"),
        ({"triggers": None}, "/triggers"),
        ({"triggers": [{"type": "list"}, {"type": "list"}]}, "/triggers"),
        ({"triggers": ["metric"]}, "/triggers/0"),
        ({"triggers": [{}]}, "/triggers/0/type"),
        ({"triggers": [{"type": "metric", "id": 5}]}, "/triggers/0/id"),
        ({"actions": None}, "/actions"),
        ({"actions": {}}, "/actions"),
        ({"actions": [5]}, "/actions/0"),
        ({"entry_action_id": None}, "/entry_action_id"),
        ({"entry_action_id": "b"}, "/entry_action_id"),
        ({"entry_action_id": 1}, "/entry_action_id"),
        ({"reentry_criteria": {"duration": 1}}, "/reentry_criteria/unit"),
        ({"reentry_criteria": {"duration": 2, "unit": "alltime"}}, "/reentry_criteria/duration"),
        ({"reentry_criteria": {"duration": 1, "unit": "year"}}, "/reentry_criteria/unit"),
        ({"reentry_criteria": {"unit": "day"}}, "/reentry_criteria/duration"),
        ({"name": "a\0b"}, "/name"),
        ({"a/b~c": "\ud800"}, "/a~1b~0c"),
        ({"weight": float("inf")}, "/weight"),
    ],
)
def test_a_wrong_value_is_refused_at_its_place(others: dict[str, Any], pointer: str) -> None:
    assert pointer in refusals(flow(delay("a"), **others))


@pytest.mark.parametrize("document", [None, 5, "flow", [], [{}]])
def test_what_is_no_object_is_refused(document: object) -> None:
    assert list(refusals(document)) == [""]


@pytest.mark.parametrize(
    ("action", "pointer"),
    [
        ({"type": "time-delay", "data": {"value": 1}}, "/actions/0/id"),
        ({"id": "a", "data": {"value": 1}}, "/actions/0/type"),
        ({"id": "a", "type": 7}, "/actions/0/type"),
        ({"id": 7, "type": "code"}, "/actions/0/id"),
        ({"id": "a" * 256, "type": "code"}, "/actions/0/id"),
        ({"id": "a", "type": "code", "links": []}, "/actions/0/links"),
        ({"id": "a", "type": "code", "links": {"next": 5}}, "/actions/0/links/next"),
        ({"id": "a", "type": "time-delay", "data": []}, "/actions/0/data"),
        ({"id": "a", "type": "time-delay", "data": {}}, "/actions/0/data/value"),
        (
            {"id": "a", "type": "conditional-split", "data": {}},
            "/actions/0/data/profile_filter",
        ),
        ({"id": "a", "type": "trigger-split", "data": {}}, "/actions/0/data/trigger_filter"),
        ({"id": "a", "type": "send-internal-alert", "data": {}}, "/actions/0/data/message"),
        (
            {"id": "a", "type": "send-internal-alert", "data": {"message": {"to_emails": "x"}}},
            "/actions/0/data/message/to_emails",
        ),
        (
            {"id": "a", "type": "send-internal-alert", "data": {"message": {"to_emails": [5]}}},
            "/actions/0/data/message/to_emails/0",
        ),
        (
            {"id": "a", "type": "send-email", "data": {"message": {"transactional": "no"}}},
            "/actions/0/data/message/transactional",
        ),
        (
            {"id": "a", "type": "list-update", "data": {"on_execution": True}},
            "/actions/0/data/list_id",
        ),
        (
            {"id": "a", "type": "send-webhook", "data": {"message": {"headers": {"X": 1}}}},
            "/actions/0/data/message/headers/X",
        ),
        (
            {"id": "a", "type": "target-date", "data": {"target_time": "25:00"}},
            "/actions/0/data/target_time",
        ),
        (
            {"id": "a", "type": "countdown-delay", "data": {"unit": "hours"}},
            "/actions/0/data/unit",
        ),
        (
            {
                "id": "a",
                "type": "multi-branch-split",
                "data": {"branches": [{"branch_id": "x"}, {"branch_id": "x"}]},
            },
            "/actions/0/data/branches/1/branch_id",
        ),
        (
            {
                "id": "a",
                "type": "multi-branch-split",
                "data": {
                    "branches": [
                        {"branch_id": "x", "is_else": True},
                        {"branch_id": "y", "is_else": True},
                    ]
                },
            },
            "/actions/0/data/branches",
        ),
    ],
)
def test_a_wrong_action_is_refused_at_its_place(action: dict[str, Any], pointer: str) -> None:
    assert pointer in refusals(flow(action))


@pytest.mark.parametrize("kind", ["ab-test", "time-delay"])
def test_only_messages_are_compared_in_a_test(kind: str) -> None:
    document = fixture("flow_all_actions.json")
    document["actions"][12]["data"]["main_action"] |= {"type": kind, "data": None}

    assert list(refusals(document)) == ["/actions/12/data/main_action/type"]


def test_problems_can_be_moved_below_the_body_of_a_request() -> None:
    with pytest.raises(definition.DefinitionInvalid) as refused:
        definition.parse(flow(delay("a", value=None), entry_action_id="b"))

    moved = refused.value.under("/data/attributes/definition")

    assert {problem.pointer for problem in moved.problems} == {
        "/data/attributes/definition/actions/0/data/value",
        "/data/attributes/definition/entry_action_id",
    }


def test_the_number_of_actions_is_limited() -> None:
    most = [alert(f"a{index}") for index in range(limits.ACTIONS_MAX)]
    definition.parse(flow(*most))

    assert "1,000" in refusals(flow(*most, alert("one-more")))["/actions"]


def test_the_size_of_a_document_is_limited() -> None:
    half = "x" * (limits.DOCUMENT_BYTES_MAX // 2)
    definition.parse(flow(note=half))

    assert "5,000,000 bytes" in refusals(flow(note=half, more=half))[""]


def test_the_number_of_problems_reported_is_limited() -> None:
    document = flow(*(delay(f"a{index}", value=-1) for index in range(300)))

    assert len(refusals(document)) == limits.PROBLEMS_MAX


def test_a_document_may_not_be_nested_without_end() -> None:
    inner: list[object] = []
    for _ in range(5_000):
        inner = [inner]

    (detail,) = refusals(flow(deep=inner)).values()

    assert "nested" in detail
