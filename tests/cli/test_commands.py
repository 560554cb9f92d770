"""What holds for every command."""

from collections.abc import Iterator

import pytest
import typer

from tests.cli.conftest import CommandLine
from towpath.cli import app

COMMANDS = {
    "up",
    "web",
    "worker",
    "migrate",
    "doctor",
    "replay",
    "account create",
    "account set-password",
    "account sign-in-link",
    "api-key create",
    "flows import",
    "flows export",
    "flows list",
    "flows status",
    "import events",
    "import profiles",
}


def _commands() -> Iterator[tuple[str, set[str]]]:
    """Yield every command with the names of its options."""
    waiting = [("", typer.main.get_command(app))]
    while waiting:
        name, command = waiting.pop()
        below = getattr(command, "commands", {})
        waiting += [(f"{name} {key}".strip(), value) for key, value in below.items()]
        if not below:
            yield name, {word for option in command.params for word in option.opts}


def test_every_command_takes_a_data_directory() -> None:
    options = dict(_commands())

    assert options.keys() == COMMANDS
    assert {name for name, words in options.items() if "--data" not in words} == set()


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_says_what_it_does(command: str) -> None:
    told = CommandLine().does(*command.split(), "--help")

    assert f"towpath {command}" in told
    assert "--data" in told
