"""Starting PostgreSQL's programs so that they cannot outlive the watcher."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from towpath.kit.postgres.model import Account

# The directory is named by way of the process's own working directory, which is entered before
# root is given up: so the server's account need not be able to walk the path to it (/root/…), and
# nobody's permissions are changed. PostgreSQL keeps this working directory for life.
WORKING_DIRECTORY = "/proc/self/cwd"

# Nothing of the caller's environment: PGPORT, PGOPTIONS, LD_LIBRARY_PATH or LC_ALL would change
# what the programs do. TZ spares initdb a search through all timezones.
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


def start(
    arguments: Sequence[str | Path],
    *,
    directory: Path,
    account: Account | None,
    held_lock: int,
    death_signal: signal.Signals,
    with_input: bool = False,
) -> subprocess.Popen[str]:
    """Start a program in `directory`; the kernel sends it `death_signal` when this process ends.

    The signal comes when the *thread* that started the program ends, so only a process without
    threads may call this. The program and its children keep `held_lock` locked for as long as
    they live. What they print goes to this process's standard error.
    """
    parent = os.getpid()

    def before_exec() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        if _libc.prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0) or os.getppid() != parent:
            os._exit(1)

    return subprocess.Popen(  # noqa: S603 -- the program is PostgreSQL's, the arguments are ours
        arguments,
        cwd=directory,
        env=ENVIRONMENT,
        stdin=subprocess.PIPE if with_input else subprocess.DEVNULL,
        stdout=sys.stderr.fileno(),
        text=True,
        pass_fds=(held_lock,),
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=() if account else None,
        preexec_fn=before_exec,  # noqa: PLW1509 -- safe: a process without threads
    )
