"""The application on the shared test database, and a client that speaks to it."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from towpath.kit.config import Settings
from towpath.kit.runtime import Runtime
from towpath.kit.secrets import SecretKeys
from towpath.web import create_app


@pytest.fixture(scope="session")
def runtime(engine: AsyncEngine) -> Runtime:
    return Runtime(engine=engine, settings=Settings(), keys=SecretKeys(("test",)))


@pytest.fixture(scope="session")
def app(runtime: Runtime) -> FastAPI:
    return create_app(runtime)


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8600") as client:
        yield client
