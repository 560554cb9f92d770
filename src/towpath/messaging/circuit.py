"""The circuit of a transport: while nothing gets through, nothing is claimed.

Without it a wrong SMTP password would use up the attempts of every message in the outbox.
"""

PAUSE_SECONDS_MIN = 2.0
PAUSE_SECONDS_MAX = 300.0


class Circuit:
    """Closed: mails flow. Open until a moment: nothing is tried; then one mail is, as a probe.

    Times are readings of a monotonic clock in seconds.
    """

    def __init__(
        self,
        *,
        pause_seconds_min: float = PAUSE_SECONDS_MIN,
        pause_seconds_max: float = PAUSE_SECONDS_MAX,
    ) -> None:
        """Start closed."""
        self._open_until: float | None = None
        self._pause_seconds_min = pause_seconds_min
        self._pause_seconds_max = pause_seconds_max
        self._pause_seconds = pause_seconds_min
        self._reason: str | None = None

    @property
    def reason(self) -> str | None:
        """Why the circuit opened, in the provider's words; None when it is closed."""
        return self._reason

    @property
    def is_closed(self) -> bool:
        """Whether the last word from the provider was not that nothing gets through."""
        return self._open_until is None

    def wait_seconds(self, *, now_seconds: float) -> float:
        """Return how long nothing may be tried; 0 when something may."""
        return max(0.0, (self._open_until or now_seconds) - now_seconds)

    def open(self, *, now_seconds: float, reason: str) -> None:
        """Note that nothing gets through; each failed probe doubles the pause.

        Further failures of mails that were already under way change nothing.
        """
        if self.wait_seconds(now_seconds=now_seconds) > 0:
            return
        if self._open_until is not None:
            self._pause_seconds = min(self._pause_seconds * 2, self._pause_seconds_max)
        self._open_until = now_seconds + self._pause_seconds
        self._reason = reason

    def close(self) -> None:
        """Note that the provider answers again."""
        self._open_until = None
        self._pause_seconds = self._pause_seconds_min
        self._reason = None
