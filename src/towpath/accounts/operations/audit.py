"""The audit trail: who did what, to what, when. Entries are added and never changed."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from towpath.accounts.model import Actor
from towpath.accounts.tables import audit_entry
from towpath.kit import ids


async def record_audit(
    conn: AsyncConnection,
    *,
    actor: Actor,
    action: str,
    target_kind: str,
    target_id: str,
    detail: Mapping[str, object] | None = None,
    now: datetime,
) -> None:
    """Add a line to the trail of the actor's account.

    `action` is noun.verb in the past (`flow.status_changed`); `detail` never holds a secret.
    """
    await conn.execute(
        audit_entry.insert().values(
            account_id=actor.account_id,
            id=ids.new_id(),
            at=now,
            actor_kind=actor.kind,
            actor_id=actor.id,
            actor_label=actor.label,
            action=action,
            target_kind=target_kind,
            target_id=target_id,
            detail=dict(detail or {}),
        )
    )
