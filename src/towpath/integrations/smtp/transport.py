"""The transport that hands mails to a mail server."""

from dataclasses import dataclass
from ssl import SSLContext
from typing import Self
from urllib.parse import urlsplit
from uuid import UUID

from aiosmtplib import SMTP, SMTPDataError, SMTPException

from towpath.integrations.smtp.connections import Connections
from towpath.integrations.smtp.headers import BadAddress, BadHeader
from towpath.integrations.smtp.mapping import (
    COMPLETED,
    Stage,
    outcome_of_reply,
    outcome_of_trouble,
)
from towpath.integrations.smtp.message import BadSender, Envelope, build
from towpath.integrations.smtp.server import MailServer, parse_url, tls_context_of
from towpath.kit import clock
from towpath.kit.config import BadSetting, Settings
from towpath.messaging import Circuit, Mail, Outcome, Reason, Rejected, Sent

CLOSING = 421
FORWARDED = 251
TROUBLE = (SMTPException, OSError)


class SmtpTransport:
    """Sends mails over a few connections that stay open."""

    def __init__(
        self,
        server: MailServer,
        *,
        connections_max: int,
        timeout_seconds: float,
        greeting_name: str = "localhost",
        tls_context: SSLContext | None = None,
    ) -> None:
        """Connect to nothing yet. `tls_context` is what verifies the server, else the system."""
        self.circuit = Circuit()
        self.concurrency = connections_max
        self._server = server
        self._connections = Connections(
            server,
            count_max=connections_max,
            timeout_seconds=timeout_seconds,
            greeting_name=greeting_name,
            tls_context=tls_context or tls_context_of(server),
        )

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Make the transport of an installation with a mail server; raises `BadSetting`."""
        if settings.smtp_url is None:
            raise BadSetting(
                "TOWPATH_SMTP_URL is not set; there is no mail server to send through."
            )
        for name in ("smtp_connections_max", "smtp_timeout_seconds"):
            if getattr(settings, name) < 1:
                raise BadSetting(f"TOWPATH_{name.upper()} must be at least 1.")
        return cls(
            parse_url(settings.smtp_url),
            connections_max=settings.smtp_connections_max,
            timeout_seconds=settings.smtp_timeout_seconds,
            greeting_name=urlsplit(settings.public_url).hostname or "localhost",
        )

    async def send(
        self,
        mail: Mail,
        *,
        account_id: UUID,  # noqa: ARG002 -- the protocol's
        kind: str,  # noqa: ARG002 -- the protocol's
    ) -> Outcome:
        """Hand one mail over.

        A connection that died while it waited for work is replaced once; the mail was not under
        way yet, so this makes no duplicate.
        """
        try:
            envelope = build(mail)
        except BadSender as problem:
            return Rejected(response=problem.detail, reason=Reason.INVALID_FROM_EMAIL)
        except (BadAddress, BadHeader) as problem:
            return Rejected(response=problem.detail)
        outcome = await self._attempt(envelope, is_fresh=False)
        if outcome is None:
            outcome = await self._attempt(envelope, is_fresh=True)
        assert outcome is not None, "a fresh connection always gives an outcome"
        return outcome

    async def close(self) -> None:
        """Close the connections."""
        await self._connections.close()

    async def _attempt(self, envelope: Envelope, *, is_fresh: bool) -> Outcome | None:
        """Return the outcome, or None when a reused connection turned out to be dead."""
        try:
            lent = await self._connections.lend(
                now_seconds=clock.monotonic_seconds(), is_fresh=is_fresh
            )
        except TROUBLE as trouble:
            return outcome_of_trouble(trouble, server=self._server.name, stage=Stage.CONNECTION)
        progress = _Progress()
        is_clean = False
        try:
            outcome = await _hand_over(lent.client, envelope, progress)
            is_clean = isinstance(outcome, Sent) or await _is_reset(lent.client)
        except TROUBLE as trouble:
            progress.is_cut_off = isinstance(trouble, ConnectionError)
            outcome = outcome_of_trouble(trouble, server=self._server.name, stage=progress.stage)
        finally:
            if is_clean and not progress.is_cut_off:
                self._connections.take_back(lent, now_seconds=clock.monotonic_seconds())
            else:
                self._connections.drop(lent)
        if lent.is_reused and progress.is_cut_off and progress.stage is not Stage.CONTENT:
            return None
        return outcome


@dataclass(slots=True, kw_only=True)
class _Progress:
    """How far a conversation has come; `is_cut_off`: the server hung up or said it would."""

    stage: Stage = Stage.SENDER
    is_cut_off: bool = False


async def _hand_over(client: SMTP, envelope: Envelope, progress: _Progress) -> Outcome:
    options: tuple[bytes, ...] = ()
    if envelope.needs_smtputf8:
        if not client.supports_extension("smtputf8"):
            return Rejected(
                response="The mail server takes no address outside ASCII (it lacks SMTPUTF8)."
            )
        options = (b"SMTPUTF8",)
    sender = b"FROM:<" + envelope.sender.encode() + b">"
    reply = await client.execute_command(b"MAIL", sender, *options)
    if reply.code == COMPLETED:
        progress.stage = Stage.RECIPIENT
        recipient = b"TO:<" + envelope.recipient.encode() + b">"
        reply = await client.execute_command(b"RCPT", recipient)
    if reply.code not in {COMPLETED, FORWARDED}:
        progress.is_cut_off = reply.code == CLOSING
        return outcome_of_reply(reply.code, reply.message, stage=progress.stage)
    progress.stage = Stage.CONTENT
    try:
        reply = await client.data(envelope.message)
    except SMTPDataError as refusal:
        progress.is_cut_off = refusal.code == CLOSING
        return outcome_of_reply(refusal.code, refusal.message, stage=Stage.CONTENT)
    return Sent(response=f"{reply.code} {reply.message}")


async def _is_reset(client: SMTP) -> bool:
    """Clear a refused mail from the connection; False when it is of no further use."""
    try:
        await client.rset()
    except TROUBLE:
        return False
    return True
