"""What the outbox needs from others: a transport that sends, and the kinds of message there are."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from towpath.messaging.circuit import Circuit
from towpath.messaging.model import (
    Claimed,
    Finished,
    Mail,
    Outcome,
    Recipients,
    Rendered,
    Skip,
    ToRender,
)


class Transport(Protocol):
    """Takes one mail at a time to wherever mails go. Safe to call from several tasks at once."""

    @property
    def circuit(self) -> Circuit:
        """Open while nothing gets through; shared by everybody who sends with this transport."""

    @property
    def concurrency(self) -> int:
        """How many mails may be under way at once."""

    async def send(self, mail: Mail, *, account_id: UUID, kind: str) -> Outcome:
        """Send one mail; every failure of the provider is an outcome, never an exception."""

    async def close(self) -> None:
        """Give back connections; the transport is not used afterwards."""


class Kind(Protocol):
    """A kind of message: who gets it and what it says. `name` is stored in `message.kind`."""

    @property
    def name(self) -> str:
        """The word stored in `message.kind`."""

    @property
    def counts_toward_limit(self) -> bool:
        """Whether the account's email limit holds for it (never for confirmations and sign-in)."""

    async def judge(
        self,
        conn: AsyncConnection,
        *,
        account_id: UUID,
        messages: Sequence[Claimed],
        now: datetime,
    ) -> Mapping[UUID, Recipients | Skip]:
        """Say for every message who gets it, or why nobody does.

        Runs inside the claiming transaction, set-wise. It is asked again before a retry: an
        address that is no longer named gets no further attempt.
        """

    async def render(
        self, conn: AsyncConnection, *, account_id: UUID, messages: Sequence[ToRender]
    ) -> Mapping[UUID, Rendered | Skip]:
        """Write the mails of every message, or say why it cannot be written.

        Runs outside the claiming transaction, on a read-only connection.
        """

    async def record(
        self,
        conn: AsyncConnection,
        *,
        account_id: UUID,
        finished: Sequence[Finished],
        now: datetime,
    ) -> None:
        """Take note of mails accepted and refused, in the transaction that records them."""
