"""Jobs that suppress people, or end that: done when they are answered, and read afterwards."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from towpath import audiences, people
from towpath.audiences import SuppressionReason
from towpath.subscriptions.model import SuppressionJob, SuppressionJobKind
from towpath.subscriptions.queries import owners_of
from towpath.subscriptions.tables import suppression_job

_REASON = SuppressionReason.USER_SUPPRESSED


async def suppress_emails(
    conn: AsyncConnection,
    *,
    account_id: UUID,
    kind: SuppressionJobKind,
    emails: Collection[str],
    job_id: UUID,
    now: datetime,
) -> SuppressionJob:
    """Suppress the owners of these addresses (normalised), or end what such a job began.

    Suppressing an unknown address makes its profile, so that it stays suppressed. Only
    `USER_SUPPRESSED` is ended: what somebody else said or a mail server answered stays.
    """
    wanted = sorted(set(emails))
    if kind is SuppressionJobKind.SUPPRESS:
        drafts = [people.ProfileDraft(email=email) for email in wanted]
        placed = await people.upsert_profiles(conn, account_id=account_id, drafts=drafts, now=now)
        changed = await audiences.suppress(
            conn,
            account_id=account_id,
            profile_ids=[one.profile_id for one in placed],
            reason=_REASON,
            now=now,
        )
    else:
        owners = await owners_of(conn, account_id=account_id, emails=wanted)
        changed = await audiences.unsuppress(
            conn, account_id=account_id, profile_ids=owners, reason=_REASON
        )
    return await _finish(
        conn,
        account_id=account_id,
        job_id=job_id,
        kind=kind,
        total=len(wanted),
        changed=len(changed),
        now=now,
    )


async def suppress_list(
    conn: AsyncConnection,
    *,
    account_id: UUID,
    kind: SuppressionJobKind,
    list_id: str,
    job_id: UUID,
    now: datetime,
) -> SuppressionJob:
    """Do to everybody on a list what `suppress_emails` does. Raises `audiences.ListNotFound`."""
    await audiences.hold_list(conn, account_id=account_id, list_id=list_id)
    counts = await audiences.member_counts(conn, account_id=account_id, list_ids=[list_id])
    if kind is SuppressionJobKind.SUPPRESS:
        changed = await audiences.suppress_members(
            conn, account_id=account_id, list_id=list_id, reason=_REASON, now=now
        )
    else:
        changed = await audiences.unsuppress_members(
            conn, account_id=account_id, list_id=list_id, reason=_REASON
        )
    return await _finish(
        conn,
        account_id=account_id,
        job_id=job_id,
        kind=kind,
        total=max(counts[list_id], changed),
        changed=changed,
        now=now,
    )


async def _finish(
    conn: AsyncConnection,
    *,
    account_id: UUID,
    job_id: UUID,
    kind: SuppressionJobKind,
    total: int,
    changed: int,
    now: datetime,
) -> SuppressionJob:
    await conn.execute(
        insert(suppression_job).values(
            account_id=account_id,
            id=job_id,
            kind=kind,
            total_count=total,
            completed_count=changed,
            skipped_count=total - changed,
            created_at=now,
            completed_at=now,
        )
    )
    return SuppressionJob(
        id=job_id,
        kind=kind,
        total_count=total,
        completed_count=changed,
        skipped_count=total - changed,
    )
