"""The documents are part of the program: what they name exists, and is what they say."""

import ast
import dataclasses
import importlib
import json
import re
import shlex
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import typer
from benchmarks import engine_steps, ingestion_bulk, ingestion_single, live, sending

from towpath import flows, people
from towpath.accounts.settings import SETTING_RULES, AccountSettings
from towpath.audiences.conditions.filters.boolean import BooleanOperator
from towpath.audiences.conditions.filters.date import DateOperator
from towpath.audiences.conditions.filters.existence import ExistenceOperator
from towpath.audiences.conditions.filters.list import ListOperator
from towpath.audiences.conditions.filters.numeric import NumericOperator
from towpath.audiences.conditions.filters.string import StringOperator
from towpath.audiences.conditions.kinds import KINDS as CONDITION_KINDS
from towpath.cli import app
from towpath.flows import definition as definitions
from towpath.flows.definition.executed import EXECUTED_ACTIONS, EXECUTED_TRIGGERS
from towpath.kit import db
from towpath.kit.config import PREFIX, Settings
from towpath.kit.runtime import Runtime
from towpath.kit.secrets import SecretKeys
from towpath.web import create_app

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
CODE = re.compile(r"`([^`\n]+)`")
ROW = re.compile(r"^\|(.+)\|$", re.MULTILINE)
VARIABLE = re.compile(r"\bTOWPATH_[A-Z][A-Z_]*[A-Z]\b")
COMMAND = re.compile(r"(?:^|/)towpath (?=[a-z])(.*)")
ENDPOINT = re.compile(r"(GET|POST|PUT|PATCH|DELETE) (/(?:api|v1)/[\w/{}-]+)")
CONSTANT = re.compile(r"\[`([A-Z_]+)`\]\(\.\./src/([\w/]+)\.py\)")
QUANTITY = re.compile(r"([\d,]+)(?: (minute|hour|day)s?)?")
UNITS = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
}
OF_THE_TESTS = {"TOWPATH_TEST_DATABASE_URL", "TOWPATH_TEST_SEED"}
METHODS = {"get", "post", "put", "patch", "delete"}
OPERATORS = {
    "string": StringOperator,
    "numeric": NumericOperator,
    "boolean": BooleanOperator,
    "date": DateOperator,
    "list": ListOperator,
    "existence": ExistenceOperator,
}


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def prose(path: Path) -> str:
    """Return a page without its fenced blocks."""
    return FENCE.sub("", path.read_text())


def rows(text: str) -> Iterator[list[str]]:
    """Return the cells of every table row that is not a rule."""
    for match in ROW.finditer(text):
        cells = [cell.strip() for cell in match[1].split("|")]
        if not set("".join(cells)) <= set("-: "):
            yield cells


def anchors(path: Path) -> set[str]:
    """Return what links may name in a page, written as forges do."""
    headings = HEADING.findall(prose(path))
    return {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings}


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = []
    for target in LINK.findall(prose(page)):
        if target.startswith(("http://", "https://")):
            continue
        name, _, anchor = target.partition("#")
        there = (page.parent / name).resolve() if name else page
        if not there.exists() or (anchor and anchor not in anchors(there)):
            broken.append(target)

    assert broken == []


def test_every_page_can_be_come_to_from_the_readme() -> None:
    found, waiting = set[Path](), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in found:
            continue
        found.add(page)
        if page.is_dir():
            waiting += page.glob("*.md")
        elif page.suffix == ".md":
            targets = (target.partition("#")[0] for target in LINK.findall(prose(page)))
            places = (page.parent / target for target in targets if target and "://" not in target)
            waiting += [place.resolve() for place in places]

    assert [named(page) for page in PAGES if page not in found] == []


def written(value: object) -> str:
    match value:
        case None:
            return "not set"
        case bool():
            return f"`{str(value).lower()}`"
        case _:
            return f"`{value}`"


def test_the_settings_are_listed_with_their_defaults() -> None:
    text = (DOCS / "settings.md").read_text()
    listed = {cells[0].strip("`"): cells[1] for cells in rows(text) if PREFIX in cells[0]}

    assert listed == {
        PREFIX + field.name.upper(): written(field.default)
        for field in dataclasses.fields(Settings)
    }


