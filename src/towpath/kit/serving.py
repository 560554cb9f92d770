"""How a process that serves runs its coroutine."""

import asyncio
import gc
import sys
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")

# Requests and batches make thousands of short-lived containers, and almost never a cycle. With the
# defaults the collector walks all of them again and again: half of the time that reading a request
# with 1,000 events takes.
COLLECT_AFTER_ALLOCATIONS = 20_000
COLLECT_OLDER_AFTER = (50, 100)


def run(main: Coroutine[Any, Any, Result]) -> Result:
    """Run `main` to its end, on uvloop where there is one, with the collector set for serving."""
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER_ALLOCATIONS, *COLLECT_OLDER_AFTER)
    if sys.platform == "win32":
        return asyncio.run(main)
    import uvloop  # noqa: PLC0415 -- not installed on Windows

    return uvloop.run(main)
