"""What the outbox tells: messages of a flow, newest first, and since when something is due."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.messaging.outbox import NOW, Letterbox, Notes, outbox_of
from towpath import messaging, people
from towpath.kit import ids
from towpath.messaging import MessageState, Reason


async def queue_for_flow(
    engine: AsyncEngine, account_id: UUID, *, action_id: str, address: str, minutes: int
) -> UUID:
    """Queue a note by a flow about Ann."""
    message_id = ids.new_id()
    async with engine.begin() as conn:
        [ann] = await people.upsert_profiles(
            conn,
            account_id=account_id,
            drafts=[people.ProfileDraft(email="ann@example.com")],
            now=NOW,
        )
        await conn.execute(
            insert(messaging.message_table).values(
                account_id=account_id,
                id=message_id,
                kind="note",
                state=MessageState.QUEUED,
                flow_id="FLOW01",
                action_id=action_id,
                run_id=ids.new_id(),
                profile_id=ann.profile_id,
                address=address,
                created_at=NOW + timedelta(minutes=minutes),
                due_at=NOW + timedelta(minutes=minutes),
            )
        )
    return message_id


async def dispatch(engine: AsyncEngine, account_id: UUID, letters: Letterbox) -> None:
    await messaging.dispatch_due(
        outbox_of(engine, transport=letters, notes=Notes()),
        account_id=account_id,
        now=NOW + timedelta(hours=1),
        lease_now=NOW,
    )


async def test_a_row_says_about_whom_to_whom_when_and_what_became_of_it(
    engine: AsyncEngine, account_id: UUID
) -> None:
    await queue_for_flow(
        engine, account_id, action_id="a", address="ops@example.com sales@example.com", minutes=0
    )
    await dispatch(
        engine,
        account_id,
        Letterbox(
            answer=lambda mail: (
                messaging.Rejected(response="550 5.1.1 Gone", is_bounce=True)
                if mail.recipient.startswith("ops")
                else messaging.TryLater(response="451 Later", after_seconds=60)
            )
        ),
    )

    async with engine.connect() as conn:
        [row] = await messaging.list_messages(conn, account_id=account_id, flow_id="FLOW01")

    assert (row.state, row.reason, row.profile_label) == ("sending", None, "ann@example.com")
    assert (row.action_id, row.created_at) == ("a", NOW)
    ops, sales = row.recipients
    assert (ops.address, ops.state, ops.response) == ("ops@example.com", "failed", "550 5.1.1 Gone")
    assert (ops.reason, ops.retry_at) == (Reason.UNABLE_TO_SEND_EMAIL, None)
    assert (sales.state, sales.attempts) == ("pending", 1)
    assert sales.retry_at is not None
    assert sales.retry_at >= NOW + timedelta(seconds=60)


async def test_rows_are_chosen_by_action_state_and_reason_and_come_in_pages(
    engine: AsyncEngine, account_id: UUID
) -> None:
    first = await queue_for_flow(
        engine, account_id, action_id="a", address="x@x.example", minutes=3
    )
    second = await queue_for_flow(engine, account_id, action_id="a", address="", minutes=2)
    third = await queue_for_flow(engine, account_id, action_id="b", address="", minutes=1)
    await dispatch(engine, account_id, Letterbox())

    async def found(**chosen: object) -> list[UUID]:
        async with engine.connect() as conn:
            rows = await messaging.list_messages(
                conn,
                account_id=account_id,
                flow_id="FLOW01",
                **chosen,  # type: ignore[arg-type]  # each call names real ones
            )
        return [row.id for row in rows]

    assert await found() == [first, second, third]
    assert await found(action_id="a") == [first, second]
    assert await found(states=[MessageState.SKIPPED]) == [second, third]
    assert await found(reason=Reason.NO_CONFIRMED_RECIPIENTS, action_id="b") == [third]
    assert await found(limit=2) == [first, second]
    assert await found(before=second) == [third]
    assert await found(before=ids.new_id()) == []


async def test_rows_about_one_person_are_found_whatever_flow_they_are_of(
    engine: AsyncEngine, account_id: UUID
) -> None:
    queued = await queue_for_flow(engine, account_id, action_id="a", address="", minutes=1)
    async with engine.connect() as conn:
        [row] = await messaging.list_messages(conn, account_id=account_id, flow_id="FLOW01")
        about_ann = await messaging.list_messages(
            conn, account_id=account_id, profile_id=row.profile_id
        )
        about_nobody = await messaging.list_messages(
            conn, account_id=account_id, profile_id=ids.new_id()
        )

    assert [one.id for one in about_ann] == [queued]
    assert about_nobody == []


async def test_a_message_that_is_not_there_is_not_found(
    engine: AsyncEngine, account_id: UUID
) -> None:
    async with engine.connect() as conn:
        with pytest.raises(messaging.MessageNotFound):
            await messaging.get_message(conn, account_id=account_id, message_id=ids.new_id())


async def test_queued_mails_go_out_each_to_its_address(
    engine: AsyncEngine, account_id: UUID
) -> None:
    letters = Letterbox()
    async with engine.begin() as conn:
        await messaging.queue_mails(
            conn,
            account_id=account_id,
            addresses={ids.new_id(): "ann@example.com", ids.new_id(): "bob@example.com"},
            kind="note",
            locale="de",
            due_at=NOW,
        )
        waiting_since = await messaging.oldest_due_at(conn, account_id=account_id, now=NOW)

    await dispatch(engine, account_id, letters)

    assert letters.recipients() == ["ann@example.com", "bob@example.com"]
    assert waiting_since == NOW
    async with engine.connect() as conn:
        assert await messaging.oldest_due_at(conn, account_id=account_id, now=NOW) is None
