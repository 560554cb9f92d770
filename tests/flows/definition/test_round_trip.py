"""A definition comes back exactly as it went in, and only `DefinitionInvalid` refuses one."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.flows.definition import samples
from towpath.flows import definition

ALL_ACTIONS = samples.fixture("flow_all_actions.json")
TRIGGERS = samples.fixture("triggers.json")

# What a request body can hold after decoding.
texts = st.text(max_size=12)
storable_texts = st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12
)


def json_values(texts: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    words = st.sampled_from(["id", "next", "live", "metric", "time-delay", "ab-test", "days"])
    keys = st.sampled_from(["type", "data", "links", "id", "status"])
    scalars = (
        st.none()
        | st.booleans()
        | st.integers(-(10**30), 10**30)
        | st.floats(allow_nan=False, allow_infinity=False)
        | texts
        | words
    )
    return st.recursive(
        scalars,
        lambda inner: (
            st.lists(inner, max_size=4) | st.dictionaries(texts | keys, inner, max_size=4)
        ),
        max_leaves=8,
    )


any_json = json_values(texts)
storable_json = json_values(storable_texts)


def assert_exact(document: Any) -> None:
    parsed = definition.parse(document)

    # As text: dictionaries compare equal whatever their order, and 1 equals 1.0 and True.
    assert json.dumps(parsed.to_json()) == json.dumps(document)


def test_the_flow_with_all_actions_comes_back_exactly() -> None:
    assert_exact(ALL_ACTIONS)


@pytest.mark.parametrize("trigger", TRIGGERS, ids=lambda trigger: str(trigger["type"]))
def test_every_trigger_comes_back_exactly(trigger: dict[str, Any]) -> None:
    assert_exact(samples.flow(triggers=[trigger]))


@pytest.mark.parametrize("condition", samples.fixture("conditions.json"))
def test_every_condition_comes_back_exactly(condition: dict[str, Any]) -> None:
    filter_ = {"condition_groups": [{"conditions": [condition]}]}

    assert_exact(samples.flow(profile_filter=filter_))


def test_null_and_absent_stay_apart() -> None:
    absent = samples.flow(samples.delay("a"))
    del absent["actions"][0]["links"]
    del absent["profile_filter"]
    null = samples.flow(samples.delay("a"), reentry_criteria=None)
    null["actions"][0]["links"] = None

    assert_exact(absent)
    assert_exact(null)


def test_what_is_given_out_is_a_copy() -> None:
    document = samples.flow(samples.alert("a"))
    parsed = definition.parse(document)
    expected = copy.deepcopy(document)

    document["actions"].clear()
    parsed.to_json()["actions"] = "changed"

    assert parsed.to_json() == expected


def test_definitions_with_the_same_document_are_equal() -> None:
    document = samples.flow(samples.alert("a"))

    assert definition.parse(document) == definition.parse(copy.deepcopy(document))
    assert hash(definition.parse(document)) == hash(definition.parse(copy.deepcopy(document)))
    assert definition.parse(document) != definition.parse(samples.flow(samples.alert("b")))


@st.composite
def documents(draw: st.DrawFn) -> Any:
    """Draw a valid flow: a chain of known and unknown actions, with keys of the future anywhere."""
    count = draw(st.integers(1, 6))
    makers: list[Callable[..., dict[str, Any]]] = [
        samples.delay,
        samples.alert,
        samples.split,
        lambda label, to: {"temporary_id": label, "type": "teleport", "links": {"next": to}},
        lambda label, to: {"id": label, "type": "code", "links": {"next": to}, "data": [1.0]},
    ]
    actions = [
        draw(st.sampled_from(makers))(f"a{index}", f"a{index + 1}" if index + 1 < count else None)
        for index in range(count)
    ]
    actions = [*reversed(actions)] if draw(st.booleans()) else actions
    trigger = draw(st.sampled_from([*TRIGGERS, {"type": "full-moon", "phase": 0.25}]))
    document = samples.flow(*actions, triggers=[trigger], entry_action_id="a0")
    for part in (document, document["triggers"][0], *document["actions"]):
        unknown = draw(
            st.dictionaries(st.text("xyz~/ ", min_size=1, max_size=3), storable_json, max_size=2)
        )
        part.update(unknown)
    return document


@settings(deadline=None)
@given(documents())
def test_any_valid_flow_comes_back_exactly_with_keys_of_the_future(document: Any) -> None:
    assert_exact(document)


@st.composite
def broken(draw: st.DrawFn) -> Any:
    """Draw the flow with all actions, some of its values replaced or dropped."""
    document = copy.deepcopy(ALL_ACTIONS)
    for _ in range(draw(st.integers(1, 3))):
        holder: Any = document
        while True:
            keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if isinstance(holder[key], dict | list) and draw(st.integers(0, 5)):
                holder = holder[key]
                continue
            if draw(st.booleans()):
                holder[key] = draw(any_json)
            else:
                del holder[key]
            break
    return document


def assert_refused_or_exact(document: Any) -> None:
    try:
        parsed = definition.parse(document)
    except definition.DefinitionInvalid as refused:
        for problem in refused.problems:
            assert problem.pointer is not None
            assert problem.pointer == "" or problem.pointer.startswith("/")
            assert problem.detail.endswith((".", ";")), problem.detail
        return
    assert json.dumps(parsed.to_json()) == json.dumps(document)
    for status in definition.Status:
        definition.with_status(parsed, status)
    definition.with_ids(parsed, lambda label: f"new-{label}")
    definition.with_references(parsed, {})
    definition.references(parsed)
    definition.unsupported(parsed)
    definition.obstacles_to_live(parsed)
    definition.warnings(parsed)
    definition.alert_problems(parsed)
    definition.longest_path(parsed)


@settings(deadline=None, max_examples=200)
@given(broken())
def test_a_broken_flow_is_refused_with_places_or_still_works_as_a_whole(document: Any) -> None:
    assert_refused_or_exact(document)


@settings(deadline=None)
@given(any_json)
def test_garbage_is_refused_with_places(document: Any) -> None:
    assert_refused_or_exact(document)
