"""Dispatch: what is due goes out once, to whom it should, and everything that happens is kept."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from tests.messaging.outbox import (
    NOW,
    Letterbox,
    Notes,
    deliveries_of,
    messages_of,
    new_account,
    outbox_of,
    queue,
)
from towpath import messaging


async def test_a_due_message_goes_to_each_recipient_as_a_mail_of_its_own(
    engine: AsyncEngine, account_id: UUID
) -> None:
    letters = Letterbox()
    await queue(engine, account_id, "ann@example.com bob@example.com")

    done = await messaging.dispatch_due(
        outbox_of(engine, transport=letters, notes=Notes()),
        account_id=account_id,
        now=NOW,
        lease_now=NOW,
    )

    assert done == messaging.Dispatched(sent=2)
    assert letters.recipients() == ["ann@example.com", "bob@example.com"]
    assert len({mail.message_id for mail in letters.accepted}) == 2
    [message] = await messages_of(engine, account_id)
    assert (message.state, message.reason, message.finished_at) == ("sent", None, NOW)


async def test_the_stored_copy_is_without_what_belongs_to_one_recipient(
    engine: AsyncEngine, account_id: UUID
) -> None:
    [message_id] = await queue(engine, account_id, "ann@example.com")

    await messaging.dispatch_due(
        outbox_of(engine, transport=Letterbox(), notes=Notes()),
        account_id=account_id,
        now=NOW,
        lease_now=NOW,
    )

    async with engine.connect() as conn:
        content = await messaging.get_message(conn, account_id=account_id, message_id=message_id)
    assert (content.subject, content.html, content.text) == ("A note", "<p>Hello</p>", "Hello")
    [recipient] = content.activity.recipients
    assert (recipient.state, recipient.response) == ("sent", "250 ann@example.com")


async def test_a_message_that_is_not_due_yet_stays_queued(
    engine: AsyncEngine, account_id: UUID
) -> None:
    letters = Letterbox()
    await queue(engine, account_id, "ann@example.com", due_at=NOW + timedelta(seconds=1))

    done = await messaging.dispatch_due(
        outbox_of(engine, transport=letters, notes=Notes()),
        account_id=account_id,
        now=NOW,
        lease_now=NOW + timedelta(days=1),
    )

    assert done.is_idle
    assert letters.tried == []


async def test_the_oldest_messages_go_first(engine: AsyncEngine, account_id: UUID) -> None:
    letters = Letterbox(concurrency=1)
    await queue(engine, account_id, "second@example.com", due_at=NOW - timedelta(hours=1))
    await queue(engine, account_id, "first@example.com", due_at=NOW - timedelta(hours=2))
    await queue(engine, account_id, "third@example.com")

    await messaging.dispatch_due(
        outbox_of(engine, transport=letters, notes=Notes(), messages_max=2),
        account_id=account_id,
        now=NOW,
        lease_now=NOW,
    )

    sent = [mail.recipient for mail in letters.accepted]
    assert sent == ["first@example.com", "second@example.com"]


async def test_a_message_nobody_gets_is_skipped_with_the_reason(
    engine: AsyncEngine, account_id: UUID
) -> None:
    letters = Letterbox()
    await queue(engine, account_id, "ann@example.com")

    done = await messaging.dispatch_due(
        outbox_of(engine, transport=letters, notes=Notes(withdrawn={"ann@example.com"})),
        account_id=account_id,
        now=NOW,
        lease_now=NOW,
    )

    assert done == messaging.Dispatched(skipped=1)
    assert letters.tried == []
    [message] = await messages_of(engine, account_id)
    assert (message.state, message.reason) == ("skipped", "No Confirmed Recipients")


async def test_a_template_that_fails_skips_its_message_and_keeps_where_it_fails(
    engine: AsyncEngine, account_id: UUID
) -> None:
    letters = Letterbox()
    bad, _ = await queue(engine, account_id, "ann@example.com", "bob@example.com")

    await messaging.dispatch_due(
        outbox_of(engine, transport=letters, notes=Notes(unwritable={bad})),
        account_id=account_id,
        now=NOW,
        lease_now=NOW,
    )

    first, second = await messages_of(engine, account_id)
    assert (first.state, first.reason) == ("skipped", "Email Syntax Error")
    assert second.state == "sent"
    failed = (await deliveries_of(engine, account_id))[0]
    assert failed.response == "Line 3, column 7: {% endfor %}"


async def test_sent_counts_once_one_recipient_got_it(engine: AsyncEngine, account_id: UUID) -> None:
    def refuse_ann(mail: messaging.Mail) -> messaging.Outcome:
        if mail.recipient == "ann@example.com":
            return messaging.Rejected(response="550 5.1.1 No such user", is_bounce=True)
        return messaging.Sent(response="250 OK")

    await queue(engine, account_id, "ann@example.com bob@example.com")
    await queue(engine, account_id, "ann@example.com")
    notes = Notes()

    await messaging.dispatch_due(
        outbox_of(engine, transport=Letterbox(answer=refuse_ann), notes=notes),
        account_id=account_id,
        now=NOW,
        lease_now=NOW,
    )

    first, second = await messages_of(engine, account_id)
    assert (first.state, first.reason) == ("sent", None)
    assert (second.state, second.reason) == ("skipped", "Unable to Send Email")
    words = [row.response for row in await deliveries_of(engine, account_id)]
    assert words == ["550 5.1.1 No such user", "250 OK", "550 5.1.1 No such user"]
    bounces = [
        item.address
        for item in notes.finished
        if isinstance(item.outcome, messaging.Rejected) and item.outcome.is_bounce
    ]
    assert bounces == ["ann@example.com", "ann@example.com"]


async def test_dispatching_again_sends_nothing_twice(engine: AsyncEngine, account_id: UUID) -> None:
    letters = Letterbox()
    outbox = outbox_of(engine, transport=letters, notes=Notes())
    await queue(engine, account_id, "ann@example.com")

    first = await messaging.dispatch_due(outbox, account_id=account_id, now=NOW, lease_now=NOW)
    second = await messaging.dispatch_due(
        outbox, account_id=account_id, now=NOW, lease_now=NOW + timedelta(days=1)
    )

    assert (first.sent, second.is_idle) == (1, True)
    assert letters.recipients() == ["ann@example.com"]


async def test_virtual_time_is_written_and_real_time_leases(
    engine: AsyncEngine, account_id: UUID
) -> None:
    letters = Letterbox(answer=lambda _: messaging.TryLater(response="451 Later", after_seconds=60))
    virtual = NOW - timedelta(days=10_000)
    await queue(engine, account_id, "ann@example.com", due_at=virtual)

    await messaging.dispatch_due(
        outbox_of(engine, transport=letters, notes=Notes()),
        account_id=account_id,
        now=virtual,
        lease_now=NOW,
    )

    [mail] = letters.tried
    assert mail.date == virtual
    [delivery] = await deliveries_of(engine, account_id)
    assert NOW + timedelta(seconds=60) <= delivery.due_at < NOW + timedelta(seconds=90)


async def test_due_accounts_have_a_message_a_retry_or_an_ended_lease(
    own_engine: AsyncEngine,
) -> None:
    idle, queued, retrying = [await new_account(own_engine) for _ in range(3)]
    await queue(own_engine, idle, "ann@example.com", due_at=NOW + timedelta(days=1))
    await queue(own_engine, queued, "ann@example.com")
    await queue(own_engine, retrying, "ann@example.com")
    deferring = Letterbox(answer=lambda _: messaging.TryLater(response="451", after_seconds=60))
    await messaging.dispatch_due(
        outbox_of(own_engine, transport=deferring, notes=Notes()),
        account_id=retrying,
        now=NOW,
        lease_now=NOW,
    )

    async with own_engine.connect() as conn:
        now = await messaging.due_accounts(conn, now=NOW, lease_now=NOW)
        later = await messaging.due_accounts(conn, now=NOW, lease_now=NOW + timedelta(hours=1))

    assert set(now) == {queued}
    assert set(later) == {queued, retrying}
