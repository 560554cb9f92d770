"""The application, its owner, and mails captured for the account."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.application import Person, make_runtime, signed_in
from towpath.accounts import Role
from towpath.web import create_app


@pytest.fixture(scope="session")
def app(engine: AsyncEngine) -> FastAPI:
    return create_app(make_runtime(engine))


@pytest.fixture
async def owner(app: FastAPI, account_id: UUID) -> AsyncIterator[Person]:
    async with signed_in(app, account_id, Role.OWNER) as person:
        yield person
