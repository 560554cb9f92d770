"""`towpath up`, `web`, `worker`, `migrate` and `doctor`."""

import asyncio
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from towpath import accounts, migrations, wiring
from towpath.cli import demo as demo_shop
from towpath.cli.context import (
    DataOption,
    console,
    migrated_database,
    settings_for,
    shown_errors,
)
from towpath.cli.supervision import STOP_SIGNALS, kept_database, kept_worker
from towpath.kit.config import Settings
from towpath.kit.errors import Problem
from towpath.kit.log import configure_logging
from towpath.kit.runtime import Runtime
from towpath.kit.serving import run
from towpath.web import create_app
from towpath.worker import Worker

SHUTDOWN_SECONDS_MAX = 10

PortOption = Annotated[int | None, typer.Option(help="Port of the web server; default 8600.")]
HostOption = Annotated[str | None, typer.Option(help="Address to listen on; default 127.0.0.1.")]


def up(
    data: DataOption = None,
    port: PortOption = None,
    host: HostOption = None,
    demo: Annotated[bool, typer.Option(help="Load a small shop and run the main job.")] = False,
) -> None:
    """Run everything: database, web server and worker, until Ctrl-C."""
    with shown_errors():
        settings = _settings(data, port, host)
        configure_logging(settings.log_format)
        _check_address(settings)
        with migrated_database(settings) as url:
            run(_up(settings, url, is_demo=demo))


def web(data: DataOption = None, port: PortOption = None, host: HostOption = None) -> None:
    """Run the web server alone."""
    with shown_errors():
        settings = _settings(data, port, host)
        configure_logging(settings.log_format)
        _check_address(settings)
        with migrated_database(settings) as url:
            run(_web(settings, url))


def worker(data: DataOption = None) -> None:
    """Run a worker alone: triggers, steps and sending."""
    with shown_errors():
        settings = settings_for(data)
        configure_logging(settings.log_format)
        with migrated_database(settings) as url:
            run(_worker(settings, url))


def migrate(data: DataOption = None) -> None:
    """Bring the database to the newest schema."""
    with shown_errors():
        settings = settings_for(data)
        with wiring.database(settings) as url:
            revision = migrations.upgrade(url)
        console.print(f"The database is at {revision}.", highlight=False)


def _settings(data: Path | None, port: int | None, host: str | None) -> Settings:
    settings = settings_for(data)
    if port is not None:
        settings = replace(settings, port=port)
    if settings.public_url == Settings().public_url:
        settings = replace(settings, public_url=f"http://localhost:{settings.port}")
    return replace(settings, host=host) if host is not None else settings


def _check_address(settings: Settings) -> None:
    """Raise a `Problem` when the web server could not listen, before anything else is started."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        socket.create_server((settings.host, settings.port), family=family).close()
    except OSError as problem:
        raise Problem(
            f"Nothing can listen on port {settings.port} of {settings.host} "
            f"({os.strerror(problem.errno or 0)}); choose others with --port and --host."
        ) from None


async def _up(settings: Settings, url: str, *, is_demo: bool) -> None:
    async with wiring.runtime(settings, url) as runtime:
        if is_demo:
            await demo_shop.load(runtime)
        await _first_start(runtime)
        async with kept_database(settings), kept_worker(settings):
            await _serve(runtime, is_demo=is_demo)


async def _web(settings: Settings, url: str) -> None:
    async with wiring.runtime(settings, url) as runtime:
        await _first_start(runtime)
        async with kept_database(settings):
            await _serve(runtime, is_demo=False)


async def _first_start(runtime: Runtime) -> None:
    """Make the first account from the environment, or show the link that makes it."""
    now = runtime.clock()
    async with runtime.engine.begin() as conn:
        await accounts.bootstrap(conn, settings=runtime.settings, now=now)
        link = await accounts.first_owner_link(
            conn, public_url=runtime.settings.public_url, now=now
        )
    if link is not None:
        console.print(
            f"No owner yet. Open this link once to make the first account:\n\n  {link}\n",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )


async def _serve(runtime: Runtime, *, is_demo: bool) -> None:
    settings = runtime.settings
    server = _Server(
        uvicorn.Config(
            create_app(runtime, merge_listeners=wiring.MERGE_LISTENERS),
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=True,
            forwarded_allow_ips=settings.trusted_proxies,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS_MAX,
        )
    )
    announced = asyncio.create_task(_announce(server, runtime, is_demo=is_demo))
    try:
        await server.serve()
    finally:
        announced.cancel()
        with suppress(asyncio.CancelledError):
            await announced


class _Server(uvicorn.Server):
    """A server that says when it listens, and ends in peace.

    Uvicorn raises the signal that ended it once more, which would cut short what we still do then:
    waiting for the worker to finish its batches.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_listening = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.is_listening.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in STOP_SIGNALS:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in STOP_SIGNALS:
                loop.remove_signal_handler(number)


async def _announce(server: _Server, runtime: Runtime, *, is_demo: bool) -> None:
    await server.is_listening.wait()
    console.print(
        f"Towpath is at {runtime.settings.public_url} (Ctrl-C stops it).", highlight=False
    )
    if is_demo:
        await demo_shop.print_sign_in(runtime)


async def _worker(settings: Settings, url: str) -> None:
    async with wiring.runtime(settings, url) as runtime:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in STOP_SIGNALS:
            loop.add_signal_handler(number, stop.set)
        transport = wiring.transport_of(runtime)
        own = Worker(runtime=runtime, outbox=wiring.outbox_of(runtime, transport))
        async with kept_database(settings):
            await own.run(stop)
