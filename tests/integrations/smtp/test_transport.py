"""The SMTP transport against real servers: ones that behave and ones that do not."""

import asyncio

import pytest

from tests.integrations.smtp.mail_servers import HOST, Inbox, Script, mail_server, scripted_server
from tests.integrations.smtp.sending import mail, send, transport_to
from towpath.integrations.smtp import MailServer, Security
from towpath.integrations.smtp.connections import IDLE_SECONDS_MAX, Connections
from towpath.messaging import Reason, Rejected, Sent, TryLater


async def test_an_accepted_mail_gives_the_servers_receipt() -> None:
    inbox = Inbox()

    async with mail_server(inbox) as port, transport_to(port) as transport:
        outcome = await send(transport, mail())

    assert outcome == Sent(response="250 2.0.0 Queued as 1")
    [(recipient, content)] = inbox.mails
    assert recipient == "bob@example.com"
    assert b"Hello\r\n.\r\n.dots\r\n" in content.replace(b"=2E", b".")


async def test_connections_are_kept_and_used_again() -> None:
    inbox = Inbox()

    async with mail_server(inbox) as port, transport_to(port) as transport:
        for _ in range(5):
            await send(transport, mail())

    assert (inbox.greetings, len(inbox.mails)) == (1, 5)


async def test_never_more_connections_than_allowed() -> None:
    script = Script()

    async with scripted_server(script) as port, transport_to(port) as transport:
        outcomes = await asyncio.gather(*(send(transport, mail()) for _ in range(10)))

    assert all(isinstance(outcome, Sent) for outcome in outcomes)
    assert script.connections == 2


async def test_a_refused_recipient_keeps_the_servers_words_and_the_connection() -> None:
    inbox = Inbox(recipient_answers={"ann@example.com": "550 5.1.1 No such user"})

    async with mail_server(inbox) as port, transport_to(port) as transport:
        refused = await send(transport, mail("ann@example.com"))
        accepted = await send(transport, mail())

    assert refused == Rejected(response="550 5.1.1 No such user", is_bounce=True)
    assert isinstance(accepted, Sent)
    assert inbox.greetings == 1


async def test_a_deferred_mail_is_accepted_when_sent_again() -> None:
    inbox = Inbox(content_answers=["451 4.3.0 Try again"])

    async with mail_server(inbox) as port, transport_to(port) as transport:
        first = await send(transport, mail())
        second = await send(transport, mail())

    assert first == TryLater(response="451 4.3.0 Try again")
    assert isinstance(second, Sent)
    assert len(inbox.mails) == 1


async def test_a_refused_content_is_final() -> None:
    inbox = Inbox(content_answers=["554 5.7.1 Looks like spam"])

    async with mail_server(inbox) as port, transport_to(port) as transport:
        outcome = await send(transport, mail())

    assert outcome == Rejected(response="554 5.7.1 Looks like spam")


async def test_a_connection_lost_amid_the_content_is_tried_later_not_at_once() -> None:
    script = Script(hang_up_on={"CONTENT"})

    async with scripted_server(script) as port, transport_to(port) as transport:
        outcome = await send(transport, mail())

    assert isinstance(outcome, TryLater)
    assert not outcome.is_transport_down
    assert script.connections == 1


async def test_a_connection_that_died_while_idle_is_replaced_at_once() -> None:
    script = Script()

    async with scripted_server(script) as port, transport_to(port) as transport:
        await send(transport, mail())
        script.hang_up()
        outcome = await send(transport, mail())

    assert isinstance(outcome, Sent)
    assert (script.connections, len(script.contents)) == (2, 2)


async def test_a_connection_that_idled_for_long_is_not_used_again() -> None:
    script = Script()

    async with scripted_server(script) as port:
        connections = Connections(
            MailServer(security=Security.PLAIN, host=HOST, port=port),
            count_max=1,
            timeout_seconds=5,
            greeting_name="towpath.example",
            tls_context=None,
        )
        first = await connections.lend(now_seconds=0)
        connections.take_back(first, now_seconds=0)
        second = await connections.lend(now_seconds=IDLE_SECONDS_MAX - 1)
        connections.take_back(second, now_seconds=IDLE_SECONDS_MAX - 1)
        third = await connections.lend(now_seconds=3 * IDLE_SECONDS_MAX)
        connections.drop(third)

    assert (second.is_reused, third.is_reused, script.connections) == (True, False, 2)


