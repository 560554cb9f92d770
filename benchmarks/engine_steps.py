"""Engine steps: filter check, message row and next due time, beside the bare INSERT and UPDATE."""

import asyncio
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg

from benchmarks.figures import Figure, print_figures
from benchmarks.installation import fresh_database
from towpath import accounts, flows, migrations, people
from towpath.kit import db, ids

PEOPLE = 40_000
STEP_BATCH = 5_000
TRIGGER_BATCH = 2_000
STEPS_PER_SECOND_MIN = 15_000
PROFILES_PER_BATCH = 5_000
START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)
ORDER = "Placed Order"

BARE_INSERT = """
    INSERT INTO message (account_id, id, kind, state, flow_id, action_id, run_id, profile_id,
                         event_id, created_at, due_at)
    SELECT r.account_id, n.id, 'alert', 'needs_review', r.flow_id, 'bare', r.id, r.profile_id,
           r.event_id, %(now)s, %(now)s
    FROM unnest(%(run_ids)s::uuid[], %(ids)s::uuid[]) AS n (run_id, id)
    JOIN flow_run r ON r.account_id = %(account_id)s AND r.id = n.run_id
"""
BARE_UPDATE = """
    UPDATE flow_run SET due_at = %(due)s, node_id = 'bare'
    WHERE account_id = %(account_id)s AND id = ANY(%(run_ids)s)
"""


def definition() -> dict[str, Any]:
    """Return: three times a day's wait and a manual alert, under a filter on orders since."""
    actions: list[dict[str, Any]] = []
    for number in range(3):
        following = f"wait{number + 1}" if number < 2 else None
        actions += [
            {
                "temporary_id": f"wait{number}",
                "type": "time-delay",
                "links": {"next": f"alert{number}"},
                "data": {"unit": "days", "value": 1, "timezone": "profile"},
            },
            {
                "temporary_id": f"alert{number}",
                "type": "send-internal-alert",
                "links": {"next": following},
                "data": {
                    "status": "manual",
                    "message": {
                        "from_email": "alerts@shop.example",
                        "from_label": "Shop",
                        "to_emails": ["ops@shop.example"],
                        "subject_line": "Alert",
                        "text": "About {{ person.email }}",
                    },
                },
            },
        ]
    no_order_since = {
        "type": "profile-metric",
        "metric_id": ORDER,
        "measurement": "count",
        "measurement_filter": {"type": "numeric", "operator": "equals", "value": 0},
        "timeframe_filter": {"type": "date", "operator": "flow-start"},
    }
    return {
        "triggers": [{"type": "metric", "id": ORDER, "trigger_filter": None}],
        "profile_filter": {"condition_groups": [{"conditions": [no_order_since]}]},
        "entry_action_id": "wait0",
        "actions": actions,
    }


async def fill(engine: Any, account_id: UUID) -> None:
    """Make the account, the flow and one order of each person."""
    async with engine.begin() as conn:
        await accounts.create_account(
            conn, account_id=account_id, name="Bench", timezone="UTC", now=START
        )
        await flows.create_flow(
            conn,
            account_id=account_id,
            name="Bench",
            document=definition(),
            saved_by="bench",
            now=START,
            creates_metrics=True,
            is_started=True,
        )
    for first in range(0, PEOPLE, PROFILES_PER_BATCH):
        drafts = [
            people.EventDraft(
                profile=people.ProfileDraft(email=f"p{number}@shop.example"),
                metric_name=ORDER,
                time=START,
                properties={"$value": 20},
            )
            for number in range(first, first + PROFILES_PER_BATCH)
        ]
        async with engine.begin() as conn:
            await people.record_events(conn, account_id=account_id, drafts=drafts, now=START)
    async with engine.connect() as conn:
        await (await conn.execution_options(isolation_level="AUTOCOMMIT")).exec_driver_sql(
            "VACUUM ANALYZE"
        )


async def measure(url: str) -> tuple[float, float, UUID]:
    """Return triggered events per second and steps per second."""
    engine, account_id, plans = db.create_engine(url), ids.new_id(), flows.Plans()
    await fill(engine, account_id)
    start = time.perf_counter()
    while (
        await flows.trigger_batch(
            engine, plans=plans, account_id=account_id, now=START, batch_max=TRIGGER_BATCH
        )
    ).events:
        continue
    trigger_seconds = time.perf_counter() - start
    await flows.advance_due(engine, plans=plans, now=START, batch_max=STEP_BATCH)
    start, moves = time.perf_counter(), 0
    for day in (1, 2, 3):
        moves += await flows.advance_due(
            engine, plans=plans, now=START + day * DAY, batch_max=STEP_BATCH
        )
    seconds = time.perf_counter() - start
    assert moves == 3 * PEOPLE
    await engine.dispose()
    return PEOPLE / trigger_seconds, moves / seconds, account_id


def bare(url: str, account_id: UUID) -> float:
    """Insert and update the same rows with nothing judged; return steps per second."""
    with psycopg.connect(url) as conn:
        runs = [
            row[0]
            for row in conn.execute(
                "SELECT id FROM flow_run WHERE account_id = %s ORDER BY id", [account_id]
            )
        ]
        conn.execute("UPDATE flow_run SET state = 'waiting', due_at = now(), node_id = 'x'")
        conn.commit()
        start = time.perf_counter()
        for first in range(0, len(runs), STEP_BATCH):
            batch = runs[first : first + STEP_BATCH]
            values = {
                "account_id": account_id,
                "run_ids": batch,
                "ids": ids.new_ids(len(batch)),
                "now": START,
                "due": START + DAY,
            }
            conn.execute(BARE_INSERT, values)
            conn.execute(BARE_UPDATE, values)
            conn.commit()
        return len(runs) / (time.perf_counter() - start)


def run() -> list[Figure]:
    """Measure the engine on a fresh database."""
    with fresh_database() as url:
        migrations.upgrade(url)
        triggered, steps, account_id = asyncio.run(measure(url))
        bare_steps = bare(url, account_id)
    return [
        Figure(
            name="engine steps: filter, message row, next due time",
            value=steps,
            unit="steps/s",
            limit=STEPS_PER_SECOND_MIN,
            beside=f"bare INSERT and UPDATE {bare_steps:,.0f}/s ({steps / bare_steps:.0%} of it)",
        ),
        Figure(name="trigger queue to runs", value=triggered, unit="events/s"),
    ]


if __name__ == "__main__":
    sys.exit(not print_figures(run()))
