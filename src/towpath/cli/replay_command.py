"""`towpath replay`: feed a file of past events through a flow with a virtual clock."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from towpath import accounts, alerts, flows, messaging, people, wiring
from towpath.cli.context import (
    COMMAND_ACTOR,
    AccountOption,
    DataOption,
    JsonOption,
    check_writable,
    console,
    errors,
    find_account,
    json_text,
    migrated_database,
    print_json,
    read_json_file,
    settings_for,
    shown_errors,
)
from towpath.cli.import_commands import (
    BAD_ROWS_SHOWN_MAX,
    MapOption,
    column_names,
    opened_with_progress,
)
from towpath.kit import ids
from towpath.kit.clock import database_now
from towpath.kit.config import Settings
from towpath.kit.errors import Problem
from towpath.kit.heartbeat import SILENT_AFTER, workers_seen
from towpath.kit.runtime import Runtime

EVENTS_PER_REPLAY_MAX = 5_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """What was asked for on the command line."""

    file: Path
    flow: Path
    until: datetime | None
    confirmed: tuple[str, ...]
    metric: str | None
    columns: dict[str, str]


def replay(
    file: Annotated[Path, typer.Argument(help="Past events: .csv or .ndjson.")],
    flow: Annotated[Path, typer.Option(help="The flow file to feed them through.")],
    report: Annotated[Path | None, typer.Option(help="Write the report as JSON here.")] = None,
    until: Annotated[
        str | None, typer.Option(help="End the clock here (ISO 8601); default: nobody waits.")
    ] = None,
    confirmed: Annotated[
        list[str] | None, typer.Option(help="An address that counts as confirmed; repeatable.")
    ] = None,
    metric: Annotated[str | None, typer.Option(help="Metric of rows that name none.")] = None,
    columns: MapOption = None,
    account: AccountOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Feed past events through a flow in time order, as if each had just happened.

    Mails go out by the configured mail server with the virtual date. Works on a throw-away
    database unless --data is given; even there, no other flow sees the events. A flow whose
    actions are all draft is replayed as live.
    """
    with shown_errors():
        check_writable(report)
        request = _Request(
            file=file,
            flow=flow,
            until=_moment(until),
            confirmed=tuple(confirmed or ()),
            metric=metric,
            columns=column_names(columns),
        )
        with _place(data) as settings, migrated_database(settings) as url:
            result = asyncio.run(_run(settings, url, account, request))
        if report is not None:
            report.write_text(json_text(result) + "\n")
        if as_json:
            print_json(result)
        else:
            _print(result, report)


@contextmanager
def _place(data: Path | None) -> Iterator[Settings]:
    """Give the settings of the data directory, or of one that is thrown away afterwards.

    Without --data not even TOWPATH_DATABASE_URL is used: it may be the database people work with.
    """
    settings = settings_for(data)
    if data is not None:
        yield settings
        return
    with tempfile.TemporaryDirectory(prefix="towpath-replay-") as directory:
        yield replace(settings, data=Path(directory), database_url=None)


async def _run(
    settings: Settings, url: str, account: str | None, request: _Request
) -> dict[str, object]:
    async with wiring.runtime(settings, url) as runtime:
        await _refuse_beside_live_work(runtime)
        account_id = await _account(runtime, account)
        events = _read_events(request, runtime)
        flow_id = await _prepare(runtime, account_id, request, events)
        async with _transport(runtime) as transport:
            outbox = wiring.outbox_of(runtime, transport, policy=messaging.REPLAY_POLICY)
            progress = await _replay(runtime, account_id, flow_id, outbox, events, request)
        result = await _report(runtime, account_id, flow_id, progress)
        await _come_to_rest(runtime, account_id, flow_id)
        return result


async def _come_to_rest(runtime: Runtime, account_id: UUID, flow_id: str) -> None:
    """Leave the flow as draft: a worker would write to whoever still waits, by the real clock."""
    async with runtime.engine.begin() as conn:
        await flows.set_status(
            conn,
            account_id=account_id,
            flow_id=flow_id,
            status=flows.Status.DRAFT,
            saved_by=COMMAND_ACTOR,
            now=runtime.clock(),
            asks_recipients=False,
        )


async def _refuse_beside_live_work(runtime: Runtime) -> None:
    """Refuse where a worker would move the replay's people by the real clock."""
    async with runtime.engine.connect() as conn:
        now = await database_now(conn)
        if await workers_seen(conn, now=now):
            raise Problem(
                "A worker is running on this database, or was killed less than "
                f"{SILENT_AFTER.seconds} s ago; it would take over the people of the replay. "
                "Stop it first, or replay without --data."
            )
        if await flows.accounts_with_triggers(conn, now=now):
            raise Problem(
                "Events wait here for a worker to start flows with them; let one run until they "
                "are done, or replay without --data."
            )


async def _account(runtime: Runtime, name: str | None) -> UUID:
    """Find the account, or make one in a database that has none."""
    async with runtime.engine.begin() as conn:
        if name is not None or await accounts.list_accounts(conn):
            return await find_account(conn, name)
        account_id = ids.new_id()
        await accounts.create_account(
            conn, account_id=account_id, name="Replay", timezone="UTC", now=runtime.clock()
        )
        return account_id


