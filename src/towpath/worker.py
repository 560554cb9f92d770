"""The worker: turns events into runs, moves who is due, and sends what is queued.

Two loops, so that a slow mail server holds up no step: the engine (triggers and steps) and the
outbox. Both wake on a notification and look for work every `poll_seconds` besides, since a
notification may be lost. When the database goes away they try again until it is back.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import psycopg
import structlog
from psycopg import sql
from sqlalchemy.exc import DBAPIError, OperationalError

from towpath import flows, messaging, people
from towpath.kit import ids
from towpath.kit.clock import database_now, utc_now
from towpath.kit.heartbeat import HEARTBEAT_SECONDS, beat, leave
from towpath.kit.runtime import Runtime

LISTEN = sql.SQL("LISTEN {}").format(sql.Identifier(people.WORK_CHANNEL))
RETRY_SECONDS = 0.5
RETRY_SECONDS_MAX = 10.0
SHUTDOWN_SECONDS_MAX = 20

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """One worker process: what it works with, and the bells that wake its loops."""

    runtime: Runtime
    outbox: messaging.Outbox
    id: UUID = field(default_factory=ids.new_id)
    plans: flows.Plans = field(default_factory=flows.Plans)
    engine_bell: asyncio.Event = field(default_factory=asyncio.Event)
    outbox_bell: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then finish the batches under way."""
        loops = [
            asyncio.create_task(self._repeat(self._engine_pass, self.engine_bell, stop)),
            asyncio.create_task(self._repeat(self._outbox_pass, self.outbox_bell, stop)),
            asyncio.create_task(self._listen()),
            asyncio.create_task(self._beat()),
        ]
        watched = [asyncio.create_task(stop.wait()), *loops]
        await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
        stop.set()
        self._ring()
        for task in (watched[0], *loops[2:]):
            task.cancel()
        _, unfinished = await asyncio.wait(loops[:2], timeout=SHUTDOWN_SECONDS_MAX)
        for task in unfinished:
            task.cancel()
        results = await asyncio.gather(*loops, return_exceptions=True)
        await self.outbox.transport.close()
        await self._leave()
        for result in results:
            if isinstance(result, Exception):
                raise result

    async def _repeat(
        self,
        one_pass: Callable[[], Awaitable[float]],
        bell: asyncio.Event,
        stop: asyncio.Event,
    ) -> None:
        """Repeat a pass; it returns how many seconds to wait for the bell before the next."""
        pause = RETRY_SECONDS
        while not stop.is_set():
            bell.clear()
            try:
                wait_seconds = await one_pass()
                pause = RETRY_SECONDS
            except (OperationalError, OSError) as trouble:
                log.warning("database_unavailable", trouble=str(trouble), retry_seconds=pause)
                wait_seconds, pause = pause, min(2 * pause, RETRY_SECONDS_MAX)
            except DBAPIError as trouble:
                if not trouble.connection_invalidated:
                    raise
                wait_seconds, pause = pause, min(2 * pause, RETRY_SECONDS_MAX)
            if wait_seconds > 0:
                with suppress(TimeoutError):
                    await asyncio.wait_for(bell.wait(), wait_seconds)

    async def _engine_pass(self) -> float:
        settings, engine = self.runtime.settings, self.runtime.engine
        async with engine.connect() as conn:
            now = await database_now(conn)
            accounts = await flows.accounts_with_triggers(conn, now=now)
        worked = 0
        for account_id in accounts:
            triggered = await flows.trigger_batch(
                engine,
                plans=self.plans,
                account_id=account_id,
                now=now,
                batch_max=settings.trigger_batch_max,
            )
            worked += triggered.events
        worked += await flows.advance_due(
            engine, plans=self.plans, now=now, batch_max=settings.step_batch_max, passes_max=1
        )
        if worked:
            self.outbox_bell.set()
            return 0
        async with engine.connect() as conn:
            due_at = await flows.next_due_at(conn)
        soon = (due_at - now) / timedelta(seconds=1) if due_at else settings.poll_seconds
        return min(max(soon, 0.001), settings.poll_seconds)

    async def _outbox_pass(self) -> float:
        settings, engine = self.runtime.settings, self.runtime.engine
        async with engine.connect() as conn:
            now = await database_now(conn)
            accounts = await messaging.due_accounts(conn, now=now, lease_now=now)
        is_idle = True
        for account_id in accounts:
            done = await messaging.dispatch_due(
                self.outbox, account_id=account_id, now=now, lease_now=now
            )
            is_idle = is_idle and done.is_idle
        return settings.poll_seconds if is_idle else 0

    async def _listen(self) -> None:
        """Ring the bells on notifications; polling is the safety net, so failures only wait."""
        url = self.runtime.engine.url.set(drivername="postgresql")
        while True:
            with suppress(psycopg.Error, OSError):
                async with await psycopg.AsyncConnection.connect(
                    url.render_as_string(hide_password=False), autocommit=True
                ) as connection:
                    await connection.execute(LISTEN)
                    self._ring()  # for what was notified while nobody listened
                    async for _ in connection.notifies():
                        self._ring()
            await asyncio.sleep(RETRY_SECONDS)

    def _ring(self) -> None:
        self.engine_bell.set()
        self.outbox_bell.set()

    async def _beat(self) -> None:
        started_at = utc_now()
        while True:
            with suppress(DBAPIError, OSError):
                async with self.runtime.engine.begin() as conn:
                    now = await database_now(conn)
                    await beat(
                        conn,
                        worker_id=self.id,
                        host=socket.gethostname(),
                        started_at=started_at,
                        trouble=self.outbox.transport.circuit.reason,
                        now=now,
                    )
            await asyncio.sleep(HEARTBEAT_SECONDS)

    async def _leave(self) -> None:
        """Say that this worker has ended; where that fails, its silence says so later."""
        with suppress(DBAPIError, OSError):
            async with self.runtime.engine.begin() as conn:
                await leave(conn, worker_id=self.id)
