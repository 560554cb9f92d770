"""What every mail transport keeps to, whether mails go to a server, to the mailbox or to a test."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.integrations.smtp.mail_servers import HOST, Inbox, mail_server
from tests.messaging.outbox import Letterbox
from towpath.integrations import mailbox, smtp
from towpath.messaging import Circuit, Mail, Rejected, Sent, Transport, TryLater

TRANSPORTS = ["smtp", "mailbox", "letterbox"]
HOSTILE = "Hi\r\nBcc: eve@example.com\x00\u2028\ud800 =?utf-8?q?x?= 😀" + "x" * 2_000


@asynccontextmanager
async def transport(name: str, engine: AsyncEngine) -> AsyncIterator[Transport]:
    """Give a transport by its name, with whatever it needs around it."""
    if name == "smtp":
        async with mail_server(Inbox()) as port:
            server = smtp.MailServer(security=smtp.Security.PLAIN, host=HOST, port=port)
            made = smtp.SmtpTransport(server, connections_max=3, timeout_seconds=5)
            yield made
            await made.close()
    elif name == "mailbox":
        yield mailbox.MailboxTransport(engine)
    else:
        yield Letterbox()


def mail(number: int = 1, *, recipient: str = "ann@example.com", subject: str = "Hello") -> Mail:
    return Mail(
        sender_label=subject,
        sender_address="shop@example.com",
        recipient=recipient,
        subject=subject,
        html=f"<p>{subject}</p>",
        text=subject,
        message_id=f"{number}@towpath.example",
        date=datetime(2026, 11, 1, tzinfo=UTC),
    )


@pytest.mark.parametrize("name", TRANSPORTS)
async def test_an_accepted_mail_comes_with_a_receipt(
    engine: AsyncEngine, account_id: UUID, name: str
) -> None:
    async with transport(name, engine) as carrier:
        outcome = await carrier.send(mail(), account_id=account_id, kind="alert")

    assert isinstance(outcome, Sent)
    assert outcome.response


@pytest.mark.parametrize("name", TRANSPORTS)
async def test_the_same_mail_is_accepted_again_after_a_crash(
    engine: AsyncEngine, account_id: UUID, name: str
) -> None:
    async with transport(name, engine) as carrier:
        outcomes = [
            await carrier.send(mail(), account_id=account_id, kind="alert") for _ in range(2)
        ]

    assert all(isinstance(outcome, Sent) for outcome in outcomes)


@pytest.mark.parametrize("name", TRANSPORTS)
async def test_several_mails_are_under_way_at_once(
    engine: AsyncEngine, account_id: UUID, name: str
) -> None:
    async with transport(name, engine) as carrier:
        assert carrier.concurrency >= 1
        outcomes = await asyncio.gather(
            *(
                carrier.send(mail(number), account_id=account_id, kind="alert")
                for number in range(3 * carrier.concurrency)
            )
        )

    assert all(isinstance(outcome, Sent) for outcome in outcomes)


@pytest.mark.parametrize("name", TRANSPORTS)
async def test_hostile_texts_are_accepted_and_harmless(
    engine: AsyncEngine, account_id: UUID, name: str
) -> None:
    async with transport(name, engine) as carrier:
        outcome = await carrier.send(mail(subject=HOSTILE), account_id=account_id, kind="alert")

    assert isinstance(outcome, Sent)


@pytest.mark.parametrize("name", TRANSPORTS)
async def test_whatever_the_address_there_is_an_outcome(
    engine: AsyncEngine, account_id: UUID, name: str
) -> None:
    async with transport(name, engine) as carrier:
        for number, recipient in enumerate(["", "ann", "a@b\r\nDATA", "jürgen@bücher.example"]):
            outcome = await carrier.send(
                mail(number, recipient=recipient), account_id=account_id, kind="alert"
            )
            assert isinstance(outcome, Sent | Rejected | TryLater)


@pytest.mark.parametrize("name", TRANSPORTS)
async def test_a_new_transport_is_believed_to_work_and_closes_twice(
    engine: AsyncEngine, name: str
) -> None:
    async with transport(name, engine) as carrier:
        assert isinstance(carrier.circuit, Circuit)
        assert carrier.circuit.is_closed
        await carrier.close()
        await carrier.close()
