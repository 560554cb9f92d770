"""What a killed server leaves behind neither blocks the next one nor harms another process."""

import signal
import subprocess
from pathlib import Path

import psycopg
import pytest

from tests.kit.postgres.processes import Runner, is_stopped, kill_all, postmaster, wait_until
from towpath.kit import postgres
from towpath.kit.postgres import pidfile, programs
from towpath.kit.postgres.model import Layout


def _crash(runner: Runner, data_directory: Path) -> Path:
    user = runner.start_user(data_directory)
    user.url()
    kill_all(data_directory)  # while it is used: without users it would stop in good order
    user.kill()
    return data_directory / "cluster" / "postmaster.pid"


def _starts(runner: Runner, data_directory: Path) -> None:
    user = runner.start_user(data_directory)
    with psycopg.connect(user.url()) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    user.leave()


def test_a_stale_pid_that_is_now_anothers_neither_blocks_nor_harms(
    runner: Runner, data_directory: Path
) -> None:
    path = _crash(runner, data_directory)
    # Of the server's own account: a process that PostgreSQL could signal.
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, user=path.stat().st_uid) as bystander:
        for stale in (path, path.with_name(".s.PGSQL.5432.lock")):
            _, _, rest = stale.read_text().partition("\n")
            stale.write_text(f"{bystander.pid}\n{rest}")

        _starts(runner, data_directory)

        assert bystander.poll() is None
        bystander.kill()


def test_a_stale_pid_that_is_now_another_server_neither_blocks_nor_harms(
    runner: Runner, data_directory: Path, place: Path
) -> None:
    path = _crash(runner, data_directory)
    with postgres.running(place / "other") as url, psycopg.connect(url) as connection:
        _, _, rest = path.read_text().partition("\n")
        path.write_text(f"{postmaster(place / 'other')}\n{rest}")

        _starts(runner, data_directory)

        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_pid_file_without_a_pid_does_not_block(runner: Runner, data_directory: Path) -> None:
    path = _crash(runner, data_directory)
    for content in ("", "\n", "nonsense\n", "-1\n/proc/self/cwd\n"):
        path.write_text(content)
        path.with_name(".s.PGSQL.5432.lock").write_text(content)

        _starts(runner, data_directory)


def test_a_stale_pid_file_loses_only_its_pid(tmp_path: Path) -> None:
    lines = ["123", "/data", "1795294869", "5432", ".", "", "  2155575        10", "ready   ", ""]
    (tmp_path / "postmaster.pid").write_text("\n".join(lines))

    pidfile.disarm(tmp_path)

    found = (tmp_path / "postmaster.pid").read_text().split("\n")
    assert found == [str(pidfile.NEVER_A_PROCESS), *lines[1:]]
    assert not Path(f"/proc/{found[0]}").exists()


def test_a_server_started_by_hand_is_left_alone_and_named(place: Path) -> None:
    cluster = place / "data" / "cluster"
    with postgres.running(place / "data"):
        pass
    account = programs.server_account(Layout(root=place / "data"))
    found = programs.prepare(account)
    with subprocess.Popen(
        [
            *(found.directory / "postgres", "-D", "/proc/self/cwd"),
            *("-c", "listen_addresses=", "-c", "unix_socket_directories=."),
        ],
        cwd=cluster,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=() if account else None,
        stderr=subprocess.DEVNULL,
    ) as by_hand:
        wait_until(lambda: pidfile.is_ready(cluster), "the server is ready")

        with pytest.raises(postgres.DatabaseUnavailable, match="started by other means") as refusal:
            postgres.attach(place / "data")

        assert f"process {by_hand.pid}" in str(refusal.value)
        assert postmaster(place / "data") == by_hand.pid
        assert by_hand.poll() is None
        by_hand.send_signal(signal.SIGINT)
    wait_until(lambda: is_stopped(place / "data"), "the server has stopped")
