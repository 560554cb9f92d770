"""`towpath up` as somebody runs it: one process started, everything there, nothing left behind."""

import json
import os
import re
import signal
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import psycopg
import pytest
from klaviyo_api import KlaviyoAPI

from tests.flows.shop import ORDER, alert, definition
from tests.kit.postgres.processes import postmaster
from tests.system.mail_sink import Accepted, MailSink, mail_sink
from tests.system.processes import (
    Command,
    free_port,
    processes_of,
    run,
    running,
    wait_until,
)
from towpath.kit import postgres

TEAM = "ops@shop.example"
ORDERS = 5
MAIL_SECONDS_MAX = 1.0
READY_CPU_SECONDS_MAX = 4.0
# Long enough that a mail within a second was not found by looking for due work.
POLL_SECONDS = 30


@pytest.fixture
def sink() -> Iterator[MailSink]:
    with mail_sink() as sink:
        yield sink


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """Give a data directory that nobody uses any more when the test ends."""
    directory = tmp_path / "installation"
    yield directory
    wait_until(
        lambda: not processes_of(directory),
        "every process is gone",
        told=lambda: str(processes_of(directory)),
    )


def test_an_order_is_a_mail_at_the_server_within_a_second(data: Path, sink: MailSink) -> None:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    settings = {"smtp_url": sink.url, "poll_seconds": POLL_SECONDS, "public_url": address}
    log = data.with_suffix(".log")
    with running("up", "--data", data, "--port", port, log=log, **settings) as up:
        up.wait_for("Towpath is at")
        _become_owner(up, address)
        key = json.loads(_run("api-key", "create", "--name", "Shop", "--json", data=data))
        flow = data / "flow.json"
        flow.write_text(json.dumps({"name": "Told", "definition": _told_at_once()}))
        _run("flows", "import", flow, "--status", "live", data=data)
        api = KlaviyoAPI(key["secret"], test_host=address, max_retries=1, max_delay=1)

        _order(api, "nobody-listens-yet@mail.example")
        confirmation = _mail(sink, "confirm", after=0)
        _confirm(confirmation)
        _order(api, "warm-up@mail.example")
        _mail(sink, "warm-up@mail.example", after=0)
        seconds = [_seconds_to_mail(api, sink, f"buyer-{n}@mail.example") for n in range(ORDERS)]

        assert statistics.median(seconds) <= MAIL_SECONDS_MAX, seconds
        assert [mail.recipient for mail in sink.accepted] == [TEAM] * (2 + ORDERS)
        assert up.interrupt() == 0
    assert not processes_of(data)
    assert "Traceback" not in up.output, up.output
    assert "starting it again" not in up.output, up.output


def test_kill_9_leaves_no_process_and_the_next_start_is_quick(data: Path) -> None:
    port = free_port()
    log = data.with_suffix(".log")
    with running("up", "--data", data, "--port", port, log=log) as first:
        first.wait_for("Towpath is at")
        wait_until(lambda: _has_worker(data), "the worker runs")
        first.kill()
    wait_until(lambda: not processes_of(data), "the worker and the database are gone")

    second_log = data.with_suffix(".second.log")
    with running("up", "--data", data, "--port", port, log=second_log) as second:
        second.wait_for("Towpath is at")
        cpu_seconds = _cpu_seconds(second.process.pid)

        assert _is_healthy(port)
        assert cpu_seconds <= READY_CPU_SECONDS_MAX
        second.interrupt()
    assert not processes_of(data)


def test_worker_and_database_that_are_killed_are_started_again(data: Path) -> None:
    port = free_port()
    log = data.with_suffix(".log")
    with running("up", "--data", data, "--port", port, log=log) as up:
        up.wait_for("Towpath is at")
        wait_until(lambda: _has_worker(data), "the worker runs")
        [worker] = _workers(data)
        os.kill(worker, signal.SIGKILL)
        os.kill(postmaster(data / "postgres"), signal.SIGKILL)
        up.wait_for("starting it again")
        wait_until(lambda: set(_workers(data)) - {worker} != set(), "a new worker runs")
        wait_until(lambda: _is_healthy(port), "the database is back")

        assert len(_workers(data)) == 1
        up.interrupt()
    assert not processes_of(data)


def _become_owner(up: Command, address: str) -> None:
    """Open the link that the first start printed and make the first account."""
    found = re.search(rf"{address}/first-owner\?token=\S+", up.output)
    assert found, up.output
    token = parse_qs(urlsplit(found[0]).query)["token"][0]
    assert httpx.get(found[0]).status_code == 200
    form = {
        "token": token,
        "account_name": "Shop",
        "timezone": "Europe/Berlin",
        "email": "owner@shop.example",
        "name": "Olga",
        "password": "correct horse battery",
    }
    made = httpx.post(f"{address}/first-owner", data=form, headers={"Origin": address})
    assert made.status_code == 303, made.text


def _confirm(mail: Accepted) -> None:
    """Press the button behind the link of a confirmation mail."""
    body = mail.message.get_body(("plain",))
    assert body is not None
    found = re.search(r"https?://\S+/confirm\S*", body.get_content())
    assert found, body.get_content()
    assert httpx.post(found[0]).status_code == 200


def _told_at_once() -> dict[str, Any]:
    return definition(alert("tell", to=[TEAM], subject_line="Ordered: {{ person.email }}"))


def _order(api: KlaviyoAPI, email: str) -> None:
    attributes = {
        "metric": {"data": {"type": "metric", "attributes": {"name": ORDER}}},
        "profile": {"data": {"type": "profile", "attributes": {"email": email}}},
        "properties": {"sku": "A1"},
        "value": 12.5,
    }
    api.Events.create_event({"data": {"type": "event", "attributes": attributes}})


def _seconds_to_mail(api: KlaviyoAPI, sink: MailSink, email: str) -> float:
    before = len(sink.accepted)
    posted_at_seconds = time.monotonic()
    _order(api, email)
    return _mail(sink, email, after=before).at_seconds - posted_at_seconds


def _mail(sink: MailSink, words: str, *, after: int) -> Accepted:
    """Wait for a mail with these words in its subject."""

    def found() -> list[Accepted]:
        return [mail for mail in sink.accepted[after:] if words in mail.subject.lower()]

    wait_until(lambda: bool(found()), f"a mail about {words!r} comes")
    return found()[0]


def _run(*arguments: object, data: Path) -> str:
    done = run(*arguments, "--data", data)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _workers(data: Path) -> list[int]:
    return [number for number, words in processes_of(data).items() if "-m towpath worker" in words]


def _has_worker(data: Path) -> bool:
    """Say whether a worker is at work: it has said so in the database."""
    with postgres.running(data / "postgres") as url, psycopg.connect(url) as connection:
        return bool(connection.execute("SELECT 1 FROM worker_heartbeat").fetchall())


def _is_healthy(port: int) -> bool:
    return httpx.get(f"http://127.0.0.1:{port}/v1/health").status_code == 200


def _cpu_seconds(process_id: int) -> float:
    """Return the processor time a process has used: what it takes, however busy the machine."""
    fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
