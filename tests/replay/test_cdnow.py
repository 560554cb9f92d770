"""The purchase history replayed: what goes out equals a count over the file that knows no engine.

The whole history is replayed once, with a mail server and four recipients, into a prepared data
directory; several tests look at what came of it.
"""

import asyncio
import json
import subprocess
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.conftest import NOW
from tests.replay.cdnow import (
    Purchase,
    purchases,
    quiet_after_big_order,
    quiet_flow,
    write_csv,
)
from tests.system.mail_sink import Accepted, mail_sink
from tests.system.processes import run, running, wait_until
from towpath import accounts, alerts, migrations, wiring
from towpath.kit import ids
from towpath.kit.config import Settings

ADA, BOB = "ada@shop.example", "bob@shop.example"
UNCONFIRMED, OPTED_OUT = "una@shop.example", "otto@shop.example"
LISTED = [ADA, UNCONFIRMED, BOB, OPTED_OUT]
BIG_DOLLARS = 100.0
WAIT = timedelta(days=7)
MIDDLE = datetime(1997, 2, 14, 12, tzinfo=UTC)
NOTHING: dict[str, object] = {
    "sent": 0,
    "mails": 0,
    "skipped": {},
    "needs_review": 0,
    "waiting": 0,
}


@dataclass(frozen=True, kw_only=True)
class History:
    """The purchases as a file, and a flow file over them."""

    rows: Sequence[Purchase]
    csv: Path
    flow: Path

    def replay(self, *options: object, **settings: object) -> subprocess.CompletedProcess[str]:
        return run("replay", self.csv, "--flow", self.flow, *options, **settings)


@dataclass(frozen=True, kw_only=True)
class Replayed:
    """The whole history, replayed: the report and the mails."""

    rows: Sequence[Purchase]
    report: Mapping[str, Any]
    mails: Sequence[Accepted]


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    folder = tmp_path_factory.mktemp("history")
    found = History(rows=purchases(), csv=folder / "orders.csv", flow=folder / "quiet.json")
    write_csv(found.csv, list(found.rows))
    found.flow.write_text(json.dumps(quiet_flow(LISTED)))
    return found


@pytest.fixture(scope="module")
async def replayed(
    history: History, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Replayed]:
    data = tmp_path_factory.mktemp("installation")
    report = data / "report.json"
    await _prepare(data)
    with mail_sink() as sink:
        done = await asyncio.to_thread(
            history.replay,
            *("--confirmed", ADA, "--confirmed", BOB, "--data", data, "--report", report),
            smtp_url=sink.url,
        )
        assert done.returncode == 0, done.stderr
        yield Replayed(
            rows=history.rows, report=json.loads(report.read_text()), mails=sink.accepted
        )


async def _prepare(data: Path) -> None:
    """Make a data directory with an account in which one recipient has opted out."""
    settings = Settings(data=data)
    account_id = ids.new_id()
    with wiring.database(settings) as url:
        await asyncio.to_thread(migrations.upgrade, url)
        async with wiring.runtime(settings, url) as runtime, runtime.engine.begin() as conn:
            await accounts.create_account(
                conn, account_id=account_id, name="Shop", timezone="UTC", now=NOW
            )
            await alerts.confirm_address(conn, account_id=account_id, address=OPTED_OUT, now=NOW)
            link = alerts.OptOutLink(account_id=account_id, address=OPTED_OUT)
            await alerts.opt_out(conn, link=link, now=NOW)


def _expected(rows: Sequence[Purchase]) -> list[tuple[str, datetime]]:
    return quiet_after_big_order(list(rows), dollars=BIG_DOLLARS, wait=WAIT)


def test_each_confirmed_recipient_hears_once_of_each_customer_gone_quiet(
    replayed: Replayed,
) -> None:
    expected = _expected(replayed.rows)

    assert len(expected) == 228
    assert Counter((mail.recipient, mail.subject, mail.date) for mail in replayed.mails) == Counter(
        (recipient, f"{customer} has gone quiet", at)
        for recipient in (ADA, BOB)
        for customer, at in expected
    )