def _read_events(request: _Request, runtime: Runtime) -> list[people.EventDraft]:
    """Read all events in time order, equal times in file order; a bad row ends the command."""
    found: list[people.EventDraft] = []
    bad: list[people.BadRow] = []
    form = people.file_format(request.file)
    with opened_with_progress(request.file, "Reading") as (stream, moved):
        rows = people.read_rows(stream, form=form, columns=request.columns)
        for item in people.read_events(rows, metric=request.metric, now=runtime.clock()):
            if isinstance(item, people.BadRow):
                bad.append(item)
            else:
                found.append(item[1])
            if len(found) % 1_000 == 0:
                moved()
            if len(found) > EVENTS_PER_REPLAY_MAX:
                raise Problem(f"A replay takes at most {EVENTS_PER_REPLAY_MAX:,} events.")
    for row in bad[:BAD_ROWS_SHOWN_MAX]:
        errors.print(f"Line {row.line}: {row.detail} (left out)", markup=False)
    if len(bad) > BAD_ROWS_SHOWN_MAX:
        errors.print(f"… and {len(bad) - BAD_ROWS_SHOWN_MAX:,} more rows left out.")
    return sorted(found, key=lambda event: event.time)


async def _prepare(
    runtime: Runtime, account_id: UUID, request: _Request, events: list[people.EventDraft]
) -> str:
    """Store the flow as of just before the first event, and confirm who was named."""
    flow_file = flows.read_flow_file(read_json_file(request.flow), default_name=request.flow.stem)
    begins = events[0].time if events else runtime.clock()
    async with runtime.engine.begin() as conn:
        for address in request.confirmed:
            await alerts.confirm_address(conn, account_id=account_id, address=address, now=begins)
        saved = await flows.create_flow(
            conn,
            account_id=account_id,
            name=flow_file.name,
            document=flow_file.definition,
            saved_by=COMMAND_ACTOR,
            now=begins,
            creates_metrics=True,
            is_started=True,
        )
    return saved.flow.id


@asynccontextmanager
async def _transport(runtime: Runtime) -> AsyncIterator[messaging.Transport]:
    transport = wiring.transport_of(runtime)
    try:
        yield transport
    finally:
        await transport.close()


async def _replay(
    runtime: Runtime,
    account_id: UUID,
    flow_id: str,
    outbox: messaging.Outbox,
    events: list[people.EventDraft],
    request: _Request,
) -> flows.Progress:
    bar = Progress(
        TextColumn("Replaying"),
        BarColumn(),
        TextColumn("{task.completed:,.0f} of {task.total:,.0f} events"),
        TimeElapsedColumn(),
        console=errors,
        transient=True,
        disable=not errors.is_terminal,
    )
    with bar:
        task = bar.add_task("Replaying", total=len(events))
        return await flows.replay(
            flows.Replay(
                engine=runtime.engine,
                account_id=account_id,
                flow_id=flow_id,
                outbox=outbox,
                until=request.until,
                trigger_batch_max=runtime.settings.trigger_batch_max,
                step_batch_max=runtime.settings.step_batch_max,
            ),
            events,
            report=lambda progress: bar.update(task, completed=progress.events),
        )


async def _report(
    runtime: Runtime, account_id: UUID, flow_id: str, progress: flows.Progress
) -> dict[str, object]:
    async with runtime.engine.connect() as conn:
        labels = await flows.action_labels(conn, account_id=account_id, flow_id=flow_id)
        counts = await flows.action_counts(conn, account_id=account_id, flow_id=flow_id)
        messages = await flows.sent_messages(conn, account_id=account_id, flow_id=flow_id)
    return {
        "profiles": len(progress.profiles),
        "events": progress.events,
        "entries": progress.entries,
        "actions": {
            labels[action_id]: {
                "sent": count.sent,
                "mails": count.mails,
                "skipped": dict(sorted(count.skipped.items())),
                "needs_review": count.needs_review,
                "waiting": count.waiting,
            }
            for action_id, count in counts.items()
        },
        "messages": [
            {
                "action": labels[message.action_id],
                "profile": message.profile,
                "recipients": list(message.recipients),
                "at": message.at.astimezone(UTC).isoformat(),
            }
            for message in messages
        ],
    }


def _print(result: dict[str, object], report: Path | None) -> None:
    console.print(
        f"{result['events']:,} events of {result['profiles']:,} people, "
        f"{result['entries']:,} entries.",
        highlight=False,
    )
    actions = result["actions"]
    assert isinstance(actions, dict)
    for label, counts in actions.items():
        facts = [f"{counts['sent']:,} sent", f"{counts['mails']:,} mails"]
        facts += [f"{count:,} skipped: {reason}" for reason, count in counts["skipped"].items()]
        facts += [f"{counts[key]:,} {key.replace('_', ' ')}" for key in ("needs_review", "waiting")]
        console.print(f"  {label}: {', '.join(facts)}", markup=False, highlight=False)
    if report is not None:
        console.print(f"Report: {report}", highlight=False)


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Problem(f"--until {text!r} is no ISO 8601 date or time.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
