"""Guessing passwords: counted by address and by network, for a quarter of an hour."""

import httpx
from fastapi import FastAPI
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.accounts.conftest import PASSWORD
from tests.application import Clock, client_of
from towpath.accounts.operations import attempts
from towpath.accounts.tables import sign_in_attempt
from towpath.kit import ids

WRONG = "not the password"


async def guess(client: httpx.AsyncClient, email: str, password: str = WRONG) -> httpx.Response:
    return await client.post("/v1/session", json={"email": email, "password": password})


async def use_up_guesses(client: httpx.AsyncClient, email: str) -> None:
    for _ in range(attempts.FAILURES_PER_EMAIL_MAX):
        assert (await guess(client, email)).status_code == 401


async def test_after_too_many_guesses_even_the_right_password_has_to_wait(
    client: httpx.AsyncClient, app: FastAPI, email: str, clock: Clock
) -> None:
    await use_up_guesses(client, email)

    async with client_of(app) as elsewhere:
        refused = await guess(elsewhere, email, PASSWORD)

        assert refused.status_code == 429
        assert refused.json()["errors"][0]["code"] == "sign_in_throttled"
        clock.move(seconds=int(refused.headers["retry-after"]))
        assert (await guess(elsewhere, email, PASSWORD)).status_code == 201


async def test_an_unknown_address_is_throttled_like_a_known_one(
    client: httpx.AsyncClient,
) -> None:
    nobody = f"{ids.new_id().hex}@shop.example"
    await use_up_guesses(client, nobody)

    assert (await guess(client, nobody)).status_code == 429


async def test_one_network_cannot_try_many_addresses(
    client: httpx.AsyncClient, engine: AsyncEngine, clock: Clock, email: str
) -> None:
    address = client._transport.client[0]  # type: ignore[attr-defined]  # the test's own transport
    async with engine.begin() as conn:
        for _ in range(attempts.FAILURES_PER_NETWORK_MAX):
            attempt = attempts.attempt_of(email=ids.new_id().hex, address=address)
            assert await attempts.count_attempt(conn, attempt=attempt, now=clock()) is None

    assert (await guess(client, email, PASSWORD)).status_code == 429


async def test_signing_in_clears_the_address_and_does_not_count_against_the_network(
    client: httpx.AsyncClient, email: str, engine: AsyncEngine, clock: Clock
) -> None:
    for _ in range(attempts.FAILURES_PER_EMAIL_MAX - 1):
        await guess(client, email)
    assert (await guess(client, email, PASSWORD)).status_code == 201

    await use_up_guesses(client, email)


async def test_the_other_addresses_of_an_ipv6_household_count_as_one() -> None:
    one = attempts.attempt_of(email="a@b.example", address="2001:db8:1:2::1")
    same = attempts.attempt_of(email="a@b.example", address="2001:db8:1:2:ffff::9")
    other = attempts.attempt_of(email="a@b.example", address="2001:db8:1:3::1")
    mapped = attempts.attempt_of(email="a@b.example", address="::ffff:10.0.0.1")

    assert one == same
    assert one != other
    assert mapped == attempts.attempt_of(email="a@b.example", address="10.0.0.1")


async def test_addresses_are_not_kept_readable(
    client: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    typed = f"{ids.new_id().hex} my password"
    await guess(client, typed)

    async with engine.begin() as conn:
        keys = (await conn.execute(select(sign_in_attempt.c.key))).scalars().all()
    assert keys
    assert not any("password" in key or "10." in key for key in keys)


async def test_old_counts_are_deleted_so_the_table_does_not_grow(own_engine: AsyncEngine) -> None:
    clock = Clock()
    async with own_engine.begin() as conn:
        for number in range(30):
            attempt = attempts.attempt_of(email=f"{number}", address=f"10.1.1.{number}")
            await attempts.count_attempt(conn, attempt=attempt, now=clock())
        clock.move(seconds=attempts.WINDOW.total_seconds())
        attempt = attempts.attempt_of(email="last", address="10.1.2.1")
        await attempts.count_attempt(conn, attempt=attempt, now=clock())

        rows = await conn.scalar(select(func.count()).select_from(sign_in_attempt))

    assert rows == 2
