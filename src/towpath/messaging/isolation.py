"""The edge of the queue: a bug met by one message must not stop the others.

Work that raises is handed back as its exception, to be logged once and retried by the queue. An
unreachable database is not the message's fault and is raised.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

DATABASE_TROUBLE = (OperationalError, InterfaceError, PoolTimeoutError)
"""Connection lost, deadlock, lock or statement timeout, no free connection: try again later."""

Result = TypeVar("Result")
Item = TypeVar("Item")


async def settle(work: Coroutine[Any, Any, Result]) -> Result | Exception:
    """Run one piece of queued work and return what it returns, or the exception it met."""
    result: Result | BaseException
    (result,) = await asyncio.gather(work, return_exceptions=True)
    if isinstance(result, DATABASE_TROUBLE):
        raise result
    if isinstance(result, BaseException) and not isinstance(result, Exception):
        raise result
    return result


async def in_halves(
    items: Sequence[Item],
    *,
    key: Callable[[Item], UUID],
    work: Callable[[Sequence[Item]], Awaitable[Mapping[UUID, Result]]],
) -> tuple[dict[UUID, Result], dict[UUID, Exception]]:
    """Do set-wise work; where it raises, halve the set until the item that fails is alone.

    Returns the results and the failures, by key. One bad item among n costs about 2 log n calls.
    """
    results: dict[UUID, Result] = {}
    failures: dict[UUID, Exception] = {}
    waiting: list[Sequence[Item]] = [items] if items else []
    while waiting:
        part = waiting.pop()
        outcome = await settle(_awaited(work(part)))
        if not isinstance(outcome, Exception):
            results.update(outcome)
        elif len(part) == 1:
            failures[key(part[0])] = outcome
        else:
            middle = len(part) // 2
            waiting += [part[middle:], part[:middle]]
    return results, failures


async def _awaited(work: Awaitable[Result]) -> Result:
    return await work
