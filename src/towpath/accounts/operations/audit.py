"""The audit trail: who did what, to what, when. Entries are added and never changed."""

from collections.abc import Mapping, Sequence
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
    await record_audits(
        conn,
        actors=[actor],
        action=action,
        target_kind=target_kind,
        target_id=target_id,
        detail=detail,
        now=now,
    )


async def record_audits(
    conn: AsyncConnection,
    *,
    actors: Sequence[Actor],
    action: str,
    target_kind: str,
    target_id: str,
    detail: Mapping[str, object] | None = None,
    now: datetime,
) -> None:
    """Add a line to the trail of each actor's account, about what concerns all of them."""
    entries = [
        {
            "account_id": actor.account_id,
            "id": ids.new_id(),
            "at": now,
            "actor_kind": actor.kind,
            "actor_id": actor.id,
            "actor_label": actor.label,
            "action": action,
            "target_kind": target_kind,
            "target_id": target_id,
            "detail": dict(detail or {}),
        }
        for actor in actors
    ]
    if entries:
        await conn.execute(audit_entry.insert(), entries)
