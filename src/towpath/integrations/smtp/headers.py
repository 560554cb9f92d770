"""Header fields of a mail: encoded, folded, and proof against injection.

RFC 5322 (lines), RFC 2047 (words outside ASCII), RFC 6532 (addresses outside ASCII).
"""

import re
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

from towpath.kit.errors import Invalid

LINE_CHARACTERS_MAX = 76
"""Preferred length of a line; 998 is the limit that RFC 5322 sets."""

LINE_CHARACTERS_LIMIT = 998
ADDRESS_CHARACTERS_MAX = 254
ENCODED_CHARACTERS_MAX = 50
RAW_WORD_CHARACTERS_MAX = 60
ADDRESSES_REMEMBERED_MAX = 4_096

_BREAKING = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_PRINTABLE = re.compile(r"[ -~]*")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,59}")
_LOCAL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"(?=.{{1,64}}@){_LOCAL}@{_LABEL}(?:\.{_LABEL})*")
_Q = {
    byte: chr(byte) if chr(byte).isalnum() or chr(byte) in "!*+-/" else f"={byte:02X}"
    for byte in range(128)
} | {byte: f"={byte:02X}" for byte in range(128, 256)}
_Q[32] = "_"


class BadAddress(Invalid):
    """This is not an e-mail address that mail can be sent to or from."""


class BadHeader(Invalid):
    """A header field cannot be written; its value is too long or its name is not a token."""


def header(name: str, value: str) -> str:
    """Write a field of plain text, such as Subject; line breaks in it become blanks."""
    return f"{name}: {_text(value, used=len(name) + 2)}\r\n"


def token_header(name: str, value: str) -> str:
    """Write a field whose words must stay as they are, such as List-Unsubscribe with its links.

    Raises `BadHeader` when the name is no field name, or a word is longer than a line may be.
    """
    value = _one_line(value)
    if not _NAME.fullmatch(name):
        raise BadHeader(f"{name[:60]!r} is not the name of a header field.")
    if not value.isascii():
        return header(name, value)
    folded = _folded(value.split(), used=len(name) + 2)
    if max(map(len, folded.split("\r\n"))) + len(name) + 2 > LINE_CHARACTERS_LIMIT:
        raise BadHeader(f"The header field {name} is too long for one line.")
    return f"{name}: {folded}\r\n"


def mailbox_header(name: str, label: str, address: str) -> str:
    """Write an address field; `address` is what `sendable_address` returned."""
    label = _one_line(label)
    if not label:
        return f"{name}: {address}\r\n"
    if _is_raw(label) and len(label) <= RAW_WORD_CHARACTERS_MAX:
        escaped = label.replace("\\", "\\\\").replace('"', '\\"')
        shown = f'"{escaped}"'
    else:
        shown = _encoded(label)
    end = len(name) + 2 + len(shown) - (shown.rfind("\r\n") + 2 if "\r\n" in shown else 0)
    space = "\r\n " if end + len(address) + 3 > LINE_CHARACTERS_MAX else " "
    return f"{name}: {shown}{space}<{address}>\r\n"


@lru_cache(maxsize=ADDRESSES_REMEMBERED_MAX)
def sendable_address(address: str) -> str:
    """Return the address as SMTP takes it: the domain in ASCII, the local part as it is.

    Raises `BadAddress`. A local part outside ASCII needs a server with SMTPUTF8.
    """
    if len(address) <= ADDRESS_CHARACTERS_MAX and _ADDRESS.fullmatch(address):
        return address
    try:
        valid = validate_email(address, check_deliverability=False, strict=True)
    except EmailNotValidError as problem:
        shown = _one_line(address)[:ADDRESS_CHARACTERS_MAX]
        raise BadAddress(f"{shown!r} is not an e-mail address: {problem}") from None
    return f"{valid.local_part}@{valid.ascii_domain}"


def _one_line(text: str) -> str:
    return _BREAKING.sub(" ", text).strip(" ")


def _text(value: str, *, used: int) -> str:
    value = _one_line(value)
    words = value.split(" ")
    if _is_raw(value) and all(0 < len(word) <= RAW_WORD_CHARACTERS_MAX for word in words):
        return _folded(words, used=used)
    return _encoded(value) if value else ""


def _is_raw(text: str) -> bool:
    """Return whether readers take the text as it is, without decoding anything in it."""
    return bool(_PRINTABLE.fullmatch(text)) and "=?" not in text


def _folded(words: list[str], *, used: int) -> str:
    """Put words on lines of the preferred length; `used` is what the field's name takes."""
    lines: list[str] = []
    line = ""
    room = LINE_CHARACTERS_MAX - used
    for word in words:
        if line and len(line) + 1 + len(word) > room:
            lines.append(line)
            line, room = word, LINE_CHARACTERS_MAX - 1
        else:
            line = f"{line} {word}" if line else word
    return "\r\n ".join([*lines, line])


def _encoded(text: str) -> str:
    """Write text as encoded words of whole characters, one a line."""
    chunks: list[str] = []
    chunk = ""
    for letter in text:
        quoted = "".join(_Q[byte] for byte in letter.encode())
        if len(chunk) + len(quoted) > ENCODED_CHARACTERS_MAX:
            chunks.append(chunk)
            chunk = ""
        chunk += quoted
    return "\r\n ".join(f"=?utf-8?q?{part}?=" for part in [*chunks, chunk])
