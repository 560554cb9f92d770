"""From an event posted to its mail accepted, at 50 events a second; start-up time and memory."""

import asyncio
import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from benchmarks.engine_steps import ORDER
from benchmarks.figures import Better, Figure, print_figures
from benchmarks.http_load import request
from towpath import accounts, alerts, wiring
from towpath.kit.config import read_settings

EVENTS_PER_SECOND = 50
SECONDS = 20
WARM_UP_EVENTS = 50
P50_SECONDS_MAX = 0.25
P99_SECONDS_MAX = 1.0
WORKER_MEGABYTES_MAX = 300
READY_SECONDS_MAX = 4
START_SECONDS_MAX = 60
POLL_SECONDS = 0.01
DRAIN_SECONDS_MAX = 30
SUBJECT = re.compile(rb"^Subject: order-(\d+)", re.MULTILINE)

FLOW = {
    "name": "Every order",
    "definition": {
        "triggers": [{"type": "metric", "id": ORDER, "trigger_filter": None}],
        "profile_filter": None,
        "entry_action_id": "alert",
        "actions": [
            {
                "temporary_id": "alert",
                "type": "send-internal-alert",
                "links": {"next": None},
                "data": {
                    "status": "live",
                    "message": {
                        "from_email": "alerts@shop.example",
                        "from_label": "Shop",
                        "to_emails": ["ops@shop.example"],
                        "subject_line": "order-{{ event.number }}",
                        "text": "{{ person.email }} ordered.",
                    },
                },
            }
        ],
    },
}


