"""Tokens, and the plain hash stored of them: each has 256 random bits, so nobody guesses one."""

import base64
import hashlib
import hmac
import re
from typing import Final

from towpath.accounts.model import BadKeyFormat
from towpath.kit import ids

KEY_PREFIX: Final = "pk_"
KEY_PATTERN: Final = re.compile(r"pk_[A-Za-z0-9_-]{20,200}", re.ASCII)
HINT_CHARACTERS: Final = 4


def digest(token: str | bytes) -> str:
    """Return what is stored and looked up instead of a token."""
    data = token.encode("utf-8", "surrogatepass") if isinstance(token, str) else token
    return hashlib.sha256(data).hexdigest()


def csrf_token(session_token: str) -> str:
    """Return the token that forms of this session carry; only the session's holder can know it."""
    sealed = hashlib.sha256(b"csrf:" + session_token.encode("utf-8", "surrogatepass")).digest()
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def is_same(given: str, expected: str) -> bool:
    """Compare two tokens without telling by the time taken how far they agree."""
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), expected.encode())


def new_api_key() -> str:
    """Make the secret of an API key."""
    return KEY_PREFIX + ids.new_token()


def check_key_format(secret: str) -> None:
    """Raise `BadKeyFormat` unless `secret` looks like a key that nobody guesses."""
    if not KEY_PATTERN.fullmatch(secret):
        raise BadKeyFormat
