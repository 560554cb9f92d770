"""When things go wrong: retries, crashes, bugs in one message, servers that are away."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from tests.messaging.outbox import (
    NOW,
    Letterbox,
    Notes,
    accept,
    deliveries_of,
    messages_of,
    outbox_of,
    queue,
)
from towpath import messaging
from towpath.messaging import SendingPolicy
from towpath.messaging.tables import message as message_table

IMPATIENT = SendingPolicy(
    send_seconds_max=1,
    lease_seconds=10,
    retry_seconds_first=60,
    retry_seconds_max=600,
    attempts_max=3,
)


def defer(_: messaging.Mail) -> messaging.Outcome:
    return messaging.TryLater(response="451 4.3.0 Greylisted")


def unplugged(_: messaging.Mail) -> messaging.Outcome:
    return messaging.TryLater(response="535 5.7.8 Bad password", is_transport_down=True)


async def test_a_deferred_mail_is_tried_again_with_the_same_message_id(
    engine: AsyncEngine, account_id: UUID
) -> None:
    letters = Letterbox(answer=defer)
    outbox = outbox_of(engine, transport=letters, notes=Notes(), policy=IMPATIENT)
    await queue(engine, account_id, "ann@example.com")

    await messaging.dispatch_due(outbox, account_id=account_id, now=NOW, lease_now=NOW)
    letters.answer = accept
    early = await messaging.dispatch_due(
        outbox, account_id=account_id, now=NOW, lease_now=NOW + timedelta(seconds=50)
    )
    late = await messaging.dispatch_due(
        outbox, account_id=account_id, now=NOW, lease_now=NOW + timedelta(seconds=90)
    )

    assert (early.is_idle, late.sent) == (True, 1)
    assert len({mail.message_id for mail in letters.tried}) == 1
    [message] = await messages_of(engine, account_id)
    assert message.state == "sent"


async def test_a_mail_deferred_too_often_fails_with_the_servers_last_words(
    engine: AsyncEngine, account_id: UUID
) -> None:
    letters = Letterbox(answer=defer)
    outbox = outbox_of(engine, transport=letters, notes=Notes(), policy=IMPATIENT)
    await queue(engine, account_id, "ann@example.com")

    for hours in range(5):
        await messaging.dispatch_due(
            outbox, account_id=account_id, now=NOW, lease_now=NOW + timedelta(hours=hours)
        )

    assert len(letters.tried) == IMPATIENT.attempts_max
    [message] = await messages_of(engine, account_id)
    assert (message.state, message.reason) == ("skipped", "Unable to Send Email")
    [delivery] = await deliveries_of(engine, account_id)
    assert delivery.response == "451 4.3.0 Greylisted"


async def test_who_withdraws_before_a_retry_gets_no_mail(
    engine: AsyncEngine, account_id: UUID
) -> None:
    letters = Letterbox(answer=defer)
    notes = Notes()
    outbox = outbox_of(engine, transport=letters, notes=notes, policy=IMPATIENT)
    await queue(engine, account_id, "ann@example.com bob@example.com")
    await messaging.dispatch_due(outbox, account_id=account_id, now=NOW, lease_now=NOW)

    letters.answer = accept
    notes.withdrawn.add("ann@example.com")
    await messaging.dispatch_due(
        outbox, account_id=account_id, now=NOW, lease_now=NOW + timedelta(hours=1)
    )

    assert letters.recipients() == ["bob@example.com"]
    ann, bob = await deliveries_of(engine, account_id)
    assert (ann.state, ann.reason, bob.state) == ("failed", "No Confirmed Recipients", "sent")


async def test_concurrent_dispatchers_send_every_mail_once(
    engine: AsyncEngine, account_id: UUID
) -> None:
    letters = Letterbox()
    await queue(engine, account_id, *(f"{number}@example.com" for number in range(120)))
    outboxes = [
        outbox_of(engine, transport=letters, notes=Notes(), messages_max=7) for _ in range(4)
    ]

    await asyncio.gather(*(_dispatch_all(outbox, account_id) for outbox in outboxes))

    assert letters.recipients() == sorted(f"{number}@example.com" for number in range(120))
    assert {row.state for row in await messages_of(engine, account_id)} == {"sent"}


@pytest.mark.parametrize("is_judged", [True, False])
async def test_a_bug_met_by_one_message_does_not_stop_the_others(
    engine: AsyncEngine, account_id: UUID, logged: list[str], *, is_judged: bool
) -> None:
    letters = Letterbox()
    message_ids = await queue(engine, account_id, *(f"{n}@example.com" for n in range(9)))
    bad = {message_ids[3], message_ids[7]}
    notes = Notes(poisonous=bad) if is_judged else Notes(unjudgeable=bad)

    await messaging.dispatch_due(
        outbox_of(engine, transport=letters, notes=notes),
        account_id=account_id,
        now=NOW,
        lease_now=NOW,
    )

    expected = [f"{n}@example.com" for n in range(9) if n not in {3, 7}]
    assert letters.recipients() == expected
    name = "message_cannot_be_rendered" if is_judged else "message_cannot_be_judged"
    assert logged == [name, name]


async def test_a_kind_cannot_write_while_it_renders(
    engine: AsyncEngine, account_id: UUID, logged: list[str]
) -> None:
    async def write(conn: AsyncConnection) -> None:
        await conn.execute(
            update(message_table)
            .where(message_table.c.account_id == account_id)
            .values(subject="changed")
        )

    await queue(engine, account_id, "ann@example.com")

    await messaging.dispatch_due(
        outbox_of(engine, transport=Letterbox(), notes=Notes(on_render=write)),
        account_id=account_id,
        now=NOW,
        lease_now=NOW,
    )

    [delivery] = await deliveries_of(engine, account_id)
    assert delivery.state == "pending"
    assert "read-only transaction" in delivery.response
    assert logged == ["message_cannot_be_rendered"]


async def test_the_first_copy_sent_is_the_one_that_is_kept(
    engine: AsyncEngine, account_id: UUID
) -> None:
    def defer_bob(mail: messaging.Mail) -> messaging.Outcome:
        return defer(mail) if mail.recipient == "bob@example.com" else accept(mail)

    letters = Letterbox(answer=defer_bob)
    notes = Notes()
    outbox = outbox_of(engine, transport=letters, notes=notes)
    await queue(engine, account_id, "ann@example.com bob@example.com")
    await messaging.dispatch_due(outbox, account_id=account_id, now=NOW, lease_now=NOW)

    letters.answer = accept
    notes.subject = "Edited since"
    await messaging.dispatch_due(
        outbox, account_id=account_id, now=NOW, lease_now=NOW + timedelta(hours=1)
    )

    [message] = await messages_of(engine, account_id)
    assert (message.state, message.subject) == ("sent", "A note")


async def test_many_retries_leave_half_of_a_batch_to_new_messages(
    engine: AsyncEngine, account_id: UUID
) -> None:
    letters = Letterbox(answer=defer)
    outbox = outbox_of(engine, transport=letters, notes=Notes(), messages_max=4)
    await queue(engine, account_id, *(f"old{n}@example.com" for n in range(4)))
    await messaging.dispatch_due(outbox, account_id=account_id, now=NOW, lease_now=NOW)
    await queue(engine, account_id, *(f"new{n}@example.com" for n in range(4)))

    letters.answer = accept
    await messaging.dispatch_due(
        outbox, account_id=account_id, now=NOW, lease_now=NOW + timedelta(hours=1)
    )

    assert [name[:3] for name in letters.recipients()] == ["new", "new", "old", "old"]


async def test_a_mail_the_transport_cannot_handle_is_tried_again_alone(
    engine: AsyncEngine, account_id: UUID, logged: list[str]
) -> None:
    def fails_for_ann(mail: messaging.Mail) -> messaging.Outcome:
        if mail.recipient == "ann@example.com":
            raise ValueError("a bug")
        return accept(mail)

    letters = Letterbox(answer=fails_for_ann)
    await queue(engine, account_id, "ann@example.com", "bob@example.com")

    done = await messaging.dispatch_due(
        outbox_of(engine, transport=letters, notes=Notes()),
        account_id=account_id,
        now=NOW,
        lease_now=NOW,
    )

    assert done == messaging.Dispatched(sent=1, deferred=1)
    [ann, bob] = await deliveries_of(engine, account_id)
    assert (ann.state, ann.response, bob.state) == ("pending", "ValueError: a bug", "sent")
    assert logged == ["mail_cannot_be_sent"]


async def test_a_send_that_never_ends_is_cut_off(engine: AsyncEngine, account_id: UUID) -> None:
    await queue(engine, account_id, "ann@example.com")
    quick = SendingPolicy(
        send_seconds_max=0.02,
        lease_seconds=10,
        retry_seconds_first=60,
        retry_seconds_max=60,
        attempts_max=3,
    )

    done = await messaging.dispatch_due(
        outbox_of(
            engine, transport=Letterbox(may_answer=asyncio.Event()), notes=Notes(), policy=quick
        ),
        account_id=account_id,
        now=NOW,
        lease_now=NOW,
    )

    assert done.deferred == 1
    [delivery] = await deliveries_of(engine, account_id)
    assert delivery.response == "No answer within 0.02 seconds."


async def test_a_wrong_password_uses_up_no_attempts_and_stops_claims(
    engine: AsyncEngine, account_id: UUID
) -> None:
    letters = Letterbox(answer=unplugged, concurrency=1)
    outbox = outbox_of(engine, transport=letters, notes=Notes())
    await queue(engine, account_id, *(f"{n}@example.com" for n in range(20)))

    first = await messaging.dispatch_due(outbox, account_id=account_id, now=NOW, lease_now=NOW)
    second = await messaging.dispatch_due(outbox, account_id=account_id, now=NOW, lease_now=NOW)

    assert first.deferred == 20
    assert (second.is_paused, second.is_idle) == (True, True)
    assert len(letters.tried) == 1
    assert {row.attempts for row in await deliveries_of(engine, account_id)} == {0}
    assert letters.circuit.reason == "535 5.7.8 Bad password"


async def test_after_a_pause_one_mail_is_the_probe_and_its_success_frees_the_rest(
    engine: AsyncEngine, account_id: UUID
) -> None:
    letters = Letterbox(answer=unplugged, concurrency=1)
    outbox = outbox_of(engine, transport=letters, notes=Notes())
    await queue(engine, account_id, *(f"{n}@example.com" for n in range(20)))
    await messaging.dispatch_due(outbox, account_id=account_id, now=NOW, lease_now=NOW)

    letters.circuit.close()
    letters.circuit.open(now_seconds=-1_000, reason="long ago")
    letters.answer = accept
    later = NOW + timedelta(hours=1)
    probe = await messaging.dispatch_due(outbox, account_id=account_id, now=NOW, lease_now=later)

    assert probe.sent == 1
    assert letters.circuit.is_closed
    await _dispatch_all(outbox, account_id, lease_now=later)
    assert len(letters.accepted) == 20


async def test_a_bug_in_what_a_kind_notes_does_not_undo_the_receipts(
    engine: AsyncEngine, account_id: UUID, logged: list[str]
) -> None:
    async def divide_by_zero(conn: AsyncConnection) -> None:
        await conn.execute(select(literal(1) / literal(0)))

    await queue(engine, account_id, "ann@example.com")

    await messaging.dispatch_due(
        outbox_of(engine, transport=Letterbox(), notes=Notes(on_record=divide_by_zero)),
        account_id=account_id,
        now=NOW,
        lease_now=NOW,
    )

    [delivery] = await deliveries_of(engine, account_id)
    assert delivery.state == "sent"
    assert logged == ["outcomes_cannot_be_noted"]


async def test_words_that_cannot_be_stored_lose_no_receipt(
    engine: AsyncEngine, account_id: UUID
) -> None:
    letters = Letterbox(answer=lambda _: messaging.Sent(response="250 \x00\udcff" + "x" * 5_000))
    await queue(engine, account_id, "ann@example.com")

    await messaging.dispatch_due(
        outbox_of(engine, transport=letters, notes=Notes()),
        account_id=account_id,
        now=NOW,
        lease_now=NOW,
    )

    [delivery] = await deliveries_of(engine, account_id)
    assert delivery.state == "sent"
    assert delivery.response.startswith("250 ?xxx")
    assert len(delivery.response) == 1_000


async def _dispatch_all(
    outbox: messaging.Outbox, account_id: UUID, *, lease_now: datetime = NOW
) -> None:
    for _ in range(200):
        done = await messaging.dispatch_due(
            outbox, account_id=account_id, now=NOW, lease_now=lease_now
        )
        if done.is_idle:
            return
    raise AssertionError("the outbox never becomes idle")
