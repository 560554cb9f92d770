"""What alerts need from above: what an alert says and to whom, as its flow is defined now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertContent:
    """One alert of the current definition; subject and content are still templates.

    `template_id` names a stored template; `html` and `text` are the inline content, which also
    stands in when no such template is stored here. `is_metric_flow`: the flow is started by an
    event, whose data the templates may show.
    """

    to_emails: tuple[str, ...]
    from_label: str | None
    from_email: str | None
    subject: str | None
    html: str | None
    text: str | None
    template_id: str | None
    name: str | None
    is_metric_flow: bool


class AlertSource(Protocol):
    """Knows the alerts of flows; flows implement it and wiring hands it over."""

    async def alert_contents(
        self, conn: AsyncConnection, *, account_id: UUID, action_ids: Sequence[str]
    ) -> Mapping[str, AlertContent]:
        """Return the alerts that still exist among `action_ids`, set-wise."""
