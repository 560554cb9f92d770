"""PostgreSQL's postmaster.pid: whether the server is ready, and making a stale one harmless.

PostgreSQL refuses to start while the process named in the file exists. After kill -9 and a reboot
that process is often somebody else's. The callers of `disarm` hold the server lock, which says
better than any process id that the server is gone.
"""

import os
from contextlib import suppress
from pathlib import Path

from towpath.kit.postgres.model import PORT, DataDirectoryUnusable

NEVER_A_PROCESS = 2**31 - 1  # Linux gives out no process id above 2**22
_STATUS_LINE = 7


def is_ready(cluster: Path, *, process_id: int | None = None) -> bool:
    """Say whether the last server of this cluster got as far as accepting connections.

    With `process_id`: whether that was the server with this process id.
    """
    try:
        lines = (cluster / "postmaster.pid").read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return False
    if len(lines) <= _STATUS_LINE or lines[_STATUS_LINE].strip() != "ready":
        return False
    return process_id is None or lines[0].strip() == str(process_id)


def disarm(cluster: Path) -> None:
    """Make the files that a killed server left harmless. No process is signalled.

    The process id is replaced, the other lines stay: PostgreSQL finds its shared-memory segment
    through them and still refuses to start when a process is attached to it. A file without a
    process id (empty after a crash of the machine) says nothing and is removed.

    Raises `DataDirectoryUnusable` when a server that was started by other means uses the cluster.
    """
    with suppress(FileNotFoundError):
        (cluster / f".s.PGSQL.{PORT}.lock").unlink()
    path = cluster / "postmaster.pid"
    try:
        first, _, rest = path.read_text(errors="replace").partition("\n")
    except FileNotFoundError:
        return
    if not first.strip().isdecimal():
        path.unlink()
        return
    if _is_server_of(cluster, process_id=int(first)):
        raise DataDirectoryUnusable(
            f"A PostgreSQL server that was started by other means (process {first.strip()}) uses "
            f"{cluster}. Stop it with `pg_ctl stop -D {cluster}` and start again."
        )
    # One write that is at least as long as what it replaces: no moment with an empty file.
    descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW)
    try:
        written = os.write(descriptor, f"{NEVER_A_PROCESS}\n{rest}".encode())
        os.ftruncate(descriptor, written)
    finally:
        os.close(descriptor)


def _is_server_of(cluster: Path, *, process_id: int) -> bool:
    process = Path("/proc") / str(process_id)
    try:
        program = (process / "exe").readlink().name
        return program == "postgres" and (process / "cwd").samefile(cluster)
    except OSError:  # no such process, or one of another account: not a server of ours
        return False
