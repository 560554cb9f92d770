"""Play a scenario twice, on the engine and on the reference interpreter, and read both stories."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.reference.conditions import as_number
from tests.reference.interpreter import Interpreter
from tests.reference.strategies_conditions import METRICS
from tests.reference.strategies_flows import Edit, Scenario
from towpath import accounts, flows, messaging, people
from towpath.kit import ids

Json = Any  # it is JSON
WAKES_MAX = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What became of everybody, comparable with `==`. Runs and people go by their own names."""

    runs: set[tuple[object, ...]]
    """(person, entry, whether it waits, action, is inside, due)"""
    outcomes: set[tuple[object, ...]]
    """(person, entry, action, state, reason, when), messages and profile updates alike"""
    people: Mapping[str, Json]
    due: Sequence[datetime | None]
    """When the next step was due, after each time the worker woke."""


@dataclass(slots=True, kw_only=True)
class Played:
    """A scenario in the middle of being played on the engine."""

    engine: AsyncEngine
    account_id: UUID
    flow_id: str
    version: int
    action_ids: dict[str, str]
    event_names: dict[UUID, tuple[str, str]] = field(default_factory=dict)
    plans: flows.Plans = field(default_factory=flows.Plans)
    due: list[datetime | None] = field(default_factory=list)


async def play(engine: AsyncEngine, scenario: Scenario) -> tuple[Story, Story, bool]:
    """Return the engine's story, the interpreter's, and whether the order of steps was open."""
    reference = Interpreter(
        scenario.definition,
        people={person["email"]: deepcopy(person) for person in scenario.people},
        timezone=scenario.timezone,
    )
    played = await set_up(engine, scenario)
    outside = [(event["recorded_at"], event) for event in scenario.events]
    outside += [(edit.at, edit) for edit in scenario.edits]
    outside.sort(key=lambda happening: happening[0])
    due: list[datetime | None] = []
    now = outside[0][0]
    for wake in range(WAKES_MAX):
        times = [happening[0] for happening in outside[:1]]
        times += [work for work in [reference.next_work()] if work]
        if not times:
            break
        now = max(now, min(times) + scenario.lateness[wake % len(scenario.lateness)])
        while outside and outside[0][0] <= now:
            at, happening = outside.pop(0)
            if isinstance(happening, Edit):
                reference.edit(happening.definition)
                await save(played, happening)
            else:
                reference.record(happening, now=at)
                await record(played, happening, now=at)
        reference.work(now)
        due.append(reference.next_due())
        await work(played, now=now, batch_max=scenario.batch_max)
    return await read_story(played), told_story(reference, due), reference.is_order_open


async def set_up(engine: AsyncEngine, scenario: Scenario) -> Played:
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
    ]
    async with engine.begin() as conn:
        await accounts.create_account(
            conn, account_id=account_id, name="Shop", timezone=scenario.timezone, now=created
        )
        metrics = [people.MetricDraft(name=name) for name in METRICS]
        await people.ensure_metrics(conn, account_id=account_id, drafts=metrics, now=created)
        await people.upsert_profiles(conn, account_id=account_id, drafts=drafts, now=created)
        saved = await flows.create_flow(
            conn,
            account_id=account_id,
            name="Flow",
            document=scenario.definition,
            saved_by="test",
            now=created,
            is_started=True,
        )
    return Played(
        engine=engine,
        account_id=account_id,
        flow_id=saved.flow.id,
        version=saved.flow.version,
        action_ids=saved.action_ids,
    )


async def record(played: Played, event: Json, *, now: datetime) -> None:
    """Record an event as its sender would."""
    draft = people.EventDraft(
        profile=people.ProfileDraft(email=event["email"]),
        metric_name=event["metric_id"],
        time=event["time"],
        unique_id=event["unique_id"],
        properties=event["properties"],
        backfill=event["backfill"],
    )
    async with played.engine.begin() as conn:
        recorded = await people.record_events(
            conn, account_id=played.account_id, drafts=[draft], now=now
        )
    played.event_names.setdefault(recorded[0].id, (event["email"], event["unique_id"]))


