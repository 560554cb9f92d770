"""Settings, database and mail server: what is wrong is said in a sentence, and what to do."""

import json
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from tests.cli.conftest import CommandLine
from tests.system.mail_sink import mail_sink
from tests.system.processes import free_port, run, running

NO_SERVER = "smtp://127.0.0.1:1"


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("smpt_url", "smtp://mail.example", "TOWPATH_SMPT_URL is not a setting; the settings are"),
        ("port", "many", "TOWPATH_PORT must be a whole number."),
        ("port", "99999", "TOWPATH_PORT must be from 0 to 65535."),
        ("poll_seconds", "nan", "TOWPATH_POLL_SECONDS must be from 0.01 to"),
        ("send_batch_max", "0", "TOWPATH_SEND_BATCH_MAX must be from 1 to"),
        ("rate_limits", "maybe", "TOWPATH_RATE_LIMITS must be true or false."),
        ("log_format", "xml", "TOWPATH_LOG_FORMAT must be console or json."),
        ("database_url", "mysql://localhost/shop", "TOWPATH_DATABASE_URL cannot be used"),
        ("database_url", "postgresql://[::/shop", "TOWPATH_DATABASE_URL cannot be used"),
        ("database_url", "shop", "TOWPATH_DATABASE_URL cannot be used"),
        (
            "database_url",
            "postgresql://sam:s3cret@127.0.0.1:1/shop",
            "The database does not answer",
        ),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(
    empty: CommandLine, setting: str, value: str, said: str
) -> None:
    refused = empty.refuses("doctor", **{setting: value})

    assert refused.startswith(said)
    assert "s3cret" not in refused


def test_migrating_an_empty_database_makes_the_schema_once(empty: CommandLine) -> None:
    with psycopg.connect(empty.settings["database_url"], autocommit=True) as connection:
        for command in ("DROP SCHEMA public CASCADE", "CREATE SCHEMA public"):
            connection.execute(sql.SQL(command))

    first = empty.does("migrate")
    second = empty.does("migrate")

    assert first.startswith("The database is at ")
    assert second == first


def test_the_doctor_finds_a_sound_installation_sound(towpath: CommandLine) -> None:
    with mail_sink() as sink:
        findings = towpath.json("doctor", smtp_url=sink.url)
        told = towpath.does("doctor", smtp_url=sink.url)

    assert {one["name"]: one["ok"] for one in findings} == {
        "PostgreSQL": True,
        "Clock": True,
        "Accounts": True,
        "Workers": True,
        "Mail server": True,
    }
    assert "Shop" in told
    assert all(line.startswith("ok  ") for line in told.splitlines())
    assert sink.accepted == []


def test_without_a_mail_server_the_doctor_says_where_mails_go(towpath: CommandLine) -> None:
    assert "mails are captured on the mailbox page" in towpath.does("doctor")


@pytest.mark.parametrize(
    ("smtp_url", "said"),
    [
        (NO_SERVER, "127.0.0.1"),
        ("mail.example", "it must start with smtp://"),
    ],
)
def test_the_doctor_finds_a_mail_server_that_cannot_be_used(
    towpath: CommandLine, smtp_url: str, said: str
) -> None:
    done = towpath("doctor", "--json", smtp_url=smtp_url)
    [trouble] = [one for one in json.loads(done.stdout) if not one["ok"]]

    assert done.exit_code == 1
    assert trouble["name"] == "Mail server"
    assert said in trouble["detail"]


def test_the_doctor_misses_an_account(empty: CommandLine) -> None:
    done = empty("doctor")

    assert done.exit_code == 1
    assert "!!  Accounts: none yet; start `towpath up`" in done.stdout


def test_a_real_process_ends_with_a_sentence_too(tmp_path: Path) -> None:
    refused = run("flows", "list", database_url="postgresql://127.0.0.1:1/shop", data=tmp_path)

    assert refused.returncode == 1
    assert refused.stdout == ""
    assert refused.stderr.startswith("The database does not answer")
    assert "Traceback" not in refused.stderr


def test_a_port_that_is_taken_is_said(own_database_url: str, tmp_path: Path) -> None:
    port = free_port()
    settings = {"database_url": own_database_url, "data": tmp_path}
    with running("web", "--port", port, log=tmp_path / "first.log", **settings) as first:
        first.wait_for("Towpath is at")
        second = run("web", "--port", port, **settings)

    assert second.returncode == 1
    assert second.stderr == (
        f"Nothing can listen on port {port} of 127.0.0.1 (Address already in use); choose others "
        "with --port and --host.\n"
    )
