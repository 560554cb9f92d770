"""The transport of an installation without a mail server: mails are captured, never lost."""

from collections import Counter
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from towpath.integrations.mailbox.model import MAILS_KEPT_MAX
from towpath.integrations.mailbox.operations import capture_mail, forget_old_mails
from towpath.kit import clock, ids
from towpath.messaging import Circuit, Mail, Outcome, Sent

CONCURRENCY = 4
FORGET_EVERY = 200
"""Old mails of an account are deleted at its first capture by a process and then once in so many,
so slightly more than the limit may be kept."""


class MailboxTransport:
    """Keeps every mail in the database, for the mailbox page."""

    def __init__(self, engine: AsyncEngine, *, kept_max: int = MAILS_KEPT_MAX) -> None:
        """Capture into the database of `engine`, each mail in a transaction of its own."""
        self.circuit = Circuit()
        self.concurrency = CONCURRENCY
        self._engine = engine
        self._kept_max = kept_max
        self._captured: Counter[UUID] = Counter()

    async def send(self, mail: Mail, *, account_id: UUID, kind: str) -> Outcome:
        """Keep the mail."""
        async with self._engine.begin() as conn:
            await capture_mail(
                conn,
                account_id=account_id,
                mail_id=ids.new_id(),
                kind=kind,
                mail=mail,
                now=clock.utc_now(),
            )
            if self._captured[account_id] % FORGET_EVERY == 0:
                await forget_old_mails(conn, account_id=account_id, kept_max=self._kept_max)
        self._captured[account_id] += 1
        return Sent(response="Captured: no mail server is set (TOWPATH_SMTP_URL).")

    async def close(self) -> None:
        """Do nothing; the database's pool is its owner's."""
