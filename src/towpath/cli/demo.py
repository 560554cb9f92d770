"""The demo: a small coffee shop, its flows, and the main job run on it once.

Everything goes the way real data goes: events are recorded, triggers start runs, steps move them,
and the outbox sends to whoever has confirmed.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from rich.table import Table

from towpath import accounts, alerts, flows, messaging, people, wiring
from towpath.cli.context import console
from towpath.cli.demo_flows import FLOWS, ORDER, SURVEY, TEAM
from towpath.kit import ids
from towpath.kit.runtime import Runtime

SHOP = "Harbour Coffee"
OWNER_EMAIL = "owner@harbour-coffee.example"
TIMEZONE = "Europe/Berlin"

CUSTOMERS: Sequence[tuple[str, str, str, str]] = (
    ("mira.novak@mail.example", "Mira", "Novak", "Rostock"),
    ("jonas.weber@mail.example", "Jonas", "Weber", "Kiel"),
    ("lucia.ortega@mail.example", "Lucía", "Ortega", "Valencia"),
    ("piotr.zielinski@mail.example", "Piotr", "Zieliński", "Gdańsk"),
    ("amelie.roux@mail.example", "Amélie", "Roux", "Lyon"),
    ("tom.baker@mail.example", "Tom", "Baker", "Bristol"),
)


async def load(runtime: Runtime) -> None:
    """Load the shop and run the main job; a data directory that has an account is left alone."""
    now = runtime.clock().replace(microsecond=0)
    async with runtime.engine.begin() as conn:
        if await accounts.list_accounts(conn):
            return
        account_id, user_id = ids.new_ids(2)
        await accounts.create_owned_account(
            conn,
            account_id=account_id,
            account_name=SHOP,
            timezone=TIMEZONE,
            user_id=user_id,
            email=OWNER_EMAIL,
            name="Demo owner",
            password_hash=None,
            now=now,
        )
        await _customers(conn, account_id, now)
        for flow in FLOWS:
            saved = await flows.create_flow(
                conn,
                account_id=account_id,
                name=str(flow["name"]),
                document=flow["definition"],
                saved_by="demo",
                now=now,
                creates_metrics=True,
            )
            await flows.set_status(
                conn,
                account_id=account_id,
                flow_id=saved.flow.id,
                status="live",
                saved_by="demo",
                now=now,
            )
        await _recipients(conn, account_id, now)
    await _record(runtime, account_id, _events(now), now)
    await _main_job(runtime, account_id)
    await _print(runtime, account_id)


async def print_sign_in(runtime: Runtime) -> None:
    """Print a link that signs the demo's owner in once."""
    async with runtime.engine.begin() as conn:
        user = await accounts.find_user(conn, email=OWNER_EMAIL)
        if user is None:
            return
        found = [one for one in await accounts.list_accounts(conn) if one.name == SHOP]
        link = await accounts.sign_in_link(
            conn,
            user_id=user.id,
            account_id=found[0].id,
            public_url=runtime.settings.public_url,
            now=runtime.clock(),
        )
    console.print(
        f"Sign in once with {link}\nThe mailbox page shows every mail that was sent.",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )


async def _customers(conn: Any, account_id: UUID, now: datetime) -> None:
    drafts = [
        people.profile_draft(
            {
                "email": email,
                "first_name": first_name,
                "last_name": last_name,
                "location": {"city": city, "timezone": TIMEZONE},
            }
        )
        for email, first_name, last_name, city in CUSTOMERS
    ]
    await people.upsert_profiles(conn, account_id=account_id, drafts=drafts, now=now)


async def _recipients(conn: Any, account_id: UUID, now: datetime) -> None:
    """One of the team has confirmed, one has not, one opted out: only the first is written to."""
    for address in (TEAM["confirmed"], TEAM["opted_out"]):
        await alerts.confirm_address(conn, account_id=account_id, address=address, now=now)
    link = alerts.OptOutLink(account_id=account_id, address=TEAM["opted_out"])
    await alerts.opt_out(conn, link=link, now=now)


def _events(now: datetime) -> list[people.EventDraft]:
    """Return a year of orders that trigger nothing, then what happened just now."""
    history = [
        _event(
            CUSTOMERS[number % len(CUSTOMERS)][0],
            ORDER,
            now - timedelta(days=360 - 9 * number),
            {"$value": 18 + 7 * (number % 5), "Items": ["Espresso beans"]},
            backfill=True,
        )
        for number in range(40)
    ]
    minutes = timedelta(minutes=1)
    today = [
        _event(CUSTOMERS[0][0], ORDER, now - 9 * minutes, {"$value": 212.5, "Items": ["Grinder"]}),
        _event(CUSTOMERS[1][0], ORDER, now - 7 * minutes, {"$value": 24, "Items": ["Filters"]}),
        _event(CUSTOMERS[2][0], SURVEY, now - 5 * minutes, {"score": 3, "comment": "Came cold."}),
        _event(CUSTOMERS[3][0], ORDER, now - 3 * minutes, {"$value": 118, "Items": ["Kettle"]}),
        _event(CUSTOMERS[4][0], SURVEY, now - 1 * minutes, {"score": 10, "comment": "Lovely!"}),
    ]
    return history + today


def _event(
    email: str,
    metric: str,
    time: datetime,
    properties: Mapping[str, Any],
    *,
    backfill: bool = False,
) -> people.EventDraft:
    return people.EventDraft(
        profile=people.ProfileDraft(email=email),
        metric_name=metric,
        time=time,
        properties=properties,
        backfill=backfill,
    )


async def _record(
    runtime: Runtime, account_id: UUID, drafts: list[people.EventDraft], now: datetime
) -> None:
    async with runtime.engine.begin() as conn:
        await people.record_events(conn, account_id=account_id, drafts=drafts, now=now)


async def _main_job(runtime: Runtime, account_id: UUID) -> None:
    """Trigger, move and send what there is, as the worker does."""
    now, plans = runtime.clock(), flows.Plans()
    settings = runtime.settings
    while (
        await flows.trigger_batch(
            runtime.engine,
            plans=plans,
            account_id=account_id,
            now=now,
            batch_max=settings.trigger_batch_max,
        )
    ).events:
        continue
    await flows.advance_due(runtime.engine, plans=plans, now=now, batch_max=settings.step_batch_max)
    transport = wiring.transport_of(runtime)
    outbox = wiring.outbox_of(runtime, transport, policy=messaging.REPLAY_POLICY)
    try:
        await messaging.drain(outbox, account_id=account_id, now=runtime.clock())
    finally:
        await transport.close()


async def _print(runtime: Runtime, account_id: UUID) -> None:
    table = Table("Flow", "About", "What happened", "To", title=f"{SHOP}: the main job")
    async with runtime.engine.connect() as conn:
        for flow in await flows.list_flows(conn, account_id=account_id):
            rows = await messaging.list_messages(conn, account_id=account_id, flow_id=flow.id)
            for row in rows:
                table.add_row(
                    flow.name,
                    row.profile_label or "",
                    row.reason or row.state,
                    ", ".join(one.address for one in row.recipients),
                )
            counts = await flows.action_counts(conn, account_id=account_id, flow_id=flow.id)
            if waiting := sum(one.waiting for one in counts.values()):
                table.add_row(flow.name, f"{waiting} people", "waiting", "")
        recipients = await alerts.list_recipients(conn, account_id=account_id)
    console.print(table)
    states = ", ".join(f"{one.address} {one.state}" for one in recipients.items)
    console.print(f"Recipients: {states}.", markup=False, highlight=False)
