"""The embedded PostgreSQL: a server that lives as long as somebody uses its data directory.

`attach` starts the server, or joins the one that runs, and holds a shared lock until `release` or
until the process ends, however it ends. A watcher process stops the server when nobody holds that
lock. docs/decisions/0002-embedded-postgresql.md says why it is done this way.

Everything here blocks; call it before an event loop starts or in a thread.
"""

from towpath.kit.postgres.model import (
    DatabaseUnavailable,
    DataDirectoryUnusable,
    ProgramsMissing,
    ServerDidNotStart,
    WrongMajorVersion,
)
from towpath.kit.postgres.server import Server, attach, running

__all__ = [
    "DataDirectoryUnusable",
    "DatabaseUnavailable",
    "ProgramsMissing",
    "Server",
    "ServerDidNotStart",
    "WrongMajorVersion",
    "attach",
    "running",
]
