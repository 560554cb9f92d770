"""SQL and the slow judge agree about random filters, people, events and clocks."""

from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.audiences.judging import add_metrics, judge_everybody
from tests.reference import strategies_conditions as drawn
from tests.reference.conditions import judge
from towpath.audiences.conditions import Place, parse_groups

PEOPLE = 8
CONDITIONS = 10
"""Filters of one condition: what one condition says is not hidden by what another one says."""
TREES = 2


@st.composite
def cases(draw: st.DrawFn, *, number: int) -> dict[str, Any]:
    """Draw somebody in the middle of a flow."""
    events = draw(st.lists(drawn.events(), max_size=4))
    return {
        "person": draw(drawn.people(number=number)),
        "events": events,
        "event": draw(st.sampled_from([None, *events])),
        "started_at": draw(drawn.instants()),
    }


everybody = st.tuples(*(cases(number=number) for number in range(PEOPLE)))
any_condition = st.one_of(
    drawn.profile_properties(), drawn.profile_metrics(), drawn.metric_properties()
)
alone = any_condition.map(lambda one: {"condition_groups": [{"conditions": [one]}]})
some_filters = st.tuples(*[alone] * CONDITIONS, *[drawn.condition_groups(any_condition)] * TREES)


@given(documents=some_filters, people=everybody, now=drawn.clocks())
@settings(
    max_examples=40,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_sql_lets_through_whom_the_slow_judge_lets_through(
    documents: tuple[Any, ...],
    people: tuple[Any, ...],
    now: Any,
    engine: AsyncEngine,
    account_id: UUID,
) -> None:
    filters = [parse_groups(document, pointer="", place=Place.BRANCH) for document in documents]
    async with engine.connect() as conn, conn.begin() as transaction:
        await add_metrics(conn, account_id)

        verdicts = await judge_everybody(
            conn, account_id=account_id, filters=filters, cases=people, now=now
        )

        await transaction.rollback()
    for case, said in zip(people, verdicts, strict=True):
        expected = [judge(document, now=now, **case) for document in documents]
        differing = [
            document
            for document, is_in, should_be in zip(documents, said, expected, strict=True)
            if is_in is not should_be
        ]
        assert not differing, case
