"""`/v1/audit-entries`: who did what, when."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from towpath.accounts import access, queries
from towpath.accounts.model import Actor, ActorKind, AuditEntry
from towpath.accounts.permissions import Permission
from towpath.kit import http, ids

router = APIRouter(tags=["Audit trail"])


class AuditAnswer(BaseModel):
    """One line of the trail."""

    id: str
    at: datetime
    actor_kind: ActorKind
    actor_label: str
    action: str
    target_kind: str
    target_id: str
    detail: dict[str, Any]  # Any: each action has a detail of its own


@router.get("/v1/audit-entries")
async def list_entries(
    actor: Annotated[Actor, Depends(access.require(Permission.AUDIT))],
    conn: http.Transaction,
    cursor: http.Cursor,
    limit: http.Limit = 50,
) -> http.Page[AuditAnswer]:
    """Return the audit trail of the account, the newest first."""
    entries = await queries.list_audit_entries(
        conn, account_id=actor.account_id, before=cursor, limit=limit + 1
    )
    return http.page_of(entries, limit=limit, item=_answer, id_of=lambda entry: entry.id)


def _answer(entry: AuditEntry) -> AuditAnswer:
    return AuditAnswer(
        id=ids.to_base32(entry.id),
        at=entry.at,
        actor_kind=entry.actor_kind,
        actor_label=entry.actor_label,
        action=entry.action,
        target_kind=entry.target_kind,
        target_id=entry.target_id,
        detail=entry.detail,
    )
