"""The engine and the slow interpreter tell the same story of random flows, people and clocks."""

import os
from pprint import pformat

import pytest
from hypothesis import HealthCheck, assume, given, note, settings
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.flows.engine.comparing import play
from tests.reference.strategies_flows import Scenario, scenarios

EXAMPLES = 75
SOAK_EXAMPLES = int(os.environ.get("TOWPATH_TEST_EXAMPLES", "10000"))

compared = settings(
    max_examples=EXAMPLES,
    deadline=None,
    print_blob=True,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
        HealthCheck.data_too_large,
    ],
)


@given(scenario=scenarios())
@compared
async def test_the_engine_moves_people_as_the_slow_interpreter_does(
    scenario: Scenario, engine: AsyncEngine
) -> None:
    await agree(engine, scenario)


@given(scenario=scenarios(edits_max=3))
@compared
async def test_they_agree_about_flows_that_are_edited_while_people_wait(
    scenario: Scenario, engine: AsyncEngine
) -> None:
    await agree(engine, scenario)


@pytest.mark.soak
@given(scenario=scenarios(edits_max=3))
@settings(compared, max_examples=SOAK_EXAMPLES)
async def test_they_agree_for_a_long_time(scenario: Scenario, engine: AsyncEngine) -> None:
    await agree(engine, scenario)


async def agree(engine: AsyncEngine, scenario: Scenario) -> None:
    """Play the scenario on both and compare all that can be seen."""
    moved, expected, is_order_open = await play(engine, scenario)
    assume(not is_order_open)
    note(pformat(scenario, width=100))

    assert moved.due == expected.due
    assert moved.runs == expected.runs
    assert moved.outcomes == expected.outcomes
    assert moved.people == expected.people
