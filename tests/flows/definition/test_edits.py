"""Real ids and looked-up references take the place of local names, everywhere."""

import json

import pytest

from tests.flows.definition.samples import alert, delay, fixture, flow, split
from towpath.flows import definition
from towpath.flows.definition import Reference, ReferenceKind


def test_real_ids_replace_local_names_in_links_branches_entry_and_weights() -> None:
    parsed = definition.parse(fixture("flow_all_actions.json"))
    ids = {action.id: f"ID-{number}" for number, action in enumerate(parsed.every_action())}

    renamed = definition.with_ids(parsed, ids.__getitem__)

    assert "temporary_id" not in json.dumps(renamed.to_json())
    assert renamed.entry_action_id == ids["wait"]
    assert renamed.actions[ids["multi"]].target("branch:b-de") == ids["wa"]
    for action_id, real_id in ids.items():
        if action_id in parsed.actions:
            expected = tuple(ids[one] for one in definition.successors(parsed, action_id))
            assert definition.successors(renamed, real_id) == expected
    assert {one.id for one in renamed.variations.values()} == {
        ids["ab-main"], ids["ab-b"], ids["exp-main"]
    }  # fmt: skip
    data = renamed.to_json()["actions"][12]["data"]  # type: ignore[index]  # the A/B test
    assert data["current_experiment"]["allocations"] == {ids["ab-main"]: 50, ids["ab-b"]: 50}


def test_only_the_names_change() -> None:
    before = fixture("flow_all_actions.json")
    parsed = definition.parse(before)

    renamed = definition.with_ids(parsed, lambda label: label)

    text = json.dumps(before).replace('"temporary_id"', '"id"')
    assert json.dumps(renamed.to_json()) == text


def test_an_action_with_both_names_keeps_one_id() -> None:
    both = {"type": "code", "temporary_id": "t", "x": 1, "id": "r"}
    parsed = definition.parse(flow(delay("a", "t"), both))

    renamed = definition.with_ids(parsed, {"a": "A", "r": "R"}.__getitem__)

    assert renamed.actions["A"].target("next") == "R"
    assert json.dumps(renamed.to_json()["actions"][1]) == json.dumps(  # type: ignore[index]
        {"type": "code", "id": "R", "x": 1}
    )


def test_one_id_for_two_actions_is_refused() -> None:
    parsed = definition.parse(flow(delay("a", "b"), alert("b")))

    with pytest.raises(definition.DefinitionInvalid, match="already the name"):
        definition.with_ids(parsed, lambda _: "same")


def test_every_mention_of_something_outside_is_listed_with_its_place() -> None:
    parsed = definition.parse(fixture("flow_all_actions.json"))

    found = definition.references(parsed)

    metric = ReferenceKind.METRIC
    first = "/condition_groups/0/conditions/0"
    assert found == {
        Reference(kind=metric, value="METORD", pointer="/triggers/0/id"),
        Reference(
            kind=metric, value="METORD", pointer=f"/triggers/0/trigger_filter{first}/metric_id"
        ),
        Reference(
            kind=metric,
            value="METORD",
            pointer="/triggers/0/trigger_filter/condition_groups/0/conditions/1/metric_id",
        ),
        Reference(kind=metric, value="METREF", pointer=f"/profile_filter{first}/metric_id"),
        Reference(kind=metric, value="METORD", pointer="/actions/1/data/trigger_id"),
        Reference(
            kind=metric,
            value="METORD",
            pointer=f"/actions/1/data/trigger_filter{first}/metric_id",
        ),
        Reference(
            kind=ReferenceKind.TEMPLATE,
            value="TPLALR",
            pointer="/actions/2/data/message/template_id",
        ),
        Reference(kind=ReferenceKind.LIST, value="LSTVIP", pointer="/actions/5/data/list_id"),
        Reference(
            kind=ReferenceKind.TEMPLATE,
            value="TPLTHX",
            pointer="/actions/7/data/message/template_id",
        ),
    }


def test_names_are_replaced_by_ids_and_unknown_ones_stay() -> None:
    metric = {
        "type": "profile-metric",
        "metric_id": "Placed Order",
        "measurement": "count",
        "measurement_filter": {"type": "numeric", "operator": "equals", "value": 0},
        "timeframe_filter": {"type": "date", "operator": "flow-start"},
    }
    document = flow(
        split("s"),
        triggers=[{"type": "metric", "id": "Placed Order", "trigger_filter": None}],
        profile_filter={
            "condition_groups": [{"conditions": [metric, metric | {"metric_id": "Unheard of"}]}]
        },
    )

    found = definition.with_references(
        definition.parse(document),
        {
            (ReferenceKind.METRIC, "Placed Order"): "METORD",
            (ReferenceKind.LIST, "Unheard of"): "WRONG",
        },
    )

    text = json.dumps(document).replace("Placed Order", "METORD")
    assert json.dumps(found.to_json()) == text