def test_the_settings_of_an_account_are_listed_with_who_may_change_them() -> None:
    text = (DOCS / "settings.md").read_text().partition("## Of one account")[2]
    listed = {cells[0].strip("`"): cells[2] for cells in rows(text) if cells[0].startswith("`")}

    assert listed.keys() == {field.name for field in dataclasses.fields(AccountSettings)}
    assert {key: who == "Owner" for key, who in listed.items()} == {
        key: rule.permission.value == "account" for key, rule in SETTING_RULES.items()
    }


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_variable_that_is_named_is_a_setting(page: Path) -> None:
    known = {PREFIX + field.name.upper() for field in dataclasses.fields(Settings)}

    assert set(VARIABLE.findall(page.read_text())) - known - OF_THE_TESTS == set()


def commands_of(page: Path) -> Iterator[list[str]]:
    """Return the words after `towpath` in every command of a page, comments left out."""
    lines = [
        line
        for language, block in FENCE.findall(page.read_text())
        for line in block_lines(block, language)
    ]
    for text in [*lines, *CODE.findall(prose(page))]:
        found = COMMAND.search(text)
        if found:
            yield shlex.split(found[1].replace("…", ""), comments=True)


def block_lines(block: str, language: str) -> list[str]:
    if language not in {"sh", "ini"}:
        return []
    return [line.strip().removesuffix(")") for line in block.replace("\\\n", " ").split("\n")]


def check_command(words: list[str]) -> None:
    """Follow the words down the commands, then look at the options."""
    here: Any = typer.main.get_command(app)  # Any: typer's copy of click has no types to name
    rest = list(words)
    while rest and hasattr(here, "commands") and rest[0] in here.commands:
        here = here.commands[rest.pop(0)]
    is_group_alone = hasattr(here, "commands") and not rest
    assert not hasattr(here, "commands") or is_group_alone, f"no such command: {words}"
    known = {name for parameter in here.params for name in parameter.opts}
    until_pipe = rest[: rest.index("|")] if "|" in rest else rest
    given = {word.partition("=")[0] for word in until_pipe if word.startswith("--")}
    assert given <= known, f"no such option: {words}"


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_command_exists_with_its_options(page: Path) -> None:
    for words in commands_of(page):
        check_command(words)


def test_the_readme_and_the_operations_page_show_commands() -> None:
    """The pattern above must not find nothing for ever."""
    shown = [" ".join(words) for page in PAGES for words in commands_of(page)]

    assert "flows import docs/examples/wholesale-enquiry.json --status live" in shown
    assert "api-key create --name tour | head -n 1" in shown
    assert "doctor" in shown


def test_the_endpoints_are_those_of_the_application() -> None:
    text = (DOCS / "api.md").read_text()
    listed = [match.groups() for cells in rows(text) if (match := ENDPOINT.search(cells[0]))]
    runtime = Runtime(
        engine=db.create_engine("postgresql://nowhere/none"),
        settings=Settings(),
        keys=SecretKeys(("docs",)),
    )
    described = create_app(runtime).openapi()["paths"]

    served = {
        (method.upper(), path)
        for path, methods in described.items()
        for method in METHODS & methods.keys()
    }
    assert len(listed) == len(set(listed))
    assert set(listed) == served


def endpoint_names(page: Path) -> set[tuple[str, str]]:
    return {
        (match[1], match[2])
        for text in CODE.findall(prose(page))
        if (match := re.fullmatch(r"(GET|POST|PUT|PATCH|DELETE) (/(?:api|v1)/[\w/{}-]+)", text))
    }


def test_every_endpoint_that_is_named_is_listed() -> None:
    listed = endpoint_names(DOCS / "api.md")

    assert {one for page in PAGES for one in endpoint_names(page)} == listed


def read_quantity(text: str) -> int | timedelta:
    match = QUANTITY.fullmatch(text)
    assert match, f"{text} is no quantity"
    number = int(match[1].replace(",", ""))
    return number * UNITS[match[2]] if match[2] else number


def test_every_limit_is_what_its_constant_says() -> None:
    checked = 0
    for _, limit, where, *_ in (cells for cells in rows((DOCS / "limits.md").read_text())):
        constant = CONSTANT.search(where)
        if constant:
            module = importlib.import_module(constant[2].replace("/", "."))
            assert getattr(module, constant[1]) == read_quantity(limit), constant[0]
            checked += 1
    assert checked > 40
    assert Settings().body_bytes_max == 5_242_880


