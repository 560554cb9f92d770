"""Making a cluster (initdb) so that it is there completely or not at all."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

from towpath.kit.postgres import process
from towpath.kit.postgres.model import (
    DATABASE,
    PORT,
    ROLE,
    Account,
    Layout,
    ServerDidNotStart,
    WrongMajorVersion,
)

CREATE_SECONDS_MAX = 300

# Written to postgresql.conf once, for an operator to change there.
INITIAL_SETTINGS = {
    "fsync": "on",
    "synchronous_commit": "on",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # A log without what people wrote: neither failing statements nor the rows they failed on.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_checkpoints": "off",
}

# Given at every start: who can reach the server is not for configuration.
FIXED_SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_directories": ".",
    "unix_socket_permissions": "0700",
    "cluster_name": "towpath",
    "logging_collector": "off",
    "log_destination": "stderr",
}


def check_version(layout: Layout, *, major: int) -> None:
    """Raise `WrongMajorVersion` when the cluster is not one of PostgreSQL `major`."""
    try:
        found = (layout.cluster / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        return
    if found != str(major):
        raise WrongMajorVersion(
            f"{layout.root} was made by PostgreSQL {found}, which PostgreSQL {major} of this "
            f"Towpath cannot read. Nothing was changed. Either run the release of Towpath that "
            f"brought PostgreSQL {found}; or write a dump with PostgreSQL {found} (pg_dump), move "
            f"the directory away and load the dump into a new one; or serve {layout.cluster} with "
            f"a PostgreSQL {found} of your own and set TOWPATH_DATABASE_URL."
        )


def create(layout: Layout, *, programs: Path, account: Account | None, held_lock: int) -> None:
    """Make the cluster and in it the database, unless it is there. The server lock is held.

    Raises `ServerDidNotStart`.
    """
    if layout.cluster.exists():
        return
    unfinished = layout.unfinished_cluster
    if unfinished.exists():
        shutil.rmtree(unfinished)
    unfinished.mkdir(mode=0o700)
    if account:
        os.chown(unfinished, account.uid, account.gid)
    settings = [f"--set={name}={value}" for name, value in INITIAL_SETTINGS.items()]
    initdb = process.start(
        [
            programs / "initdb",
            f"--pgdata={process.WORKING_DIRECTORY}",
            f"--username={ROLE}",
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--auth=trust",  # only who can enter the directory, mode 0700, can connect
            "--no-instructions",
            *settings,
        ],
        directory=unfinished,
        account=account,
        held_lock=held_lock,
        death_signal=signal.SIGKILL,
    )
    _finish(initdb, name="initdb")
    create_database = process.start(
        [
            programs / "postgres",
            "--single",
            "-D",
            process.WORKING_DIRECTORY,
            "-c",
            "exit_on_error=on",
            "postgres",
        ],
        directory=unfinished,
        account=account,
        held_lock=held_lock,
        death_signal=signal.SIGKILL,
        with_input=True,
    )
    _finish(create_database, name="CREATE DATABASE", text=f"CREATE DATABASE {DATABASE}\n")
    unfinished.rename(layout.cluster)
    _sync_directory(layout.root)


def _finish(program: subprocess.Popen[str], *, name: str, text: str | None = None) -> None:
    try:
        program.communicate(text, timeout=CREATE_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        program.kill()
        program.wait()
        raise ServerDidNotStart(f"{name} took more than {CREATE_SECONDS_MAX} s.") from None
    if program.returncode != 0:
        raise ServerDidNotStart(f"{name} failed with status {program.returncode}.")


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
