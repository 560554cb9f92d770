"""File locks (flock): the kernel gives them back when their holder ends, also after kill -9."""

import fcntl
import os
from pathlib import Path

SHARED = fcntl.LOCK_SH
EXCLUSIVE = fcntl.LOCK_EX


def open_private(path: Path, flags: int) -> int:
    """Open a file in the data directory, making it if need be, readable by its owner alone.

    A file that root makes goes to the owner of the directory, so that the owner can use the
    directory afterwards. Symbolic links are refused: root must not be led elsewhere.
    """
    flags |= os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        descriptor = os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return os.open(path, flags)
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
    return descriptor


def open_lock(path: Path) -> int:
    """Open a lock file; the lock ends when every copy of the descriptor is closed."""
    return open_private(path, os.O_RDWR)


def try_lock(descriptor: int, operation: int) -> bool:
    """Take the lock if that is possible at once."""
    try:
        fcntl.flock(descriptor, operation | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def could_lock(path: Path, operation: int) -> bool:
    """Say whether the lock could be taken just now; it is given back at once."""
    descriptor = open_lock(path)
    try:
        return try_lock(descriptor, operation)
    finally:
        os.close(descriptor)
