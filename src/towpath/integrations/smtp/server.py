"""The mail server that TOWPATH_SMTP_URL names."""

import ssl
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import SplitResult, unquote, urlsplit

from towpath.kit.config import BadSetting

URL_FORMS = (
    "smtp://host:25, smtp+starttls://user:password@host:587 or smtps://user:password@host:465"
)


class Security(StrEnum):
    """How the connection is protected; the value is the scheme of the URL."""

    PLAIN = "smtp"
    STARTTLS = "smtp+starttls"
    TLS = "smtps"


PORTS = {Security.PLAIN: 25, Security.STARTTLS: 587, Security.TLS: 465}


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where mails are handed over, and as whom."""

    security: Security
    host: str
    port: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """The server as it is shown in logs and messages, without credentials."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def parse_url(url: str) -> MailServer:
    """Read TOWPATH_SMTP_URL; user and password are percent-encoded in it.

    Raises `BadSetting`, which never quotes the URL, since that holds a password.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _bad("its host or port cannot be read") from None
    try:
        security = Security(parts.scheme.lower())
    except ValueError:
        raise _bad("it must start with smtp://, smtp+starttls:// or smtps://") from None
    if not parts.hostname:
        raise _bad("it names no host")
    if port == 0:
        raise _bad("the port must be from 1 to 65535")
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise _bad(
            "nothing may follow the port; a password with / ? or # in it must be percent-encoded"
        )
    username, password = _credentials(parts)
    return MailServer(
        security=security,
        host=parts.hostname,
        port=port or PORTS[security],
        username=username,
        password=password,
    )


def tls_context_of(server: MailServer) -> ssl.SSLContext | None:
    """Return what verifies the server's certificate; None for a plain connection.

    A private certificate authority is trusted by naming its file in SSL_CERT_FILE.
    """
    return None if server.security is Security.PLAIN else ssl.create_default_context()


def _credentials(parts: SplitResult) -> tuple[str | None, str | None]:
    if "@" not in parts.netloc:
        return None, None
    if not parts.username or not parts.password:
        raise _bad("a user needs a password: user:password@host")
    username, password = unquote(parts.username), unquote(parts.password)
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in username + password):
        raise _bad("user and password must not contain control characters")
    return username, password


def _bad(why: str) -> BadSetting:
    return BadSetting(f"TOWPATH_SMTP_URL cannot be used: {why}. Its forms are {URL_FORMS}.")
