"""Rate limits of the API, for installations that switch them on (`TOWPATH_RATE_LIMITS`).

Fixed windows of a second (burst) and a minute (steady), per account and operation (api.md §3).
Each web process counts for itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from uuid import UUID

from towpath.kit.errors import Throttled

BURST_SECONDS = 1
STEADY_SECONDS = 60
WINDOWS_KEPT_MAX = 10_000


class TooManyRequests(Throttled):
    """Too many requests to this endpoint; wait the number of seconds that Retry-After names."""


class Tier(Enum):
    """How many requests an operation takes from one account, per second and per minute."""

    XS = (1, 15)
    S = (3, 60)
    M = (10, 150)
    L = (75, 750)
    XL = (350, 3_500)

    @property
    def limits(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """The seconds of each window with the requests it takes."""
        burst, steady = self.value
        return (BURST_SECONDS, burst), (STEADY_SECONDS, steady)


@dataclass(slots=True)
class _Window:
    """The requests of one account to one operation since `start` (seconds since 1970)."""

    start: int
    count: int = 0


class RateLimiter:
    """The windows of this process."""

    def __init__(self) -> None:
        """Start with nothing counted."""
        self._windows: dict[tuple[UUID, str, int], _Window] = {}

    def take(
        self, *, account_id: UUID, operation: str, tier: Tier, now: datetime
    ) -> Mapping[str, str]:
        """Count one request and return the headers that tell what is left.

        Raises `TooManyRequests`; a refused request is not counted.
        """
        moment = int(now.timestamp())
        found = [
            (seconds, limit, self._window((account_id, operation, seconds), moment))
            for seconds, limit in tier.limits
        ]
        for seconds, limit, window in found:
            if window.count >= limit:
                raise TooManyRequests(retry_after_seconds=window.start + seconds - moment)
        for _, _, window in found:
            window.count += 1
        seconds, limit, window = min(found, key=lambda each: each[1] - each[2].count)
        policy = ", ".join(f"{each};w={length}" for length, each in tier.limits)
        return {
            "RateLimit-Limit": f"{limit}, {policy}",
            "RateLimit-Remaining": str(limit - window.count),
            "RateLimit-Reset": str(window.start + seconds - moment),
        }

    def _window(self, key: tuple[UUID, str, int], moment: int) -> _Window:
        seconds = key[2]
        start = moment - moment % seconds
        window = self._windows.get(key)
        if window is None or window.start != start:
            if len(self._windows) >= WINDOWS_KEPT_MAX:
                self._windows = {
                    known: each
                    for known, each in self._windows.items()
                    if each.start + known[2] > moment
                }
            window = self._windows[key] = _Window(start)
        return window
