"""`towpath doctor`: look at everything an installation needs, and say what to do."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import typer
from sqlalchemy import text

from towpath import accounts, wiring
from towpath.cli.context import (
    DataOption,
    JsonOption,
    console,
    migrated_database,
    print_json,
    settings_for,
    shown_errors,
)
from towpath.integrations import smtp
from towpath.kit.clock import database_now, utc_now
from towpath.kit.config import BadSetting
from towpath.kit.heartbeat import workers_seen
from towpath.kit.runtime import Runtime

CLOCK_SKEW_SECONDS_MAX = 5
MAJOR_VERSION_MIN = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked at, and whether it is as it should be."""

    name: str
    is_good: bool
    detail: str


def doctor(data: DataOption = None, as_json: JsonOption = False) -> None:
    """Check the database, the clock, the mail server and the workers."""
    with shown_errors():
        settings = settings_for(data)
        with migrated_database(settings) as url:

            async def run() -> list[Finding]:
                async with wiring.runtime(settings, url) as runtime:
                    return [finding async for finding in _findings(runtime)]

            findings = asyncio.run(run())
    if as_json:
        print_json(
            [{"name": one.name, "ok": one.is_good, "detail": one.detail} for one in findings]
        )
    else:
        for one in findings:
            mark = "ok" if one.is_good else "!!"
            console.print(f"{mark}  {one.name}: {one.detail}", markup=False, highlight=False)
    if not all(one.is_good for one in findings):
        raise typer.Exit(1)


async def _findings(runtime: Runtime) -> AsyncIterator[Finding]:
    async with runtime.engine.connect() as conn:
        version = str((await conn.execute(text("SHOW server_version"))).scalar_one())
        major = int(version.split(".", maxsplit=1)[0])
        yield Finding(
            name="PostgreSQL",
            is_good=major >= MAJOR_VERSION_MIN,
            detail=f"{version}; needs {MAJOR_VERSION_MIN} or newer",
        )
        skew = abs((await database_now(conn) - utc_now()).total_seconds())
        yield Finding(
            name="Clock",
            is_good=skew <= CLOCK_SKEW_SECONDS_MAX,
            detail=f"{skew:.1f} s apart from the database's",
        )
        found = await accounts.list_accounts(conn)
        yield Finding(
            name="Accounts",
            is_good=bool(found),
            detail=", ".join(one.name for one in found)
            or "none yet; start `towpath up` and open the link it prints",
        )
        workers = await workers_seen(conn, now=await database_now(conn))
        trouble = [one.trouble for one in workers if one.trouble]
        yield Finding(
            name="Workers",
            is_good=not trouble,
            detail="; ".join(trouble)
            or (f"{len(workers)} alive" if workers else "none running now"),
        )
    yield await _mail_server(runtime)


async def _mail_server(runtime: Runtime) -> Finding:
    url = runtime.settings.smtp_url
    if url is None:
        detail = "none configured (TOWPATH_SMTP_URL): mails are captured on the mailbox page"
        return Finding(name="Mail server", is_good=True, detail=detail)
    try:
        server = smtp.parse_url(url)
    except BadSetting as problem:
        return Finding(name="Mail server", is_good=False, detail=problem.detail)
    result = await smtp.check(server, sender=runtime.settings.mail_from)
    detail = f"{result.detail} {result.warning or ''}".strip()
    return Finding(name="Mail server", is_good=result.is_usable, detail=detail)
