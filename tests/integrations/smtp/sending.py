"""A mail, and a transport to a server of these tests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from ssl import SSLContext
from uuid import UUID

from tests.integrations.smtp.mail_servers import HOST, USER
from towpath.integrations.smtp import MailServer, Security, SmtpTransport
from towpath.messaging import Mail, Outcome

ACCOUNT = UUID(int=1)
TIMEOUT_SECONDS = 5.0


def mail(recipient: str = "bob@example.com", *, sender: str = "shop@example.com") -> Mail:
    return Mail(
        sender_label="Shop",
        sender_address=sender,
        recipient=recipient,
        subject="Hello",
        html="<p>Hello</p>",
        text="Hello\n.\n.dots",
        message_id="01hx@towpath.example",
        date=datetime(2026, 11, 1, 12, 0, tzinfo=UTC),
    )


@asynccontextmanager
async def transport_to(
    port: int,
    *,
    security: Security = Security.PLAIN,
    password: str | None = None,
    connections_max: int = 2,
    timeout_seconds: float = TIMEOUT_SECONDS,
    tls_context: SSLContext | None = None,
) -> AsyncIterator[SmtpTransport]:
    transport = SmtpTransport(
        MailServer(
            security=security,
            host=HOST,
            port=port,
            username=USER if password else None,
            password=password,
        ),
        connections_max=connections_max,
        timeout_seconds=timeout_seconds,
        greeting_name="towpath.example",
        tls_context=tls_context,
    )
    yield transport
    await transport.close()


async def send(transport: SmtpTransport, letter: Mail) -> Outcome:
    return await transport.send(letter, account_id=ACCOUNT, kind="alert")
