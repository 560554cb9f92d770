"""The house rules that no linter knows (STYLE.md): sizes, names, words, front doors."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "towpath"
FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70
BANNED_NAMES = {"utils", "helpers", "common", "manager", "service", "base"}
BANNED_SUFFIXES = ("_v2", "_old", "_new")
BANNED_WORDS = re.compile(r"\b(TODO|FIXME|XXX|NotImplemented(Error)?|in production)\b")
BROAD_EXCEPT = re.compile(r"^\s*except( Exception\b|:)", re.MULTILINE)
REGISTRY_HOSTS = re.compile(r"https?://[\w.-]*(pypi|pythonhosted|npmjs|debian)\.[a-z]+")
MOCKS = re.compile(r"\b(unittest\.mock|MagicMock|monkeypatch\.setattr\((?!sys,)|mocker)\b")
SUB_DOORS = {"towpath.audiences.conditions", "towpath.flows.definition"}
"""Packages inside a feature that have a front door of their own."""

OPEN_FOLDERS = {"kit", "integrations", "cli", "web"}
"""Folders whose modules are imported one by one."""


def _tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    return [ROOT / name for name in listed if (ROOT / name).exists()]


PYTHON = [path for path in _tracked("*.py") if "migrations/versions" not in str(path)]


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_files_stay_small() -> None:
    crowded = {_name(path): len(path.read_text().splitlines()) for path in PYTHON}

    assert {name: lines for name, lines in crowded.items() if lines > FILE_LINES_MAX} == {}


def test_functions_stay_small() -> None:
    long = [
        f"{_name(path)}:{function.lineno} {function.name}"
        for path in PYTHON
        for function in _functions(ast.parse(path.read_text()))
        if (function.end_lineno or 0) - function.lineno + 1 > FUNCTION_LINES_MAX
    ]

    assert long == []


def test_no_file_has_a_name_that_says_nothing() -> None:
    vague = [
        _name(path)
        for path in PYTHON
        if BANNED_NAMES & set(path.stem.split("_")) or path.stem.endswith(BANNED_SUFFIXES)
    ]

    assert vague == []


@pytest.mark.parametrize("pattern", [BANNED_WORDS, BROAD_EXCEPT, MOCKS], ids=lambda p: p.pattern)
def test_no_file_holds_what_is_banned(pattern: re.Pattern[str]) -> None:
    own = Path(__file__)
    found = [_name(path) for path in PYTHON if path != own and pattern.search(path.read_text())]

    assert found == []


def test_no_registry_address_is_in_the_repository() -> None:
    found = [
        _name(path)
        for path in _tracked()
        if path != Path(__file__) and REGISTRY_HOSTS.search(path.read_text(errors="replace"))
    ]

    assert found == []


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def _feature(module: str) -> str:
    return ".".join(module.split(".")[:2])


def test_features_use_each_other_by_their_front_doors() -> None:
    inside = []
    for path in PYTHON:
        if not path.is_relative_to(SOURCE):
            continue
        own = "towpath." + path.relative_to(SOURCE).parts[0].removesuffix(".py")
        for module in _imports(path):
            feature = _feature(module)
            if (
                module.startswith("towpath.")
                and feature not in {module, own}
                and feature.split(".")[1] not in OPEN_FOLDERS
                and module not in SUB_DOORS
            ):
                inside.append(f"{_name(path)} imports {module}")

    assert inside == []
