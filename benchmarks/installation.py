"""An installation of its own for a benchmark: a fresh database and `towpath web` on it."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from towpath.kit import postgres

START_SECONDS_MAX = 60
STOP_SECONDS_MAX = 30
POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """Where it listens, the key of its account, and its database."""

    port: int
    key: str
    database_url: str
    process_id: int


@contextmanager
def fresh_database() -> Iterator[str]:
    """Give an empty database, on the server of `TOWPATH_TEST_DATABASE_URL` or an embedded one."""
    server = os.environ.get("TOWPATH_TEST_DATABASE_URL")
    with tempfile.TemporaryDirectory(prefix="towpath-bench-") as folder:
        if server is None:
            with postgres.running(Path(folder)) as url:
                yield url
            return
        name = f"bench_{secrets.token_hex(6)}"
        with psycopg.connect(server, autocommit=True) as conn:
            conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            before, _, query = server.partition("?")
            yield f"{before.rsplit('/', 1)[0]}/{name}?{query}"
        finally:
            with psycopg.connect(server, autocommit=True) as conn:
                drop = sql.SQL("DROP DATABASE {} WITH (FORCE)")
                conn.execute(drop.format(sql.Identifier(name)))


@contextmanager
def running_web() -> Iterator[Installation]:
    """Run `towpath web` on a fresh database, as anybody would start it."""
    key = f"pk_{secrets.token_urlsafe(32)}"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with fresh_database() as url, tempfile.TemporaryDirectory(prefix="towpath-bench-") as data:
        environment = {
            **{name: value for name, value in os.environ.items() if "TOWPATH" not in name},
            "TOWPATH_DATA": data,
            "TOWPATH_DATABASE_URL": url,
            "TOWPATH_PORT": str(port),
            "TOWPATH_PUBLIC_URL": f"http://127.0.0.1:{port}",
            "TOWPATH_BOOTSTRAP_OWNER_EMAIL": "owner@shop.example",
            "TOWPATH_BOOTSTRAP_OWNER_PASSWORD": secrets.token_urlsafe(16),
            "TOWPATH_BOOTSTRAP_API_KEY": key,
        }
        command = [sys.executable, "-m", "towpath", "web"]
        log = Path(data) / "web.log"
        with log.open("wb") as output:
            process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
        try:
            _wait_until_served(port, process, log)
            yield Installation(port=port, key=key, database_url=url, process_id=process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(STOP_SECONDS_MAX)


def _wait_until_served(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"towpath web ended at its start:\n{log.read_text()}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(POLL_SECONDS)
    raise TimeoutError(f"towpath web did not listen within {START_SECONDS_MAX} s")
