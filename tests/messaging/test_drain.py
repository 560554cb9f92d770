"""Draining the outbox before a virtual clock moves on."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.messaging.outbox import NOW, Letterbox, Notes, accept, messages_of, outbox_of, queue
from towpath import messaging

VIRTUAL = datetime(1997, 3, 1, tzinfo=UTC)


def instant(attempts_max: int = 5) -> messaging.SendingPolicy:
    return messaging.SendingPolicy(
        send_seconds_max=1,
        lease_seconds=10,
        retry_seconds_first=0.001,
        retry_seconds_max=0.001,
        attempts_max=attempts_max,
    )


async def test_everything_due_is_sent_and_nothing_else(
    engine: AsyncEngine, account_id: UUID
) -> None:
    letters = Letterbox()
    await queue(engine, account_id, *(f"{n}@example.com" for n in range(25)), due_at=VIRTUAL)
    await queue(engine, account_id, "later@example.com", due_at=VIRTUAL + timedelta(seconds=1))

    done = await messaging.drain(
        outbox_of(engine, transport=letters, notes=Notes(), messages_max=4),
        account_id=account_id,
        now=VIRTUAL,
    )

    assert done.sent == len(letters.accepted) == 25
    rows = await messages_of(engine, account_id)
    assert {row.finished_at for row in rows[:25]} == {VIRTUAL}
    assert rows[25].state == "queued"


async def test_an_empty_outbox_is_drained_at_once(engine: AsyncEngine, account_id: UUID) -> None:
    done = await messaging.drain(
        outbox_of(engine, transport=Letterbox(), notes=Notes()), account_id=account_id, now=NOW
    )

    assert done == messaging.Dispatched()


async def test_retries_happen_before_the_clock_moves_on(
    engine: AsyncEngine, account_id: UUID
) -> None:
    answers = [messaging.TryLater(response="451"), messaging.TryLater(response="451")]
    letters = Letterbox(answer=lambda mail: answers.pop() if answers else accept(mail))
    await queue(engine, account_id, "ann@example.com", due_at=VIRTUAL)

    done = await messaging.drain(
        outbox_of(engine, transport=letters, notes=Notes(), policy=instant()),
        account_id=account_id,
        now=VIRTUAL,
    )

    assert (done.sent, done.deferred) == (1, 2)
    assert {mail.date for mail in letters.tried} == {VIRTUAL}


async def test_a_server_that_defers_for_ever_ends_in_a_skipped_message(
    engine: AsyncEngine, account_id: UUID
) -> None:
    letters = Letterbox(answer=lambda _: messaging.TryLater(response="451 Busy"))
    await queue(engine, account_id, "ann@example.com", due_at=VIRTUAL)

    done = await messaging.drain(
        outbox_of(engine, transport=letters, notes=Notes(), policy=instant(attempts_max=3)),
        account_id=account_id,
        now=VIRTUAL,
    )

    assert (done.failed, len(letters.tried)) == (1, 3)
    [message] = await messages_of(engine, account_id)
    assert message.reason == "Unable to Send Email"


async def test_a_server_that_stays_away_ends_the_drain_with_its_words(
    engine: AsyncEngine, account_id: UUID
) -> None:
    letters = Letterbox(
        answer=lambda _: messaging.TryLater(response="535 Bad password", is_transport_down=True),
        circuit=messaging.Circuit(pause_seconds_min=0.01, pause_seconds_max=0.01),
    )
    await queue(engine, account_id, "ann@example.com", due_at=VIRTUAL)

    with pytest.raises(messaging.MailServerUnavailable, match="535 Bad password"):
        await messaging.drain(
            outbox_of(engine, transport=letters, notes=Notes()),
            account_id=account_id,
            now=VIRTUAL,
        )

    [message] = await messages_of(engine, account_id)
    assert message.state == "sending"
