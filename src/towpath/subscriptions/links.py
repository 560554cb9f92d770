"""The signed link in a confirmation mail: what it carries, made and read in one place."""

from datetime import datetime
from typing import Final

import msgspec

from towpath.kit.secrets import LinkInvalid, SecretKeys
from towpath.subscriptions.model import CONFIRMATION_VALID, SubscriptionLink

PURPOSE: Final = "subscription-confirmation"
PATH: Final = "/subscriptions/confirm"


def confirmation_url(
    keys: SecretKeys, *, public_url: str, link: SubscriptionLink, sent_at: datetime
) -> str:
    """Return the address behind *Confirm Subscription*, valid for `CONFIRMATION_VALID`."""
    token = keys.sign(PURPOSE, msgspec.to_builtins(link), expires_at=sent_at + CONFIRMATION_VALID)
    return f"{public_url}{PATH}/{token}"


def read_confirmation(keys: SecretKeys, token: str, *, now: datetime) -> SubscriptionLink:
    """Read a confirmation link; raises `LinkInvalid` or `LinkExpired`."""
    try:
        return msgspec.convert(keys.read(PURPOSE, token, now=now), SubscriptionLink)
    except msgspec.ValidationError:
        raise LinkInvalid from None
