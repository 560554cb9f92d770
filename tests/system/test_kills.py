"""Thousands of alerts while workers are killed and the database crashes: none lost, none stuck.

A mail that the server accepted in the moment before a kill goes out again, under the same
Message-ID. How many those are is counted, and bounded by the window that messaging documents.
"""

import math
import os
import random
import re
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.conftest import NOW
from tests.flows.shop import ORDER, alert, definition, open_shop
from tests.kit.postgres.processes import is_stopped, postmaster
from tests.system.forking import Workers, workers
from tests.system.mail_sink import MailSink, mail_sink
from tests.system.processes import wait_until
from towpath import accounts, alerts, migrations, people
from towpath.kit import db, ids, postgres
from towpath.messaging.sending import RECORD_SECONDS

TEAM = "ops@shop.example"
EVENTS_PER_TRANSACTION = 1_000
CONNECTIONS = 8
SECONDS_PER_MAIL = 0.02
# Two answers a send and three sends a lease: what a killed worker had claimed waits 12 s.
SMTP_TIMEOUT_SECONDS = 2
WRITE_SECONDS_MAX = 0.05
MAILS_BETWEEN_KILLS_MAX = 250
EARLY_SECONDS_MAX = 1.0
LATE_SECONDS_MAX = 0.05
DRAIN_SECONDS_MAX = 60.0
DRAIN_MAILS_PER_SECOND_MIN = 100
MESSAGE_ID = re.compile(rb"^Message-ID: <([^>]+)>", re.IGNORECASE | re.MULTILINE)
# While receipts are gathered and written, each connection goes on handing over mails.
WINDOW_SECONDS = 2 * RECORD_SECONDS + WRITE_SECONDS_MAX
WINDOW_MAILS = CONNECTIONS * (1 + math.ceil(WINDOW_SECONDS / SECONDS_PER_MAIL))
SEED = int(os.environ.get("TOWPATH_TEST_SEED", "20261101"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """A database of its own, which a test may kill."""

    folder: Path
    url: str

    def crash_and_restart(self) -> None:
        """Kill -9 the database server and start it again."""
        directory = self.folder / "postgres"
        os.kill(postmaster(directory), signal.SIGKILL)
        wait_until(lambda: is_stopped(directory), "the database server is gone")
        again = postgres.attach(directory)
        assert again.url == self.url
        again.release()

    def count(self, query: str) -> int:
        """Return the number a query gives."""
        with psycopg.connect(self.url) as connection:
            [(count,)] = connection.execute(query.encode()).fetchall()
            return int(count)


@pytest.fixture
async def installation(tmp_path: Path) -> AsyncIterator[Installation]:
    with postgres.running(tmp_path / "postgres") as url:
        migrations.upgrade(url)
        yield Installation(folder=tmp_path, url=url)


async def test_kills_and_a_crash_lose_nothing(installation: Installation) -> None:
    await _storm(installation, alert_count=5_000, kills=20, seed=SEED)


@pytest.mark.soak
async def test_a_long_storm_loses_nothing(installation: Installation) -> None:
    await _storm(installation, alert_count=50_000, kills=200, seed=time.time_ns())


async def _storm(installation: Installation, *, alert_count: int, kills: int, seed: int) -> None:
    print(f"TOWPATH_TEST_SEED={seed}")  # noqa: T201 -- shown when the test fails
    engine = db.create_engine(installation.url)
    await _queue_alerts(engine, count=alert_count)
    await engine.dispose()
    with mail_sink(seconds_per_mail=SECONDS_PER_MAIL) as sink:
        settings = {
            "data": installation.folder,
            "database_url": installation.url,
            "smtp_url": sink.url,
            "smtp_timeout_seconds": SMTP_TIMEOUT_SECONDS,
            "smtp_connections_max": CONNECTIONS,
        }
        with workers(installation.folder / "workers.log", **settings) as own:
            _kill_often(installation, own, sink, kills=kills, chance=random.Random(seed))
            _finish(installation, own, alert_count=alert_count)
        accepted = [_message_id(mail.content) for mail in sink.accepted]

    _check_database(installation, alert_count=alert_count)
    assert set(accepted) == _references(installation)
    duplicates = len(accepted) - len(set(accepted))
    print(  # noqa: T201 -- `pytest -s` shows it
        f"{kills} kills: {duplicates} of {alert_count} mails twice,"
        f" at most {kills * WINDOW_MAILS} by the window of {WINDOW_MAILS} a kill"
    )
    assert duplicates <= kills * WINDOW_MAILS


async def _queue_alerts(engine: AsyncEngine, *, count: int) -> None:
    """Record an order each of many people, in front of a live flow that tells the team."""
    account_id = ids.new_id()
    now = datetime.now(tz=UTC)
    async with engine.begin() as conn:
        await accounts.create_account(
            conn, account_id=account_id, name="Shop", timezone="UTC", now=NOW
        )
        await alerts.confirm_address(conn, account_id=account_id, address=TEAM, now=NOW)
    await open_shop(
        engine, account_id, definition(alert("tell", to=[TEAM])), now=now - timedelta(days=1)
    )
    for first in range(0, count, EVENTS_PER_TRANSACTION):
        numbers = range(first, min(first + EVENTS_PER_TRANSACTION, count))
        await _record(engine, account_id, numbers, now=now)


async def _record(
    engine: AsyncEngine, account_id: UUID, numbers: Sequence[int], *, now: datetime
) -> None:
    drafts = [
        people.EventDraft(
            profile=people.ProfileDraft(email=f"buyer-{number}@mail.example"),
            metric_name=ORDER,
            time=now,
            unique_id=f"order-{number}",
            properties={"sku": "A1"},
        )
        for number in numbers
    ]
    async with engine.begin() as conn:
        await people.record_events(conn, account_id=account_id, drafts=drafts, now=now)


def _kill_often(
    installation: Installation,
    own: Workers,
    sink: MailSink,
    *,
    kills: int,
    chance: random.Random,
) -> None:
    """Kill worker after worker: some while they start, most after some mails; crash in between."""
    for number in range(kills):
        own.start()
        before = len(sink.accepted)
        if number == kills // 2:
            _wait_for_mails(sink, before + 1)
            installation.crash_and_restart()
            before = len(sink.accepted)
        if chance.random() < 0.25 and number != kills // 2:
            time.sleep(chance.uniform(0, EARLY_SECONDS_MAX))
        else:
            _wait_for_mails(sink, before + chance.randint(1, MAILS_BETWEEN_KILLS_MAX))
            time.sleep(chance.uniform(0, LATE_SECONDS_MAX))
        assert own.kill() == -signal.SIGKILL, "the worker lives until it is killed"


def _wait_for_mails(sink: MailSink, count: int) -> None:
    wait_until(lambda: len(sink.accepted) >= count, f"{count} mails are accepted")


def _finish(installation: Installation, own: Workers, *, alert_count: int) -> None:
    """Let one more worker finish what the others left, when their leases have ended."""
    own.start()
    wait_until(
        lambda: (
            installation.count("SELECT count(*) FROM message WHERE state = 'sent'") == alert_count
        ),
        "every alert is sent",
        seconds_max=DRAIN_SECONDS_MAX + alert_count / DRAIN_MAILS_PER_SECOND_MIN,
        told=lambda: _states(installation),
    )
    assert own.stop() == 0


def _check_database(installation: Installation, *, alert_count: int) -> None:
    """See that nothing is stuck anywhere between an event and its mail."""
    count = installation.count
    assert count("SELECT count(*) FROM trigger_queue") == 0
    assert count("SELECT count(*) FROM flow_run WHERE state = 'finished'") == alert_count
    assert count("SELECT count(*) FROM flow_run") == alert_count
    assert count("SELECT count(*) FROM message WHERE state = 'sent'") == alert_count
    assert count("SELECT count(*) FROM message") == alert_count
    assert count("SELECT count(*) FROM delivery WHERE state = 'sent'") == alert_count
    assert count("SELECT count(*) FROM delivery") == alert_count


def _references(installation: Installation) -> set[str]:
    with psycopg.connect(installation.url) as connection:
        rows = connection.execute("SELECT reference FROM delivery").fetchall()
        return {str(reference) for (reference,) in rows}


def _states(installation: Installation) -> str:
    with psycopg.connect(installation.url) as connection:
        rows = connection.execute("SELECT state FROM message").fetchall()
        return str(Counter(state for (state,) in rows))


def _message_id(content: bytes) -> str:
    found = MESSAGE_ID.search(content)
    assert found is not None
    return found[1].decode()
