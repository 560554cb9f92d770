"""Real users of a real server, and a look at the processes of a data directory."""

import os
import signal
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from tests.kit.postgres.interpreter import Interpreter
from towpath.kit.postgres.waiting import wait_for

WATCHER = b"towpath.kit.postgres.watcher"
WAIT_SECONDS_MAX = 20
STOP_SECONDS_MAX = 5

# Attaches, prints the URL (or the refusal), and leaves when its input ends.
USER = """
import sys
from pathlib import Path
from towpath.kit import postgres
try:
    server = postgres.attach(Path(sys.argv[1]))
except postgres.DatabaseUnavailable as problem:
    sys.exit(f"{type(problem).__name__}: {problem}")
print(server.url, flush=True)
sys.stdin.read()
server.release()
"""


def wait_until(fact: Callable[[], bool], what: str) -> None:
    """Wait for something that other processes do."""
    assert wait_for(fact, seconds_max=WAIT_SECONDS_MAX), f"waited {WAIT_SECONDS_MAX} s until {what}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """Starts users of the server under one account; None is the account of the tests."""

    interpreter: Interpreter
    account: int | None
    users: "list[User]" = field(default_factory=list)

    def start_user(
        self,
        data_directory: Path,
        *,
        pass_fds: tuple[int, ...] = (),
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> "User":
        """Start a process that attaches; it may not be attached yet."""
        user = User(
            subprocess.Popen(
                [self.interpreter.program, "-c", USER, str(data_directory)],
                env=self.interpreter.environment | dict(environment),
                cwd="/",
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                pass_fds=pass_fds,
                user=self.account,
                group=self.account,
                extra_groups=None if self.account is None else (),
            )
        )
        self.users.append(user)
        return user

    def make_directory(self, path: Path) -> Path:
        """Make a private directory of the account."""
        path.mkdir(mode=0o700)
        if self.account is not None:
            os.chown(path, self.account, self.account)
        return path

    def end(self) -> None:
        """Kill what a test that failed left running."""
        for user in self.users:
            if user.process.returncode is None:
                user.kill()


class User:
    """A process that uses the server."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def url(self) -> str:
        """Wait until the process is attached."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline().strip()
        if not line:
            raise AssertionError(self.refusal())
        return line

    def refusal(self) -> str:
        """Wait for the end of a process that could not attach; give its error."""
        return self.process.communicate(timeout=WAIT_SECONDS_MAX)[1]

    def leave(self) -> None:
        """Let the process release the server and end."""
        _, errors = self.process.communicate(timeout=WAIT_SECONDS_MAX)
        assert (self.process.returncode, errors) == (0, "")

    def kill(self) -> None:
        """Kill -9."""
        self.process.kill()
        self.process.communicate()


def watchers(data_directory: Path) -> set[int]:
    """Give the process ids of the watchers of a data directory."""
    arguments = (WATCHER, os.fsencode(data_directory.resolve()))
    found = set()
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            words = (directory / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if set(arguments) <= set(words):
            found.add(int(directory.name))
    return found


def servers(data_directory: Path) -> set[int]:
    """Give the process ids of everything that works in the cluster, finished or not."""
    found = set()
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            place = (directory / "cwd").readlink()
        except OSError:
            continue
        if place.parent == data_directory.resolve() and place.name.startswith("cluster"):
            found.add(int(directory.name))
    return found


def is_stopped(data_directory: Path) -> bool:
    """Say whether neither watcher nor server is left."""
    return not watchers(data_directory) and not servers(data_directory)


def postmaster(data_directory: Path) -> int:
    """Give the process id in postmaster.pid."""
    return int((data_directory / "cluster" / "postmaster.pid").read_text().split("\n")[0])


def kill_all(data_directory: Path) -> None:
    """Kill -9 the watcher and every PostgreSQL process at once, and wait until they are gone."""

    def none_left() -> bool:
        # The watcher last: its end would have the server stop in good order.
        left = [*sorted(servers(data_directory)), *watchers(data_directory)]
        for process_id in left:
            try:
                os.kill(process_id, signal.SIGKILL)
            except ProcessLookupError:
                continue
        return not left

    wait_until(none_left, "everything is killed")


def end_all(data_directory: Path) -> None:
    """Let the server stop by itself, so that it leaves no shared memory behind; else kill it."""
    wait_for(lambda: is_stopped(data_directory), seconds_max=STOP_SECONDS_MAX)
    kill_all(data_directory)


def log_of(data_directory: Path) -> str:
    """Give what the server logged."""
    return (data_directory / "postgres.log").read_text()
