"""Whether the configured mail server takes our connection and login; for `towpath doctor`."""

from dataclasses import dataclass

from aiosmtplib import SMTPException

from towpath.integrations.smtp.connections import Connections
from towpath.integrations.smtp.mapping import Stage, outcome_of_trouble
from towpath.integrations.smtp.server import MailServer, Security, tls_context_of
from towpath.kit import clock

CHECK_SECONDS_MAX = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServerCheck:
    """What a trial connection came to, in a sentence, and what should be looked at."""

    is_usable: bool
    detail: str
    warning: str | None = None


async def check(server: MailServer, *, greeting_name: str = "localhost") -> MailServerCheck:
    """Connect, introduce ourselves, log in, and leave again; no mail is sent."""
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
    connections.take_back(lent, now_seconds=clock.monotonic_seconds())
    await connections.close()
    login = f", signed in as {server.username}" if server.username else ""
    is_exposed = server.security is Security.PLAIN and server.username is not None
    return MailServerCheck(
        is_usable=True,
        detail=f"{server.name} answers{login}.",
        warning="The password crosses the network unprotected; use smtp+starttls:// or smtps://."
        if is_exposed
        else None,
    )
