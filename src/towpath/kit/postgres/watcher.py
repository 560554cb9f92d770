"""The watcher: a process of its own that owns the server and stops it when nobody uses it.

Started as `python -m towpath.kit.postgres.watcher DATA_DIRECTORY PROGRAMS LOCK [UID GID]`; LOCK is
the descriptor of the server lock, which is locked. It says one thing on its standard output,
`READY` or why there is no server, and then lives in the background. It has no threads: the
server's death signal comes when the thread that started the server ends.
"""

import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from towpath.kit.postgres import cluster, locks, pidfile, process
from towpath.kit.postgres.model import (
    READY,
    Account,
    DatabaseUnavailable,
    Layout,
    ServerDidNotStart,
)
from towpath.kit.postgres.waiting import wait_for

START_SECONDS_MAX = 600  # replaying 2 GB of log after a crash, on a slow disk
LOOK_SECONDS = 0.1  # how long the server may outlive its last user
LOG_BYTES_MAX = 16 * 1024 * 1024
# Each is tried in turn, for so many seconds: SIGINT disconnects clients and writes everything down;
# after SIGQUIT and SIGKILL the next start replays the log. PostgreSQL 18 can hang for ever on a
# SIGINT that comes while it recovers from the crash of a backend.
STOPS = ((signal.SIGINT, 20), (signal.SIGQUIT, 10), (signal.SIGKILL, 5))
# When the watcher itself is killed, nobody is left to try a second signal.
DEATH_SIGNAL = signal.SIGQUIT


def main(arguments: list[str]) -> None:
    """Leave the caller, start the server, report, and stop it after its last user."""
    data_directory, programs, server_lock, *ids = arguments
    layout = Layout(root=Path(data_directory))
    account = Account(uid=int(ids[0]), gid=int(ids[1])) if ids else None
    if os.fork():
        os._exit(0)
    os.setsid()
    os.chdir("/")
    # Blocked, so that sigtimedwait sees every end of a child: none falls between two looks.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    users_lock = locks.open_lock(layout.users_lock)
    try:
        postmaster = _start(
            layout, programs=Path(programs), account=account, server_lock=int(server_lock)
        )
    except (DatabaseUnavailable, OSError) as problem:
        _report(str(problem))
        return
    _report(READY)
    while postmaster.poll() is None and not locks.try_lock(users_lock, locks.EXCLUSIVE):
        _keep_log_short(layout)
        signal.sigtimedwait({signal.SIGCHLD}, LOOK_SECONDS)
    # From here on nobody can begin to use the server: they wait for the lock, which this process
    # gives back by ending.
    _stop(postmaster)


def _start(
    layout: Layout, *, programs: Path, account: Account | None, server_lock: int
) -> subprocess.Popen[str]:
    cluster.create(layout, programs=programs, account=account, held_lock=server_lock)
    pidfile.disarm(layout.cluster)
    settings = [f"--{name}={value}" for name, value in cluster.FIXED_SETTINGS.items()]
    postmaster = process.start(
        [programs / "postgres", "-D", process.WORKING_DIRECTORY, *settings],
        directory=layout.cluster,
        account=account,
        held_lock=server_lock,
        death_signal=DEATH_SIGNAL,
    )

    def is_ready() -> bool:
        return pidfile.is_ready(layout.cluster, process_id=postmaster.pid)

    wait_for(lambda: postmaster.poll() is not None or is_ready(), seconds_max=START_SECONDS_MAX)
    if postmaster.poll() is not None:
        raise ServerDidNotStart(f"PostgreSQL ended with status {postmaster.returncode}.")
    if not is_ready():
        _stop(postmaster)
        raise ServerDidNotStart(f"PostgreSQL was not ready within {START_SECONDS_MAX} s.")
    return postmaster


def _report(text: str) -> None:
    """Say `text` to whoever started this process, and hang up."""
    with suppress(BrokenPipeError):  # killed meanwhile; others may be waiting for the server
        os.write(sys.stdout.fileno(), text.encode())
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _keep_log_short(layout: Layout) -> None:
    log = sys.stderr.fileno()
    if os.fstat(log).st_size <= LOG_BYTES_MAX:
        return
    with suppress(OSError):  # a full disk, for instance: then what was there is given up
        older = locks.open_private(layout.older_log, os.O_WRONLY | os.O_TRUNC)
        with os.fdopen(older, "wb") as target, Path(f"/proc/self/fd/{log}").open("rb") as source:
            shutil.copyfileobj(source, target)
    os.ftruncate(log, 0)  # every writer appends, so all go on at the new end


def _stop(postmaster: subprocess.Popen[str]) -> None:
    for stop, seconds_max in STOPS:
        if postmaster.poll() is None:
            postmaster.send_signal(stop)
            wait_for(lambda: postmaster.poll() is not None, seconds_max=seconds_max)


if __name__ == "__main__":
    main(sys.argv[1:])
