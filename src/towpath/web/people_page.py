"""The page of one person: who they are, what happened, and what was told about them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import RedirectResponse, Response

from towpath import accounts, flows, messaging, people
from towpath.kit import http, ids
from towpath.kit.pages import Pages, language_of
from towpath.kit.texts import Texts, texts
from towpath.web.readable import (
    ReadableProperties,
    readable_amount,
    readable_properties,
)

PAGES: Final = Pages("towpath.web")
EVENTS_SHOWN_MAX: Final = 50
ALERTS_SHOWN_MAX: Final = 20
RUNS_SHOWN_MAX: Final = 20

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownEvent:
    """One event; `properties` is None when there are too many to show."""

    metric_name: str
    time: datetime
    amount: str | None
    properties: ReadableProperties | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownAlert:
    """One message about the person, and what wrote it."""

    flow_name: str | None
    action: flows.ActionName | None
    message: messaging.MessageActivity


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRun:
    """One passage through a flow: what comes next, and which steps passed the person over."""

    flow_name: str
    run: flows.ProfileRun
    next_action: flows.ActionName | None
    skipped: Sequence[tuple[flows.ActionName, flows.SkippedStep]]


@router.get("/people/{profile_id}")
async def show_person(
    profile_id: str,
    request: Request,
    user: accounts.SignedIn,
    conn: http.Transaction,
    now: http.Now,
) -> Response:
    """Show one person; somebody who was merged away leads to whom they became."""
    user.actor.check(accounts.Permission.PEOPLE_READ)
    account_id = user.actor.account_id
    asked_id = http.read_id(profile_id, people.ProfileNotFound)
    account = await accounts.account_of(conn, account_id=account_id)
    if account is None:
        raise accounts.AccountNotFound
    profile = await people.get_profile(conn, account_id=account_id, profile_id=asked_id)
    if profile.id != asked_id:
        return RedirectResponse(f"/people/{ids.to_base32(profile.id)}", status_code=303)
    consents = await people.consents_of(conn, account_id=account_id, profile_ids=[profile.id])
    language = language_of(request)
    words, zone = texts(language), ZoneInfo(account.timezone)
    events = await _events_of(conn, account_id, profile.id, words)
    alerts, runs = await _alerts_and_runs_of(conn, account_id, profile.id)
    return PAGES.render(
        "person.html",
        language=language,
        account=account,
        profile=profile,
        person_name=name_of(profile),
        address=address_of(profile),
        local_time=now.astimezone(ZoneInfo(profile.timezone)) if profile.timezone else None,
        properties=readable_properties(profile.properties, words=words),
        consents=consents[profile.id],
        channels=tuple(people.Channel),
        events=events[:EVENTS_SHOWN_MAX],
        has_more_events=len(events) > EVENTS_SHOWN_MAX,
        alerts=alerts[:ALERTS_SHOWN_MAX],
        has_more_alerts=len(alerts) > ALERTS_SHOWN_MAX,
        runs=runs[:RUNS_SHOWN_MAX],
        has_more_runs=len(runs) > RUNS_SHOWN_MAX,
        moment=lambda moment: words.moment(moment, zone=zone),
        exact_moment=lambda moment: words.exact_moment(moment, zone=zone),
        csrf_token=accounts.csrf_token(user.token),
    )


def name_of(profile: people.Profile) -> str | None:
    """Return what to call a person: the name, else whatever identifies them."""
    name = " ".join(part for part in (profile.first_name, profile.last_name) if part)
    return name or profile.email or profile.phone_number or profile.external_id


def address_of(profile: people.Profile) -> str:
    """Return where a person lives in one line, as far as it is known."""
    named = {key: str(value) for key, value in profile.location.items() if value}
    town = " ".join(named[key] for key in ("zip", "city") if key in named)
    parts = [named.get("address1"), named.get("address2"), town]
    return ", ".join(part for part in (*parts, named.get("region"), named.get("country")) if part)


async def _events_of(
    conn: AsyncConnection, account_id: UUID, profile_id: UUID, words: Texts
) -> list[ShownEvent]:
    found = await people.recent_events(
        conn, account_id=account_id, profile_id=profile_id, limit=EVENTS_SHOWN_MAX + 1
    )
    return [
        ShownEvent(
            metric_name=event.metric_name,
            time=event.time,
            amount=readable_amount(
                event.value, (event.properties or {}).get(people.VALUE_CURRENCY), words=words
            ),
            properties=(
                None
                if event.properties is None
                else readable_properties(event.properties, words=words)
            ),
        )
        for event in found
    ]


async def _alerts_and_runs_of(
    conn: AsyncConnection, account_id: UUID, profile_id: UUID
) -> tuple[list[ShownAlert], list[ShownRun]]:
    messages = await messaging.list_messages(
        conn, account_id=account_id, profile_id=profile_id, limit=ALERTS_SHOWN_MAX + 1
    )
    runs = await flows.runs_of_profile(
        conn, account_id=account_id, profile_id=profile_id, limit=RUNS_SHOWN_MAX + 1
    )
    flow_ids = {run.flow_id for run in runs} | {one.flow_id for one in messages if one.flow_id}
    named = await flows.named_flows(conn, account_id=account_id, flow_ids=flow_ids)
    return (
        [_shown_alert(message, named.get(message.flow_id or "")) for message in messages],
        [_shown_run(run, named[run.flow_id]) for run in runs],
    )


def _shown_alert(message: messaging.MessageActivity, flow: flows.NamedFlow | None) -> ShownAlert:
    return ShownAlert(
        flow_name=flow.name if flow else None,
        action=flow.action(message.action_id) if flow and message.action_id else None,
        message=message,
    )


def _shown_run(run: flows.ProfileRun, flow: flows.NamedFlow) -> ShownRun:
    return ShownRun(
        flow_name=flow.name,
        run=run,
        next_action=flow.next_action(run),
        skipped=[(flow.action(step.action_id), step) for step in run.skipped],
    )
