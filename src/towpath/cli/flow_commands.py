"""`towpath flows`: import, export, list and status."""

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.table import Table

from towpath import flows
from towpath.cli.context import (
    COMMAND_ACTOR,
    AccountOption,
    DataOption,
    JsonOption,
    check_writable,
    console,
    json_text,
    print_json,
    read_json_file,
    run_with_account,
)
from towpath.kit.errors import Problem
from towpath.kit.runtime import Runtime

app = typer.Typer(no_args_is_help=True, help="Flows: import, export, list, status.")

FlowArgument = Annotated[str, typer.Argument(help="Id or name of the flow.")]


@app.command("import")
def import_flow(
    file: Annotated[Path, typer.Argument(help='JSON: {"name": …, "definition": {…}}.')],
    status: Annotated[str | None, typer.Option(help="Then set it to manual or live.")] = None,
    account: AccountOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bring in a flow as draft, with warnings for what keeps it from going live."""

    async def work(runtime: Runtime, account_id: UUID) -> flows.SavedFlow:
        flow_file = flows.read_flow_file(read_json_file(file), default_name=file.stem)
        return await import_flow_file(runtime, account_id, flow_file, status=status)

    saved = run_with_account(data, account, work)
    if as_json:
        print_json(
            {
                "id": saved.flow.id,
                "name": saved.flow.name,
                "status": saved.flow.status,
                "actions": saved.action_ids,
                "warnings": [_as_json(problem) for problem in saved.warnings],
            }
        )
        return
    console.print(f"{saved.flow.name} is flow {saved.flow.id}, {saved.flow.status}.")
    _print_notes(saved)


async def import_flow_file(
    runtime: Runtime, account_id: UUID, flow_file: flows.FlowFile, *, status: str | None
) -> flows.SavedFlow:
    """Store a flow file and, when asked, set its status, all or nothing."""
    async with runtime.engine.begin() as conn:
        saved = await flows.create_flow(
            conn,
            account_id=account_id,
            name=flow_file.name,
            document=flow_file.definition,
            saved_by=COMMAND_ACTOR,
            now=runtime.clock(),
            creates_metrics=True,
        )
        if status is None:
            return saved
        changed = await flows.set_status(
            conn,
            account_id=account_id,
            flow_id=saved.flow.id,
            status=status,
            saved_by=COMMAND_ACTOR,
            now=runtime.clock(),
        )
    return flows.SavedFlow(
        flow=changed.flow,
        warnings=changed.warnings,
        action_ids=saved.action_ids,
        recipients=saved.recipients,
    )


@app.command("export")
def export_flow(
    flow: FlowArgument,
    out: Annotated[Path | None, typer.Option(help="File; default: standard output.")] = None,
    account: AccountOption = None,
    data: DataOption = None,
) -> None:
    """Write a flow as JSON that imports unchanged."""

    async def work(runtime: Runtime, account_id: UUID) -> dict[str, object]:
        check_writable(out)
        async with runtime.engine.connect() as conn:
            found = await flows.find_flow(conn, account_id=account_id, name_or_id=flow)
            saved = await flows.definition_of(conn, account_id=account_id, flow_id=found.id)
        return {"name": saved.flow.name, "definition": saved.definition}

    document = run_with_account(data, account, work)
    if out is None:
        print_json(document)
    else:
        out.write_text(json_text(document) + "\n")
        console.print(f"Wrote {out}.")


@app.command("list")
def list_all(
    account: AccountOption = None, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """List the flows with their status and trigger."""

    async def work(runtime: Runtime, account_id: UUID) -> list[flows.Flow]:
        found: list[flows.Flow] = []
        async with runtime.engine.connect() as conn:
            while page := await flows.list_flows(
                conn, account_id=account_id, after=found[-1].id if found else None
            ):
                found += page
        return found

    rows = run_with_account(data, account, work)
    if as_json:
        print_json(
            [
                {
                    "id": one.id,
                    "name": one.name,
                    "status": one.status,
                    "trigger": one.trigger_type,
                    "version": one.version,
                }
                for one in rows
            ]
        )
        return
    table = Table("Id", "Name", "Status", "Trigger", "Version")
    for one in rows:
        table.add_row(one.id, one.name, one.status, one.trigger_type, str(one.version))
    console.print(table if rows else "There is no flow yet; `towpath flows import FILE` adds one.")


@app.command("status")
def status_of(
    flow: FlowArgument,
    status: Annotated[str, typer.Argument(help="draft, manual or live.")],
    account: AccountOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Set a flow and all its actions to draft, manual or live."""

    async def work(runtime: Runtime, account_id: UUID) -> flows.SavedFlow:
        async with runtime.engine.begin() as conn:
            found = await flows.find_flow(conn, account_id=account_id, name_or_id=flow)
            return await flows.set_status(
                conn,
                account_id=account_id,
                flow_id=found.id,
                status=status,
                saved_by=COMMAND_ACTOR,
                now=runtime.clock(),
            )

    saved = run_with_account(data, account, work)
    if as_json:
        print_json({"id": saved.flow.id, "status": saved.flow.status})
        return
    console.print(f"{saved.flow.name} is {saved.flow.status}.")
    _print_notes(saved)


def _print_notes(saved: flows.SavedFlow) -> None:
    for problem in saved.warnings:
        console.print(f"  {problem.pointer}: {problem.detail}", markup=False, highlight=False)
    for address in saved.recipients.mailed:
        console.print(f"  Confirmation mail queued for {address}.", highlight=False)


def _as_json(problem: Problem) -> dict[str, object]:
    return {"pointer": problem.pointer, "detail": problem.detail, "code": problem.code}
