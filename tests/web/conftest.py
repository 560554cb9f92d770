"""The application on the shared test database, and a client that speaks to it."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.application import client_of, make_runtime
from towpath.web import create_app


@pytest.fixture(scope="session")
def app(engine: AsyncEngine) -> FastAPI:
    return create_app(make_runtime(engine))


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as client:
        yield client