async def save(played: Played, edit: Edit) -> None:
    """Save another definition, known actions by their ids."""
    async with played.engine.begin() as conn:
        saved = await flows.save_definition(
            conn,
            account_id=played.account_id,
            flow_id=played.flow_id,
            document=with_known_ids(edit.definition, played.action_ids),
            version=played.version,
            saved_by="test",
            now=edit.at,
        )
    played.version = saved.flow.version
    new = {label: id_ for label, id_ in saved.action_ids.items() if label != id_}
    played.action_ids = {**played.action_ids, **new}


def with_known_ids(definition: Json, known: Mapping[str, str]) -> Json:
    """Return the definition with the ids of the actions that the flow has already."""
    document = deepcopy(definition)
    for action in document["actions"]:
        label = action["temporary_id"]
        if label in known:
            action["id"] = known[action.pop("temporary_id")]
        for name, target in action["links"].items():
            action["links"][name] = known.get(target, target)
    entry = document["entry_action_id"]
    document["entry_action_id"] = known.get(entry, entry)
    return document


async def work(played: Played, *, now: datetime, batch_max: int) -> None:
    """Do what a worker does when it wakes, until nothing is left for `now`."""
    account_id, plans = played.account_id, played.plans
    while (
        await flows.trigger_batch(
            played.engine, plans=plans, account_id=account_id, now=now, batch_max=batch_max
        )
    ).events:
        pass
    await flows.advance_due(
        played.engine, plans=plans, now=now, batch_max=batch_max, account_id=account_id
    )
    async with played.engine.connect() as conn:
        played.due.append(await flows.next_due_at(conn, account_id=account_id))


async def read_story(played: Played) -> Story:
    """Read from the database what became of everybody."""
    run, message = flows.flow_run_table, messaging.message_table
    effect, profile = flows.step_effect_table, people.profile_table
    labels = {id_: label for label, id_ in played.action_ids.items()}
    async with played.engine.connect() as conn:
        runs = (await conn.execute(select(run).where(run.c.account_id == played.account_id))).all()
        names = {one.id: played.event_names[one.event_id] for one in runs}
        messages = await conn.execute(
            select(
                message.c.run_id,
                message.c.action_id,
                message.c.state,
                message.c.reason,
                message.c.created_at,
            ).where(message.c.account_id == played.account_id, message.c.kind == "alert")
        )
        effects = await conn.execute(
            select(
                effect.c.run_id,
                effect.c.action_id,
                effect.c.outcome,
                effect.c.reason,
                effect.c.happened_at,
            ).where(effect.c.account_id == played.account_id)
        )
        profiles = await conn.execute(
            select(profile).where(profile.c.account_id == played.account_id)
        )
        return Story(
            runs={
                (
                    *names[one.id],
                    one.state,
                    labels.get(one.node_id),
                    one.is_inside and one.state == "waiting",
                    one.due_at,
                )
                for one in runs
            },
            outcomes={
                (*names[run_id], labels[action_id], *rest)
                for run_id, action_id, *rest in (*messages, *effects)
            },
            people={
                one.email: {
                    "first_name": one.first_name,
                    "city": one.location.get("city"),
                    "properties": exact(one.properties),
                    "updated": one.updated_at,
                }
                for one in profiles
            },
            due=played.due,
        )


def told_story(reference: Interpreter, due: Sequence[datetime | None]) -> Story:
    """Return what became of everybody by the reference interpreter."""
    return Story(
        runs={
            (
                run.email,
                run.event["unique_id"],
                "waiting" if run.due_at else "finished",
                run.action,
                run.is_inside,
                run.due_at,
            )
            for run in reference.runs
        },
        outcomes={
            (one.email, one.event, one.action, one.state, one.reason, one.at)
            for one in reference.outcomes
        },
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


def exact(value: Json) -> Json:
    """Return a value with its numbers as decimals, as stored: 1e308 comes back as digits."""
    if isinstance(value, dict):
        return {name: exact(one) for name, one in value.items()}
    if isinstance(value, list):
        return [exact(one) for one in value]
    number = as_number(value)
    return value if number is None else (number,)
