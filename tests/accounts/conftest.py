"""The application with a clock of its own, and the people of one account."""

from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.application import Clock, Person, client_of, make_runtime, signed_in
from towpath import accounts
from towpath.accounts import Role
from towpath.kit import ids
from towpath.web import create_app

PASSWORD = "correct horse battery"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def app(engine: AsyncEngine, clock: Clock) -> FastAPI:
    return create_app(make_runtime(engine, clock=clock))


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as client:
        yield client


@pytest.fixture
async def owner(app: FastAPI, account_id: UUID) -> AsyncIterator[Person]:
    async with signed_in(app, account_id, Role.OWNER) as person:
        yield person


@pytest.fixture
async def admin(app: FastAPI, account_id: UUID) -> AsyncIterator[Person]:
    async with signed_in(app, account_id, Role.ADMIN) as person:
        yield person


@pytest.fixture
async def stranger(app: FastAPI, clock: Clock) -> AsyncIterator[Person]:
    """Give the owner of another account."""
    other_account = ids.new_id()
    async with app.state.runtime.engine.begin() as conn:
        await accounts.create_account(
            conn, account_id=other_account, name="Other", timezone="UTC", now=clock()
        )
    async with signed_in(app, other_account, Role.OWNER) as person:
        yield person


@pytest.fixture(scope="session")
async def password_hash() -> str:
    return await accounts.hash_password(PASSWORD)


@pytest.fixture
async def email(app: FastAPI, account_id: UUID, password_hash: str) -> str:
    """Give the address of an admin whose password is `PASSWORD`."""
    runtime = app.state.runtime
    user_id = ids.new_id()
    address = f"{user_id.hex}@shop.example"
    async with runtime.engine.begin() as conn:
        await accounts.create_user(
            conn,
            user_id=user_id,
            email=address,
            name="Grace",
            password_hash=password_hash,
            now=runtime.clock(),
        )
        await accounts.add_membership(
            conn, account_id=account_id, user_id=user_id, role=Role.ADMIN, now=runtime.clock()
        )
    return address
