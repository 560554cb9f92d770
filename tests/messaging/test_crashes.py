"""Crashes, stops and several workers: every mail goes out, and none twice without need."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

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
from towpath.kit import clock
from towpath.messaging.claiming import Batch, ClaimTerms, claim
from towpath.messaging.policy import Allowance, Verdict
from towpath.messaging.recording import Receipt, record
from towpath.messaging.sending import Lease, Outgoing, send_all
from towpath.messaging.tables import message as message_table

UNLIMITED = Allowance(timezone="UTC", mails_per_month_max=None)
LEASE = timedelta(seconds=messaging.LIVE_POLICY.lease_seconds)


async def test_what_a_dead_process_had_claimed_goes_out_when_its_lease_ends(
    engine: AsyncEngine, account_id: UUID
) -> None:
    await queue(engine, account_id, "ann@example.com", "bob@example.com")
    claimed = await claim_and_die(engine, account_id)

    letters = Letterbox()
    outbox = outbox_of(engine, transport=letters, notes=Notes())
    before = await messaging.dispatch_due(
        outbox, account_id=account_id, now=NOW, lease_now=NOW + LEASE - timedelta(seconds=1)
    )
    after = await messaging.dispatch_due(
        outbox, account_id=account_id, now=NOW, lease_now=NOW + LEASE
    )

    assert (before.is_idle, after.sent) == (True, 2)
    assert {mail.message_id for mail in letters.accepted} == {
        item.reference for item in claimed.deliveries
    }
    assert {row.attempts for row in await deliveries_of(engine, account_id)} == {2}


async def test_an_outcome_that_comes_after_its_lease_ended_changes_nothing(
    engine: AsyncEngine, account_id: UUID
) -> None:
    """The second claim is responsible by then; here it ends first."""
    slow = Letterbox(
        answer=lambda _: messaging.Rejected(response="550 too late"), may_answer=asyncio.Event()
    )
    await queue(engine, account_id, "ann@example.com")
    late = asyncio.create_task(
        messaging.dispatch_due(
            outbox_of(engine, transport=slow, notes=Notes()),
            account_id=account_id,
            now=NOW,
            lease_now=NOW,
        )
    )
    await slow.is_reached.wait()
    await messaging.dispatch_due(
        outbox_of(engine, transport=Letterbox(), notes=Notes()),
        account_id=account_id,
        now=NOW,
        lease_now=NOW + timedelta(hours=1),
    )
    let_answer(slow)
    await late

    [delivery] = await deliveries_of(engine, account_id)
    assert (delivery.state, delivery.response) == ("sent", "250 ann@example.com")
    [message] = await messages_of(engine, account_id)
    assert message.state == "sent"


async def test_stopping_a_worker_awaits_mails_under_way_and_hands_the_others_back(
    engine: AsyncEngine, account_id: UUID
) -> None:
    slow = Letterbox(concurrency=1, may_answer=asyncio.Event())
    await queue(engine, account_id, "ann@example.com", "bob@example.com")
    work = asyncio.create_task(
        messaging.dispatch_due(
            outbox_of(engine, transport=slow, notes=Notes()),
            account_id=account_id,
            now=NOW,
            lease_now=NOW,
        )
    )
    await slow.is_reached.wait()
    work.cancel()
    await asyncio.sleep(0)
    let_answer(slow)
    with pytest.raises(asyncio.CancelledError):
        await work

    [ann, bob] = await deliveries_of(engine, account_id)
    assert (ann.state, bob.state, bob.attempts) == ("sent", "pending", 0)


async def test_receipts_survive_a_database_that_drops_the_connection(
    own_engine: AsyncEngine,
) -> None:
    """What cannot be written down is written again, and is not sent again."""
    breaks = [1, 2]

    async def drop_the_connection(conn: AsyncConnection) -> None:
        if breaks:
            breaks.pop()
            await conn.execute(select(func.pg_terminate_backend(func.pg_backend_pid())))

    account_id = await new_account(own_engine)
    letters = Letterbox()
    await queue(own_engine, account_id, "ann@example.com", "bob@example.com")

    await messaging.dispatch_due(
        outbox_of(own_engine, transport=letters, notes=Notes(on_record=drop_the_connection)),
        account_id=account_id,
        now=NOW,
        lease_now=NOW,
    )

    assert breaks == []
    assert len(letters.tried) == 2
    assert {row.state for row in await messages_of(own_engine, account_id)} == {"sent"}


async def test_a_mail_whose_process_dies_every_time_is_given_up(
    engine: AsyncEngine, account_id: UUID
) -> None:
    await queue(engine, account_id, "ann@example.com")
    attempts_max = messaging.LIVE_POLICY.attempts_max
    for deaths in range(attempts_max):
        await claim_and_die(engine, account_id, at=deaths * LEASE)
    letters = Letterbox()

    done = await messaging.dispatch_due(
        outbox_of(engine, transport=letters, notes=Notes()),
        account_id=account_id,
        now=NOW,
        lease_now=NOW + attempts_max * LEASE,
    )

    assert (done.failed, letters.tried) == (1, [])
    [delivery] = await deliveries_of(engine, account_id)
    assert delivery.response == f"Gave up after {attempts_max} attempts."
    [message] = await messages_of(engine, account_id)
    assert (message.state, message.reason) == ("skipped", "Unable to Send Email")


async def test_concurrent_dispatchers_retry_every_mail_once(
    engine: AsyncEngine, account_id: UUID
) -> None:
    addresses = [f"{number}@example.com" for number in range(60)]
    await queue(engine, account_id, *addresses)
    await claim_and_die(engine, account_id, messages_max=60)
    letters = Letterbox()
    outboxes = [
        outbox_of(engine, transport=letters, notes=Notes(), messages_max=30) for _ in range(4)
    ]

    for _ in range(2):
        await asyncio.gather(
            *(
                messaging.dispatch_due(
                    outbox, account_id=account_id, now=NOW, lease_now=NOW + LEASE
                )
                for outbox in outboxes
            )
        )

    assert letters.recipients() == sorted(addresses)


async def test_two_claims_that_record_the_last_mails_of_a_message_at_once_finish_it(
    engine: AsyncEngine, account_id: UUID
) -> None:
    await queue(engine, account_id, "ann@example.com bob@example.com")
    await claim_and_die(engine, account_id)
    ann = await claim_and_die(engine, account_id, at=LEASE, messages_max=2)
    bob = await claim_and_die(engine, account_id, at=LEASE, messages_max=2)
    assert [len(ann.deliveries), len(bob.deliveries)] == [1, 1]

    async with engine.connect() as first, first.begin() as transaction:
        await record_refused(first, account_id, ann)
        second = asyncio.create_task(record_in_own_transaction(engine, account_id, bob))
        await asyncio.wait({second}, timeout=0.1)  # it has to wait for the first
        await transaction.commit()
        await second

    [message] = await messages_of(engine, account_id)
    assert message.state == "skipped"


async def test_mails_whose_lease_is_about_to_end_are_handed_back_untried(
    engine: AsyncEngine, account_id: UUID
) -> None:
    await queue(engine, account_id, "ann@example.com")
    batch = await claim_and_die(engine, account_id)
    policy = messaging.LIVE_POLICY
    late_seconds = policy.lease_seconds - policy.send_seconds_max + 1
    lease = Lease(
        claimed_at=NOW,
        claimed_at_seconds=clock.monotonic_seconds() - late_seconds,
        ends_at=NOW + LEASE,
    )
    letters = Letterbox()
    written: list[Receipt] = []

    async def write(receipts: Sequence[Receipt]) -> None:
        written.extend(receipts)

    await send_all(
        [outgoing(batch)],
        account_id=account_id,
        transport=letters,
        lease=lease,
        policy=policy,
        done=[],
        write=write,
    )

    assert letters.tried == []
    [receipt] = written
    assert (receipt.verdict.state, receipt.verdict.is_attempt) == ("pending", False)


async def test_a_drain_waits_for_messages_that_another_worker_is_claiming(
    engine: AsyncEngine, account_id: UUID
) -> None:
    letters = Letterbox()
    outbox = outbox_of(engine, transport=letters, notes=Notes())
    await queue(engine, account_id, "ann@example.com")

    async with engine.connect() as other, other.begin() as claiming:
        await other.execute(
            select(message_table.c.id)
            .where(message_table.c.account_id == account_id)
            .with_for_update()
        )
        drained = asyncio.create_task(messaging.drain(outbox, account_id=account_id, now=NOW))
        await asyncio.wait({drained}, timeout=0.1)
        await claiming.rollback()

    assert (await drained).sent == 1


async def claim_and_die(
    engine: AsyncEngine,
    account_id: UUID,
    *,
    at: timedelta = timedelta(0),
    messages_max: int = 9,
) -> Batch:
    """Claim what is due, and die before anything could be sent or recorded."""
    async with engine.begin() as conn:
        return await claim(
            conn,
            account_id=account_id,
            terms=ClaimTerms(
                kinds={"note": Notes()},
                domain="towpath.example",
                attempts_max=messaging.LIVE_POLICY.attempts_max,
                messages_max=messages_max,
            ),
            allowance=UNLIMITED,
            now=NOW,
            lease_now=NOW + at,
            lease_ends_at=NOW + at + LEASE,
        )


async def record_refused(conn: AsyncConnection, account_id: UUID, batch: Batch) -> None:
    refused = messaging.Rejected(response="550 No")
    await record(
        conn,
        account_id=account_id,
        lease_id=batch.lease_id,
        receipts=[
            Receipt(
                delivery=item,
                outcome=refused,
                verdict=Verdict(
                    state=messaging.DeliveryState.FAILED,
                    response=refused.response,
                    reason=refused.reason,
                ),
                known_at=NOW,
                is_tried=True,
            )
            for item in batch.deliveries
        ],
        messages=batch.messages,
        contents={},
        kinds={},
        allowance=UNLIMITED,
        now=NOW,
    )


async def record_in_own_transaction(engine: AsyncEngine, account_id: UUID, batch: Batch) -> None:
    async with engine.begin() as conn:
        await record_refused(conn, account_id, batch)


def outgoing(batch: Batch) -> Outgoing:
    [item] = batch.deliveries
    return Outgoing(
        delivery=item,
        kind="note",
        mail=messaging.Mail(
            sender_label="Shop",
            sender_address="shop@example.com",
            recipient=item.address,
            subject="A note",
            html=None,
            text="Hello",
            message_id=item.reference,
            date=NOW,
        ),
    )


def let_answer(letters: Letterbox) -> None:
    assert letters.may_answer is not None
    letters.may_answer.set()
