"""`towpath import`: good rows are kept, bad ones are named by their line."""

import json
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.cli.conftest import CommandLine

EVENTS = """mail,metric,time,value,unique_id,sku,gift
ada@mail.example,Placed Order,2026-01-02T10:00:00Z,12.5,o-1,A1,true
ada@mail.example,Placed Order,2026-01-02T11:00:00+01:00,99,o-2,00712,
bob@mail.example,,2026-01-03,7,o-3,B2,false
"""
BAD_EVENTS = """email,metric,time,value
ada@mail.example,Placed Order,2026-01-02T10:00:00Z,1
not an address,Placed Order,2026-01-02T10:00:00Z,1
bob@mail.example,Placed Order,yesterday,1
bob@mail.example,Placed Order,2026-01-02T10:00:00Z
bob@mail.example,Placed Order,2026-01-02T10:00:00Z,dear
,Placed Order,2026-01-02T10:00:00Z,1
bob@mail.example,Placed Order,2026-01-02T10:00:00Z,2
"""
PROFILES = """email,phone_number,first_name,city,points
ada@mail.example,+48600700800,Ada,Gdańsk,40
bob@mail.example,12,Bob,,
,,Nobody,,
"""


def _write(folder: Path, name: str, content: str) -> Path:
    path = folder / name
    path.write_text(content)
    return path


