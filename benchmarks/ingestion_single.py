"""Single events over HTTP, 64 connections, each answered when it is durable."""

import asyncio
import sys

import psycopg

from benchmarks.figures import Figure, print_figures
from benchmarks.http_load import load, request
from benchmarks.installation import running_web

EVENTS = 20_000
WARM_UP_EVENTS = 2_000
CONNECTIONS = 64
PEOPLE = 5_000
EVENTS_PER_SECOND_MIN = 1_500


def event(number: int) -> object:
    """Make the body of one event; people come back, events do not."""
    return {
        "data": {
            "type": "event",
            "attributes": {
                "properties": {"sku": f"S-{number % 97}", "qty": number % 5 + 1, "gift": False},
                "time": f"2026-10-{number % 28 + 1:02}T10:{number % 60:02}:00+00:00",
                "value": 19.5 + number % 100,
                "unique_id": f"order-{number}",
                "metric": {"data": {"type": "metric", "attributes": {"name": "Placed Order"}}},
                "profile": {
                    "data": {
                        "type": "profile",
                        "attributes": {
                            "email": f"person{number % PEOPLE}@shop.example",
                            "first_name": "Ada",
                        },
                    }
                },
            },
        }
    }


def run() -> list[Figure]:
    """Measure."""
    with running_web() as web:
        numbers = range(-WARM_UP_EVENTS, EVENTS)
        requests = [request("/api/events", web.key, event(number)) for number in numbers]
        warm, measured = requests[:WARM_UP_EVENTS], requests[WARM_UP_EVENTS:]
        asyncio.run(load(web.port, warm, connections=CONNECTIONS))
        outcome = asyncio.run(load(web.port, measured, connections=CONNECTIONS))
        with psycopg.connect(web.database_url) as conn:
            [stored] = conn.execute("SELECT count(*) FROM event").fetchone() or (0,)
    assert outcome.refused == 0
    assert stored == len(requests)
    p50, p99 = outcome.percentile(0.5) * 1_000, outcome.percentile(0.99) * 1_000
    return [
        Figure(
            name=f"single events over HTTP, {CONNECTIONS} connections, durable",
            value=EVENTS / outcome.seconds,
            unit="events/s",
            limit=EVENTS_PER_SECOND_MIN,
            beside=f"p50 {p50:.0f} ms, p99 {p99:.0f} ms",
        )
    ]


if __name__ == "__main__":
    sys.exit(not print_figures(run()))
