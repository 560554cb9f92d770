"""A mail as the bytes that go over the wire, from a prepared skeleton.

The standard library's `EmailMessage` costs about ten times as much per mail. The tests parse what
is written here back with it.
"""

import base64
import binascii
from dataclasses import dataclass
from email.utils import format_datetime

from towpath.integrations.smtp.headers import (
    BadAddress,
    header,
    mailbox_header,
    sendable_address,
    token_header,
)
from towpath.messaging import Mail

BOUNDARY = "=_towpath_alternative"
"""Never in a part: quoted-printable and base64 both know no `=_`."""

BASE64_SHARE_MIN = 1 / 4
"""From this share of bytes outside ASCII on, base64 is shorter than quoted-printable."""

_OWN_HEADERS = frozenset(
    {"from", "to", "cc", "bcc", "sender", "reply-to", "subject", "date", "message-id"}
    | {"mime-version", "content-type", "content-transfer-encoding", "return-path", "received"}
)
_ALTERNATIVE = (
    "MIME-Version: 1.0\r\n"
    f'Content-Type: multipart/alternative; boundary="{BOUNDARY}"\r\n'
    "\r\n"
    f"--{BOUNDARY}\r\n"
)
_NEXT = f"\r\n--{BOUNDARY}\r\n".encode()
_END = f"\r\n--{BOUNDARY}--\r\n".encode()


class BadSender(BadAddress):
    """The From or Reply-To address is not one that mail can be sent from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A mail ready to hand over. `needs_smtputf8`: an address has a local part outside ASCII."""

    sender: str
    recipient: str
    message: bytes
    needs_smtputf8: bool


def build(mail: Mail) -> Envelope:
    """Write a mail.

    Raises `BadSender`, `BadAddress` or `BadHeader`; every other text is encoded, whatever is in it.
    """
    sender = _sender_address(mail.sender_address)
    recipient = sendable_address(mail.recipient)
    fields = [
        mailbox_header("From", mail.sender_label, sender),
        mailbox_header("To", "", recipient),
        header("Subject", mail.subject),
        f"Date: {format_datetime(mail.date)}\r\n",
        token_header("Message-ID", f"<{mail.message_id}>"),
    ]
    if mail.reply_to:
        fields.append(mailbox_header("Reply-To", "", _sender_address(mail.reply_to)))
    for name, value in mail.headers.items():
        assert name.lower() not in _OWN_HEADERS, f"{name} has a field of its own in Mail"
        fields.append(token_header(name, value))
    written = "".join(fields)
    return Envelope(
        sender=sender,
        recipient=recipient,
        message=written.encode() + _body(mail),
        needs_smtputf8=not written.isascii(),
    )


def _sender_address(address: str) -> str:
    try:
        return sendable_address(address)
    except BadAddress as problem:
        raise BadSender(problem.detail) from None


def _body(mail: Mail) -> bytes:
    if mail.html is None or mail.text is None:
        part = _part("html", mail.html) if mail.html is not None else _part("plain", mail.text)
        return b"MIME-Version: 1.0\r\n" + part
    return b"".join(
        (
            _ALTERNATIVE.encode(),
            _part("plain", mail.text),
            _NEXT,
            _part("html", mail.html),
            _END,
        )
    )


def _part(subtype: str, text: str | None) -> bytes:
    """Write a part with lines of at most 76 characters, in CRLF."""
    lines = (text or "").replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")
    content = (lines + "\n").replace("\n", "\r\n").encode(errors="replace")
    outside = len(content) - len(content.decode().encode("ascii", "ignore"))
    if outside > len(content) * BASE64_SHARE_MIN:
        encoding = "base64"
        encoded = base64.encodebytes(content).replace(b"\n", b"\r\n")
    else:
        encoding = "quoted-printable"
        encoded = binascii.b2a_qp(content)
    head = (
        f'Content-Type: text/{subtype}; charset="utf-8"\r\n'
        f"Content-Transfer-Encoding: {encoding}\r\n"
        "\r\n"
    )
    return head.encode() + encoded
