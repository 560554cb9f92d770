"""Started by root, the server runs as somebody else, wherever the data and the programs are."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.kit.postgres.conftest import ORDINARY
from tests.kit.postgres.interpreter import link_programs
from tests.kit.postgres.processes import Runner, postmaster, servers
from towpath.kit import postgres
from towpath.kit.postgres import programs
from towpath.kit.postgres.model import Account, Layout

STRANGER = 54_321  # an account that has nothing to do with the server
NOBODY = Account(uid=ORDINARY, gid=ORDINARY)


@pytest.fixture
def roots_own(place: Path) -> Iterator[Path]:
    """Give a directory that only root can walk through, and see that this stays so."""
    directory = place / "root"
    directory.mkdir(mode=0o700)
    watched = [directory, *directory.parents]
    before = [(path.stat().st_mode, path.stat().st_uid) for path in watched]
    yield directory
    assert [(path.stat().st_mode, path.stat().st_uid) for path in watched] == before


def test_data_below_a_directory_of_roots_alone_are_served_by_another_account(
    roots_own: Path,
) -> None:
    with postgres.running(roots_own / "data") as url, psycopg.connect(url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)

        owners = {Path(f"/proc/{process}").stat().st_uid for process in servers(roots_own / "data")}
    cluster = (roots_own / "data" / "cluster").stat()
    assert owners == {cluster.st_uid}
    assert cluster.st_uid != 0
    assert (roots_own / "data").stat().st_uid == 0


def test_another_account_cannot_reach_the_socket(place: Path) -> None:
    with postgres.running(place / "data"):
        (place / "data").chmod(0o755)
        socket = place / "data" / "cluster" / ".s.PGSQL.5432"

        found = [
            subprocess.run(["test", "-e", socket], user=account, check=False).returncode
            for account in (0, STRANGER)
        ]

    assert found == [0, 1]


def test_the_owner_of_the_data_directory_gets_the_server_and_can_go_on_alone(
    ordinary: Runner, place: Path
) -> None:
    directory = ordinary.make_directory(place / "data")

    with postgres.running(directory) as url:
        sharing = ordinary.start_user(directory)
        assert sharing.url() == url
        assert Path(f"/proc/{postmaster(directory)}").stat().st_uid == ORDINARY
        sharing.leave()

    alone = ordinary.start_user(directory)
    assert alone.url() == url
    alone.leave()


def test_root_joins_the_server_of_an_ordinary_account(ordinary: Runner, place: Path) -> None:
    directory = ordinary.make_directory(place / "data")
    first = ordinary.start_user(directory)
    url = first.url()
    process_id = postmaster(directory)

    with postgres.running(directory) as joined, psycopg.connect(joined) as connection:
        first.leave()
        assert connection.execute("SELECT 1").fetchone() == (1,)

        assert (joined, postmaster(directory)) == (url, process_id)


def test_a_cluster_of_roots_is_refused(place: Path) -> None:
    (place / "data" / "cluster").mkdir(parents=True)

    with pytest.raises(postgres.DataDirectoryUnusable, match="chown -R nobody"):
        postgres.attach(place / "data")


def test_programs_the_account_cannot_reach_are_copied_once(
    place: Path, roots_own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link_programs(roots_own)
    monkeypatch.setattr(sys, "path", [str(roots_own), *sys.path])
    shared = place / "shared"

    first = programs.prepare(NOBODY, copy_directories=(shared,))
    made = (first.directory / "postgres").stat()
    second = programs.prepare(NOBODY, copy_directories=(shared,))

    assert first.directory.is_relative_to(shared)
    assert second == first
    assert (second.directory / "postgres").stat().st_ino == made.st_ino
    assert (made.st_uid, made.st_mode & 0o022) == (0, 0)
    assert [path.name[0] for path in shared.iterdir()] == ["e"]  # nothing half made


def test_a_copy_is_not_trusted_where_others_may_write(
    place: Path, roots_own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link_programs(roots_own)
    monkeypatch.setattr(sys, "path", [str(roots_own), *sys.path])
    writable = place / "writable"
    writable.mkdir()
    writable.chmod(0o777)

    with pytest.raises(postgres.ProgramsMissing, match="cannot reach"):
        programs.prepare(NOBODY, copy_directories=(writable,))

    assert list(writable.iterdir()) == []


def test_root_prefers_an_existing_clusters_owner(place: Path) -> None:
    cluster = place / "data" / "cluster"
    cluster.mkdir(parents=True)
    os.chown(cluster, STRANGER, STRANGER)

    account = programs.server_account(Layout(root=place / "data"))

    assert account == Account(uid=STRANGER, gid=STRANGER)
