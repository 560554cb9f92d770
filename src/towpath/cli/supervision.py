"""What `towpath up` keeps going: the worker, and the embedded database.

Both may be killed, as by the kernel for want of memory; people wait then, but not for somebody to
look at it.
"""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any

import structlog

from towpath import wiring
from towpath.cli.context import console
from towpath.kit import postgres
from towpath.kit.config import Settings

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)
WORKER_RESTART_SECONDS = 1.0
WORKER_RESTARTS_MAX = 1_000
WORKER_STOP_SECONDS_MAX = 25
DATABASE_LOOK_SECONDS = 2.0

log = structlog.get_logger(__name__)


@asynccontextmanager
async def kept_worker(settings: Settings) -> AsyncIterator[None]:
    """Have a worker run meanwhile, as a process of its own; at the end it finishes its batches."""
    async with _beside(_keep_worker(settings)):
        yield


@asynccontextmanager
async def kept_database(settings: Settings) -> AsyncIterator[None]:
    """Have the embedded database started again meanwhile, should it be killed."""
    if settings.database_url is not None:
        yield
        return
    async with _beside(_keep_database(settings)):
        yield


@asynccontextmanager
async def _beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _keep_worker(settings: Settings) -> None:
    command = [sys.executable, "-m", "towpath", "worker", "--data", str(settings.data)]
    environment = {**os.environ, "TOWPATH_PUBLIC_URL": settings.public_url}
    dies_with_us = partial(_die_with_parent, os.getpid())
    for _ in range(WORKER_RESTARTS_MAX):
        process = await asyncio.create_subprocess_exec(
            *command,
            env=environment,
            stdin=subprocess.DEVNULL,
            preexec_fn=dies_with_us,
            start_new_session=True,  # Ctrl-C is for us, who then stop the worker
        )
        try:
            await process.wait()
        finally:
            await _stop_worker(process)
        console.print(f"The worker ended ({process.returncode}); starting it again.")
        await asyncio.sleep(WORKER_RESTART_SECONDS)
    console.print(f"The worker ended {WORKER_RESTARTS_MAX:,} times; it is not started again.")


async def _stop_worker(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), WORKER_STOP_SECONDS_MAX)
        except TimeoutError:
            process.kill()
            await process.wait()


def _die_with_parent(parent: int) -> None:
    """Have the kernel end this process when its parent dies, also after kill -9 (Linux)."""
    if sys.platform == "linux":
        import ctypes  # noqa: PLC0415 -- in the child only

        parent_death_signal = 1
        ctypes.CDLL(None).prctl(parent_death_signal, signal.SIGTERM)
        if os.getppid() != parent:  # it died before the kernel was told
            os.kill(os.getpid(), signal.SIGTERM)


async def _keep_database(settings: Settings) -> None:
    while True:
        await asyncio.sleep(DATABASE_LOOK_SECONDS)
        try:
            await asyncio.to_thread(_use_database, settings)
        except postgres.DatabaseUnavailable as trouble:
            log.warning("database_unavailable", trouble=str(trouble))


def _use_database(settings: Settings) -> None:
    """Start the server if it does not run; who uses it keeps it running."""
    with wiring.database(settings):
        return
