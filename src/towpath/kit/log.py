"""Logging: one line per event, for people (console) or machines (json), and never a secret.

Values whose name says they are secret are hidden, and so is everything in the finished line that
looks like one of our keys, tokens or a password inside an address.
"""

import logging
import re
import sys
from collections.abc import Mapping
from typing import Final, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

HIDDEN: Final = "[hidden]"
SECRET_NAMES: Final = re.compile(
    r"password|passphrase|secret|token|cookie|authorization|api_?key|credential|session",
    re.IGNORECASE,
)
SECRET_TEXTS: Final = (
    (re.compile(r"\bpk_[A-Za-z0-9_-]{4,}"), "pk_" + HIDDEN),
    (re.compile(r"\b(Bearer|Klaviyo-API-Key)\s+[^\s'\",]+", re.IGNORECASE), rf"\1 {HIDDEN}"),
    (re.compile(r"(\w://[^\s:/@]*):[^\s/@]+@"), rf"\1:{HIDDEN}@"),
    (
        re.compile(r"((?:towpath_session|csrf_token|token)=)[^\s;&'\"]+", re.IGNORECASE),
        rf"\1{HIDDEN}",
    ),
    (re.compile(r"\b[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{43}\b"), HIDDEN),  # our signed links
    (re.compile(r"\$argon2[a-z]*\$[^\s'\"]+"), HIDDEN),
)
DUPLICATE_OF_OURS: Final = "Exception in ASGI application"


TALKATIVE = ("alembic", "uvicorn", "httpx")
"""Libraries that tell of every start; only their warnings are worth a line."""


def configure_logging(log_format: str, *, stream: TextIO | None = None) -> None:
    """Send every log line of this process, also those of libraries, to `stream` (stderr)."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        hide_named_secrets,
    ]
    renderer: Processor = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                renderer,
                hide_secret_texts,
            ],
        )
    )
    handler.addFilter(_is_not_a_duplicate)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


def hide_named_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Hide the values whose name says they are secret, at any depth."""
    return {key: _hidden(key, value) for key, value in event.items()}


def hide_secret_texts(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    """Hide what looks like a secret anywhere in the finished line, also in tracebacks."""
    line = str(event)  # the renderer before this one has made it the line
    for pattern, replacement in SECRET_TEXTS:
        line = pattern.sub(replacement, line)
    return line


def _hidden(key: str, value: object) -> object:
    if SECRET_NAMES.search(key):
        return HIDDEN
    if isinstance(value, Mapping):
        return {inner: _hidden(str(inner), below) for inner, below in value.items()}
    return value


def _is_not_a_duplicate(record: logging.LogRecord) -> bool:
    """Drop the server's copy of an exception that `kit.http` has logged with its id."""
    return not record.getMessage().startswith(DUPLICATE_OF_OURS)