async def test_a_server_that_says_goodbye_to_an_idle_client_is_asked_again() -> None:
    answers = {"MAIL": "250 OK"}
    script = Script(answers=answers)

    async with scripted_server(script) as port, transport_to(port) as transport:
        await send(transport, mail())
        answers["MAIL"] = "421 4.4.2 Idle for too long"
        first = await send(transport, mail())

    assert first == TryLater(response="421 4.4.2 Idle for too long")
    assert script.connections == 2


async def test_a_server_that_hangs_up_on_a_new_connection_is_not_asked_again() -> None:
    script = Script(hang_up_on={"MAIL"})

    async with scripted_server(script) as port, transport_to(port) as transport:
        outcome = await send(transport, mail())

    assert isinstance(outcome, TryLater)
    assert script.connections == 1


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA", "CONTENT"])
async def test_a_silent_server_times_out_and_the_connection_is_given_up(command: str) -> None:
    script = Script(silent_on={command})

    async with (
        scripted_server(script) as port,
        transport_to(port, timeout_seconds=0.05) as transport,
    ):
        outcome = await send(transport, mail())
        script.silent_on.clear()
        after = await send(transport, mail())

    assert outcome == TryLater(response=f"{HOST}:{port} did not answer in time")
    assert isinstance(after, Sent)
    assert script.connections == 2


async def test_a_server_that_never_greets_is_down() -> None:
    script = Script(silent_on={"EHLO"})

    async with (
        scripted_server(script) as port,
        transport_to(port, timeout_seconds=0.05) as transport,
    ):
        outcome = await send(transport, mail())

    assert isinstance(outcome, TryLater)
    assert outcome.is_transport_down


async def test_a_refused_connection_is_down() -> None:
    async with scripted_server(Script()) as port:
        pass

    async with transport_to(port) as transport:
        outcome = await send(transport, mail())

    assert isinstance(outcome, TryLater)
    assert outcome.is_transport_down
    assert str(port) in outcome.response


async def test_a_greeting_that_turns_us_away_is_down() -> None:
    script = Script(greeting="554 5.7.1 Your address is blocked")

    async with scripted_server(script) as port, transport_to(port) as transport:
        outcome = await send(transport, mail())

    assert outcome == TryLater(response="554 5.7.1 Your address is blocked", is_transport_down=True)


async def test_a_cancelled_send_gives_its_place_back() -> None:
    script = Script(silent_on={"RCPT"})

    async with (
        scripted_server(script) as port,
        transport_to(port, connections_max=1) as transport,
    ):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await send(transport, mail())
        script.silent_on.clear()
        outcome = await send(transport, mail())

    assert isinstance(outcome, Sent)


async def test_an_address_outside_ascii_needs_a_server_that_takes_it() -> None:
    inbox = Inbox()

    async with mail_server(inbox) as port, transport_to(port) as transport:
        refused = await send(transport, mail("jürgen@example.com"))
    async with (
        mail_server(inbox, enable_SMTPUTF8=True) as port,
        transport_to(port) as transport,
    ):
        accepted = await send(transport, mail("jürgen@example.com"))

    assert isinstance(refused, Rejected)
    assert "SMTPUTF8" in refused.response
    assert isinstance(accepted, Sent)
    assert [recipient for recipient, _ in inbox.mails] == ["jürgen@example.com"]


async def test_what_is_no_address_never_reaches_the_server() -> None:
    script = Script()

    async with scripted_server(script) as port, transport_to(port) as transport:
        recipient = await send(transport, mail("bob@example.com>\r\nRCPT TO:<eve@example.com"))
        sender = await send(transport, mail(sender="shop"))

    assert isinstance(recipient, Rejected)
    assert isinstance(sender, Rejected)
    assert sender.reason is Reason.INVALID_FROM_EMAIL
    assert script.connections == 0
