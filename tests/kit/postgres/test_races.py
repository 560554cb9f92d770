"""Users that come at the worst moment."""

import os
import signal
import threading
from functools import partial
from pathlib import Path

import psycopg

from tests.kit.postgres.processes import (
    Runner,
    log_of,
    postmaster,
    wait_until,
    watchers,
)
from towpath.kit import postgres
from towpath.kit.postgres import locks


def test_five_starting_at_once_share_one_server(runner: Runner, empty_directory: Path) -> None:
    users = [runner.start_user(empty_directory) for _ in range(5)]

    urls = {user.url() for user in users}

    assert len(urls) == 1
    assert len(watchers(empty_directory)) == 1
    assert log_of(empty_directory).count("LOG:  starting PostgreSQL") == 1
    for user in users:
        user.leave()


def test_five_starting_at_once_after_a_crash_share_one_server(
    runner: Runner, data_directory: Path
) -> None:
    user = runner.start_user(data_directory)
    user.url()
    os.kill(postmaster(data_directory), signal.SIGKILL)
    user.kill()

    users = [runner.start_user(data_directory) for _ in range(5)]

    assert len({user.url() for user in users}) == 1
    assert log_of(data_directory).count("LOG:  starting PostgreSQL") == 2
    for user in users:
        user.leave()


def test_attaching_while_the_server_is_being_stopped_gives_a_new_one(place: Path) -> None:
    """The stop is held up, so that the attaching falls into it for sure."""
    first = postgres.attach(place / "data")
    stopped = postmaster(place / "data")
    os.kill(stopped, signal.SIGSTOP)
    releasing = threading.Thread(target=first.release)
    releasing.start()
    wait_until(
        lambda: not locks.could_lock(place / "data" / "users.lock", locks.SHARED),
        "the watcher stops the server",
    )
    gained: list[postgres.Server] = []
    attaching = threading.Thread(target=lambda: gained.append(postgres.attach(place / "data")))
    attaching.start()

    os.kill(stopped, signal.SIGCONT)
    attaching.join()
    releasing.join()

    assert postmaster(place / "data") != stopped
    with psycopg.connect(gained[0].url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    gained[0].release()


def test_attaching_while_the_rest_of_a_killed_server_is_ending_waits_for_its_end(
    runner: Runner, data_directory: Path
) -> None:
    """The watcher is gone, PostgreSQL is not: its processes hold the lock themselves."""
    first = runner.start_user(data_directory)
    first.url()
    frozen = postmaster(data_directory)
    os.kill(frozen, signal.SIGSTOP)
    for watcher in watchers(data_directory):
        os.kill(watcher, signal.SIGKILL)
    wait_until(lambda: not watchers(data_directory), "the watcher is gone")
    assert not locks.could_lock(data_directory / "server.lock", locks.SHARED)
    second = runner.start_user(data_directory)

    os.kill(frozen, signal.SIGCONT)

    with psycopg.connect(second.url()) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert postmaster(data_directory) != frozen
    first.kill()
    second.leave()


def test_attaching_while_the_server_recovers_from_a_crash_waits_until_it_answers(
    place: Path,
) -> None:
    server = postgres.attach(place / "data")
    for crashes in range(1, 5):
        with psycopg.connect(server.url) as connection:
            os.kill(connection.info.backend_pid, signal.SIGKILL)
            wait_until(partial(_has_crashed, place / "data", times=crashes), "the server recovers")

        with postgres.running(place / "data") as url, psycopg.connect(url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    server.release()


def _has_crashed(data_directory: Path, *, times: int) -> bool:
    return log_of(data_directory).count("server processes terminated; reinitializing") == times


def test_attaching_right_after_the_last_user_left_always_gives_a_server(place: Path) -> None:
    for _ in range(6):
        server = postgres.attach(place / "data")
        leaving = threading.Thread(target=server.release)
        leaving.start()
        following = postgres.attach(place / "data")
        with psycopg.connect(following.url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        leaving.join()
        following.release()


def test_a_starter_killed_while_others_wait_does_not_hold_them_up(
    runner: Runner, empty_directory: Path
) -> None:
    starter = runner.start_user(empty_directory)
    wait_until(lambda: bool(watchers(empty_directory)), "the watcher was started")
    waiting = [runner.start_user(empty_directory) for _ in range(2)]

    starter.kill()

    for user in waiting:
        with psycopg.connect(user.url()) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    for user in waiting:
        user.leave()
