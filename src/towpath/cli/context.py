"""What every command shares: settings, the database, the account meant, how errors are shown."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, TypeVar
from uuid import UUID

import msgspec
import typer
from rich.console import Console
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from towpath import accounts, migrations, wiring
from towpath.kit import json_values, postgres
from towpath.kit.config import Settings, read_settings
from towpath.kit.errors import Problem, Problems
from towpath.kit.runtime import Runtime

Result = TypeVar("Result")

# Lines end where we end them: a wrapped path or link cannot be copied.
console = Console(soft_wrap=True)
errors = Console(stderr=True, soft_wrap=True)

DataOption = Annotated[
    Path | None,
    typer.Option(help="Directory of the embedded database; default: TOWPATH_DATA or ./data."),
]
AccountOption = Annotated[
    str | None, typer.Option(help="Id or name of the account; needed when there are several.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]

COMMAND_ACTOR = "command line"


def settings_for(data: Path | None) -> Settings:
    """Read the settings; `--data` wins over the environment."""
    settings = read_settings(os.environ)
    return replace(settings, data=data) if data is not None else settings


@contextmanager
def migrated_database(settings: Settings) -> Iterator[str]:
    """Give a database that has the newest schema."""
    with wiring.database(settings) as url:
        migrations.upgrade(url)
        yield url


@asynccontextmanager
async def open_account(
    settings: Settings, url: str, name: str | None
) -> AsyncIterator[tuple[Runtime, UUID]]:
    """Open a runtime and find the account a command is about."""
    async with wiring.runtime(settings, url) as runtime:
        async with runtime.engine.connect() as conn:
            account_id = await find_account(conn, name)
        yield runtime, account_id


async def find_account(conn: AsyncConnection, name: str | None) -> UUID:
    """Return the account with this id or name, or the only one there is."""
    found = await accounts.list_accounts(conn)
    if name is not None:
        found = [one for one in found if name in {str(one.id), one.name}]
    if len(found) == 1:
        return found[0].id
    if not found:
        raise Problem(
            f"There is no account {name!r}."
            if name is not None
            else "There is no account yet; run `towpath account create` or start `towpath up`."
        )
    raise Problem(
        "Name one account with --account: "
        + ", ".join(f"{one.name} ({one.id})" for one in found)
        + "."
    )


def run_with_account(
    data: Path | None,
    account: str | None,
    work: Callable[[Runtime, UUID], Awaitable[Result]],
) -> Result:
    """Open everything a command about one account needs, run it, and show its errors."""

    async def run(url: str) -> Result:
        async with open_account(settings, url, account) as (runtime, account_id):
            return await work(runtime, account_id)

    with shown_errors():
        settings = settings_for(data)
        with migrated_database(settings) as url:
            return asyncio.run(run(url))


@contextmanager
def shown_errors() -> Iterator[None]:
    """Show what a person can mend as sentences, not as a traceback, and exit with 1."""
    try:
        yield
    except Problems as several:
        for problem in several.problems:
            errors.print(_sentence(problem), markup=False, highlight=False)
        raise typer.Exit(1) from None
    except Problem as problem:
        errors.print(_sentence(problem), markup=False, highlight=False)
        raise typer.Exit(1) from None
    except postgres.DatabaseUnavailable as problem:
        errors.print(str(problem), markup=False, highlight=False)
        raise typer.Exit(1) from None
    except OperationalError as problem:
        errors.print(f"The database does not answer: {problem.orig}", markup=False)
        raise typer.Exit(1) from None
    except OSError as problem:
        errors.print(f"{problem.filename or ''}: {problem.strerror or problem}", markup=False)
        raise typer.Exit(1) from None


def _sentence(problem: Problem) -> str:
    place = problem.pointer or problem.parameter
    return f"{place}: {problem.detail}" if place else problem.detail


def read_json_file(path: Path) -> object:
    """Read a JSON file; raises a `Problem` that names it."""
    try:
        return json_values.decode(path.read_bytes())
    except Problem as problem:
        place = f"{path}, {problem.pointer}" if problem.pointer else path
        raise Problem(f"{place}: {problem.detail}") from None


def check_writable(path: Path | None) -> None:
    """Raise a `Problem` when a file that is written at the end could not be; do so at the start."""
    if path is None:
        return
    if path.is_dir() or not path.parent.is_dir():
        raise Problem(f"{path} cannot be written; name a file in a directory that exists.")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise Problem(f"{path} cannot be written; you may not write there.")


def print_json(value: object) -> None:
    """Print JSON on standard output and nothing else."""
    sys.stdout.write(json_text(value) + "\n")


def json_text(value: object) -> str:
    """Write JSON as people and scripts read it."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
