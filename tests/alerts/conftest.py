"""The application at a moment that tests set, and a browser without JavaScript."""

from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.alerts.recipients import NOW
from tests.application import Clock, client_of, make_runtime
from towpath import accounts
from towpath.kit import ids
from towpath.web import create_app


@pytest.fixture
def clock() -> Clock:
    return Clock(now=NOW)


@pytest.fixture
def app(engine: AsyncEngine, clock: Clock) -> FastAPI:
    return create_app(make_runtime(engine, clock=clock))


@pytest.fixture
async def browser(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app, accept="text/html") as client:
        yield client


@pytest.fixture
async def other_account_id(engine: AsyncEngine) -> UUID:
    account_id = ids.new_id()
    async with engine.begin() as conn:
        await accounts.create_account(
            conn, account_id=account_id, name="Other", timezone="UTC", now=NOW
        )
    return account_id
