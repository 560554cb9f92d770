"""Connections to the mail server, kept open between mails and given out one at a time."""

import asyncio
from collections import deque
from dataclasses import dataclass
from ssl import SSLContext

from aiosmtplib import SMTP, SMTPException

from towpath.integrations.smtp.server import MailServer, Security

IDLE_SECONDS_MAX = 30.0
"""Servers hang up on idle clients; long before they do, the connection is not used again."""

QUIT_SECONDS_MAX = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Lent:
    """A connection in use; `is_reused`: the server may have hung up since it was last used."""

    client: SMTP
    is_reused: bool


class Connections:
    """At most `count_max` open connections; the last one used is the next one lent."""

    def __init__(
        self,
        server: MailServer,
        *,
        count_max: int,
        timeout_seconds: float,
        greeting_name: str,
        tls_context: SSLContext | None,
    ) -> None:
        """`greeting_name` is how we introduce ourselves; `timeout_seconds` holds per answer."""
        assert count_max > 0
        self._server = server
        self._timeout_seconds = timeout_seconds
        self._greeting_name = greeting_name
        self._tls_context = tls_context
        self._slots = asyncio.Semaphore(count_max)
        self._idle: deque[tuple[SMTP, float]] = deque()

    async def lend(self, *, now_seconds: float, is_fresh: bool = False) -> Lent:
        """Lend a connection that waited for work, or a new one; `is_fresh` asks for a new one.

        Waits while all are in use. Raises what aiosmtplib raises when none can be made. Whatever
        happens, `take_back` or `drop` follows.
        """
        await self._slots.acquire()
        try:
            while self._idle and not is_fresh:
                client, idle_since_seconds = self._idle.pop()
                is_young = now_seconds - idle_since_seconds < IDLE_SECONDS_MAX
                if is_young and client.is_connected:
                    return Lent(client=client, is_reused=True)
                client.close()
            return Lent(client=await self._connect(), is_reused=False)
        except BaseException:
            self._slots.release()
            raise

    def take_back(self, lent: Lent, *, now_seconds: float) -> None:
        """Keep a connection on which the next mail may start at once."""
        self._idle.append((lent.client, now_seconds))
        self._slots.release()

    def drop(self, lent: Lent) -> None:
        """Close a connection in an unknown state."""
        lent.client.close()
        self._slots.release()

    async def close(self) -> None:
        """Say goodbye on every waiting connection and close it."""
        clients = [client for client, _ in self._idle]
        self._idle.clear()
        await asyncio.gather(*map(_hang_up, clients))

    async def _connect(self) -> SMTP:
        server = self._server
        client = SMTP(
            hostname=server.host,
            port=server.port,
            username=server.username,
            password=server.password,
            local_hostname=self._greeting_name,
            timeout=self._timeout_seconds,
            use_tls=server.security is Security.TLS,
            start_tls=server.security is Security.STARTTLS,
            tls_context=self._tls_context,
        )
        try:
            await client.connect()
            if client.is_ehlo_or_helo_needed:
                await client.ehlo()
        except BaseException:
            client.close()
            raise
        return client


async def _hang_up(client: SMTP) -> None:
    try:
        async with asyncio.timeout(QUIT_SECONDS_MAX):
            await client.quit()
    except (SMTPException, OSError, TimeoutError):
        pass  # it is closed below, goodbye or not
    finally:
        client.close()
