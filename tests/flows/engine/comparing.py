"""Play a scenario twice, on the engine and on the reference interpreter, and read both stories."""

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.flows.shop import Shop, open_shop
from tests.messaging.outbox import Letterbox, Notes, outbox_of
from tests.reference.interpreter import Interpreter
from tests.reference.profile_updates import exact
from tests.reference.strategies_conditions import METRICS
from tests.reference.strategies_flows import Edit, Scenario
from towpath import accounts, flows, messaging, people
from towpath.kit import ids

Json = Any  # it is JSON
WAKES_MAX = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What became of everybody, comparable with `==`. Runs and people go by their own names."""

    runs: list[tuple[object, ...]]
    """(person, entry, state, action, is inside, due)"""
    outcomes: list[tuple[object, ...]]
    """(person, entry, action, state, reason, when), messages and profile updates alike"""
    people: Mapping[str, Json]
    due: Sequence[datetime | None]
    """When the next step was due, after each time the worker woke."""


async def play_live(engine: AsyncEngine, scenario: Scenario) -> tuple[Story, Story, bool]:
    """Return the engine's story, the interpreter's, and whether the order of steps was open."""
    reference = reference_for(scenario)
    shop = await set_up(engine, scenario)
    outside: list[tuple[datetime, Json]] = [(one["recorded_at"], one) for one in scenario.events]
    outside += [(edit.at, edit) for edit in scenario.edits]
    outside.sort(key=lambda happening: happening[0])
    due: dict[str, list[datetime | None]] = {"engine": [], "reference": []}
    now = outside[0][0]
    for wake in range(WAKES_MAX):
        times = [at for at, _ in outside[:1]]
        times += [work for work in [reference.next_work()] if work]
        if not times:
            break
        now = max(now, min(times) + scenario.lateness[wake % len(scenario.lateness)])
        while outside and outside[0][0] <= now:
            await happen(shop, reference, *outside.pop(0))
        reference.work(now)
        due["reference"].append(reference.next_due())
        await shop.work(now, batch_max=scenario.batch_max)
        async with engine.connect() as conn:
            next_due = await flows.next_due_at(conn, account_id=shop.account_id)
        due["engine"].append(next_due and next_due.astimezone(UTC))
    moved = await read_story(shop, due["engine"])
    return moved, told_story(reference, due["reference"]), reference.is_order_open


async def play_replay(engine: AsyncEngine, scenario: Scenario) -> tuple[Story, Story, bool]:
    """Tell both stories of a past: the product's replay, and a clock that is always in time.

    Nobody confirmed to get alerts, so no mail goes out.
    """
    reference = reference_for(scenario)
    waiting = list(scenario.events)
    while waiting or reference.next_work():
        times = [one["time"] for one in waiting[:1]]
        now = min([*times, *[work for work in [reference.next_work()] if work]])
        while waiting and waiting[0]["time"] <= now:
            reference.record(waiting.pop(0), now=now)
        reference.work(now)
    shop = await set_up(engine, scenario)
    notes = Notes(name="alert")
    replay = flows.Replay(
        engine=engine,
        account_id=shop.account_id,
        flow_id=shop.flow_id,
        outbox=outbox_of(
            engine, transport=Letterbox(), notes=notes, policy=messaging.REPLAY_POLICY
        ),
        until=None,
        trigger_batch_max=scenario.batch_max,
        step_batch_max=scenario.batch_max,
    )
    drafts = [
        people.EventDraft(
            profile=people.ProfileDraft(email=event["email"]),
            metric_name=event["metric_id"],
            time=event["time"],
            unique_id=event["unique_id"],
            properties=event["properties"],
            backfill=event["backfill"],
        )
        for event in scenario.events
    ]
    await flows.replay(replay, drafts, report=lambda _: None)
    replayed = await read_story(shop, [])
    unsent: Mapping[tuple[object, ...], tuple[object, ...]] = {
        ("skipped", messaging.Reason.NO_CONFIRMED_RECIPIENTS): ("queued", None)
    }
    outcomes = [(*row[:3], *unsent.get(row[3:5], row[3:5]), row[5]) for row in replayed.outcomes]
    moved = replace(replayed, outcomes=sorted_rows(outcomes))
    stories = [
        replace(one, people=undated(one.people)) for one in (moved, told_story(reference, []))
    ]
    return stories[0], stories[1], reference.is_order_open


def undated(persons: Mapping[str, Json]) -> Mapping[str, Json]:
    """Return people without when they changed.

    A replay records events in stretches and makes people with the first of a stretch, except
    where a filter looks at it.
    """
    return {email: {**person, "updated": None} for email, person in persons.items()}


def reference_for(scenario: Scenario) -> Interpreter:
    """Return the interpreter; whom nobody knows yet is made by their first event."""
    first = {event["email"]: event["recorded_at"] for event in reversed(scenario.events)}
    known = {}
    for person in scenario.people:
        email = person["email"]
        if person["is_known"]:
            known[email] = deepcopy(person)
        elif email in first:
            blank = {"email": email, "timezone": None, "first_name": None, "location": {}}
            seen = {"created": first[email], "updated": first[email]}
            known[email] = {**blank, "properties": {}, **seen}
    return Interpreter(scenario.definition, people=known, timezone=scenario.timezone)


async def set_up(engine: AsyncEngine, scenario: Scenario) -> Shop:
    """Make an account with the people and the flow of a scenario."""
    account_id, created = ids.new_id(), scenario.people[0]["created"]
    drafts = [
        people.profile_draft(
            {
                "email": person["email"],
                "first_name": person["first_name"],
                "location": {"timezone": person["timezone"]},
                "properties": person["properties"],
            }
        )
        for person in scenario.people
        if person["is_known"]
    ]
    async with engine.begin() as conn:
        await accounts.create_account(
            conn, account_id=account_id, name="Shop", timezone=scenario.timezone, now=created
        )
        metrics = [people.MetricDraft(name=name) for name in METRICS]
        await people.ensure_metrics(conn, account_id=account_id, drafts=metrics, now=created)
        await people.upsert_profiles(conn, account_id=account_id, drafts=drafts, now=created)
    return await open_shop(engine, account_id, scenario.definition, now=created)


async def happen(shop: Shop, reference: Interpreter, at: datetime, happening: Json | Edit) -> None:
    """Let an event arrive or an edit be saved, in both worlds."""
    if isinstance(happening, Edit):
        reference.edit(happening.definition)
        await shop.edit(happening.definition, at)
        return
    reference.record(happening, now=at)
    await shop.record(
        happening["email"],
        happening["time"],
        metric=happening["metric_id"],
        now=at,
        unique_id=happening["unique_id"],
        backfill=happening["backfill"],
        **happening["properties"],
    )


async def read_story(shop: Shop, due: Sequence[datetime | None]) -> Story:
    """Read from the database what became of everybody."""
    run, event, profile = flows.flow_run_table, people.event_table, people.profile_table
    message, effect = messaging.message_table, flows.step_effect_table
    account_id, labels = shop.account_id, shop.labels
    async with shop.engine.connect() as conn:
        entries = await conn.execute(
            select(run, profile.c.email, event.c.unique_id)
            .join(event, and_(event.c.account_id == account_id, event.c.id == run.c.event_id))
            .join(
                profile,
                and_(profile.c.account_id == account_id, profile.c.id == event.c.profile_id),
            )
            .where(run.c.account_id == account_id)
        )
        runs = {one.id: one for one in entries}
        messages = await conn.execute(
            select(
                message.c.run_id,
                message.c.action_id,
                message.c.state,
                message.c.reason,
                message.c.created_at,
            ).where(message.c.account_id == account_id, message.c.run_id.isnot(None))
        )
        effects = await conn.execute(
            select(
                effect.c.run_id,
                effect.c.action_id,
                effect.c.outcome,
                effect.c.reason,
                effect.c.happened_at,
            ).where(effect.c.account_id == account_id)
        )
        profiles = await conn.execute(select(profile).where(profile.c.account_id == account_id))
        return Story(
            runs=sorted_rows(
                (
                    one.email,
                    one.unique_id,
                    one.state,
                    labels.get(one.node_id),
                    one.is_inside,
                    one.due_at,
                )
                for one in runs.values()
            ),
            outcomes=sorted_rows(
                (runs[run_id].email, runs[run_id].unique_id, labels[action_id], *rest)
                for run_id, action_id, *rest in (*messages, *effects)
            ),
            people={
                one.email: {
                    "first_name": one.first_name,
                    "city": one.location.get("city"),
                    "properties": exact(one.properties),
                    "updated": one.updated_at.astimezone(UTC),
                }
                for one in profiles
            },
            due=due,
        )


def told_story(reference: Interpreter, due: Sequence[datetime | None]) -> Story:
    """Return what became of everybody by the reference interpreter."""
    return Story(
        runs=sorted_rows(
            (
                run.email,
                run.event["unique_id"],
                "waiting" if run.due_at else "finished",
                run.action,
                run.is_inside,
                run.due_at,
            )
            for run in reference.runs
        ),
        outcomes=sorted_rows(
            (one.email, one.event, one.action, one.state, one.reason, one.at)
            for one in reference.outcomes
        ),
        people={
            email: {
                "first_name": person["first_name"],
                "city": person["location"].get("city"),
                "properties": exact(person["properties"]),
                "updated": person["updated"],
            }
            for email, person in reference.people.items()
        },
        due=due,
    )


def sorted_rows(rows: Iterable[tuple[object, ...]]) -> list[tuple[object, ...]]:
    """Put rows into an order that does not depend on who wrote them, with moments in UTC.

    Python calls a moment in a doubled hour of one zone unequal to the same moment in another.
    """
    in_utc = (
        tuple(one.astimezone(UTC) if isinstance(one, datetime) else one for one in row)
        for row in rows
    )
    return sorted(in_utc, key=str)
