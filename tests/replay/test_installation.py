"""A replay in a data directory that people work with leaves their work alone."""

import asyncio
import json
import subprocess
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.conftest import NOW
from tests.flows.shop import alert, definition, delay, open_shop
from tests.system.processes import run
from towpath import accounts, alerts, flows
from towpath.kit import ids

TEAM = "ops@shop.example"
PAST = """email,metric,time
past@mail.example,Placed Order,1997-01-01T00:00:00Z
past@mail.example,Placed Order,1997-03-01T00:00:00Z
"""


@dataclass(frozen=True, kw_only=True)
class Past:
    """A file of two orders and a flow file, to be replayed into a data directory."""

    folder: Path
    url: str

    async def replay(self) -> subprocess.CompletedProcess[str]:
        return await asyncio.to_thread(
            run,
            *("replay", self.folder / "past.csv", "--flow", self.folder / "flow.json"),
            *("--data", self.folder, "--json"),
            database_url=self.url,
        )


@pytest.fixture
def past(own_database_url: str, tmp_path: Path) -> Past:
    (tmp_path / "past.csv").write_text(PAST)
    flow = {"name": "Replayed", "definition": definition(alert("tell", to=[TEAM]))}
    (tmp_path / "flow.json").write_text(json.dumps(flow))
    return Past(folder=tmp_path, url=own_database_url)


@pytest.fixture
async def own_account_id(own_engine: AsyncEngine) -> UUID:
    account_id = ids.new_id()
    async with own_engine.begin() as conn:
        await accounts.create_account(
            conn, account_id=account_id, name="Shop", timezone="UTC", now=NOW
        )
        await alerts.confirm_address(conn, account_id=account_id, address=TEAM, now=NOW)
    return account_id


async def test_other_flows_see_neither_the_events_nor_the_clock(
    past: Past, own_engine: AsyncEngine, own_account_id: UUID
) -> None:
    live = definition(delay("wait", "tell"), alert("tell", to=[TEAM]))
    shop = await open_shop(own_engine, own_account_id, live, now=NOW)
    await shop.record("waiting@mail.example", NOW)
    await shop.work(NOW)

    done = await past.replay()
    report = json.loads(done.stdout)

    assert (report["events"], report["entries"]) == (2, 2)
    assert report["actions"]["tell"]["mails"] == 2
    assert await shop.runs() == [("waiting", "wait", True, NOW + timedelta(days=1))]
    assert await shop.messages() == []


async def test_a_replay_into_events_that_wait_for_a_worker_is_refused(
    past: Past, own_engine: AsyncEngine, own_account_id: UUID
) -> None:
    shop = await open_shop(
        own_engine, own_account_id, definition(alert("tell", to=[TEAM])), now=NOW
    )
    await shop.record("queued@mail.example", NOW - timedelta(days=365), now=NOW)

    refused = await past.replay()

    assert refused.returncode == 1
    assert refused.stderr.startswith("Events wait here for a worker")
    assert refused.stdout == ""


async def test_the_replayed_flow_is_left_as_draft_and_asks_nobody(
    past: Past, own_engine: AsyncEngine, own_account_id: UUID
) -> None:
    replayed = await past.replay()

    assert replayed.returncode == 0, replayed.stderr
    async with own_engine.connect() as conn:
        found = await flows.list_flows(conn, account_id=own_account_id)
        recipients = await alerts.list_recipients(conn, account_id=own_account_id)
    assert [(one.name, one.status) for one in found] == [("Replayed", "draft")]
    assert [one.address for one in recipients.items] == [TEAM]
