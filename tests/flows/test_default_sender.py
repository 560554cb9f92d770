"""An alert that names no sender comes from the account's default sender (settings)."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.flows.shop import alert, definition
from towpath import accounts, flows

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
SENDER = "alerts@own-domain.example"


async def _create(conn: AsyncConnection, account_id: UUID) -> flows.SavedFlow:
    return await flows.create_flow(
        conn,
        account_id=account_id,
        name="Flow",
        document=definition(alert("a", from_email=None, from_label=None)),
        saved_by="test",
        now=NOW,
        creates_metrics=True,
    )


async def _go_live(conn: AsyncConnection, account_id: UUID, flow_id: str) -> flows.SavedFlow:
    return await flows.set_status(
        conn, account_id=account_id, flow_id=flow_id, status="live", saved_by="test", now=NOW
    )


async def test_without_a_default_sender_the_alert_must_name_its_own(
    conn: AsyncConnection, account_id: UUID
) -> None:
    saved = await _create(conn, account_id)

    with pytest.raises(flows.DefinitionInvalid) as refused:
        await _go_live(conn, account_id, saved.flow.id)
    assert [problem.code for problem in refused.value.problems] == ["alert_sender_missing"]


async def test_the_default_sender_stands_in(conn: AsyncConnection, account_id: UUID) -> None:
    actor = accounts.command_actor(account_id=account_id, label="test")
    for key, value in (("sender_email", SENDER), ("sender_label", "Own domain")):
        await accounts.change_setting(conn, actor=actor, key=key, value=value, now=NOW)
    saved = await _create(conn, account_id)
    await _go_live(conn, account_id, saved.flow.id)
    action_id = saved.action_ids["a"]

    contents = await flows.FlowAlerts().alert_contents(
        conn, account_id=account_id, action_ids=[action_id]
    )

    assert contents[action_id].from_email == SENDER
    assert contents[action_id].from_label == "Own domain"
