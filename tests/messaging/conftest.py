"""Fixtures of the outbox's tests."""

from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict, WrappedLogger


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """Give the names of the events logged so far."""
    names: list[str] = []

    def keep(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        names.append(event["event"])
        return event

    with capture_logs(processors=[keep]):
        yield names
