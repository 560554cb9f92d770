"""The command line, run in this process on a database of the test's own."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from towpath.cli import app

PASSWORD = "correct horse battery"


@dataclass(frozen=True, kw_only=True)
class CommandLine:
    """Runs commands with settings as environment variables."""

    settings: dict[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: object, typed: str | None = None, **settings: str) -> Result:
        """Run a command; `typed` is what somebody types when asked."""
        given = self.settings | settings
        return CliRunner().invoke(
            app,
            [str(argument) for argument in arguments],
            input=typed,
            env={f"TOWPATH_{name.upper()}": value for name, value in given.items()},
        )

    def does(self, *arguments: object, **settings: str) -> str:
        """Run a command that succeeds and return what it prints."""
        done = self(*arguments, **settings)
        assert done.exit_code == 0, done.stderr
        return done.stdout

    def json(self, *arguments: object, **settings: str) -> Any:
        """Run a command that succeeds with --json and return what it prints, read."""
        return json.loads(self.does(*arguments, "--json", **settings))

    def refuses(self, *arguments: object, **settings: str) -> str:
        """Run a command that ends with a sentence on standard error, and return that."""
        done = self(*arguments, **settings)
        assert done.exit_code == 1, (done.exit_code, done.stdout, done.exception)
        assert isinstance(done.exception, SystemExit), done.exception
        assert done.stdout == ""
        return done.stderr


@pytest.fixture
def empty(own_database_url: str, tmp_path: Path) -> CommandLine:
    """Give the command line of an installation without an account."""
    return CommandLine(settings={"database_url": own_database_url, "data": str(tmp_path)})


@pytest.fixture
def towpath(empty: CommandLine) -> CommandLine:
    """Give the command line of an installation with one account."""
    make_account(empty, name="Shop", email="owner@shop.example")
    return empty


def make_account(towpath: CommandLine, *, name: str, email: str) -> str:
    """Make an account and return its id."""
    made = towpath.json(
        *("account", "create", "--name", name, "--email", email, "--password", PASSWORD)
    )
    return str(made["id"])
