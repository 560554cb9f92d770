"""Bulk events over HTTP, beside the same rows inserted by set statements without HTTP."""

import asyncio
import sys
import time
import uuid
from datetime import UTC, datetime
from typing import Any

import msgspec
import psycopg

from benchmarks.figures import Figure, print_figures
from benchmarks.http_load import Outcome, load, request
from benchmarks.installation import Installation, running_web
from towpath.kit import ids

ROUNDS = 4
REQUESTS_PER_ROUND = 15
WARM_UP_REQUESTS = 8
PEOPLE_PER_REQUEST = 100
EVENTS_PER_PERSON = 10
CONNECTIONS = 4
EVENTS_PER_SECOND_MIN = 12_000
SHARE_OF_BARE_MIN = 0.6
EVENTS_PER_REQUEST = PEOPLE_PER_REQUEST * EVENTS_PER_PERSON

METRIC = {"data": {"type": "metric", "attributes": {"name": "Placed Order"}}}
PROFILES = """
    INSERT INTO profile (account_id, id, email, first_name, properties, created_at, updated_at)
    SELECT %(account_id)s, n.id, n.email, 'Ada', '{"vip": true}', %(now)s, %(now)s
    FROM unnest(%(ids)s::uuid[], %(emails)s::text[]) AS n (id, email)
"""
EVENTS = """
    INSERT INTO event (account_id, id, profile_id, metric_id, time, unique_id, properties,
                       date_values, recorded_at)
    SELECT %(account_id)s, n.id, n.profile_id, %(metric_id)s, to_timestamp(n.seconds), n.unique_id,
           n.properties::jsonb, '{}', %(now)s
    FROM unnest(%(ids)s::uuid[], %(profile_ids)s::uuid[], %(seconds)s::bigint[],
                %(unique_ids)s::text[], %(properties)s::text[])
         AS n (id, profile_id, seconds, unique_id, properties)
    ON CONFLICT DO NOTHING
"""


def properties(number: int) -> dict[str, Any]:
    """Make the properties of one event."""
    return {"sku": f"S-{number % 97}", "qty": number % 5 + 1, "gift": False, "note": "as usual"}


def bulk(batch: int) -> object:
    """Make the body of one request: new people with events of their own."""
    groups = []
    for person in range(PEOPLE_PER_REQUEST):
        events = []
        for index in range(EVENTS_PER_PERSON):
            number = (batch * PEOPLE_PER_REQUEST + person) * EVENTS_PER_PERSON + index
            attributes = {
                "properties": properties(number),
                "time": f"2026-10-{index + 1:02}T10:00:00+00:00",
                "value": 19.5,
                "unique_id": f"order-{number}",
                "metric": METRIC,
            }
            events.append({"type": "event", "attributes": attributes})
        profile = {
            "type": "profile",
            "attributes": {
                "email": f"person{batch}-{person}@shop.example",
                "first_name": "Ada",
                "properties": {"vip": True},
            },
        }
        group = {"profile": {"data": profile}, "events": {"data": events}}
        groups.append({"type": "event-bulk-create", "attributes": group})
    attributes = {"events-bulk-create": {"data": groups}}
    return {"data": {"type": "event-bulk-create-job", "attributes": attributes}}


def make_bare_account(conn: psycopg.Connection, now: datetime) -> uuid.UUID:
    """Make the account that the bare statements write for."""
    account_id = uuid.uuid4()
    conn.execute(
        "INSERT INTO account (account_id, name, timezone, created_at)"
        " VALUES (%s, 'Bare', 'UTC', %s)",
        [account_id, now],
    )
    conn.execute(
        "INSERT INTO metric (account_id, id, name, created_at, updated_at)"
        " VALUES (%s, 'Bare01', 'Placed Order', %s, %s)",
        [account_id, now, now],
    )
    conn.commit()
    return account_id


def insert_bare(
    conn: psycopg.Connection, account_id: uuid.UUID, batches: range, now: datetime
) -> float:
    """Insert the rows of these batches, a request's worth at a time; return the seconds it took."""
    prepared = [_bare_rows(batch, account_id, now) for batch in batches]
    start = time.perf_counter()
    for people, events in prepared:
        conn.execute(PROFILES, people)
        conn.execute(EVENTS, events)
        conn.commit()
    return time.perf_counter() - start


def _bare_rows(
    batch: int, account_id: uuid.UUID, now: datetime
) -> tuple[dict[str, Any], dict[str, Any]]:
    profile_ids = ids.new_ids(PEOPLE_PER_REQUEST)
    numbers = range(batch * EVENTS_PER_REQUEST, (batch + 1) * EVENTS_PER_REQUEST)
    people = {
        "account_id": account_id,
        "now": now,
        "ids": profile_ids,
        "emails": [f"person{batch}-{person}@shop.example" for person in range(PEOPLE_PER_REQUEST)],
    }
    events = {
        "account_id": account_id,
        "now": now,
        "metric_id": "Bare01",
        "ids": ids.new_ids(EVENTS_PER_REQUEST),
        "profile_ids": [each for each in profile_ids for _ in range(EVENTS_PER_PERSON)],
        "seconds": [1_790_848_800 + number % EVENTS_PER_PERSON * 86_400 for number in numbers],
        "unique_ids": [f"order-{number}" for number in numbers],
        "properties": [
            msgspec.json.encode({**properties(number), "$value": 19.5}).decode()
            for number in numbers
        ],
    }
    return people, events


def run() -> list[Figure]:
    """Measure both in turns on the same installation, so that both meet the same neighbours."""
    now = datetime.now(tz=UTC)
    seconds = bare_seconds = slowest = 0.0
    with running_web() as web, psycopg.connect(web.database_url) as conn:
        _send(web, range(-WARM_UP_REQUESTS, 0))
        account_id = make_bare_account(conn, now)
        for turn in range(ROUNDS):
            batches = range(turn * REQUESTS_PER_ROUND, (turn + 1) * REQUESTS_PER_ROUND)
            outcome = _send(web, batches)
            seconds += outcome.seconds
            slowest = max(slowest, *outcome.latencies)
            bare_seconds += insert_bare(conn, account_id, batches, now)
        [stored] = conn.execute(
            "SELECT count(*) FROM event WHERE account_id <> %s", [account_id]
        ).fetchone() or (0,)
    events = ROUNDS * REQUESTS_PER_ROUND * EVENTS_PER_REQUEST
    assert stored == events + WARM_UP_REQUESTS * EVENTS_PER_REQUEST
    rate, bare_rate = events / seconds, events / bare_seconds
    return [
        Figure(
            name="bulk events over HTTP, new people, 10 events each, durable",
            value=rate,
            unit="events/s",
            limit=EVENTS_PER_SECOND_MIN,
            beside=f"slowest request {slowest * 1_000:.0f} ms",
        ),
        Figure(
            name="  of the same rows by set statements without HTTP",
            value=rate / bare_rate,
            unit="",
            limit=SHARE_OF_BARE_MIN,
            beside=f"{bare_rate:,.0f} events/s bare",
        ),
    ]


def _send(web: Installation, batches: range) -> Outcome:
    path = "/api/event-bulk-create-jobs"
    requests = [request(path, web.key, bulk(batch)) for batch in batches]
    outcome = asyncio.run(load(web.port, requests, connections=CONNECTIONS))
    assert outcome.refused == 0
    return outcome


if __name__ == "__main__":
    sys.exit(not print_figures(run()))
