"""The monthly email limit: exact, also when several workers claim at once (alerts.md, Editing)."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from tests.messaging.outbox import (
    NOW,
    Letterbox,
    Notes,
    counted_mails,
    messages_of,
    new_account,
    outbox_of,
    queue,
    set_limit,
)
from towpath import messaging


async def dispatch(
    engine: AsyncEngine,
    account_id: UUID,
    letters: Letterbox,
    *,
    notes: Notes | None = None,
    now: datetime = NOW,
) -> messaging.Dispatched:
    outbox = outbox_of(engine, transport=letters, notes=notes or Notes())
    return await messaging.dispatch_due(outbox, account_id=account_id, now=now, lease_now=NOW)


async def test_messages_above_the_limit_are_skipped_and_smaller_ones_still_fit(
    engine: AsyncEngine, account_id: UUID
) -> None:
    letters = Letterbox()
    await set_limit(engine, account_id, 3)
    await queue(
        engine, account_id, "a@x.example b@x.example", "c@x.example d@x.example", "e@x.example"
    )

    await dispatch(engine, account_id, letters)

    assert letters.recipients() == ["a@x.example", "b@x.example", "e@x.example"]
    reasons = [row.reason for row in await messages_of(engine, account_id)]
    assert reasons == [None, "Over Email Limit", None]
    assert await counted_mails(engine, account_id) == 3


async def test_concurrent_claims_never_exceed_the_limit_together(
    engine: AsyncEngine, account_id: UUID
) -> None:
    letters = Letterbox()
    await set_limit(engine, account_id, 25)
    await queue(engine, account_id, *(f"{number}@x.example" for number in range(60)))
    outboxes = [
        outbox_of(engine, transport=letters, notes=Notes(), messages_max=15) for _ in range(4)
    ]

    await asyncio.gather(
        *(
            messaging.dispatch_due(outbox, account_id=account_id, now=NOW, lease_now=NOW)
            for outbox in outboxes
        )
    )

    assert len(letters.accepted) == 25
    states = [row.state for row in await messages_of(engine, account_id)]
    assert (states.count("sent"), states.count("skipped")) == (25, 35)


async def test_confirmations_are_never_blocked_and_do_not_count(
    engine: AsyncEngine, account_id: UUID
) -> None:
    letters = Letterbox()
    await set_limit(engine, account_id, 0)
    await queue(engine, account_id, "ann@example.com")

    await dispatch(engine, account_id, letters, notes=Notes(counts_toward_limit=False))

    assert letters.recipients() == ["ann@example.com"]
    assert await counted_mails(engine, account_id) == 0


async def test_a_message_that_cannot_be_written_does_not_count(
    engine: AsyncEngine, account_id: UUID
) -> None:
    letters = Letterbox()
    await set_limit(engine, account_id, 2)
    [bad] = await queue(engine, account_id, "ann@example.com bob@example.com")
    await dispatch(engine, account_id, letters, notes=Notes(unwritable={bad}))

    await queue(engine, account_id, "ann@example.com bob@example.com")
    await dispatch(engine, account_id, letters)

    assert letters.recipients() == ["ann@example.com", "bob@example.com"]
    assert await counted_mails(engine, account_id) == 2


async def test_a_retry_does_not_count_again(engine: AsyncEngine, account_id: UUID) -> None:
    letters = Letterbox(answer=lambda _: messaging.TryLater(response="451", after_seconds=0))
    await set_limit(engine, account_id, 1)
    await queue(engine, account_id, "ann@example.com")

    for _ in range(3):
        outbox = outbox_of(engine, transport=letters, notes=Notes())
        later = NOW.replace(hour=NOW.hour + 1)
        await messaging.dispatch_due(outbox, account_id=account_id, now=NOW, lease_now=later)

    assert await counted_mails(engine, account_id) == 1


async def test_a_mail_that_was_tried_stays_counted_when_its_retry_cannot_be_written(
    engine: AsyncEngine, account_id: UUID
) -> None:
    letters = Letterbox(answer=lambda _: messaging.TryLater(response="451", after_seconds=0))
    notes = Notes()
    await set_limit(engine, account_id, 1)
    [message_id] = await queue(engine, account_id, "ann@example.com")
    await dispatch(engine, account_id, letters, notes=notes)

    notes.unwritable.add(message_id)
    outbox = outbox_of(engine, transport=letters, notes=notes)
    later = NOW.replace(hour=NOW.hour + 1)
    await messaging.dispatch_due(outbox, account_id=account_id, now=NOW, lease_now=later)

    [message] = await messages_of(engine, account_id)
    assert message.reason == "Email Syntax Error"
    assert await counted_mails(engine, account_id) == 1


async def test_the_month_is_that_of_the_accounts_timezone(engine: AsyncEngine) -> None:
    account_id = await new_account(engine, timezone="America/New_York")
    letters = Letterbox()
    await set_limit(engine, account_id, 1)
    october_there = datetime(2026, 11, 1, 3, 59, tzinfo=UTC)
    november_there = datetime(2026, 11, 1, 4, 0, tzinfo=UTC)
    await queue(engine, account_id, "ann@example.com", due_at=october_there)
    await dispatch(engine, account_id, letters, now=october_there)
    await queue(engine, account_id, "bob@example.com", due_at=november_there)

    await dispatch(engine, account_id, letters, now=november_there)

    assert letters.recipients() == ["ann@example.com", "bob@example.com"]
