"""The signed links in mails to recipients: what they carry, made and read in one place."""

from datetime import datetime
from typing import Final, TypeVar

import msgspec

from towpath.alerts.model import CONFIRMATION_VALID, ConfirmationLink, OptOutLink
from towpath.kit.secrets import LinkInvalid, SecretKeys

CONFIRMATION: Final = "alert-confirmation"
OPT_OUT: Final = "alert-opt-out"

CONFIRMATION_PATH: Final = "/alerts/confirm"
OPT_OUT_PATH: Final = "/alerts/opt-out"

Link = TypeVar("Link")


def confirmation_url(
    keys: SecretKeys, *, public_url: str, link: ConfirmationLink, sent_at: datetime
) -> str:
    """Return the address behind *Confirm Email Address*, valid for `CONFIRMATION_VALID`."""
    token = keys.sign(
        CONFIRMATION, msgspec.to_builtins(link), expires_at=sent_at + CONFIRMATION_VALID
    )
    return f"{public_url}{CONFIRMATION_PATH}/{token}"


def opt_out_url(keys: SecretKeys, *, public_url: str, link: OptOutLink) -> str:
    """Return the address that ends the alerts of an account for one recipient; never expires."""
    token = keys.sign(OPT_OUT, msgspec.to_builtins(link), expires_at=None)
    return f"{public_url}{OPT_OUT_PATH}/{token}"


def read_confirmation(keys: SecretKeys, token: str, *, now: datetime) -> ConfirmationLink:
    """Read a confirmation link; raises `LinkInvalid` or `LinkExpired`."""
    return _read(keys.read(CONFIRMATION, token, now=now), ConfirmationLink)


def read_opt_out(keys: SecretKeys, token: str, *, now: datetime) -> OptOutLink:
    """Read an opt-out link; raises `LinkInvalid`."""
    return _read(keys.read(OPT_OUT, token, now=now), OptOutLink)


def _read(payload: dict[str, object], kind: type[Link]) -> Link:
    try:
        return msgspec.convert(payload, kind)
    except msgspec.ValidationError:
        raise LinkInvalid from None
