"""After kill -9 the next to attach has a server, and in it every acknowledged row."""

import os
import signal
import threading
from contextlib import suppress
from functools import partial
from pathlib import Path

import psycopg
import pytest

from tests.kit.postgres.processes import (
    Runner,
    is_stopped,
    kill_all,
    log_of,
    postmaster,
    wait_until,
    watchers,
)

ROUNDS = 4
ROWS_BEFORE_THE_KILL = 150
WRITERS = 3


def test_a_killed_watcher_takes_the_server_with_it_but_no_row(
    runner: Runner, data_directory: Path
) -> None:
    user = runner.start_user(data_directory)
    with psycopg.connect(user.url(), autocommit=True) as connection:
        connection.execute("CREATE TABLE written AS SELECT 7 AS number")
    [watcher] = watchers(data_directory)

    os.kill(watcher, signal.SIGKILL)

    wait_until(lambda: is_stopped(data_directory), "the server has stopped")
    again = runner.start_user(data_directory)
    with psycopg.connect(again.url()) as connection:
        assert connection.execute("SELECT number FROM written").fetchone() == (7,)
    user.kill()
    again.leave()


def test_a_watcher_killed_while_the_cluster_is_made_leaves_no_half_cluster(
    runner: Runner, empty_directory: Path
) -> None:
    user = runner.start_user(empty_directory)
    wait_until((empty_directory / "cluster.unfinished" / "base").exists, "initdb runs")

    for watcher in watchers(empty_directory):
        os.kill(watcher, signal.SIGKILL)

    # The user sees its watcher end, and says so, or has been served before it was killed.
    user.process.communicate(timeout=20)
    again = runner.start_user(empty_directory)
    with psycopg.connect(again.url()) as connection:
        assert connection.execute("SELECT current_database()").fetchone() == ("towpath",)
    again.leave()


def test_attaching_after_the_postmaster_was_killed_starts_it_again(
    runner: Runner, data_directory: Path
) -> None:
    user = runner.start_user(data_directory)
    user.url()
    killed = postmaster(data_directory)

    os.kill(killed, signal.SIGKILL)

    again = runner.start_user(data_directory)
    with psycopg.connect(again.url()) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert postmaster(data_directory) != killed
    assert len(watchers(data_directory)) == 1
    user.kill()
    again.leave()


def test_a_backend_killed_does_not_end_the_server(runner: Runner, data_directory: Path) -> None:
    user = runner.start_user(data_directory)
    url = user.url()
    with psycopg.connect(url) as connection:
        os.kill(connection.info.backend_pid, signal.SIGKILL)

        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")

    def answers() -> bool:
        try:
            with psycopg.connect(url) as fresh:
                return fresh.execute("SELECT 1").fetchone() == (1,)
        except psycopg.OperationalError:
            return False

    wait_until(answers, "the server has recovered")
    user.leave()


def test_a_watcher_killed_while_the_server_recovers_from_a_crash_leaves_no_server(
    runner: Runner, data_directory: Path
) -> None:
    """PostgreSQL hangs when it is asked to stop in good order at that moment."""
    user = runner.start_user(data_directory)
    with psycopg.connect(user.url()) as connection:
        os.kill(connection.info.backend_pid, signal.SIGKILL)
        crashed = "all server processes terminated; reinitializing"
        wait_until(lambda: crashed in log_of(data_directory), "the server recovers")

    for watcher in watchers(data_directory):
        os.kill(watcher, signal.SIGKILL)

    wait_until(lambda: is_stopped(data_directory), "the server has stopped")


def test_no_acknowledged_row_is_lost_when_everything_is_killed_under_inserts(
    runner: Runner, data_directory: Path
) -> None:
    user = runner.start_user(data_directory)
    with psycopg.connect(user.url(), autocommit=True) as connection:
        connection.execute("CREATE TABLE written (number bigint PRIMARY KEY)")
    acknowledged: set[int] = set()

    for turn in range(ROUNDS):
        url = user.url() if turn else _url_of(data_directory)
        writers = [
            threading.Thread(
                target=_insert_until_cut_off,
                args=(url, acknowledged, (turn * WRITERS + writer) * 1_000_000),
            )
            for writer in range(WRITERS)
        ]
        for thread in writers:
            thread.start()
        wait_until(
            partial(_has_grown, acknowledged, to=len(acknowledged) + ROWS_BEFORE_THE_KILL),
            "rows are written",
        )
        kill_all(data_directory)
        user.kill()
        for thread in writers:
            thread.join()
        user = runner.start_user(data_directory)

    with psycopg.connect(user.url()) as connection:
        found = {number for (number,) in connection.execute("SELECT number FROM written")}
    assert acknowledged <= found
    # None of the stops was in good order.
    assert log_of(data_directory).count("LOG:  database system was interrupted") >= ROUNDS
    user.leave()


def _has_grown(acknowledged: set[int], *, to: int) -> bool:
    return len(acknowledged) >= to


def _insert_until_cut_off(url: str, acknowledged: set[int], first: int) -> None:
    with (
        suppress(psycopg.OperationalError),
        psycopg.connect(url, autocommit=True) as connection,
    ):
        for number in range(first, first + 1_000_000):
            connection.execute("INSERT INTO written VALUES (%s)", [number])
            acknowledged.add(number)


def _url_of(data_directory: Path) -> str:
    return f"postgresql://towpath@/towpath?host={data_directory / 'cluster'}&port=5432"