class Accepted:
    """The mail server: notes when each mail was accepted."""

    def __init__(self) -> None:
        self.times: dict[int, float] = {}

    async def handle_DATA(  # noqa: N802 -- aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Take the mail."""
        del server, session
        content = envelope.content or b""
        found = SUBJECT.search(content if isinstance(content, bytes) else content.encode())
        if found:
            self.times.setdefault(int(found[1]), time.perf_counter())
        return "250 OK"


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A running `towpath up`: where it listens, its key, how long it took to be ready."""

    port: int
    key: str
    ready_seconds: float
    process: subprocess.Popen[bytes]


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@contextmanager
def running_up(data: Path, smtp_port: int, key: str) -> Iterator[Running]:
    """Run `towpath up` on a data directory, as anybody would start it."""
    port = _free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if "TOWPATH" not in name},
        "TOWPATH_SMTP_URL": f"smtp://127.0.0.1:{smtp_port}",
        "TOWPATH_BOOTSTRAP_OWNER_EMAIL": "owner@shop.example",
        "TOWPATH_BOOTSTRAP_OWNER_PASSWORD": secrets.token_urlsafe(16),
        "TOWPATH_BOOTSTRAP_API_KEY": key,
    }
    command = [sys.executable, "-m", "towpath", "up", "--data", str(data), "--port", str(port)]
    start = time.perf_counter()
    with (data.parent / "up.log").open("ab") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        _wait_until_served(process, port)
        yield Running(
            port=port, key=key, ready_seconds=time.perf_counter() - start, process=process
        )
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(START_SECONDS_MAX)


def _wait_until_served(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError("towpath up ended at its start")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(POLL_SECONDS)
    raise TimeoutError(f"towpath up did not listen within {START_SECONDS_MAX} s")


def _towpath(data: Path, *arguments: str) -> dict[str, Any]:
    """Run a command beside the running installation and return what it prints as JSON."""
    done = subprocess.run(
        [sys.executable, "-m", "towpath", *arguments, "--data", str(data), "--json"],
        capture_output=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _event(number: int) -> object:
    return {
        "data": {
            "type": "event",
            "attributes": {
                "properties": {"number": number},
                "time": datetime.now(tz=UTC).isoformat(),
                "unique_id": f"order-{number}",
                "metric": {"data": {"type": "metric", "attributes": {"name": ORDER}}},
                "profile": {
                    "data": {
                        "type": "profile",
                        "attributes": {"email": f"p{number}@shop.example"},
                    }
                },
            },
        }
    }


async def _post(port: int, key: str, numbers: range) -> dict[int, float]:
    """Post events at a steady rate; return when each was sent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    sent: dict[int, float] = {}
    start = time.perf_counter()
    for count, number in enumerate(numbers):
        await asyncio.sleep(max(0.0, start + count / EVENTS_PER_SECOND - time.perf_counter()))
        sent[number] = time.perf_counter()
        writer.write(request("/api/events", key, _event(number)))
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 202"), head
    writer.close()
    return sent


def _worker_megabytes(parent: int) -> float:
    """Return the largest memory any child of `towpath up` that is a worker has had."""
    largest = 0.0
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            lines = dict(
                line.split(":\t", 1) for line in status.read_text().splitlines() if ":\t" in line
            )
            command = (status.parent / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if lines.get("PPid") == str(parent) and b"worker" in command:
            largest = max(largest, int(lines["VmHWM"].split()[0]) / 1024)
    return largest


def _confirm(data: Path, flow_file: Path) -> None:
    """Bring the flow in with a confirmed recipient and set it live."""
    flow_file.write_text(json.dumps(FLOW))
    settings = replace(read_settings({}), data=data)

    async def confirm(url: str) -> None:
        async with wiring.runtime(settings, url) as runtime, runtime.engine.begin() as conn:
            account_id = (await accounts.list_accounts(conn))[0].id
            await alerts.confirm_address(
                conn, account_id=account_id, address="ops@shop.example", now=runtime.clock()
            )

    with wiring.database(settings) as url:
        asyncio.run(confirm(url))
    _towpath(data, "flows", "import", str(flow_file), "--status", "live")


def run() -> list[Figure]:
    """Measure a running installation."""
    accepted = Accepted()
    server = Controller(accepted, hostname="127.0.0.1", port=_free_port())
    server.start()
    key = f"pk_{secrets.token_urlsafe(32)}"
    try:
        with tempfile.TemporaryDirectory(prefix="towpath-bench-") as folder:
            data = Path(folder) / "data"
            with running_up(data, server.port, key) as first:
                _confirm(data, Path(folder) / "flow.json")
                sent = asyncio.run(_measure(first, accepted))
                memory = _worker_megabytes(first.process.pid)
            with running_up(data, server.port, key) as second:
                ready = second.ready_seconds
    finally:
        server.stop()
    waits = sorted(accepted.times[number] - at for number, at in sent.items())
    return [
        _limited("event posted to mail accepted, p50", waits[len(waits) // 2], P50_SECONDS_MAX),
        _limited("the same, p99", waits[int(len(waits) * 0.99)], P99_SECONDS_MAX),
        Figure(
            name="worker memory",
            value=memory,
            unit="MB",
            limit=WORKER_MEGABYTES_MAX,
            better=Better.LOWER,
        ),
        _limited("towpath up on an existing data directory", ready, READY_SECONDS_MAX),
    ]


async def _measure(running: Running, accepted: Accepted) -> dict[int, float]:
    total = WARM_UP_EVENTS + EVENTS_PER_SECOND * SECONDS
    sent = await _post(running.port, running.key, range(total))
    deadline = time.monotonic() + DRAIN_SECONDS_MAX
    while len(accepted.times) < total and time.monotonic() < deadline:  # noqa: ASYNC110 -- SMTP's
        await asyncio.sleep(POLL_SECONDS)
    missing = total - len(accepted.times)
    assert missing == 0, f"{missing} mails did not arrive"
    return {number: at for number, at in sent.items() if number >= WARM_UP_EVENTS}


def _limited(name: str, seconds: float, limit: float) -> Figure:
    return Figure(
        name=name,
        value=seconds,
        unit="s",
        limit=limit,
        better=Better.LOWER,
        beside=f"{EVENTS_PER_SECOND} events/s" if "mail" in name else "",
    )


if __name__ == "__main__":
    sys.exit(not print_figures(run()))
