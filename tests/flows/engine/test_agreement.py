"""The engine and the slow interpreter tell the same story of random flows, people and clocks."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pprint import pformat

import pytest
from hypothesis import HealthCheck, assume, given, note, settings
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.flows.engine.comparing import Story, play_live, play_replay
from tests.guard import watch_statements
from tests.reference.strategies_flows import Scenario, pasts, scenarios
from towpath.kit import db

EXAMPLES = 60
SOAK_EXAMPLES = int(os.environ.get("TOWPATH_TEST_EXAMPLES", "10000"))

Play = Callable[[AsyncEngine, Scenario], Awaitable[tuple[Story, Story, bool]]]

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


@pytest.fixture(scope="session")
async def engine_in_new_york(engine: AsyncEngine) -> AsyncIterator[AsyncEngine]:
    """Give the shared database as a server shows it that is set to a zone with summer time."""
    url = engine.url.update_query_dict({"options": "-c TimeZone=America/New_York"})
    elsewhere = db.create_engine(url.render_as_string(hide_password=False))
    watch_statements(elsewhere)
    yield elsewhere
    await elsewhere.dispose()


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


@given(scenario=scenarios())
@settings(compared, max_examples=EXAMPLES // 3)
async def test_they_agree_in_a_session_with_a_timezone_of_its_own(
    scenario: Scenario, engine_in_new_york: AsyncEngine
) -> None:
    await agree(engine_in_new_york, scenario)


@given(scenario=pasts())
@compared
async def test_a_replay_does_what_would_have_happened(
    scenario: Scenario, engine: AsyncEngine
) -> None:
    await agree(engine, scenario, play=play_replay)


@pytest.mark.soak
@given(scenario=scenarios(edits_max=3))
@settings(compared, max_examples=SOAK_EXAMPLES)
async def test_they_agree_for_a_long_time(scenario: Scenario, engine: AsyncEngine) -> None:
    await agree(engine, scenario)


@pytest.mark.soak
@given(scenario=pasts())
@settings(compared, max_examples=SOAK_EXAMPLES)
async def test_replays_agree_for_a_long_time(scenario: Scenario, engine: AsyncEngine) -> None:
    await agree(engine, scenario, play=play_replay)


async def agree(engine: AsyncEngine, scenario: Scenario, *, play: Play = play_live) -> None:
    """Play the scenario on both and compare all that can be seen."""
    moved, expected, is_order_open = await play(engine, scenario)
    assume(not is_order_open)
    note(pformat(scenario, width=100))

    assert moved.due == expected.due
    assert moved.runs == expected.runs
    assert moved.outcomes == expected.outcomes
    assert moved.people == expected.people
