"""Counting attempts to sign in, by address and by network, so that guessing takes for ever."""

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import case, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from towpath.accounts import tokens
from towpath.accounts.model import SignInThrottled
from towpath.accounts.tables import sign_in_attempt

WINDOW: Final = timedelta(minutes=15)
FAILURES_PER_EMAIL_MAX: Final = 10
FAILURES_PER_NETWORK_MAX: Final = 50
EXPIRED_DELETED_MAX: Final = 100
IPV6_NETWORK_BITS: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """Where an attempt is counted: hashes, since people also type passwords into wrong fields."""

    email_key: str
    network_key: str


def attempt_of(*, email: str, address: str | None) -> Attempt:
    """Return where to count an attempt for `email` from the IP `address`.

    One household has a whole IPv6 /64, so that is counted as one.
    """
    return Attempt(email_key=tokens.digest(email), network_key=tokens.digest(_network(address)))


async def count_attempt(conn: AsyncConnection, *, attempt: Attempt, now: datetime) -> int | None:
    """Count an attempt as failed before it is judged, so that parallel guesses all count.

    Returns the seconds to wait when there were too many, else None.
    """
    given = insert(sign_in_attempt).values(
        [
            {"kind": kind, "key": key, "failures": 1, "window_started_at": now}
            for kind, key in (("email", attempt.email_key), ("network", attempt.network_key))
        ]
    )
    is_over = sign_in_attempt.c.window_started_at <= now - WINDOW
    counted = await conn.execute(
        given.on_conflict_do_update(
            index_elements=["kind", "key"],
            set_={
                "failures": case((is_over, 1), else_=sign_in_attempt.c.failures + 1),
                "window_started_at": case(
                    (is_over, given.excluded.window_started_at),
                    else_=sign_in_attempt.c.window_started_at,
                ),
            },
        ).returning(
            sign_in_attempt.c.kind,
            sign_in_attempt.c.failures,
            sign_in_attempt.c.window_started_at,
        )
    )
    rows = counted.all()
    await _delete_expired(conn, now=now)
    limits = {"email": FAILURES_PER_EMAIL_MAX, "network": FAILURES_PER_NETWORK_MAX}
    waits = [
        int((row.window_started_at + WINDOW - now).total_seconds()) + 1
        for row in rows
        if row.failures > limits[row.kind]
    ]
    return max(waits, default=None)


async def forget_attempt(conn: AsyncConnection, *, attempt: Attempt) -> None:
    """Take back what `count_attempt` counted: the password was right."""
    await _forget_email(conn, email_key=attempt.email_key)
    await conn.execute(
        update(sign_in_attempt)
        .where(sign_in_attempt.c.kind == "network", sign_in_attempt.c.key == attempt.network_key)
        .values(failures=func.greatest(sign_in_attempt.c.failures - 1, 0))
    )


async def forget_failures(conn: AsyncConnection, *, email: str) -> None:
    """Take back every failure of an address: its password is another one now."""
    await _forget_email(conn, email_key=tokens.digest(email))


def throttled(wait_seconds: int) -> SignInThrottled:
    """Return the refusal of an attempt that came too early."""
    return SignInThrottled(retry_after_seconds=wait_seconds)


async def _forget_email(conn: AsyncConnection, *, email_key: str) -> None:
    await conn.execute(
        sign_in_attempt.delete().where(
            sign_in_attempt.c.kind == "email", sign_in_attempt.c.key == email_key
        )
    )


async def _delete_expired(conn: AsyncConnection, *, now: datetime) -> None:
    key = tuple_(sign_in_attempt.c.kind, sign_in_attempt.c.key)
    expired = (
        select(sign_in_attempt.c.kind, sign_in_attempt.c.key)
        .where(sign_in_attempt.c.window_started_at <= now - WINDOW)
        .limit(EXPIRED_DELETED_MAX)
        .with_for_update(skip_locked=True)
    )
    await conn.execute(sign_in_attempt.delete().where(key.in_(expired)))


def _network(address: str | None) -> str:
    try:
        ip = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(ip, ipaddress.IPv4Address):
        return str(ip)
    if ip.ipv4_mapped is not None:
        return str(ip.ipv4_mapped)
    return str(ipaddress.ip_network((ip, IPV6_NETWORK_BITS), strict=False))
