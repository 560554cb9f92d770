"""The application served by a real uvicorn on loopback, and the official SDK pointed at it."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from uuid import UUID

import httpx
import pytest
import uvicorn
from klaviyo_api import KlaviyoAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.conftest import NOW
from towpath import accounts
from towpath.accounts import Scope
from towpath.kit import db, ids
from towpath.kit.clock import utc_now
from towpath.kit.config import Settings
from towpath.kit.runtime import Runtime
from towpath.kit.secrets import SecretKeys
from towpath.web import create_app

START_SECONDS_MAX = 20


@dataclass(frozen=True, kw_only=True)
class Shop:
    """An account with a key, and ways to speak to the API as it."""

    account_id: UUID
    key: str
    host: str

    def sdk(self, **options: object) -> KlaviyoAPI:
        return KlaviyoAPI(self.key, test_host=self.host, max_retries=1, max_delay=1, **options)

    def client(self) -> httpx.AsyncClient:
        headers = {"Authorization": f"Klaviyo-API-Key {self.key}", "revision": "2026-10-15"}
        return httpx.AsyncClient(base_url=self.host, headers=headers, timeout=20)


@pytest.fixture(scope="session")
def host(engine: AsyncEngine) -> Iterator[str]:
    """Serve the shared test database in a thread with a loop and an engine of its own."""
    listener = socket.create_server(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    url = engine.url.render_as_string(hide_password=False)
    servers: list[uvicorn.Server] = []
    is_ready = threading.Event()

    async def serve() -> None:
        own = db.create_engine(url)
        runtime = Runtime(
            engine=own,
            settings=Settings(public_url=address),
            keys=SecretKeys(("test",)),
            clock=utc_now,
        )
        config = uvicorn.Config(create_app(runtime), lifespan="off", log_config=None)
        servers.append(uvicorn.Server(config))
        is_ready.set()  # the socket listens already: connections wait until it serves
        await servers[0].serve(sockets=[listener])
        await own.dispose()

    thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
    thread.start()
    assert is_ready.wait(START_SECONDS_MAX)
    yield address
    servers[0].should_exit = True
    thread.join(START_SECONDS_MAX)
    listener.close()


async def make_shop(
    engine: AsyncEngine, account_id: UUID, host: str, scope: Scope = Scope.FULL
) -> Shop:
    async with engine.begin() as conn:
        made = await accounts.create_api_key(
            conn,
            actor=accounts.command_actor(account_id=account_id, label="test"),
            key_id=ids.new_id(),
            name="Test",
            scope=scope,
            now=NOW,
        )
    return Shop(account_id=account_id, key=made.secret, host=host)


@pytest.fixture
async def shop(engine: AsyncEngine, account_id: UUID, host: str) -> Shop:
    return await make_shop(engine, account_id, host)


@pytest.fixture
async def other_shop(engine: AsyncEngine, host: str) -> Shop:
    account_id = ids.new_id()
    async with engine.begin() as conn:
        await accounts.create_account(
            conn, account_id=account_id, name="Other", timezone="UTC", now=NOW
        )
    return await make_shop(engine, account_id, host)


@pytest.fixture
async def reading_shop(engine: AsyncEngine, account_id: UUID, host: str) -> Shop:
    """Give the same account with a key that may only read."""
    return await make_shop(engine, account_id, host, Scope.READ)


@pytest.fixture
async def client(shop: Shop) -> AsyncIterator[httpx.AsyncClient]:
    async with shop.client() as client:
        yield client
