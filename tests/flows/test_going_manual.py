"""A manual flow takes people in as a live one does, so it must be able to run."""

from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.conftest import NOW
from tests.flows.shop import alert, any_of, definition
from towpath import flows

NOT_CARRIED_OUT = {
    "type": "profile-not-in-flow",
    "timeframe_filter": {
        "type": "date",
        "operator": "in-the-last",
        "unit": "day",
        "quantity": 30,
    },
}


@pytest.mark.parametrize("status", ["manual", "live"])
async def test_what_is_not_carried_out_keeps_a_flow_from_taking_people_in(
    conn: AsyncConnection, account_id: UUID, status: str
) -> None:
    saved = await flows.create_flow(
        conn,
        account_id=account_id,
        name="Imported",
        document=definition(alert("tell"), profile_filter=any_of(NOT_CARRIED_OUT)),
        saved_by="test",
        now=NOW,
        creates_metrics=True,
    )

    with pytest.raises(flows.DefinitionInvalid) as refused:
        await flows.set_status(
            conn,
            account_id=account_id,
            flow_id=saved.flow.id,
            status=status,
            saved_by="test",
            now=NOW,
        )
    [problem] = refused.value.problems
    assert problem.code == "unsupported"
    assert problem.pointer == "/profile_filter/condition_groups/0/conditions/0/type"
