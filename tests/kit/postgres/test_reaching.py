"""The server is reached through its socket alone, whatever the path of the data directory."""

import os
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.kit.postgres.processes import Runner, is_stopped

# A link to the data directory belongs in a private directory; see the address module.
LONG = "long-" * 40


def test_no_network_address_is_listened_on(runner: Runner, empty_directory: Path) -> None:
    user = runner.start_user(empty_directory)
    with psycopg.connect(user.url()) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        [(locale, encoding)] = connection.execute(
            "SELECT datlocale, pg_encoding_to_char(encoding) FROM pg_database"
            " WHERE datname = current_database()"
        )
    assert (locale, encoding) == ("C.UTF-8", "UTF8")
    assert (empty_directory / "cluster").stat().st_mode & 0o777 == 0o700
    assert (empty_directory / "cluster" / ".s.PGSQL.5432").stat().st_mode & 0o777 == 0o700
    user.leave()


@pytest.mark.parametrize("name", [LONG, "a,comma", "100% zażółć?query&more=#"])
def test_any_path_will_do(ordinary: Runner, place: Path, name: str) -> None:
    directory = ordinary.make_directory(place / name)
    runtime = {"XDG_RUNTIME_DIR": str(ordinary.make_directory(place / "run"))}
    users = [ordinary.start_user(directory, environment=runtime) for _ in range(2)]

    urls = {user.url() for user in users}

    assert len(urls) == 1
    with psycopg.connect(urls.pop()) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("towpath",)
    for user in users:
        user.leave()
    assert is_stopped(directory)


def test_users_need_not_agree_on_the_place_for_short_links(ordinary: Runner, place: Path) -> None:
    directory = ordinary.make_directory(place / LONG)
    runtime = ordinary.make_directory(place / "run")
    users = [
        ordinary.start_user(directory),
        ordinary.start_user(directory, environment={"XDG_RUNTIME_DIR": str(runtime)}),
    ]

    urls = [user.url() for user in users]

    assert str(runtime) in urls[1]
    starts = []
    for url in urls:
        with psycopg.connect(url) as connection:
            starts.append(connection.execute("SELECT pg_postmaster_start_time()").fetchone())
    assert starts[0] == starts[1]
    for user in users:
        user.leave()
    Path(str(conninfo_to_dict(urls[0])["host"])).unlink()  # in a directory that stays


def test_a_place_for_links_that_others_may_write_is_refused(ordinary: Runner, place: Path) -> None:
    directory = ordinary.make_directory(place / LONG)
    runtime = ordinary.make_directory(place / "run")
    account = ordinary.account if ordinary.account is not None else os.geteuid()
    links = ordinary.make_directory(runtime / f"towpath-{account}")
    links.chmod(0o777)

    user = ordinary.start_user(directory, environment={"XDG_RUNTIME_DIR": str(runtime)})

    assert f"{links}, where a short link to it belongs" in user.refusal()
