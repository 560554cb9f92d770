"""Hashing passwords (argon2id), off the event loop and a few at a time."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Final, TypeVar

from pwdlib.hashers.argon2 import Argon2Hasher

from towpath.accounts.model import PasswordsBusy

# The OWASP recommendation for argon2id; about 20 ms on one core.
MEMORY_KIBIBYTES: Final = 19_456
PASSES: Final = 2
LANES: Final = 1

THREADS: Final = 2
WAITING_MAX: Final = 64
RETRY_AFTER_SECONDS: Final = 3

Result = TypeVar("Result")

_HASHER = Argon2Hasher(time_cost=PASSES, memory_cost=MEMORY_KIBIBYTES, parallelism=LANES)
_THREADS = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="password")


class _Queue:
    """How many passwords wait or are being hashed in this process."""

    length = 0


async def hash_password(password: str) -> str:
    """Return what is stored of a password; raises `PasswordsBusy` under a flood."""
    return await _run(lambda: _HASHER.hash(_bytes(password)))


async def is_password(password: str, password_hash: str | None) -> bool:
    """Say whether a password is the stored one; without one it takes as long and says no.

    Raises `PasswordsBusy` under a flood.
    """

    def check() -> bool:
        matches = _HASHER.verify(_bytes(password), password_hash or _nobodys_hash())
        return matches and password_hash is not None

    return await _run(check)


async def _run(work: Callable[[], Result]) -> Result:
    if _Queue.length >= WAITING_MAX:
        raise PasswordsBusy(retry_after_seconds=RETRY_AFTER_SECONDS)
    _Queue.length += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_THREADS, work)
    finally:
        _Queue.length -= 1


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")


@cache
def _nobodys_hash() -> str:
    return _HASHER.hash(b"")
