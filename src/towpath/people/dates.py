"""Which properties read as dates. Judged once when written, so that reading never has to cast."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

DATE_CHARACTERS_MIN = len("2026-11-01")
DATE_CHARACTERS_MAX = len("2026-11-01T12:00:00.000000+00:00:00")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)


def date_values(properties: Mapping[str, Any]) -> dict[str, int]:
    """Return epoch seconds of every top-level value that reads as an ISO 8601 date or time.

    A date alone means midnight UTC, a time without an offset is in UTC, fractions of a second are
    cut off. What leaves the years 1 to 9999 once in UTC is no date.
    """
    found = {}
    for name, value in properties.items():
        if type(value) is str and value[4:5] == "-" and value[7:8] == "-":
            seconds = epoch_seconds(value)
            if seconds is not None:
                found[name] = seconds
    return found


def epoch_seconds(text: str) -> int | None:
    """Read `YYYY-MM-DD` or an ISO 8601 date and time; None when it is neither."""
    if not DATE_CHARACTERS_MIN <= len(text) <= DATE_CHARACTERS_MAX:
        return None
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return (moment.astimezone(UTC) - _EPOCH) // _SECOND
    except (ValueError, OverflowError):
        return None
