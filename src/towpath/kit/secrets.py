"""The installation's secret keys: signed links and encrypted values.

`TOWPATH_SECRET_KEY`, or a 0600 file made at first start. The first key signs and encrypts, every
key verifies and decrypts, so keys rotate without breaking links that are already in mails.
"""

import base64
import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from towpath.kit.errors import Invalid

KEY_FILE = "secret.key"
TOKEN_CHARACTERS_MAX = 4_096


class LinkInvalid(Invalid):
    """This link is not valid; it may have been cut off on the way. Ask for a new one."""

    code = "link_invalid"


class LinkExpired(Invalid):
    """This link has expired; ask for a new one."""

    code = "link_expired"


@dataclass(frozen=True, slots=True)
class SecretKeys:
    """Keys in order: the first signs, all verify."""

    keys: tuple[str, ...]

    def __repr__(self) -> str:
        """Never show a key, also not in a traceback."""
        return f"SecretKeys({len(self.keys)})"

    def sign(
        self, purpose: str, payload: Mapping[str, object], *, expires_at: datetime | None
    ) -> str:
        """Return a URL-safe token that `read` accepts for this purpose only, until `expires_at`."""
        expiry = int(expires_at.timestamp()) if expires_at else None
        body = msgspec.json.encode([payload, expiry])
        return f"{_text(body)}.{_text(_seal(self.keys[0], purpose, body))}"

    def read(self, purpose: str, token: str, *, now: datetime) -> dict[str, object]:
        """Return the payload of a token.

        Raises `LinkInvalid` (not ours, changed, or for another purpose) or `LinkExpired`.
        """
        body_text, _, seal_text = token[:TOKEN_CHARACTERS_MAX].partition(".")
        body, seal = _bytes(body_text), _bytes(seal_text)
        if not any(hmac.compare_digest(seal, _seal(key, purpose, body)) for key in self.keys):
            raise LinkInvalid
        payload, expiry = msgspec.json.decode(body)
        if expiry is not None and now.timestamp() > expiry:
            raise LinkExpired
        assert isinstance(payload, dict)
        return payload

    def encrypt(self, text: str) -> str:
        """Encrypt a credential for storage."""
        return self._fernet().encrypt(text.encode()).decode()

    def decrypt(self, text: str) -> str:
        """Decrypt what `encrypt` made; raises `LinkInvalid` when no key fits."""
        try:
            return self._fernet().decrypt(text.encode()).decode()
        except InvalidToken:
            raise LinkInvalid("The stored secret cannot be read with this secret key.") from None

    def _fernet(self) -> MultiFernet:
        return MultiFernet(
            [
                Fernet(base64.urlsafe_b64encode(hashlib.sha256(f"encrypt:{key}".encode()).digest()))
                for key in self.keys
            ]
        )


def load_secret_keys(given: str | None, directory: Path) -> SecretKeys:
    """Take the keys of the settings, else the key file in `directory`, made when missing."""
    if given:
        return SecretKeys(tuple(key.strip() for key in given.split(",") if key.strip()))
    path = directory / KEY_FILE
    directory.mkdir(parents=True, exist_ok=True)
    draft = directory / f"{KEY_FILE}.{os.getpid()}"
    if not path.exists():
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48) + "\n")
        try:
            os.link(draft, path)  # the first of several starters wins, the others read its key
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return SecretKeys(tuple(line for line in path.read_text().split() if line))


def _seal(key: str, purpose: str, body: bytes) -> bytes:
    derived = hmac.new(key.encode(), f"sign:{purpose}".encode(), hashlib.sha256).digest()
    return hmac.new(derived, body, hashlib.sha256).digest()


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return b""