def _rows(towpath: CommandLine, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(towpath.settings["database_url"]) as connection:
        return connection.execute(query.encode()).fetchall()


def _events(towpath: CommandLine) -> list[tuple[Any, ...]]:
    return _rows(
        towpath,
        "SELECT person.email, metric.name, extract(epoch FROM one.time)::bigint, one.unique_id,"
        " one.properties FROM event one"
        " JOIN profile person ON person.id = one.profile_id"
        " JOIN metric ON metric.id = one.metric_id ORDER BY one.unique_id",
    )


def test_columns_of_events_are_renamed_and_typed(towpath: CommandLine, tmp_path: Path) -> None:
    file = _write(tmp_path, "orders.csv", EVENTS)

    done = towpath.json("import", "events", file, "--map", "mail=email", "--metric", "Viewed")

    assert done == {"rows": 3, "kept": 3, "repeated": 0, "bad": 0, "bad_rows": []}
    assert _events(towpath) == [
        (
            "ada@mail.example",
            "Placed Order",
            1_767_348_000,
            "o-1",
            {"sku": "A1", "gift": True, "$value": 12.5},
        ),
        ("ada@mail.example", "Placed Order", 1_767_348_000, "o-2", {"sku": "00712", "$value": 99}),
        (
            "bob@mail.example",
            "Viewed",
            1_767_398_400,
            "o-3",
            {"sku": "B2", "gift": False, "$value": 7},
        ),
    ]


def test_a_second_import_of_a_file_adds_nothing(towpath: CommandLine, tmp_path: Path) -> None:
    file = _write(tmp_path, "orders.csv", EVENTS)
    order = ("import", "events", file, "--map", "mail=email", "--metric", "Viewed")
    first = towpath.does(*order)
    before = _events(towpath)

    second = towpath.does(*order)

    assert first == "3 events kept of 3 rows.\n"
    assert second == "0 events kept of 3 rows.\n3 were there before.\n"
    assert _events(towpath) == before


def test_ndjson_keeps_nested_values(towpath: CommandLine, tmp_path: Path) -> None:
    row = {
        "external_id": "c-1",
        "metric": "Survey Score",
        "time": "2026-01-02T10:00:00Z",
        "properties": {"answers": [{"question": 1, "text": "good"}]},
        "unique_id": 17,
    }
    file = _write(tmp_path, "scores.ndjson", json.dumps(row) + "\n\n")

    assert towpath.json("import", "events", file)["kept"] == 1
    [(_, metric, _, unique_id, properties)] = _events(towpath)
    assert (metric, unique_id) == ("Survey Score", "17")
    assert properties == {"answers": [{"question": 1, "text": "good"}]}


def test_bad_rows_are_named_by_line_and_field_and_the_others_kept(
    towpath: CommandLine, tmp_path: Path
) -> None:
    file = _write(tmp_path, "orders.csv", BAD_EVENTS)
    listed = tmp_path / "bad.tsv"

    done = towpath("import", "events", file, "--json", "--bad-rows", listed)
    result = json.loads(done.stdout)

    assert done.exit_code == 2
    assert {key: result[key] for key in ("rows", "kept", "repeated", "bad")} == {
        "rows": 7,
        "kept": 2,
        "repeated": 0,
        "bad": 5,
    }
    assert [(row["line"], row["field"]) for row in result["bad_rows"]] == [
        (3, "email"),
        (4, "time"),
        (5, None),
        (6, "value"),
        (7, None),
    ]
    assert [line.split("\t")[:2] for line in listed.read_text().splitlines()] == [
        ["line", "field"],
        ["3", "email"],
        ["4", "time"],
        ["5", ""],
        ["6", "value"],
        ["7", ""],
    ]
    assert {event[0] for event in _events(towpath)} == {"ada@mail.example", "bob@mail.example"}


def test_bad_lines_of_ndjson_are_named(towpath: CommandLine, tmp_path: Path) -> None:
    lines = [
        "cut off {",
        "[]",
        '{"email": "ada@mail.example", "metric": "M", "time": "2026-01-02", "x": "a\\u0000b"}',
        '{"email": "ada@mail.example", "metric": "M", "time": "2026-01-02", "x": 1e400}',
        '{"email": "ada@mail.example", "metric": "M", "time": "2026-01-02"}',
    ]
    file = _write(tmp_path, "events.ndjson", "\n".join(lines))

    done = towpath("import", "events", file)

    assert done.exit_code == 2
    assert done.stdout == "1 events kept of 5 rows.\n"
    said = done.stderr.splitlines()
    assert [line.split(":")[0] for line in said] == ["Line 1", "Line 2", "Line 3", "Line 4"]
    assert "not valid JSON" in said[0]
    assert "NUL" in said[2]


def test_a_line_that_is_not_utf8_is_a_bad_row(towpath: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "profiles.csv"
    file.write_bytes(b"email,first_name\nada@mail.example,J\xfcrgen\nbob@mail.example,Bob\n")

    done = towpath("import", "profiles", file)

    assert done.exit_code == 2
    assert done.stderr == "Line 2: The line is not UTF-8 text; save the file as UTF-8.\n"
    assert _rows(towpath, "SELECT email FROM profile") == [("bob@mail.example",)]


def test_profiles_are_imported_and_changed_by_a_second_import(
    towpath: CommandLine, tmp_path: Path
) -> None:
    file = _write(tmp_path, "people.csv", PROFILES)

    done = towpath("import", "profiles", file)
    changed = _write(tmp_path, "changed.csv", "email,first_name\nada@mail.example,Adele\n")
    towpath.does("import", "profiles", changed)

    assert done.exit_code == 2
    assert done.stdout == "1 profiles kept of 3 rows.\n"
    assert [line.split(":")[0] for line in done.stderr.splitlines()] == ["Line 3", "Line 4"]
    assert _rows(
        towpath,
        "SELECT email, phone_number, first_name, location->>'city', properties FROM profile",
    ) == [("ada@mail.example", "+48600700800", "Adele", "Gdańsk", {"points": 40})]


@pytest.mark.parametrize(
    ("content", "options", "said"),
    [
        (EVENTS, [], "No column says who a row is about"),
        (EVENTS, ["--map", "mail"], "--map 'mail': write COLUMN=FIELD"),
        (EVENTS, ["--map", "=email"], "--map '=email': write COLUMN=FIELD"),
        (EVENTS, ["--map", "male=email"], "The file has no column 'male'."),
        (EVENTS, ["--map", "mail=email", "--map", "sku=email"], "Two columns are named"),
        ("", [], "The file is empty"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_as_a_whole(
    towpath: CommandLine, tmp_path: Path, content: str, options: list[str], said: str
) -> None:
    file = _write(tmp_path, "orders.csv", content)

    assert towpath.refuses("import", "events", file, *options).startswith(said)
    assert _rows(towpath, "SELECT count(*) FROM event") == [(0,)]


def test_other_kinds_of_file_are_refused(towpath: CommandLine, tmp_path: Path) -> None:
    file = _write(tmp_path, "orders.xlsx", EVENTS)

    assert towpath.refuses("import", "events", file).startswith("'.xlsx' files are not read")


def test_files_that_are_not_there_are_named(towpath: CommandLine, tmp_path: Path) -> None:
    missing = tmp_path / "missing.csv"
    file = _write(tmp_path, "orders.csv", EVENTS)
    nowhere = tmp_path / "nowhere" / "bad.tsv"

    assert towpath.refuses("import", "events", missing) == (
        f"{missing}: No such file or directory\n"
    )
    said = towpath.refuses("import", "events", file, "--bad-rows", nowhere)
    assert said.startswith(f"{nowhere} cannot be written")
