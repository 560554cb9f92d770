"""The server lives exactly as long as somebody uses it."""

import os
import shutil
from pathlib import Path

import psycopg

from tests.kit.postgres.processes import Runner, is_stopped, postmaster, wait_until, watchers
from towpath.kit import postgres


def test_the_server_stops_after_its_only_user_was_killed(
    runner: Runner, data_directory: Path
) -> None:
    user = runner.start_user(data_directory)
    user.url()

    user.kill()

    wait_until(lambda: is_stopped(data_directory), "the server has stopped")


def test_the_server_stays_until_the_last_of_three_users_is_gone(
    runner: Runner, data_directory: Path
) -> None:
    users = [runner.start_user(data_directory)]
    url = users[0].url()
    users += [runner.start_user(data_directory) for _ in range(2)]
    assert [user.url() for user in users[1:]] == [url, url]
    process_id = postmaster(data_directory)

    with psycopg.connect(url) as connection:
        users[0].kill()
        users[1].leave()
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert postmaster(data_directory) == process_id
    users[2].leave()

    assert is_stopped(data_directory)


def test_a_server_without_a_free_connection_can_be_joined(
    runner: Runner, data_directory: Path
) -> None:
    with (data_directory / "cluster" / "postgresql.conf").open("a") as settings:
        settings.write("max_connections = 2\nsuperuser_reserved_connections = 0\n")
    first = runner.start_user(data_directory)
    with psycopg.connect(first.url()) as one, psycopg.connect(one.info.dsn):
        second = runner.start_user(data_directory)

        second.url()

    second.leave()
    first.leave()


def test_rows_are_there_after_the_server_was_stopped_and_started(place: Path) -> None:
    with (
        postgres.running(place / "data") as url,
        psycopg.connect(url, autocommit=True) as connection,
    ):
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")

    with postgres.running(place / "data") as url, psycopg.connect(url) as connection:
        assert connection.execute("SELECT number FROM kept").fetchone() == (7,)


def test_after_the_last_release_the_directory_can_be_deleted(place: Path) -> None:
    with postgres.running(place / "data"):
        pass

    assert is_stopped(place / "data")
    shutil.rmtree(place / "data")


def test_releasing_after_the_directory_was_deleted_is_no_error(place: Path) -> None:
    server = postgres.attach(place / "data")

    shutil.rmtree(place / "data", ignore_errors=True)

    server.release()
    server.release()
    wait_until(lambda: is_stopped(place / "data"), "the server has stopped")


def test_one_process_may_hold_the_server_twice(place: Path) -> None:
    first = postgres.attach(place / "data")
    second = postgres.attach(place / "data")

    first.release()
    first.release()
    with psycopg.connect(second.url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    second.release()

    assert is_stopped(place / "data")


def test_a_user_killed_while_the_cluster_is_made_leaves_nothing_behind(
    runner: Runner, empty_directory: Path
) -> None:
    user = runner.start_user(empty_directory)
    wait_until((empty_directory / "cluster.unfinished").exists, "initdb runs")

    user.kill()

    wait_until(lambda: is_stopped(empty_directory), "the server has stopped")
    again = runner.start_user(empty_directory)
    with psycopg.connect(again.url()) as connection:
        assert connection.execute("SELECT current_database()").fetchone() == ("towpath",)
    again.leave()


def test_the_watcher_keeps_nothing_of_its_starter_open(
    runner: Runner, data_directory: Path
) -> None:
    reading, writing = os.pipe()
    user = runner.start_user(data_directory, pass_fds=(writing,))
    user.url()

    [watcher] = watchers(data_directory)
    opened = {str(descriptor.readlink()) for descriptor in Path(f"/proc/{watcher}/fd").iterdir()}
    assert opened == {
        "/dev/null",
        str(data_directory / "postgres.log"),
        str(data_directory / "users.lock"),
        str(data_directory / "server.lock"),
    }
    assert os.getsid(watcher) not in {os.getsid(0), os.getsid(user.process.pid)}
    user.leave()
    os.close(reading)
    os.close(writing)


def test_the_callers_environment_does_not_reach_the_server(
    runner: Runner, data_directory: Path
) -> None:
    names = ("PGPORT", "PGOPTIONS", "PGDATA", "PGHOST", "PGTZ", "LC_ALL", "TZ")
    user = runner.start_user(data_directory, environment=dict.fromkeys(names, "nonsense"))

    with psycopg.connect(user.url()) as connection:
        assert connection.execute("SHOW timezone").fetchone() == ("UTC",)
        assert connection.info.port == 5432
    user.leave()
