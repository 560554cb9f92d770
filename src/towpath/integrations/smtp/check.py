"""Whether the configured mail server takes our connection and login; for `towpath doctor`."""

from dataclasses import dataclass

from aiosmtplib import SMTPException

from towpath.integrations.smtp.connections import Connections
from towpath.integrations.smtp.headers import BadAddress, sendable_address
from towpath.integrations.smtp.mapping import COMPLETED, Stage, outcome_of_reply, outcome_of_trouble
from towpath.integrations.smtp.server import MailServer, Security, tls_context_of
from towpath.kit import clock

CHECK_SECONDS_MAX = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServerCheck:
    """What a trial connection came to, in a sentence, and what should be looked at."""

    is_usable: bool
    detail: str
    warning: str | None = None


async def check(
    server: MailServer, *, sender: str, greeting_name: str = "localhost"
) -> MailServerCheck:
    """Connect, log in, ask whether mails from `sender` are taken, and leave again.

    No mail is sent.
    """
    try:
        sender_address = sendable_address(sender).encode()
    except BadAddress as problem:
        return MailServerCheck(is_usable=False, detail=problem.detail)
    connections = Connections(
        server,
        count_max=1,
        timeout_seconds=CHECK_SECONDS_MAX,
        greeting_name=greeting_name,
        tls_context=tls_context_of(server),
    )
    try:
        lent = await connections.lend(now_seconds=clock.monotonic_seconds())
    except (SMTPException, OSError) as trouble:
        outcome = outcome_of_trouble(trouble, server=server.name, stage=Stage.CONNECTION)
        return MailServerCheck(is_usable=False, detail=outcome.response)
    try:
        reply = await lent.client.execute_command(b"MAIL", b"FROM:<" + sender_address + b">")
    except (SMTPException, OSError) as trouble:
        outcome = outcome_of_trouble(trouble, server=server.name, stage=Stage.SENDER)
        return MailServerCheck(is_usable=False, detail=outcome.response)
    finally:
        connections.drop(lent)
    if reply.code != COMPLETED:
        outcome = outcome_of_reply(reply.code, reply.message, stage=Stage.SENDER)
        return MailServerCheck(
            is_usable=False, detail=f"{server.name} takes no mail from {sender}: {outcome.response}"
        )
    login = f", signed in as {server.username}" if server.username else ""
    is_exposed = server.security is Security.PLAIN and server.username is not None
    return MailServerCheck(
        is_usable=True,
        detail=f"{server.name} takes mails from {sender}{login}.",
        warning="The password crosses the network unprotected; use smtp+starttls:// or smtps://."
        if is_exposed
        else None,
    )
