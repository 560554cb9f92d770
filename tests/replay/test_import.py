"""The whole purchase history through the official SDK to a real web server."""

from collections.abc import Iterator
from itertools import groupby, islice
from pathlib import Path
from typing import Any

import psycopg
import pytest
from klaviyo_api import KlaviyoAPI

from tests.replay.cdnow import ORDER, Purchase, purchases
from tests.system.processes import free_port, running

KEY = "pk_cdnow-import-0123456789abcdef"
EVENTS_PER_REQUEST_MAX = 1_000


@pytest.fixture
def api(own_database_url: str, tmp_path: Path) -> Iterator[KlaviyoAPI]:
    """Give the SDK of a shop whose account was made from the settings at first start."""
    port = free_port()
    settings = {
        "data": tmp_path,
        "database_url": own_database_url,
        "bootstrap_owner_email": "owner@shop.example",
        "bootstrap_owner_password": "correct horse battery",
        "bootstrap_api_key": KEY,
    }
    with running("web", "--port", port, log=tmp_path / "web.log", **settings) as web:
        web.wait_for("Towpath is at")
        yield KlaviyoAPI(KEY, test_host=f"http://127.0.0.1:{port}", max_retries=1, max_delay=1)


def test_every_purchase_is_kept_once(api: KlaviyoAPI, own_database_url: str) -> None:
    rows = purchases()

    _import(api, rows)
    first = _stored(own_database_url)
    _import(api, rows)
    second = _stored(own_database_url)

    assert len(first) == 6_919
    assert len({customer for customer, *_ in first}) == 2_357
    assert first == sorted((row.customer, row.time, row.dollars, row.unique_id) for row in rows)
    assert second == first
    assert _profiles(own_database_url) == 2_357


def _import(api: KlaviyoAPI, rows: list[Purchase]) -> None:
    remaining = iter(rows)
    while chunk := list(islice(remaining, EVENTS_PER_REQUEST_MAX)):
        api.Events.bulk_create_events(_job(chunk))


def _job(rows: list[Purchase]) -> dict[str, Any]:
    people = [
        {
            "type": "event-bulk-create",
            "attributes": {
                "profile": {"data": {"type": "profile", "attributes": {"external_id": customer}}},
                "events": {"data": [_event(row) for row in theirs]},
            },
        }
        for customer, theirs in groupby(rows, key=lambda row: row.customer)
    ]
    return {
        "data": {
            "type": "event-bulk-create-job",
            "attributes": {"events-bulk-create": {"data": people}},
        }
    }


def _event(row: Purchase) -> dict[str, Any]:
    return {
        "type": "event",
        "attributes": {
            "metric": {"data": {"type": "metric", "attributes": {"name": ORDER}}},
            "properties": {"cds": row.cds},
            "time": row.time.isoformat(),
            "value": row.dollars,
            "unique_id": row.unique_id,
        },
    }


def _stored(url: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(
            "SELECT person.external_id, one.time, (one.properties->>'$value')::float, one.unique_id"
            " FROM event one JOIN profile person"
            " ON person.account_id = one.account_id AND person.id = one.profile_id"
            " ORDER BY 1, 2, 3, 4"
        ).fetchall()


def _profiles(url: str) -> int:
    with psycopg.connect(url) as connection:
        [(count,)] = connection.execute("SELECT count(*) FROM profile").fetchall()
        return int(count)
