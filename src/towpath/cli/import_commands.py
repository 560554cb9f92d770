"""`towpath import`: events and profiles from CSV and NDJSON files."""

import io
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, TextIO, TypeVar
from uuid import UUID

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy.ext.asyncio import AsyncConnection

from towpath import people
from towpath.cli.context import (
    AccountOption,
    DataOption,
    JsonOption,
    check_writable,
    console,
    errors,
    print_json,
    run_with_account,
)
from towpath.kit.errors import Problem
from towpath.kit.runtime import Runtime

ROWS_PER_TRANSACTION = 1_000
BAD_ROWS_SHOWN_MAX = 20
BAD_ROWS_KEPT_MAX = 10_000

Item = TypeVar("Item")

app = typer.Typer(no_args_is_help=True, help="Bring in events or profiles from a file.")

FileArgument = Annotated[Path, typer.Argument(help="A .csv or .ndjson file.")]
MapOption = Annotated[
    list[str] | None,
    typer.Option("--map", help="COLUMN=FIELD, as often as needed; --map customer=external_id."),
]
BadRowsOption = Annotated[
    Path | None, typer.Option(help="Write every bad row with its line and reason to this file.")
]


@dataclass(slots=True)
class Imported:
    """What an import came to."""

    rows: int = 0
    kept: int = 0
    repeated: int = 0
    bad: int = 0
    bad_rows: list[people.BadRow] = field(default_factory=list)

    def refuse(self, row: people.BadRow) -> None:
        """Count a bad row and keep it for the report, up to a limit."""
        self.bad += 1
        if len(self.bad_rows) < BAD_ROWS_KEPT_MAX:
            self.bad_rows.append(row)


@app.command()
def events(
    file: FileArgument,
    metric: Annotated[str | None, typer.Option(help="Metric of rows that name none.")] = None,
    columns: MapOption = None,
    backfill: Annotated[bool, typer.Option(help="Record without triggering flows.")] = False,
    bad_rows: BadRowsOption = None,
    account: AccountOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Import events: columns email or external_id, metric, time, value, unique_id, properties."""

    async def store(
        conn: AsyncConnection, account_id: UUID, drafts: list[people.EventDraft], runtime: Runtime
    ) -> int:
        recorded = await people.record_events(
            conn,
            account_id=account_id,
            drafts=[replace(draft, backfill=backfill) for draft in drafts],
            now=runtime.clock(),
        )
        return sum(event.is_new for event in recorded)

    def read(rows: Iterable[Any], runtime: Runtime) -> Iterator[Any]:
        return people.read_events(rows, metric=metric, now=runtime.clock())

    result = _import(file, columns, account, data, read, store, bad_rows)
    _report(result, "events", bad_rows, as_json=as_json)


@app.command()
def profiles(
    file: FileArgument,
    columns: MapOption = None,
    bad_rows: BadRowsOption = None,
    account: AccountOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Import profiles: columns email, phone_number, external_id, names, location, properties."""

    async def store(
        conn: AsyncConnection, account_id: UUID, drafts: list[people.ProfileDraft], runtime: Runtime
    ) -> int:
        await people.upsert_profiles(
            conn, account_id=account_id, drafts=drafts, now=runtime.clock()
        )
        return len(drafts)

    def read(rows: Iterable[Any], runtime: Runtime) -> Iterator[Any]:
        del runtime  # profiles have no time of their own
        return people.read_profile_rows(rows)

    result = _import(file, columns, account, data, read, store, bad_rows)
    _report(result, "profiles", bad_rows, as_json=as_json)


def column_names(columns: list[str] | None) -> dict[str, str]:
    """Read `--map COLUMN=FIELD` options."""
    named = {}
    for pair in columns or []:
        column, equals, name = pair.partition("=")
        if not (column and equals and name):
            raise Problem(f"--map {pair!r}: write COLUMN=FIELD, as in --map customer=external_id.")
        named[column] = name
    return named


def in_batches(items: Iterator[Item], size: int) -> Iterator[list[Item]]:
    """Cut a stream into lists of at most `size`."""
    while batch := list(islice(items, size)):
        yield batch


@contextmanager
def opened_with_progress(file: Path, what: str) -> Iterator[tuple[TextIO, Callable[[], None]]]:
    """Open a file and show how much of it has been read; call the second value to move the bar."""
    bar = Progress(
        TextColumn(what),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(),
        console=errors,
        transient=True,
        disable=not errors.is_terminal,
    )
    with file.open("rb") as raw, bar:
        task = bar.add_task(what, total=max(file.stat().st_size, 1))
        yield (
            io.TextIOWrapper(raw, encoding="utf-8-sig", errors="surrogateescape", newline=""),
            lambda: bar.update(task, completed=raw.tell()),
        )


def _import(
    file: Path,
    columns: list[str] | None,
    account: str | None,
    data: Path | None,
    read: Callable[[Iterable[Any], Runtime], Iterator[Any]],
    store: Callable[..., Any],
    bad_rows: Path | None,
) -> Imported:
    async def work(runtime: Runtime, account_id: UUID) -> Imported:
        result = Imported()
        check_writable(bad_rows)
        names = column_names(columns)
        form = people.file_format(file)
        with opened_with_progress(file, "Importing") as (stream, moved):
            rows = people.read_rows(stream, form=form, columns=names)
            for batch in in_batches(read(rows, runtime), ROWS_PER_TRANSACTION):
                good = [item[1] for item in batch if not isinstance(item, people.BadRow)]
                for item in batch:
                    if isinstance(item, people.BadRow):
                        result.refuse(item)
                if good:
                    async with runtime.engine.begin() as conn:
                        kept = await store(conn, account_id, good, runtime)
                    result.kept += kept
                    result.repeated += len(good) - kept
                result.rows += len(batch)
                moved()
        return result

    return run_with_account(data, account, work)


def _report(result: Imported, what: str, bad_rows: Path | None, *, as_json: bool) -> None:
    if bad_rows is not None:
        lines = [f"{row.line}\t{row.field or ''}\t{row.detail}\n" for row in result.bad_rows]
        bad_rows.write_text("line\tfield\treason\n" + "".join(lines))
    shown = [
        {"line": row.line, "field": row.field, "detail": row.detail} for row in result.bad_rows
    ]
    if as_json:
        print_json(
            {
                "rows": result.rows,
                "kept": result.kept,
                "repeated": result.repeated,
                "bad": result.bad,
                "bad_rows": shown,
            }
        )
    else:
        console.print(f"{result.kept:,} {what} kept of {result.rows:,} rows.", highlight=False)
        if result.repeated:
            console.print(f"{result.repeated:,} were there before.", highlight=False)
        for row in result.bad_rows[:BAD_ROWS_SHOWN_MAX]:
            field_name = f" {row.field}:" if row.field else ""
            errors.print(f"Line {row.line}:{field_name} {row.detail}", markup=False)
        if result.bad > BAD_ROWS_SHOWN_MAX:
            errors.print(f"… and {result.bad - BAD_ROWS_SHOWN_MAX:,} more bad rows.")
    if result.bad:
        raise typer.Exit(2)
