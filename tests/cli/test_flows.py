"""`towpath flows`: what goes in comes out, and what is wrong is said by its place."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import CommandLine
from tests.flows.shop import alert, definition, delay, property_equals, split


def _flow() -> dict[str, Any]:
    return {
        "name": "Big order",
        "definition": definition(
            delay("wait", "is it big"),
            split("is it big", "tell", None, property_equals("size", "big")),
            alert(
                "tell",
                status="draft",
                to=["ops@shop.example", "sam@shop.example"],
                name="Tell the team",
            ),
        ),
    }


def _write(folder: Path, document: object) -> Path:
    path = folder / "flow.json"
    path.write_text(json.dumps(document))
    return path


def _numbered(exported: dict[str, Any]) -> dict[str, Any]:
    """Put a number for each id, in order of appearance, wherever it stands."""
    text = json.dumps(exported)
    for number, identifier in enumerate(_ids(exported)):
        text = text.replace(f'"{identifier}"', f'"id {number}"')
    numbered: dict[str, Any] = json.loads(text)
    return numbered


def _ids(value: object) -> list[str]:
    """Return the ids of the trigger and of all actions, also of those inside A/B tests."""
    if isinstance(value, list):
        return [found for item in value for found in _ids(item)]
    if not isinstance(value, dict):
        return []
    own = [str(value["id"])] if {"id", "type"} <= value.keys() else []
    return own + [found for item in value.values() for found in _ids(item)]


def test_a_flow_is_exported_as_its_file_was_and_imports_again(
    towpath: CommandLine, tmp_path: Path
) -> None:
    first = towpath.json("flows", "import", _write(tmp_path, _flow()))
    out = tmp_path / "exported.json"
    towpath.does("flows", "export", first["id"], "--out", out)
    second = towpath.json("flows", "import", out)
    again = json.loads(towpath.does("flows", "export", second["id"]))

    original = json.loads(json.dumps(_flow()).replace('"temporary_id"', '"id"'))
    assert second["id"] != first["id"]
    assert _numbered(json.loads(out.read_text())) == _numbered(original)
    assert _numbered(again) == _numbered(original)


def test_the_public_example_of_every_action_makes_the_round_trip(
    towpath: CommandLine, tmp_path: Path, fixtures: Path
) -> None:
    imported = towpath.json("flows", "import", fixtures / "flow_all_actions.json")
    exported = json.loads(towpath.does("flows", "export", imported["id"]))
    again = towpath.json("flows", "import", _write(tmp_path, exported))

    assert imported["status"] == "draft"
    assert _numbered(json.loads(towpath.does("flows", "export", again["id"]))) == _numbered(
        exported
    )


def test_a_flow_is_listed_with_the_status_it_was_given(
    towpath: CommandLine, tmp_path: Path
) -> None:
    assert towpath.does("flows", "list").startswith("There is no flow yet")
    towpath.does("flows", "import", _write(tmp_path, _flow()))

    for status in ("live", "manual", "draft"):
        assert towpath.json("flows", "status", "Big order", status)["status"] == status
        [listed] = towpath.json("flows", "list")
        assert (listed["name"], listed["status"]) == ("Big order", status)
        assert listed["trigger"] == "metric"
        assert status in towpath.does("flows", "list")


def test_going_live_says_whom_it_asks_to_confirm_and_that_nobody_has(
    towpath: CommandLine, tmp_path: Path
) -> None:
    imported = towpath.does("flows", "import", _write(tmp_path, _flow()), "--status", "live")

    assert "Big order is flow" in imported
    assert "Confirmation mail queued for ops@shop.example." in imported
    assert "Nobody has confirmed yet" in imported


def test_six_recipients_may_be_kept_but_not_go_live(towpath: CommandLine, tmp_path: Path) -> None:
    six = [f"sam{number}@shop.example" for number in range(6)]
    file = _write(tmp_path, {"name": "Six", "definition": definition(alert("tell", to=six))})

    said = towpath.refuses("flows", "import", file, "--status", "live")
    assert said.startswith("/actions/0/data/message/to_emails: An alert goes to at most 5")
    assert towpath.json("flows", "list") == []

    kept = towpath.json("flows", "import", file)
    assert "at most 5" in kept["warnings"][0]["detail"]
    assert "at most 5" in towpath.refuses("flows", "status", "Six", "live")
    assert towpath.json("flows", "list")[0]["status"] == "draft"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"name": "Cut off", ', "flow.json: This is not valid JSON"),
        ("[]", "A flow file holds {"),
        ('{"name": "Bare", "definition": {}}', "/triggers: `triggers` is an array"),
        ('{"name": "a\\u0000b", "definition": {}}', "flow.json, /name: Text must not contain"),
    ],
)
def test_a_file_that_is_no_flow_is_refused_by_its_place(
    towpath: CommandLine, tmp_path: Path, content: str, said: str
) -> None:
    file = tmp_path / "flow.json"
    file.write_text(content)

    assert said in towpath.refuses("flows", "import", file)


def test_what_is_not_there_is_said(towpath: CommandLine, tmp_path: Path) -> None:
    missing = tmp_path / "missing.json"
    file = _write(tmp_path, _flow())
    towpath.does("flows", "import", file)

    assert towpath.refuses("flows", "import", missing) == f"{missing}: No such file or directory\n"
    for command in (("export", "Nope"), ("status", "Nope", "live")):
        said = towpath.refuses("flows", *command)
        assert said == "There is no flow with the id or name 'Nope'.\n"
    assert "draft, manual or live, not 'paused'" in towpath.refuses(
        "flows", "status", "Big order", "paused"
    )
    nowhere = tmp_path / "nowhere" / "flow.json"
    said = towpath.refuses("flows", "export", "Big order", "--out", nowhere)
    assert said.startswith(f"{nowhere} cannot be written")


def test_two_flows_of_one_name_are_told_apart_by_id(towpath: CommandLine, tmp_path: Path) -> None:
    file = _write(tmp_path, _flow())
    first, second = (towpath.json("flows", "import", file)["id"] for _ in range(2))

    said = towpath.refuses("flows", "status", "Big order", "live")
    towpath.does("flows", "status", second, "live")

    assert said == "Several flows are named 'Big order'; name one by its id.\n"
    statuses = {one["id"]: one["status"] for one in towpath.json("flows", "list")}
    assert statuses == {first: "draft", second: "live"}
