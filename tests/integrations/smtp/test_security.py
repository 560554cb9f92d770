"""TLS, logins and settings: nothing is sent to a server that cannot be trusted."""

from pathlib import Path

import pytest

from tests.integrations.smtp.mail_servers import (
    HOST,
    PASSWORD,
    USER,
    Certificate,
    Inbox,
    Script,
    authenticate,
    mail_server,
    make_certificate,
    scripted_server,
)
from tests.integrations.smtp.sending import mail, send, transport_to
from towpath.integrations import smtp
from towpath.integrations.smtp import MailServer, Security, SmtpTransport
from towpath.kit.config import BadSetting, Settings
from towpath.messaging import Sent, TryLater


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(Path(tmp_path_factory.mktemp("certificate")))


async def test_starttls_with_a_login(certificate: Certificate) -> None:
    inbox = Inbox()

    async with (
        mail_server(
            inbox,
            tls_context=certificate.server,
            require_starttls=True,
            auth_required=True,
            authenticator=authenticate,
        ) as port,
        transport_to(
            port,
            security=Security.STARTTLS,
            password=PASSWORD,
            tls_context=certificate.client,
        ) as transport,
    ):
        outcome = await send(transport, mail())

    assert isinstance(outcome, Sent)


async def test_tls_from_the_first_byte(certificate: Certificate) -> None:
    inbox = Inbox()

    async with (
        mail_server(inbox, implicit_tls=certificate.server) as port,
        transport_to(port, security=Security.TLS, tls_context=certificate.client) as transport,
    ):
        outcome = await send(transport, mail())

    assert isinstance(outcome, Sent)


async def test_a_wrong_password_is_down_and_not_shown(certificate: Certificate) -> None:
    async with (
        mail_server(
            Inbox(), tls_context=certificate.server, auth_required=True, authenticator=authenticate
        ) as port,
        transport_to(
            port,
            security=Security.STARTTLS,
            password="hunter2",
            tls_context=certificate.client,
        ) as transport,
    ):
        outcome = await send(transport, mail())

    assert isinstance(outcome, TryLater)
    assert outcome.is_transport_down
    assert "535" in outcome.response
    assert "hunter2" not in outcome.response


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
async def test_a_certificate_nobody_vouches_for_is_down(
    security: Security, certificate: Certificate
) -> None:
    implicit = certificate.server if security is Security.TLS else None

    async with (
        mail_server(Inbox(), tls_context=certificate.server, implicit_tls=implicit) as port,
        transport_to(port, security=security) as transport,
    ):
        outcome = await send(transport, mail())

    assert isinstance(outcome, TryLater)
    assert outcome.is_transport_down
    assert "certificate" in outcome.response.lower()


async def test_a_server_without_starttls_gets_no_password() -> None:
    script = Script(answers={"EHLO": "250 AUTH PLAIN LOGIN"})

    async with (
        scripted_server(script) as port,
        transport_to(port, security=Security.STARTTLS, password=PASSWORD) as transport,
    ):
        outcome = await send(transport, mail())

    assert isinstance(outcome, TryLater)
    assert outcome.is_transport_down
    assert not any(command.startswith("AUTH") for command in script.commands)


async def test_a_plain_url_asks_for_no_certificate(certificate: Certificate) -> None:
    """A mail server on this machine often offers TLS with a certificate nobody vouches for."""
    async with (
        mail_server(Inbox(), tls_context=certificate.server) as port,
        transport_to(port) as transport,
    ):
        outcome = await send(transport, mail())

    assert isinstance(outcome, Sent)


async def test_the_check_tells_a_usable_server_from_others() -> None:
    async with mail_server(
        Inbox(), auth_required=True, auth_require_tls=False, authenticator=authenticate
    ) as port:
        fine = await check(port, password=PASSWORD)
        anonymous = await check(port)
        wrong = await check(port, password="hunter2")
        sender = await check(port, password=PASSWORD, sender="shop")
    gone = await check(port)

    assert fine.is_usable
    assert fine.warning is not None
    for checked, words in (
        (anonymous, "530"),
        (wrong, "535"),
        (sender, "'shop' is not an e-mail address"),
        (gone, str(port)),
    ):
        assert not checked.is_usable
        assert words in checked.detail
        assert "hunter2" not in checked.detail


async def check(
    port: int, *, password: str | None = None, sender: str = "shop@example.com"
) -> smtp.MailServerCheck:
    server = MailServer(
        security=Security.PLAIN,
        host=HOST,
        port=port,
        username=USER if password else None,
        password=password,
    )
    return await smtp.check(server, sender=sender)


def test_settings_that_cannot_work_are_named() -> None:
    for settings, name in (
        (Settings(), "TOWPATH_SMTP_URL"),
        (Settings(smtp_url="smtp://mail", smtp_connections_max=0), "TOWPATH_SMTP_CONNECTIONS_MAX"),
        (Settings(smtp_url="smtp://mail", smtp_timeout_seconds=0), "TOWPATH_SMTP_TIMEOUT_SECONDS"),
    ):
        with pytest.raises(BadSetting, match=name):
            SmtpTransport.from_settings(settings)