def test_nobody_else_gets_anything_and_nobody_is_asked_to_confirm(replayed: Replayed) -> None:
    assert {mail.recipient for mail in replayed.mails} == {ADA, BOB}
    assert all(mail.subject.endswith(" has gone quiet") for mail in replayed.mails)


def test_the_report_says_who_was_told_about_whom_and_when(replayed: Replayed) -> None:
    big = [row for row in replayed.rows if row.dollars >= BIG_DOLLARS]
    expected = _expected(replayed.rows)
    counts = {key: value for key, value in replayed.report.items() if key != "messages"}
    messages = replayed.report["messages"]

    assert counts == {
        "profiles": 2_357,
        "events": 6_919,
        "entries": len(big),
        "actions": {
            "wait": NOTHING,
            "quiet": NOTHING,
            "alert": NOTHING | {"sent": len(expected), "mails": 2 * len(expected)},
        },
    }
    assert sorted(messages, key=lambda one: (one["profile"], one["at"])) == [
        {"action": "alert", "profile": customer, "recipients": [ADA, BOB], "at": at.isoformat()}
        for customer, at in expected
    ]
    assert [one["at"] for one in messages] == sorted(one["at"] for one in messages)


def test_a_clock_that_ends_early_leaves_the_rest_waiting(
    history: History, tmp_path: Path, own_database_url: str
) -> None:
    fed = [row for row in history.rows if row.time <= MIDDLE]
    big = [row for row in fed if row.dollars >= BIG_DOLLARS]
    waiting = [row for row in big if row.time + WAIT > MIDDLE]
    told = [one for one in _expected(fed) if one[1] <= MIDDLE]
    assert waiting
    assert told

    done = history.replay(
        *("--confirmed", ADA, "--until", MIDDLE.isoformat(), "--json", "--data", tmp_path),
        database_url=own_database_url,
    )
    report = json.loads(done.stdout)

    assert report["events"] == len(fed)
    assert report["profiles"] == len({row.customer for row in fed})
    assert report["entries"] == len(big)
    assert report["actions"]["quiet"]["waiting"] == len(waiting)
    assert report["actions"]["alert"]["sent"] == report["actions"]["alert"]["mails"] == len(told)


def test_an_alert_that_is_manual_in_the_file_waits_for_review(
    history: History, tmp_path: Path, own_database_url: str
) -> None:
    manual = quiet_flow(LISTED)
    manual["definition"]["actions"][-1]["data"]["status"] = "manual"
    flow = tmp_path / "manual.json"
    flow.write_text(json.dumps(manual))
    fed = [row for row in history.rows if row.time <= MIDDLE]
    told = [one for one in _expected(fed) if one[1] <= MIDDLE]

    with mail_sink() as sink:
        done = run(
            *("replay", history.csv, "--flow", flow, "--confirmed", ADA),
            *("--until", MIDDLE.isoformat(), "--json", "--data", tmp_path),
            database_url=own_database_url,
            smtp_url=sink.url,
        )
        report = json.loads(done.stdout)

        assert report["actions"]["alert"] == NOTHING | {"needs_review": len(told)}
        assert report["messages"] == []
        assert sink.accepted == []


@pytest.fixture
def worker(own_database_url: str, tmp_path: Path) -> Iterator[None]:
    """Run a worker on the test's database until it has been heard of."""
    log = tmp_path / "worker.log"
    with running("worker", log=log, data=tmp_path, database_url=own_database_url):
        with psycopg.connect(own_database_url, autocommit=True) as connection:

            def is_heard() -> bool:
                seen = connection.execute("SELECT 1 FROM worker_heartbeat").fetchall()
                return bool(seen)

            wait_until(is_heard, "the worker is heard of")
        yield


@pytest.mark.usefixtures("worker")
def test_a_replay_beside_a_worker_is_refused(
    history: History, tmp_path: Path, own_database_url: str
) -> None:
    refused = history.replay("--data", tmp_path, database_url=own_database_url)

    assert refused.returncode == 1
    assert refused.stderr.startswith("A worker is running on this database")
    assert "Traceback" not in refused.stderr
