"""Real `towpath` processes: started with settings of their own, watched, stopped and killed."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

RUN_SECONDS_MAX = 120
WAIT_SECONDS_MAX = 30
STOP_SECONDS_MAX = 30
LOOK_SECONDS = 0.01
# Modules are compiled once for all of these processes, whatever the tests themselves do.
LEFT_OUT = {"PYTHONDONTWRITEBYTECODE"}


def environment(settings: Mapping[str, object]) -> dict[str, str]:
    """Return what a process gets: of TOWPATH_* only these settings, `data` as TOWPATH_DATA."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("TOWPATH_") and name not in LEFT_OUT
    }
    return inherited | {f"TOWPATH_{name.upper()}": str(value) for name, value in settings.items()}


def run(*arguments: object, **settings: object) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "towpath", *map(str, arguments)],
        env=environment(settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS_MAX,
        check=False,
    )


class Command:
    """A command that runs until it is stopped; what it prints is in a file."""

    def __init__(self, *arguments: object, log: Path, **settings: object) -> None:
        self._log = log
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "towpath", *map(str, arguments)],
                env=environment(settings),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        """What it has printed so far."""
        return self._log.read_text()

    def wait_for(self, words: str) -> None:
        """Wait until it has printed these words."""

        def is_printed() -> bool:
            has_ended = self.process.poll() is not None
            is_there = words in self.output
            assert is_there or not has_ended, f"it ended before {words!r}:\n{self.output}"
            return is_there

        wait_until(is_printed, f"{words!r} is printed", told=lambda: self.output)

    def interrupt(self) -> int:
        """Press Ctrl-C, which goes to the whole group, and return the exit code."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(STOP_SECONDS_MAX)

    def kill(self) -> None:
        """Kill -9 this process alone."""
        self.process.kill()
        self.process.wait(STOP_SECONDS_MAX)


@contextmanager
def running(*arguments: object, log: Path, **settings: object) -> Iterator[Command]:
    """Run a command for a while; afterwards it is stopped, if the test has not done so."""
    command = Command(*arguments, log=log, **settings)
    try:
        yield command
    finally:
        if command.process.poll() is None:
            command.process.terminate()
            try:
                command.process.wait(STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                command.kill()


def wait_until(
    fact: Callable[[], bool],
    what: str,
    *,
    seconds_max: float = WAIT_SECONDS_MAX,
    told: Callable[[], str] = str,
) -> None:
    """Wait for something that other processes do; the one place where system tests sleep."""
    deadline = time.monotonic() + seconds_max
    while not fact():
        assert time.monotonic() < deadline, f"waited {seconds_max} s until {what}\n{told()}"
        time.sleep(LOOK_SECONDS)


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def processes_of(folder: Path) -> dict[int, str]:
    """Return every living process that works in `folder` or names it, with its command line."""
    marker = os.fsencode(folder)
    found = {}
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            words = (directory / "cmdline").read_bytes()
            place = os.fsencode((directory / "cwd").readlink())
        except OSError:
            continue
        is_ours = directory.name == str(os.getpid())
        if words and not is_ours and (marker in words or place.startswith(marker)):
            found[int(directory.name)] = words.replace(b"\0", b" ").decode(errors="replace")
    return found
