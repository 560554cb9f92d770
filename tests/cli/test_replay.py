"""`towpath replay` on the command line: where it works, and what it refuses before it begins."""

import json
from pathlib import Path

import psycopg
import pytest

from tests.cli.conftest import CommandLine
from tests.flows.shop import alert, definition

ORDERS = """email,metric,time,value,unique_id
ada@mail.example,Placed Order,1997-01-01T00:00:00Z,10,o-1
ada@mail.example,Placed Order,1997-01-01T00:00:00Z,10,o-1
bob@mail.example,Placed Order,1997-01-02T00:00:00Z,20,o-2
bob@mail.example,Placed Order,some day,20,o-3
"""


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str, str]:
    """Give the arguments that name a file of orders and a flow."""
    orders, flow = tmp_path / "orders.csv", tmp_path / "flow.json"
    orders.write_text(ORDERS)
    document = definition(alert("tell", status="draft", to=["ops@shop.example"]))
    flow.write_text(json.dumps({"name": "Told", "definition": document}))
    return (str(orders), "--flow", str(flow))


def test_without_a_data_directory_no_database_of_ours_is_touched(
    towpath: CommandLine, tmp_path: Path, files: tuple[str, str, str]
) -> None:
    report = tmp_path / "report.json"
    done = towpath("replay", *files, "--confirmed", "ops@shop.example", "--report", report)

    assert done.exit_code == 0, done.stderr
    assert done.stdout.splitlines() == [
        "2 events of 2 people, 2 entries.",
        "  tell: 2 sent, 2 mails, 0 needs review, 0 waiting",
        f"Report: {report}",
    ]
    assert done.stderr.startswith("Line 5: ")
    assert [one["profile"] for one in json.loads(report.read_text())["messages"]] == [
        "ada@mail.example",
        "bob@mail.example",
    ]
    with psycopg.connect(towpath.settings["database_url"]) as connection:
        assert connection.execute("SELECT count(*) FROM event").fetchall() == [(0,)]


def test_in_a_data_directory_what_happened_is_kept(
    towpath: CommandLine, tmp_path: Path, files: tuple[str, str, str]
) -> None:
    report = towpath.json("replay", *files, "--data", tmp_path, "--confirmed", "ops@shop.example")

    assert report["actions"]["tell"]["mails"] == 2
    assert [one["status"] for one in towpath.json("flows", "list")] == ["draft"]
    with psycopg.connect(towpath.settings["database_url"]) as connection:
        assert connection.execute("SELECT count(*) FROM event").fetchall() == [(2,)]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--until", "soon"], "--until 'soon' is no ISO 8601 date or time."),
        (["--confirmed", "nobody"], "'nobody' is not an email address."),
        (["--map", "customer"], "--map 'customer': write COLUMN=FIELD"),
        (["--report", "/nowhere/report.json"], "/nowhere/report.json cannot be written"),
        (["--flow", "/nowhere/flow.json"], "/nowhere/flow.json: No such file or directory"),
        (["--account", "Other"], "There is no account 'Other'."),
    ],
)
def test_what_cannot_be_replayed_is_refused(
    towpath: CommandLine,
    tmp_path: Path,
    files: tuple[str, str, str],
    options: list[str],
    said: str,
) -> None:
    refused = towpath.refuses("replay", *files, "--data", tmp_path, *options)

    assert refused.splitlines()[-1].startswith(said)
    assert towpath.json("flows", "list") == []
