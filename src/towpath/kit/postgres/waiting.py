"""Waiting for something that another process does."""

import time
from collections.abc import Callable

LOOK_SECONDS = 0.01


def wait_for(fact: Callable[[], bool], *, seconds_max: float) -> bool:
    """Look again and again until `fact` holds; False when it does not within `seconds_max`."""
    deadline = time.monotonic() + seconds_max
    while not fact():
        if time.monotonic() >= deadline:
            return False
        time.sleep(LOOK_SECONDS)
    return True
