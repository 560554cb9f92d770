"""A real mail server in a thread of its own, which notes what it accepted and when."""

import asyncio
import email
import email.policy
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from typing import Any

from tests.integrations.smtp.mail_servers import HOST, Inbox, mail_server

START_SECONDS_MAX = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """One mail the server said 250 to; `at_seconds` on the monotonic clock."""

    recipient: str
    content: bytes
    at_seconds: float

    @property
    def message(self) -> EmailMessage:
        """The mail, parsed."""
        return email.message_from_bytes(self.content, policy=email.policy.default)

    @property
    def message_id(self) -> str:
        """The Message-ID as it stands in the mail."""
        return str(self.message["Message-ID"])

    @property
    def subject(self) -> str:
        """The subject, decoded."""
        return str(self.message["Subject"])

    @property
    def date(self) -> datetime:
        """The Date field in UTC."""
        return parsedate_to_datetime(str(self.message["Date"])).astimezone(UTC)


@dataclass(slots=True, kw_only=True)
class MailSink(Inbox):
    """What the server accepted; every mail takes it at least `seconds_per_mail`."""

    seconds_per_mail: float = 0.0
    port: int = 0
    accepted: list[Accepted] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The server as TOWPATH_SMTP_URL names it."""
        return f"smtp://{HOST}:{self.port}"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        await asyncio.sleep(self.seconds_per_mail)
        self.accepted.append(
            Accepted(
                recipient=envelope.rcpt_tos[0],
                content=envelope.content,
                at_seconds=time.monotonic(),
            )
        )
        return "250 2.0.0 Accepted"


@contextmanager
def mail_sink(*, seconds_per_mail: float = 0.0) -> Iterator[MailSink]:
    """Run a mail server beside the test."""
    sink = MailSink(seconds_per_mail=seconds_per_mail)
    is_ready = threading.Event()
    stops: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def serve() -> None:
        stop = asyncio.Event()
        stops.append((asyncio.get_running_loop(), stop))
        async with mail_server(sink) as port:
            sink.port = port
            is_ready.set()
            await stop.wait()

    thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
    thread.start()
    assert is_ready.wait(START_SECONDS_MAX)
    try:
        yield sink
    finally:
        loop, stop = stops[0]
        loop.call_soon_threadsafe(stop.set)
        thread.join(START_SECONDS_MAX)
