"""How clients reach the server: its Unix socket, whatever the length of the path."""

import hashlib
import os
import socket
import stat
import struct
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from towpath.kit.postgres import locks, pidfile
from towpath.kit.postgres.model import DATABASE, PORT, ROLE, DataDirectoryUnusable, Layout

SOCKET = f".s.PGSQL.{PORT}"
SOCKET_PATH_BYTES_MAX = 107  # sockaddr_un.sun_path on Linux, without the final NUL
RUNTIME_PATH_BYTES_MAX = 50  # leaves room for the link and the socket
SESSION_SECONDS_MAX = 5.0
ANSWER_BYTES_MAX = 65_536  # to the startup message: some settings, or one error

# PostgreSQL's protocol, version 3.0: enough of it to see a session begin.
_PARAMETERS = f"user\0{ROLE}\0database\0{DATABASE}\0\0".encode()
_STARTUP_MESSAGE = struct.pack("!ii", 8 + len(_PARAMETERS), 3 << 16) + _PARAMETERS
_READY_FOR_QUERY = b"Z\0\0\0\x05I"
_NOT_NOW = b"\0C57P0"  # the errors of a server that starts, recovers or stops
_TERMINATE = b"X\0\0\0\x04"


def url(directory: Path) -> str:
    """Write the libpq URL of the server whose socket is in `directory`."""
    return f"postgresql://{ROLE}@/{DATABASE}?host={quote(str(directory))}&port={PORT}"


def socket_directory(layout: Layout) -> Path:
    """Give the directory by which clients name the socket.

    That is the cluster itself. When its path is too long for a socket, or has a comma (which
    separates hosts for libpq), it is a symbolic link to the cluster. The server never needs the
    link, so every user of the server makes its own if it is not there.

    Raises `DataDirectoryUnusable` when somebody else owns the directory the link belongs in.
    """
    path = str(layout.cluster)
    if len(os.fsencode(f"{path}/{SOCKET}")) <= SOCKET_PATH_BYTES_MAX and "," not in path:
        return layout.cluster
    links = _private_directory()
    link = links / hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
    if not link.is_symlink() or link.readlink() != layout.cluster:
        fresh = links / f"{link.name}.{os.getpid()}"
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(layout.cluster)
        fresh.replace(link)
    return link


def is_accepting(layout: Layout, directory: Path) -> bool:
    """Say whether a server of ours is ready: whether a session can begin on its socket now.

    The two looks before that spare the log an error for every try while the server starts, and
    leave out a server that was started by hand and has no watcher.
    """
    if not pidfile.is_ready(layout.cluster) or is_stopped(layout):
        return False
    answer = _answer(directory / SOCKET)
    if answer.startswith(b"E"):
        return _NOT_NOW not in answer  # another error is the session's: too many, for instance
    return answer.endswith(_READY_FOR_QUERY)


def _answer(path: Path) -> bytes:
    """Give what the server says to the beginning of a session, which is ended at once."""
    answer = b""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client, suppress(OSError):
        client.settimeout(SESSION_SECONDS_MAX)
        client.connect(str(path))
        client.sendall(_STARTUP_MESSAGE)
        while len(answer) < ANSWER_BYTES_MAX and (received := client.recv(ANSWER_BYTES_MAX)):
            answer += received
            if answer.endswith(_READY_FOR_QUERY):
                client.sendall(_TERMINATE)
                break
    return answer


def is_stopped(layout: Layout) -> bool:
    """Say whether the watcher and every PostgreSQL process it started have ended."""
    return locks.could_lock(layout.server_lock, locks.SHARED)


def _private_directory() -> Path:
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR") or "/tmp")  # noqa: S108 -- checked below
    is_short = len(os.fsencode(runtime)) <= RUNTIME_PATH_BYTES_MAX
    if not is_short or not runtime.is_dir() or not os.access(runtime, os.W_OK):
        runtime = Path("/tmp")  # noqa: S108 -- checked below
    directory = runtime / f"towpath-{os.geteuid()}"
    with suppress(FileExistsError):
        directory.mkdir(mode=0o700)
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        raise DataDirectoryUnusable(
            f"The path of the data directory is too long for a socket, and {directory}, where a "
            "short link to it belongs, is not a directory of yours with mode 0700. Remove it, or "
            "choose a data directory with a shorter path."
        )
    return directory
