"""Due alerts rendered and accepted by `smtp-sink`, beside `smtp-source` at the same sink."""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from benchmarks.figures import Figure, print_figures
from benchmarks.installation import fresh_database
from towpath import accounts, alerts, flows, messaging, migrations, people, wiring
from towpath.kit import ids
from towpath.kit.clock import database_now
from towpath.kit.config import Settings
from towpath.kit.runtime import Runtime

ALERTS = 4_000
RECIPIENTS = ("ops@shop.example", "support@shop.example")
MAILS_PER_SECOND_MIN = 500
EVENTS_PER_BATCH = 1_000
CONNECTIONS = 8
MESSAGE_BYTES = 2_500
START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
START_SECONDS_MAX = 10
POLL_SECONDS = 0.05
SOURCE_SECONDS_MAX = 120
SEARCH_PATH = "/usr/sbin:/usr/libexec/postfix:/usr/lib/postfix/sbin"
ORDER = "Placed Order"

HTML = """
<html><body><h1>{{ person.first_name|default:"A customer" }} ordered</h1>
<p>{{ person.email }} placed order {{ event.OrderId }} over {{ event|lookup:"$value" }}.</p>
<table>{% for item in event.Items %}<tr><td>{{ item.title }}</td><td>{{ item.price }}</td></tr>
{% endfor %}</table>
{% if event.is_first %}<p>This is their first order.</p>{% endif %}
</body></html>
"""

DEFINITION: dict[str, Any] = {
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
                    "from_label": "The Shop",
                    "to_emails": list(RECIPIENTS),
                    "subject_line": "{{ person.email }} ordered for {{ event|lookup:'$value' }}",
                    "html": HTML,
                    "text": "{{ person.email }} placed order {{ event.OrderId }}.",
                },
            },
        }
    ],
}


class ProgramMissingError(RuntimeError):
    """A program of the Debian package postfix is not there."""


def program(name: str) -> str:
    """Return the path of a Postfix program, which is in no ordinary PATH."""
    found = shutil.which(name) or shutil.which(name, path=SEARCH_PATH)
    if found is None:
        raise ProgramMissingError(
            f"{name} is missing: apt-get install --no-install-recommends postfix brings it."
        )
    return found


@contextmanager
def running_sink() -> Iterator[int]:
    """Run `smtp-sink`, which accepts every mail and forgets it, and give its port."""
    command = program("smtp-sink")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    who = ["-u", "nobody"] if os.geteuid() == 0 else []
    with subprocess.Popen([command, *who, f"127.0.0.1:{port}", "256"]) as process:
        try:
            wait_until_it_listens(process, port)
            yield port
        finally:
            process.terminate()


def wait_until_it_listens(process: subprocess.Popen[bytes], port: int) -> None:
    """Wait until the sink takes connections."""
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError("smtp-sink ended at its start")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(POLL_SECONDS)
    raise TimeoutError(f"smtp-sink did not listen within {START_SECONDS_MAX} s")


async def queue_alerts(runtime: Runtime) -> Any:
    """Make an account whose flow has `ALERTS` alerts due, and return its id."""
    engine, account_id, plans = runtime.engine, ids.new_id(), flows.Plans()
    async with engine.begin() as conn:
        await accounts.create_account(
            conn, account_id=account_id, name="Bench", timezone="UTC", now=START
        )
        await flows.create_flow(
            conn,
            account_id=account_id,
            name="Every order",
            document=DEFINITION,
            saved_by="bench",
            now=START,
            creates_metrics=True,
            is_started=True,
        )
        for address in RECIPIENTS:
            await alerts.confirm_address(conn, account_id=account_id, address=address, now=START)
    for first in range(0, ALERTS, EVENTS_PER_BATCH):
        drafts = [event(number) for number in range(first, first + EVENTS_PER_BATCH)]
        async with engine.begin() as conn:
            await people.record_events(conn, account_id=account_id, drafts=drafts, now=START)
    while (
        await flows.trigger_batch(
            engine, plans=plans, account_id=account_id, now=START, batch_max=EVENTS_PER_BATCH
        )
    ).events:
        continue
    await flows.advance_due(engine, plans=plans, now=START, batch_max=EVENTS_PER_BATCH)
    return account_id


def event(number: int) -> people.EventDraft:
    """Return an order with three items."""
    return people.EventDraft(
        profile=people.ProfileDraft(
            email=f"customer{number}@shop.example", attributes={"first_name": "Zoë"}
        ),
        metric_name=ORDER,
        time=START,
        properties={
            "$value": 20 + number % 80,
            "OrderId": f"A-{number}",
            "Items": [{"title": f"Item {item}", "price": 10 * item} for item in (1, 2, 3)],
            "is_first": number % 3 == 0,
        },
    )


async def measure(runtime: Runtime) -> float:
    """Send everything that is due; return mails per second."""
    account_id = await queue_alerts(runtime)
    transport = wiring.transport_of(runtime)
    outbox = wiring.outbox_of(runtime, transport)
    sent = 0
    start = time.perf_counter()
    while True:
        async with runtime.engine.connect() as conn:
            lease_now = await database_now(conn)
        done = await messaging.dispatch_due(
            outbox, account_id=account_id, now=START, lease_now=lease_now
        )
        sent += done.sent
        if done.is_idle:
            break
    seconds = time.perf_counter() - start
    await transport.close()
    await check(runtime, account_id, sent)
    return sent / seconds


async def check(runtime: Runtime, account_id: Any, sent: int) -> None:
    """Make sure that what was counted is what is recorded."""
    table = messaging.delivery_table
    async with runtime.engine.connect() as conn:
        recorded = await conn.execute(
            select(func.count()).where(table.c.account_id == account_id, table.c.state == "sent")
        )
    assert recorded.scalar_one() == sent == ALERTS * len(RECIPIENTS)


async def sending(url: str, port: int) -> float:
    """Measure on a database and a mail server."""
    with tempfile.TemporaryDirectory(prefix="towpath-bench-") as folder:
        settings = Settings(
            data=Path(folder),
            smtp_url=f"smtp://127.0.0.1:{port}",
            smtp_connections_max=CONNECTIONS,
        )
        async with wiring.runtime(settings, url) as runtime:
            return await measure(runtime)


def source(port: int) -> float:
    """Return how many mails a second `smtp-source` hands to the same sink."""
    mails = ALERTS * len(RECIPIENTS)
    command = [program("smtp-source"), "-d", "-s", str(CONNECTIONS), "-m", str(mails)]
    command += ["-l", str(MESSAGE_BYTES), f"127.0.0.1:{port}"]
    start = time.perf_counter()
    subprocess.run(command, check=True, timeout=SOURCE_SECONDS_MAX)
    return mails / (time.perf_counter() - start)


def run() -> list[Figure]:
    """Measure sending; without Postfix's programs say so instead."""
    name = "due alert, rendered, accepted by smtp-sink"
    try:
        with running_sink() as port, fresh_database() as url:
            beside = source(port)
            migrations.upgrade(url)
            mails = asyncio.run(sending(url, port))
    except ProgramMissingError as missing:
        return [
            Figure(
                name=name,
                value=0,
                unit="mails/s",
                limit=MAILS_PER_SECOND_MIN,
                beside=f"not measured: {missing}",
            )
        ]
    return [
        Figure(
            name=name,
            value=mails,
            unit="mails/s",
            limit=MAILS_PER_SECOND_MIN,
            beside=f"smtp-source {beside:,.0f}/s over {CONNECTIONS} connections",
        )
    ]


if __name__ == "__main__":
    sys.exit(not print_figures(run()))
