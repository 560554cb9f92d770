"""Log lines: readable by people or machines, and without a secret, also in tracebacks."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from towpath.kit.log import configure_logging


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Give the stream that lines go to; the set-up of the suite comes back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield io.StringIO()
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


SECRETS = {
    "password": "hunter2 hunter2",
    "api_key": "anything at all",
    "Authorization": "Klaviyo-API-Key whatever",
    "session_token": "abc",
    "smtp_url": "smtp://shop:letmein@mail.example:25",
    "note": "sent with pk_0123456789abcdef",
    "header": "Bearer 0123456789",
    "query": "token=Zm9vYmFy&x=1",
    "cookies": "towpath_session=Zm9v; a=b",
    "nested": {"body": {"new_password": "hunter3"}},
    "hash": "$argon2id$v=19$m=1,t=1,p=1$c2FsdA$aGFzaA",
    "link": "/alerts/confirm/" + "a" * 40 + "." + "b" * 43,
}
LEAKS = [
    "hunter", "anything at all", "whatever", "abc'", "letmein", "pk_0123", "0123456789",
    "Zm9v", "aGFzaA", "b" * 43,
]  # fmt: skip


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_no_secret_reaches_the_line(stream: io.StringIO, log_format: str) -> None:
    configure_logging(log_format, stream=stream)

    structlog.get_logger("towpath.test").info("tried", **SECRETS)

    line = stream.getvalue()
    assert "tried" in line
    assert "mail.example:25" in line
    assert [leak for leak in LEAKS if leak in line] == []


def test_no_secret_reaches_a_traceback_or_a_line_of_a_library(stream: io.StringIO) -> None:
    configure_logging("json", stream=stream)
    structlog.get_logger("towpath.test").error(
        "failed",
        exc_info=ValueError("could not open smtp://shop:letmein@mail.example with pk_0123456789"),
    )
    logging.getLogger("some.library").warning("posting with %s", "Bearer 0123456789abc")

    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [line["event"].split()[0] for line in lines] == ["failed", "posting"]
    assert "ValueError" in lines[0]["exception"]
    assert "letmein" not in stream.getvalue()
    assert "0123456789" not in stream.getvalue()


def test_the_servers_copy_of_an_exception_is_dropped(stream: io.StringIO) -> None:
    configure_logging("json", stream=stream)

    logging.getLogger("uvicorn.error").error("Exception in ASGI application\n")
    logging.getLogger("uvicorn.error").error("Address in use")

    assert "ASGI" not in stream.getvalue()
    assert "Address in use" in stream.getvalue()
