"""Mail servers for the tests: aiosmtpd as a server that behaves, and a scripted one that does not.

Both listen on a port of their own on this test's event loop.
"""

import asyncio
import datetime as dt
import ipaddress
import ssl
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

HOST = "127.0.0.1"
USER, PASSWORD = "ann@example.com", "s3cret/ü"


@dataclass(slots=True, kw_only=True)
class Inbox:
    """What a server accepted, and its answers to RCPT and DATA; None accepts."""

    mails: list[tuple[str, bytes]] = field(default_factory=list)
    greetings: int = 0
    recipient_answers: dict[str, str] = field(default_factory=dict)
    content_answers: list[str] = field(default_factory=list)

    async def handle_EHLO(  # noqa: N802 -- aiosmtpd's names
        self, _server: Any, session: Any, _envelope: Any, name: str, responses: list[str]
    ) -> list[str]:
        self.greetings += 1
        session.host_name = name
        return responses

    async def handle_RCPT(  # noqa: N802
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        answer = self.recipient_answers.get(address)
        if answer is None:
            envelope.rcpt_tos.append(address)
        return answer or "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        if self.content_answers:
            return self.content_answers.pop(0)
        self.mails.append((envelope.rcpt_tos[0], envelope.content))
        return f"250 2.0.0 Queued as {len(self.mails)}"


@asynccontextmanager
async def mail_server(
    inbox: Inbox, *, implicit_tls: ssl.SSLContext | None = None, **options: Any
) -> AsyncIterator[int]:
    """Run aiosmtpd and give its port."""
    loop = asyncio.get_running_loop()

    def protocol() -> SMTP:
        with warnings.catch_warnings(action="ignore"):  # it warns of logins without TLS
            return SMTP(inbox, hostname="mail.test", loop=loop, **options)

    server = await loop.create_server(protocol, HOST, 0, ssl=implicit_tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def authenticate(
    _server: Any, _session: Any, _envelope: Any, _mechanism: str, credentials: Any
) -> AuthResult:
    """Let only `USER` in."""
    given = (credentials.login.decode(), credentials.password.decode())
    return AuthResult(success=given == (USER, PASSWORD), handled=given == (USER, PASSWORD))


Line = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]


@dataclass(slots=True, kw_only=True)
class Script:
    """What a scripted server answers to a command's first word; what it is not told is "250 OK".

    Commands in `hang_up_on` get no answer and end the connection; those in `silent_on` get none.
    """

    greeting: str = "220 script ready"
    answers: Mapping[str, str] = field(default_factory=dict)
    hang_up_on: set[str] = field(default_factory=set)
    silent_on: set[str] = field(default_factory=set)
    commands: list[str] = field(default_factory=list)
    contents: list[bytes] = field(default_factory=list)
    connections: int = 0
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    def hang_up(self) -> None:
        """End every connection, as a server does that has waited too long."""
        for writer in self.writers:
            writer.close()
        self.writers.clear()


@asynccontextmanager
async def scripted_server(script: Script) -> AsyncIterator[int]:
    """Run a scripted server and give its port."""
    tasks: set[asyncio.Task[None]] = set()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        script.connections += 1
        script.writers.append(writer)
        try:
            await _converse(script, reader, writer)
        except ConnectionError:
            pass
        finally:
            writer.close()
            tasks.discard(task)

    server = await asyncio.start_server(converse, HOST, 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _converse(
    script: Script, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    writer.write(script.greeting.encode() + b"\r\n")
    while line := await reader.readline():
        verb = line.split(b" ")[0].split(b":")[0].strip().decode().upper()
        script.commands.append(line.strip().decode())
        if verb in script.hang_up_on:
            return
        if verb in script.silent_on:
            continue
        if verb == "DATA" and verb not in script.answers:
            writer.write(b"354 Go on\r\n")
            if "CONTENT" in script.hang_up_on:
                await reader.readline()
                return
            script.contents.append(await reader.readuntil(b"\r\n.\r\n"))
            verb = "CONTENT"
            if verb in script.silent_on:
                continue
        answer = script.answers.get(verb, "221 Bye" if verb == "QUIT" else "250 OK")
        writer.write(answer.encode() + b"\r\n")
        if verb == "QUIT" or answer.startswith("421"):
            return


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A self-made certificate for `HOST`: the server's side, and a client's side that trusts it."""

    server: ssl.SSLContext
    client: ssl.SSLContext


def make_certificate(folder: Path) -> Certificate:
    """Make a certificate that is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail.test")])
    now = dt.datetime.now(tz=dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    written = certificate.public_bytes(serialization.Encoding.PEM)
    path = folder / "mail.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + written
    )
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(path)
    return Certificate(server=server, client=ssl.create_default_context(cadata=written.decode()))
