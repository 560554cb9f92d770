import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.kit.postgres import interpreter
from tests.kit.postgres.interpreter import Interpreter
from tests.kit.postgres.processes import Runner, end_all

IS_ROOT = os.geteuid() == 0
MEMORY_BYTES_MIN = 1024 * 1024 * 1024
ORDINARY = pwd.getpwnam("nobody").pw_uid

# Who is not root cannot become somebody else.
collect_ignore = [] if IS_ROOT else ["test_as_root.py"]


@pytest.fixture(scope="session")
def ordinary_interpreter() -> Iterator[Interpreter]:
    """Give a Python that an ordinary account can run."""
    if not IS_ROOT:
        yield interpreter.own()
        return
    directory = Path(tempfile.mkdtemp(prefix="towpath-python-", dir="/tmp"))
    directory.chmod(0o755)
    yield interpreter.reachable_by(ORDINARY, directory=directory)
    shutil.rmtree(directory)


@pytest.fixture
def ordinary(ordinary_interpreter: Interpreter) -> Iterator[Runner]:
    """Start users of the server under an ordinary account."""
    runner = Runner(interpreter=ordinary_interpreter, account=ORDINARY if IS_ROOT else None)
    yield runner
    runner.end()


@pytest.fixture(params=["root", "ordinary"] if IS_ROOT else ["ordinary"])
def runner(request: pytest.FixtureRequest, ordinary: Runner) -> Iterator[Runner]:
    """Start users of the server under each account that there is."""
    if request.param == "ordinary":
        yield ordinary
        return
    runner = Runner(interpreter=interpreter.own(), account=None)
    yield runner
    runner.end()


@contextmanager
def _directory() -> Iterator[Path]:
    """Give a directory that every account can walk through; what runs in it is ended after.

    In memory when there is room: what these tests kill are processes, not the machine.
    """
    memory = Path("/dev/shm")
    has_room = memory.is_dir() and shutil.disk_usage(memory).free > MEMORY_BYTES_MIN
    parent = memory if has_room and os.access(memory, os.W_OK) else Path("/tmp")
    directory = Path(tempfile.mkdtemp(prefix="towpath-test-", dir=parent))
    directory.chmod(0o711)
    yield directory
    for log in directory.rglob("postgres.log"):
        end_all(log.parent)
    shutil.rmtree(directory)


@pytest.fixture
def place() -> Iterator[Path]:
    """Give an empty directory."""
    with _directory() as directory:
        yield directory


@pytest.fixture
def empty_directory(place: Path, runner: Runner) -> Path:
    """Give an empty data directory that belongs to the runner's account."""
    return runner.make_directory(place / "data")


@pytest.fixture(scope="session")
def made() -> Iterator[Path]:
    """Give a place for one finished data directory of each account, made when first needed."""
    with _directory() as directory:
        yield directory


@pytest.fixture
def data_directory(place: Path, runner: Runner, made: Path) -> Path:
    """Give a data directory in which the server was started before and stopped in good order."""
    original = made / f"of-{runner.account}"
    if not original.exists():
        user = runner.start_user(runner.make_directory(original))
        user.url()
        user.leave()
        (original / "postgres.log").write_text("")
    subprocess.run(["cp", "-a", original, place / "data"], check=True)
    return place / "data"
