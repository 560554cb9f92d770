"""The application in tests: a clock that tests set, clients, and people who are signed in."""

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.conftest import NOW
from towpath import accounts
from towpath.accounts import Role, Scope
from towpath.kit import ids
from towpath.kit.config import Settings
from towpath.kit.runtime import Runtime
from towpath.kit.secrets import SecretKeys

ADDRESS = "http://localhost:8600"

_addresses = itertools.count(1)


@dataclass
class Clock:
    """The application's clock: stands still until a test moves it."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def move(self, **duration: float) -> None:
        self.now += timedelta(**duration)


@dataclass(frozen=True, kw_only=True)
class Person:
    """A signed-in person: a client that carries their session and CSRF token."""

    account_id: UUID
    user_id: UUID
    email: str
    client: httpx.AsyncClient


def make_runtime(
    engine: AsyncEngine, *, clock: Clock | None = None, settings: Settings | None = None
) -> Runtime:
    return Runtime(
        engine=engine,
        settings=settings or Settings(),
        keys=SecretKeys(("test",)),
        clock=clock or Clock(),
    )


@asynccontextmanager
async def client_of(
    app: FastAPI, *, base_url: str = ADDRESS, **headers: str
) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client with an IP address of its own, so that tests do not throttle each other."""
    number = next(_addresses)
    transport = httpx.ASGITransport(
        app,
        raise_app_exceptions=False,
        client=(f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}", 1),
    )
    async with httpx.AsyncClient(transport=transport, base_url=base_url, headers=headers) as client:
        yield client


@asynccontextmanager
async def signed_in(app: FastAPI, account_id: UUID, role: Role) -> AsyncIterator[Person]:
    """Make a user with `role` in the account and sign them in by a one-time link."""
    runtime: Runtime = app.state.runtime
    user_id = ids.new_id()
    email = f"{user_id.hex}@shop.example"
    async with runtime.engine.begin() as conn:
        await accounts.create_user(
            conn, user_id=user_id, email=email, name="Ada", password_hash=None, now=runtime.clock()
        )
        await accounts.add_membership(
            conn, account_id=account_id, user_id=user_id, role=role, now=runtime.clock()
        )
        link = await accounts.sign_in_link(
            conn, user_id=user_id, account_id=account_id, public_url=ADDRESS, now=runtime.clock()
        )
    async with client_of(app) as client:
        response = await client.post("/sign-in/link", data={"token": token_in(link)})
        assert response.status_code == 303
        me = (await client.get("/v1/me")).json()
        client.headers["X-CSRF-Token"] = me["csrf_token"]
        yield Person(account_id=account_id, user_id=user_id, email=email, client=client)


@asynccontextmanager
async def with_key(
    app: FastAPI, account_id: UUID, scope: Scope = Scope.FULL
) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client that sends an API key of the account."""
    runtime: Runtime = app.state.runtime
    async with runtime.engine.begin() as conn:
        made = await accounts.create_api_key(
            conn,
            actor=accounts.command_actor(account_id=account_id, label="test"),
            key_id=ids.new_id(),
            name="Test",
            scope=scope,
            now=runtime.clock(),
        )
    async with client_of(app, Authorization=f"Klaviyo-API-Key {made.secret}") as client:
        yield client


def token_in(link: str) -> str:
    """Return the token of a one-time link."""
    return parse_qs(urlsplit(link).query)["token"][0]
