"""Captured mails, and whose eyes they are for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from towpath.kit.errors import NotFound

MAILS_KEPT_MAX = 10_000
"""So many of an account's captured mails are kept, the newest."""

PERSONAL_KINDS = frozenset({"sign_in", "password_reset"})
"""Mails that let somebody in: shown to their recipient alone, whatever the reader's role."""


class CapturedMailNotFound(NotFound):
    """There is no such mail here; only the newest ones are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CapturedMail:
    """A mail that went to the mailbox page instead of a mail server."""

    id: UUID
    message_id: str
    kind: str
    captured_at: datetime
    date: datetime
    sender: str
    recipient: str
    reply_to: str | None
    subject: str
    headers: Mapping[str, str]
    html: str | None
    text: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CapturedMailSummary:
    """One line of the mailbox page."""

    id: UUID
    kind: str
    captured_at: datetime
    date: datetime
    sender: str
    recipient: str
    subject: str
