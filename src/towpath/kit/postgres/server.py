"""Using the server of a data directory: starting it, joining it, leaving it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from towpath.kit.postgres import address, cluster, locks, programs
from towpath.kit.postgres.model import (
    READY,
    DatabaseUnavailable,
    DataDirectoryUnusable,
    Layout,
    ServerDidNotStart,
)
from towpath.kit.postgres.waiting import wait_for

START_SECONDS_MAX = 660  # above what the watcher allows itself, so that its reason is heard
STOP_SECONDS_MAX = 45  # above what the watcher needs to stop a server that does not want to
LOG_LINES_SHOWN = 20
LOG_BYTES_SHOWN = 20_000
WATCHER = "towpath.kit.postgres.watcher"


class Server:
    """One user's hold on the server of a data directory."""

    def __init__(self, *, layout: Layout, url: str, lock: int) -> None:
        """`lock` is the descriptor that holds the shared lock."""
        self.url = url
        self._layout = layout
        self._lock: int | None = lock

    def release(self) -> None:
        """Stop using the server; a second call does nothing.

        Returns when the server has stopped, or at once when somebody else uses it. What this
        process forked meanwhile without exec still counts as a user.
        """
        if self._lock is None:
            return
        os.close(self._lock)
        self._lock = None
        with suppress(FileNotFoundError):  # the data directory was deleted while in use
            wait_for(
                lambda: address.is_stopped(self._layout) or _is_used(self._layout),
                seconds_max=STOP_SECONDS_MAX,
            )


@contextmanager
def running(data_directory: Path) -> Iterator[str]:
    """Use the server of `data_directory` for a while: gives its URL, see `attach`."""
    server = attach(data_directory)
    try:
        yield server.url
    finally:
        server.release()


def attach(data_directory: Path) -> Server:
    """Use the server of `data_directory`, starting it, and making its database, if need be.

    The URL is libpq's (`postgresql://towpath@/towpath?host=/…&port=5432`). The server lives until
    its last user calls `release` or ends. After a server was killed, attach again.

    Raises a `DatabaseUnavailable` that says what to do.
    """
    if sys.platform != "linux":
        raise DatabaseUnavailable(
            "The embedded PostgreSQL needs Linux. Set TOWPATH_DATABASE_URL to use another one."
        )
    layout = Layout(root=data_directory.resolve())
    try:
        layout.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = locks.open_lock(layout.users_lock)
    except OSError as problem:
        raise _unusable(layout, problem) from problem
    try:
        directory = _join(layout, lock=lock)
    except OSError as problem:
        os.close(lock)
        raise _unusable(layout, problem) from problem
    except BaseException:
        os.close(lock)
        raise
    return Server(layout=layout, url=address.url(directory), lock=lock)


def _join(layout: Layout, *, lock: int) -> Path:
    """Become a user of the server and see that it runs; gives the directory of its socket."""
    # While the watcher stops the server, it holds this lock exclusively.
    if not wait_for(lambda: locks.try_lock(lock, locks.SHARED), seconds_max=STOP_SECONDS_MAX):
        raise DatabaseUnavailable(
            f"The server of {layout.root} has been stopping for {STOP_SECONDS_MAX} s. "
            f"{_last_words(layout)}"
        )
    directory = address.socket_directory(layout)
    if not address.is_accepting(layout, directory):
        _start(layout, directory)
    return directory


def _start(layout: Layout, directory: Path) -> None:
    """Start the server, or wait while somebody else does. The users' lock is held, shared."""
    lock = locks.open_lock(layout.server_lock)
    try:
        # Neither accepting nor to be locked: somebody is starting it, or what is left of a server
        # that was killed is still ending.
        if not wait_for(
            lambda: (
                address.is_accepting(layout, directory) or locks.try_lock(lock, locks.EXCLUSIVE)
            ),
            seconds_max=START_SECONDS_MAX,
        ):
            raise ServerDidNotStart(
                f"For {START_SECONDS_MAX} s a server of {layout.root} has been neither ready nor "
                f"gone; `fuser {layout.server_lock}` names its processes. {_last_words(layout)}"
            )
        if locks.try_lock(lock, locks.EXCLUSIVE):
            _launch(layout, server_lock=lock)
    finally:
        os.close(lock)  # the watcher has a copy, which keeps the lock


def _launch(layout: Layout, *, server_lock: int) -> None:
    """Start the watcher, give it the lock, and hear whether it has a server."""
    account = programs.server_account(layout)
    found = programs.prepare(account)
    cluster.check_version(layout, major=found.major)
    log = locks.open_private(layout.log, os.O_WRONLY | os.O_APPEND)
    try:
        before = os.fstat(log).st_size
        # No site-packages: the watcher needs the standard library and this package alone.
        watcher = subprocess.run(  # noqa: S603 -- our own module, our own arguments
            [
                *(sys.executable, "-S", "-P", "-m", WATCHER),
                *(str(layout.root), str(found.directory), str(server_lock)),
                *((str(account.uid), str(account.gid)) if account else ()),
            ],
            cwd="/",
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            check=False,
            pass_fds=(server_lock,),
            timeout=START_SECONDS_MAX,
        )
    except subprocess.TimeoutExpired:
        raise ServerDidNotStart(
            f"PostgreSQL in {layout.root} was not ready within {START_SECONDS_MAX} s. "
            f"{_last_words(layout)}"
        ) from None
    finally:
        os.close(log)
    if watcher.stdout != READY:
        raise ServerDidNotStart(
            f"PostgreSQL in {layout.root} did not start: "
            f"{watcher.stdout or 'its watcher ended without a word.'} "
            f"{_last_words(layout, since=before)}"
        )


def _is_used(layout: Layout) -> bool:
    """Say whether somebody holds the users' lock shared; a watcher that stops does not."""
    return not locks.could_lock(layout.users_lock, locks.EXCLUSIVE) and locks.could_lock(
        layout.users_lock, locks.SHARED
    )


def _last_words(layout: Layout, *, since: int = 0) -> str:
    with layout.log.open("rb") as log:
        end = log.seek(0, os.SEEK_END)
        log.seek(max(since, end - LOG_BYTES_SHOWN, 0))
        lines = log.read().decode(errors="replace").splitlines()
    return "\n".join([f"The end of {layout.log}:", *lines[-LOG_LINES_SHOWN:]])


def _unusable(layout: Layout, problem: OSError) -> DataDirectoryUnusable:
    return DataDirectoryUnusable(
        f"The data directory {layout.root} cannot be used: {problem.filename or ''}: "
        f"{problem.strerror}. Name a directory that account {os.geteuid()} may write."
    )
