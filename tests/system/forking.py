"""Many workers for the price of one: a process imports Towpath once and forks each worker.

A worker that was just forked is what `towpath worker` is after its imports, so tests can kill a
great many of them. Run as `python -m tests.system.forking LOG`; it obeys lines on its standard
input: `start`, `kill`, `stop`. To the first it answers the worker's process id, to the others how
the worker ended, as a negative signal or an exit code.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.system.processes import environment

ROOT = Path(__file__).parents[2]
END_SECONDS_MAX = 30


@dataclass(frozen=True, slots=True)
class Workers:
    """Workers of one installation, one at a time."""

    process: subprocess.Popen[str]

    def start(self) -> int:
        """Start a worker and return its process id."""
        return self._ask("start")

    def kill(self) -> int:
        """Kill -9 the worker; returns how it ended, -9 if it was still there."""
        return self._ask("kill")

    def stop(self) -> int:
        """Ask the worker to finish and return its exit code."""
        return self._ask("stop")

    def _ask(self, order: str) -> int:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{order}\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())


@contextmanager
def workers(log: Path, **settings: object) -> Iterator[Workers]:
    """Give workers with these settings; what they print is in `log`."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.system.forking", str(log)],
        cwd=ROOT,
        env=environment(settings),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Workers(process)
    finally:
        process.communicate(timeout=END_SECONDS_MAX)


def _obey(log: Path) -> None:
    from towpath import cli  # noqa: PLC0415 -- the import that is worth sharing

    assert cli.app is not None
    worker = 0
    for line in sys.stdin:
        match line.strip():
            case "start":
                worker = os.fork() or _work(log)
                answer = worker
            case "kill":
                answer, worker = _end(worker, signal.SIGKILL), 0
            case order:
                assert order == "stop"
                answer, worker = _end(worker, signal.SIGTERM), 0
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()
    if worker:
        _end(worker, signal.SIGKILL)


def _work(log: Path) -> int:
    """Be a worker, with nothing of the parent's but its imports; never returns."""
    from towpath import cli  # noqa: PLC0415 -- imported by the parent

    output = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, descriptor in enumerate((nothing, output, output)):
        os.dup2(descriptor, number)
    code = 1
    try:
        cli.app(["worker"], standalone_mode=False)
        code = 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _end(worker: int, number: signal.Signals) -> int:
    os.kill(worker, number)
    _, status = os.waitpid(worker, 0)
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    _obey(Path(sys.argv[1]))
