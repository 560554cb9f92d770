"""Writes of events."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Uuid, bindparam, func, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Text, TypeEngine

from towpath.kit import db, ids
from towpath.people.dates import date_values
from towpath.people.model import EventDraft, RecordedEvent
from towpath.people.operations.locks import keep_merges_out
from towpath.people.operations.metrics import HeardMetric, resolve_metrics
from towpath.people.operations.profiles import place_people
from towpath.people.tables import event, trigger_queue

WORK_CHANNEL = "towpath_work"

_ACCOUNT = bindparam("account", type_=Uuid())
_NOW = bindparam("now", type_=DateTime(timezone=True))
_KEY_KINDS: dict[str, TypeEngine[Any]] = {
    "profile_ids": Uuid(),
    "metric_ids": Text(),
    "unique_ids": Text(),
}
_NEW = db.array_rows(
    "new",
    {"ids": Uuid(), **_KEY_KINDS, "seconds": BigInteger()}
    | {"documents": JSONB(), "dates": JSONB()},
)
_REST = ("properties", "date_values", "recorded_at")
_INSERT = (
    insert(event)
    .from_select(
        ("account_id", "id", "profile_id", "metric_id", "unique_id", "time", *_REST),
        select(
            _ACCOUNT,
            _NEW.c.ids,
            _NEW.c.profile_ids,
            _NEW.c.metric_ids,
            _NEW.c.unique_ids,
            func.to_timestamp(_NEW.c.seconds),
            _NEW.c.documents.cast(JSONB),
            _NEW.c.dates.cast(JSONB),
            _NOW,
        ),
    )
    .on_conflict_do_nothing()
    .execution_options(preserve_rowcount=True)
)
_KEYS = db.array_rows("keys", _KEY_KINDS)
# A subquery per key and not a join: it uses the unique index whatever the planner believes about
# the size of the table, also while that grows from nothing.
_BY_KEY = select(
    _KEYS.c.profile_ids,
    _KEYS.c.metric_ids,
    _KEYS.c.unique_ids,
    select(event.c.id)
    .where(
        event.c.account_id == _ACCOUNT,
        event.c.profile_id == _KEYS.c.profile_ids,
        event.c.metric_id == _KEYS.c.metric_ids,
        event.c.unique_id == _KEYS.c.unique_ids,
    )
    .scalar_subquery()
    .label("id"),
)
_QUEUED = db.array_rows(
    "queued",
    {"ids": Uuid(), "metric_ids": Text(), "profile_ids": Uuid(), "seconds": BigInteger()},
)
_QUEUE = insert(trigger_queue).from_select(
    ["account_id", "event_id", "metric_id", "profile_id", "time", "recorded_at"],
    select(
        _ACCOUNT,
        _QUEUED.c.ids,
        _QUEUED.c.metric_ids,
        _QUEUED.c.profile_ids,
        func.to_timestamp(_QUEUED.c.seconds),
        _NOW,
    ),
)
_WAKE = db.notify(WORK_CHANNEL)

_Key = tuple[UUID, str, str]


async def record_events(
    conn: AsyncConnection, *, account_id: UUID, drafts: Sequence[EventDraft], now: datetime
) -> list[RecordedEvent]:
    """Record events with their people and metrics, in one statement each; answer in draft order.

    The same profile, metric and unique id is one event, the first one wins; without a unique id
    the second it happened in takes its place (api.md §3, Idempotency). New events that are not
    `backfill` are queued for triggers when anybody listens to their metric, and the workers are
    woken once. Ids increase in draft order. Raises `ProfileNotFound` and `InvalidProfile`.
    """
    if not drafts:
        return []
    await keep_merges_out(conn, account_id=account_id)
    services = {draft.metric_name: draft.service for draft in reversed(drafts)}
    metrics = await resolve_metrics(conn, account_id=account_id, services=services, now=now)
    people = await place_people(
        conn, account_id=account_id, drafts=[draft.profile for draft in drafts], now=now
    )
    seconds = [int(draft.time.timestamp()) for draft in drafts]
    keys: list[_Key] = [
        (placed.profile_id, metrics[draft.metric_name].id, draft.unique_id or str(second))
        for draft, placed, second in zip(drafts, people, seconds, strict=True)
    ]
    event_ids = ids.new_ids(len(drafts))
    recorded = await _insert(
        conn,
        account_id=account_id,
        drafts=drafts,
        keys=keys,
        event_ids=event_ids,
        seconds=seconds,
        now=now,
    )
    await _queue(
        conn, account_id=account_id, drafts=drafts, recorded=recorded, metrics=metrics, now=now
    )
    return recorded


async def _insert(
    conn: AsyncConnection,
    *,
    account_id: UUID,
    drafts: Sequence[EventDraft],
    keys: Sequence[_Key],
    event_ids: Sequence[UUID],
    seconds: Sequence[int],
    now: datetime,
) -> list[RecordedEvent]:
    """Insert in the order of the keys, so that two writers of the same events never deadlock."""
    # As numbers: comparing two UUIDs costs ten times as much.
    numbers = [(profile_id.int, metric, unique) for profile_id, metric, unique in keys]
    order = sorted(range(len(keys)), key=numbers.__getitem__)
    parameters: dict[str, Any] = {
        "account": account_id,
        "now": now,
        "ids": [event_ids[index] for index in order],
        **_key_parameters([keys[index] for index in order]),
        "seconds": [seconds[index] for index in order],
        "documents": [db.encode_json(drafts[index].properties) for index in order],
        "dates": [db.encode_json(date_values(drafts[index].properties)) for index in order],
    }
    inserted = (await conn.execute(_INSERT, parameters)).rowcount
    if inserted == len(drafts):
        return [
            RecordedEvent(id=event_id, profile_id=key[0], is_new=True)
            for key, event_id in zip(keys, event_ids, strict=True)
        ]
    repeated = {"account": account_id, **_key_parameters(sorted(set(keys)))}
    rows = await conn.execute(_BY_KEY, repeated)
    stored = {(row.profile_ids, row.metric_ids, row.unique_ids): row.id for row in rows}
    return [
        RecordedEvent(id=stored[key], profile_id=key[0], is_new=stored[key] == event_id)
        for key, event_id in zip(keys, event_ids, strict=True)
    ]


def _key_parameters(keys: Sequence[_Key]) -> dict[str, Any]:
    columns = zip(_KEY_KINDS, zip(*keys, strict=True), strict=True)
    return {name: list(values) for name, values in columns}


async def _queue(
    conn: AsyncConnection,
    *,
    account_id: UUID,
    drafts: Sequence[EventDraft],
    recorded: Sequence[RecordedEvent],
    metrics: Mapping[str, HeardMetric],
    now: datetime,
) -> None:
    """Queue what listeners are waiting for: one row per event, however many they are."""
    heard = [
        (made, metrics[draft.metric_name].id, int(draft.time.timestamp()))
        for draft, made in zip(drafts, recorded, strict=True)
        if made.is_new and not draft.backfill and metrics[draft.metric_name].is_heard
    ]
    if not heard:
        return
    await conn.execute(
        _QUEUE,
        {
            "account": account_id,
            "now": now,
            "ids": [made.id for made, _, _ in heard],
            "metric_ids": [metric_id for _, metric_id, _ in heard],
            "profile_ids": [made.profile_id for made, _, _ in heard],
            "seconds": [second for _, _, second in heard],
        },
    )
    await conn.execute(_WAKE, {"payload": str(account_id)})