LIMITS_MEASURED = (
    ("single events", ingestion_single.EVENTS_PER_SECOND_MIN, "≥ 1,500 events/s"),
    ("bulk events", ingestion_bulk.EVENTS_PER_SECOND_MIN, "≥ 12,000 events/s"),
    ("… of the same", ingestion_bulk.SHARE_OF_BARE_MIN, "≥ 60 %"),
    ("engine steps", engine_steps.STEPS_PER_SECOND_MIN, "≥ 15,000 steps/s"),
    ("due alerts", sending.MAILS_PER_SECOND_MIN, "≥ 500 mails/s"),
    ("event posted", live.P50_SECONDS_MAX, "≤ 0.25 s"),
    ("the same", live.P99_SECONDS_MAX, "≤ 1 s"),
    ("worker memory", live.WORKER_MEGABYTES_MAX, "≤ 300 MB"),
    ("`towpath up`", live.READY_SECONDS_MAX, "≤ 4 s"),
)


def test_the_limits_of_the_benchmarks_are_those_of_the_readme() -> None:
    text = (ROOT / "README.md").read_text().partition("<!-- figures -->")[2]
    shown = {cells[0]: cells[2] for cells in rows(text) if cells[0] != "figure"}

    assert len(shown) == len(LIMITS_MEASURED)
    for (name, limit), (begins, value, written_so) in zip(
        shown.items(), LIMITS_MEASURED, strict=True
    ):
        number = float(re.sub(r"[^\d.]", "", limit))
        assert name.startswith(begins)
        assert limit == written_so
        assert number / (100 if "%" in limit else 1) == value


def cell_after(text: str, first: str) -> set[str]:
    """Return the words in code of the row that begins with `first`."""
    [found] = [cells[1] for cells in rows(text) if cells[0] == first]
    return set(CODE.findall(found))


def test_what_is_carried_out_is_what_the_flows_page_says() -> None:
    text = (DOCS / "flows.md").read_text()
    carried_out = {tag for tag, kind in CONDITION_KINDS.items() if kind.read is not None}
    conditions = cell_after(text, "conditions on the person") | cell_after(
        text, "conditions on the event"
    )

    assert cell_after(text, "trigger") - {"trigger_filter"} == EXECUTED_TRIGGERS
    assert cell_after(text, "actions") == EXECUTED_ACTIONS
    assert conditions - {"flow-start"} == carried_out


@pytest.mark.parametrize("kind", OPERATORS)
def test_the_operators_are_listed(kind: str) -> None:
    text = (DOCS / "flows.md").read_text()

    assert cell_after(text, f"`{kind}`") == {str(one) for one in OPERATORS[kind]}


@pytest.mark.parametrize("path", sorted((DOCS / "examples").glob("*.json")), ids=named)
def test_the_example_flows_could_go_live(path: Path) -> None:
    read = flows.read_flow_file(json.loads(path.read_text()), default_name=path.stem)
    parsed = definitions.with_status(definitions.parse(read.definition), definitions.Status.LIVE)

    assert definitions.obstacles_to_live(parsed) == []
    assert definitions.alert_problems(parsed) == []


def test_every_row_of_the_example_file_is_an_event() -> None:
    path = DOCS / "examples" / "orders.csv"
    with path.open(newline="") as stream:
        found = people.read_rows(stream, form=people.file_format(path), columns={})
        events = list(people.read_events(found, metric=None, now=datetime(2026, 11, 1, tzinfo=UTC)))

    assert [one for one in events if isinstance(one, people.BadRow)] == []
    assert len(events) == 8


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_example_in_a_known_language_can_be_read(page: Path) -> None:
    readers: Mapping[str, Any] = {"json": json.loads, "python": ast.parse}
    for language, block in FENCE.findall(page.read_text()):
        if language in readers:
            readers[language](block)


def test_every_decision_has_its_four_parts() -> None:
    parts = ("**Context.**", "**Decision.**", "**Consequences.**", "**Alternatives.**")
    lacking = {
        page.name: [part for part in parts if part not in page.read_text()]
        for page in sorted((DOCS / "decisions").glob("*.md"))
    }

    assert {name: missing for name, missing in lacking.items() if missing} == {}
