"""Writes of metrics, and who listens to them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, Uuid, bindparam, exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Text

from towpath.kit import db, ids
from towpath.people.model import MetricDraft, MetricIdTaken
from towpath.people.tables import metric, metric_listener

ID_ATTEMPTS_MAX = 4  # the last only looks
_ACCOUNT = bindparam("account_id", type_=Uuid())
_NOW = bindparam("now", type_=DateTime(timezone=True))
_BY_NAME = select(
    metric.c.id,
    metric.c.name,
    exists()
    .where(
        metric_listener.c.account_id == _ACCOUNT,
        metric_listener.c.metric_id == metric.c.id,
    )
    .label("is_heard"),
).where(metric.c.account_id == _ACCOUNT, db.any_of(metric.c.name, "names", Text()))
_NEW = db.array_rows("new", {"ids": Text(), "names": Text(), "services": Text()})
_INSERT = (
    insert(metric)
    .from_select(
        ["account_id", "id", "name", "service", "created_at", "updated_at"],
        select(_ACCOUNT, _NEW.c.ids, _NEW.c.names, _NEW.c.services, _NOW, _NOW),
    )
    .on_conflict_do_nothing()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardMetric:
    """A metric's id, and whether anybody listens to it."""

    id: str
    is_heard: bool


async def resolve_metrics(
    conn: AsyncConnection, *, account_id: UUID, services: Mapping[str, str], now: datetime
) -> dict[str, HeardMetric]:
    """Return metrics by name and make those that are missing; `services` is the service by name."""
    found = await _by_name(conn, account_id=account_id, names=services)
    for _ in range(ID_ATTEMPTS_MAX):
        missing = sorted(services.keys() - found.keys())
        if not missing:
            return found
        drafts = [MetricDraft(name=name, service=services[name]) for name in missing]
        await _insert(conn, account_id=account_id, drafts=drafts, now=now)
        found |= await _by_name(conn, account_id=account_id, names=missing)
    raise AssertionError("three random metric ids were taken")


async def ensure_metrics(
    conn: AsyncConnection, *, account_id: UUID, drafts: Iterable[MetricDraft], now: datetime
) -> dict[str, str]:
    """Return metric ids by name, making what is missing, with the caller's id where it gives one.

    A metric that exists under the name keeps its own id. Raises `MetricIdTaken` when a given id
    belongs to a metric of another name.
    """
    by_name = {draft.name: draft for draft in sorted(drafts, key=lambda draft: draft.name)}
    found = await _by_name(conn, account_id=account_id, names=by_name)
    missing = [draft for name, draft in by_name.items() if name not in found]
    if missing:
        await _insert(conn, account_id=account_id, drafts=missing, now=now)
        found |= await _by_name(conn, account_id=account_id, names=by_name)
    for name, draft in by_name.items():
        if name not in found:
            raise MetricIdTaken(f"The metric id {draft.id} belongs to a metric not named {name}.")
    return {name: heard.id for name, heard in found.items()}


async def add_metric_listeners(
    conn: AsyncConnection, *, account_id: UUID, metric_ids: Iterable[str], listener: str
) -> None:
    """From the next event on, queue the events of these metrics; `listener` is kind:id.

    Doing it twice changes nothing. The metrics must exist.
    """
    rows = [
        {"account_id": account_id, "metric_id": metric_id, "listener": listener}
        for metric_id in sorted(set(metric_ids))
    ]
    if rows:
        await conn.execute(insert(metric_listener).on_conflict_do_nothing(), rows)


async def remove_metric_listener(conn: AsyncConnection, *, account_id: UUID, listener: str) -> None:
    """Stop this listener hearing any metric; events already queued stay queued."""
    await conn.execute(
        metric_listener.delete().where(
            metric_listener.c.account_id == account_id, metric_listener.c.listener == listener
        )
    )


async def _by_name(
    conn: AsyncConnection, *, account_id: UUID, names: Iterable[str]
) -> dict[str, HeardMetric]:
    rows = await conn.execute(_BY_NAME, {"account_id": account_id, "names": list(names)})
    return {row.name: HeardMetric(id=row.id, is_heard=row.is_heard) for row in rows}


async def _insert(
    conn: AsyncConnection, *, account_id: UUID, drafts: Sequence[MetricDraft], now: datetime
) -> None:
    await conn.execute(
        _INSERT,
        {
            "account_id": account_id,
            "ids": [draft.id or ids.new_short_id() for draft in drafts],
            "names": [draft.name for draft in drafts],
            "services": [draft.service for draft in drafts],
            "now": now,
        },
    )
