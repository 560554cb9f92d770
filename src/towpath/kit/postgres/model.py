"""What a data directory holds, whom the server runs as, and what can go wrong."""

from dataclasses import dataclass
from pathlib import Path

DATABASE = "towpath"
ROLE = "towpath"
PORT = 5432

READY = "ready"  # what the watcher says when there is a server; anything else is why there is none


class DatabaseUnavailable(RuntimeError):  # noqa: N818 -- says what is so, like the other problems
    """The embedded PostgreSQL cannot be used; the message says why and what to do."""


class ProgramsMissing(DatabaseUnavailable):
    """The PostgreSQL programs are not installed or do not run on this machine."""


class DataDirectoryUnusable(DatabaseUnavailable):
    """The data directory cannot be written, or belongs to another account."""


class WrongMajorVersion(DatabaseUnavailable):
    """The data directory was made by another major version of PostgreSQL."""


class ServerDidNotStart(DatabaseUnavailable):
    """PostgreSQL ended, or was not ready in time; the message has the end of its log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The operating-system account that PostgreSQL is switched to when root starts it."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where things are in a data directory.

    The two lock files are never deleted: a lock is on the file, not on its name.
    """

    root: Path

    @property
    def cluster(self) -> Path:
        """PostgreSQL's own directory (PGDATA), 0700; its socket is in it."""
        return self.root / "cluster"

    @property
    def unfinished_cluster(self) -> Path:
        """A cluster under construction; renamed to `cluster` when it is complete."""
        return self.root / "cluster.unfinished"

    @property
    def log(self) -> Path:
        """What PostgreSQL, initdb and the watcher print."""
        return self.root / "postgres.log"

    @property
    def older_log(self) -> Path:
        """What was in the log before it grew too long."""
        return self.root / "postgres.log.1"

    @property
    def users_lock(self) -> Path:
        """Locked shared by every user of the server, exclusively by a watcher that stops it."""
        return self.root / "users.lock"

    @property
    def server_lock(self) -> Path:
        """Locked exclusively by who starts the server, the watcher, and PostgreSQL's processes.

        Each inherits the lock from the one before; it is free when none of them is left.
        """
        return self.root / "server.lock"
