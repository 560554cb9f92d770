"""The application on the shared test database, and a client that speaks to it."""

from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.application import Person, client_of, make_runtime, signed_in
from towpath.accounts import Role
from towpath.web import create_app


@pytest.fixture(scope="session")
def app(engine: AsyncEngine) -> FastAPI:
    return create_app(make_runtime(engine))


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as client:
        yield client


@pytest.fixture
async def analyst(app: FastAPI, account_id: UUID) -> AsyncIterator[Person]:
    async with signed_in(app, account_id, Role.ANALYST) as person:
        yield person
