"""The slow, obvious interpreter of flows: one run at a time, from flows.md §2 to §5.

It reads the public definition JSON itself and shares no code with the engine. Time is an argument:
`record` an event when it arrives, `work` whenever the worker gets to it, however late.

A person is as in tests/reference/conditions.py, with `email` and `timezone`; an event is
`{"email", "metric_id", "time", "unique_id", "backfill", "properties"}`. Actions go by the ids the
document gives them; metrics by whatever the definition and the events both call them.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from tests.reference.conditions import judge
from tests.reference.delays import end_of_delay, wall_time, written_duration
from tests.reference.profile_updates import apply_operations, exact

Json = Any  # it is JSON

EVENT_AGE_MAX: Final = timedelta(hours=6)
LATE_MIN: Final = timedelta(minutes=5)
"""A step handled later than this after it was due was held up by an outage."""
FAILS_FILTERS: Final = "Fails Flow Filters"
EXECUTED: Final = {"send-internal-alert", "update-profile"}
UNITS: Final = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}


@dataclass(slots=True, kw_only=True)
class Run:
    """One person's way through the flow; `action` is where it waits, None when it is over."""

    event: Json
    started_at: datetime
    action: str | None
    due_at: datetime | None
    is_inside: bool = False
    executed: set[str] = field(default_factory=set)

    @property
    def email(self) -> str:
        return str(self.event["email"])

    def wait(self, action: str, due_at: datetime) -> None:
        self.action, self.due_at, self.is_inside = action, due_at, True

    def finish(self) -> None:
        self.action, self.due_at, self.is_inside = None, None, False


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What an action did for a run: a message row, or the effect of a profile update."""

    event: str
    email: str
    action: str
    state: str
    reason: str | None
    at: datetime


class Interpreter:
    """One flow and the people it is about."""

    def __init__(
        self, definition: Json, *, people: Mapping[str, dict[str, Json]], timezone: str
    ) -> None:
        """Start a flow; `people` are by e-mail, `timezone` is the account's."""
        self.definition = definition
        self.people = people
        self.timezone = timezone
        self.events: list[Json] = []
        self.arrived: list[Json] = []
        """Events that nobody has looked at yet."""
        self.runs: list[Run] = []
        self.outcomes: list[Outcome] = []
        self.redirects: dict[str, str | None] = {}
        self.is_order_open = False
        """Whether two runs of one person moved in one go and one of them changed the person: which
        of them saw the change is nobody's promise, and what followed is one of several stories."""

    # What happens to the flow from outside

    def record(self, event: Json, *, now: datetime) -> None:
        """Take an event in; the same person, metric and unique id is the same event."""
        if any(identity(event) == identity(known) for known in self.events):
            return
        event = {**event, "recorded_at": now}
        self.events.append(event)
        if not event["backfill"] and self.is_on and event["metric_id"] == self.trigger["id"]:
            self.arrived.append(event)

    def edit(self, definition: Json) -> None:
        """Save another definition; whoever waits at a deleted action will go where it led."""
        kept = {action_id(action) for action in definition["actions"]}
        for deleted, action in self.actions.items():
            if deleted not in kept:
                links = action.get("links") or {}
                self.redirects[deleted] = links.get("next") or links.get("next_if_true")
        self.definition = definition

    def work(self, now: datetime) -> None:
        """Handle what has arrived, then every step due by `now`, the earliest first."""
        due_events = [event for event in self.arrived if event["time"] <= now]
        self.arrived = [event for event in self.arrived if event["time"] > now]
        for event in sorted(due_events, key=lambda event: event["time"]):
            if self.is_entered_by(event, now):
                started_at, entry = event["time"], self.definition["entry_action_id"]
                self.runs.append(
                    Run(event=event, started_at=started_at, action=entry, due_at=started_at)
                )
        outcomes_before, moved = len(self.outcomes), []
        while (due := self.next_due()) is not None and due <= now:
            moved.append(next(run for run in self.runs if run.due_at == due))
            self.step(moved[-1], now)
        changed = {one.email for one in self.outcomes[outcomes_before:] if one.state == "done"}
        people = [email for email, _ in {(run.email, id(run)) for run in moved}]
        self.is_order_open |= any(people.count(email) > 1 for email in changed)

    def next_due(self) -> datetime | None:
        """Return when the next step is due; None when nobody waits."""
        return min((run.due_at for run in self.runs if run.due_at is not None), default=None)

    def next_work(self) -> datetime | None:
        """Return when a worker has something to do: a step is due, or an event happens."""
        times = [event["time"] for event in self.arrived]
        return min((*times, *([due] if (due := self.next_due()) else [])), default=None)

    # Entering (flows.md §2 and §3)

    def is_entered_by(self, event: Json, now: datetime) -> bool:
        age_max = EVENT_AGE_MAX
        entry = self.actions.get(self.definition["entry_action_id"])
        if entry is not None and entry["type"] == "time-delay":
            age_max = max(age_max, written_duration(entry["data"]))
        return (
            self.is_on
            and event["metric_id"] == self.trigger["id"]
            and event["recorded_at"] - event["time"] <= age_max
            and self.passes(self.trigger.get("trigger_filter"), event, now)
            and self.passes(self.definition.get("profile_filter"), event, now)
            and self.may_enter_again(event)
        )

    def may_enter_again(self, event: Json) -> bool:
        entries = [run.started_at for run in self.runs if run.email == event["email"]]
        rule = self.definition.get("reentry_criteria") or {"duration": 0, "unit": "alltime"}
        if not entries:
            return True
        if rule["unit"] == "alltime":
            return bool(rule["duration"] == 0)
        return bool(event["time"] >= max(entries) + rule["duration"] * UNITS[rule["unit"]])

    # Moving (flows.md §4)

    def step(self, run: Run, now: datetime) -> None:
        """Lead a run from where it waits to the next delay or to its end."""
        assert run.action is not None
        assert run.due_at is not None
        is_late = now - run.due_at > LATE_MIN
        reached = now if is_late else run.due_at
        at: str | None = run.action
        if run.is_inside and at in self.actions:
            at = self.actions[at]["links"].get("next")
        elif not run.is_inside and at in self.actions:
            # A delay that begins the flow counts from the event, however late anybody looked.
            is_delay = self.actions[at]["type"] == "time-delay"
            reached = run.due_at if is_delay else reached
        at = self.current(at)
        while at is not None:
            action = self.actions[at]
            links = action.get("links") or {}
            match action["type"]:
                case "time-delay":
                    if self.has_active_after(at):
                        zone = self.zone_of(run.email, action["data"].get("timezone"))
                        ends = end_of_delay(action["data"], begins=reached, zone=zone)
                        run.wait(at, ends)
                        return
                    at = None
                case "conditional-split":
                    is_yes = self.passes(action["data"]["profile_filter"], run.event, now)
                    at = links.get("next_if_true" if is_yes else "next_if_false")
                case "trigger-split":
                    is_yes = self.passes(action["data"]["trigger_filter"], run.event, now)
                    at = links.get("next_if_true" if is_yes else "next_if_false")
                case _:
                    self.execute(run, at, action, now)
                    at = links.get("next")
        run.finish()

    def current(self, at: str | None) -> str | None:
        """Return the action to go to instead of a deleted one; None where the flow ends."""
        while at is not None and at not in self.actions:
            at = self.redirects[at]
        return at

    def execute(self, run: Run, at: str, action: Json, now: datetime) -> None:
        """Do what an action with a status does, once per run."""
        if not is_active(action) or action["type"] not in EXECUTED or at in run.executed:
            return
        run.executed.add(at)
        state, reason = "queued", None
        if not self.passes(self.definition.get("profile_filter"), run.event, now):
            state, reason = "skipped", FAILS_FILTERS
        elif action["data"]["status"] == "manual":
            state = "needs_review"
        elif action["type"] == "update-profile":
            state = "done"
            self.change(self.people[run.email], action["data"]["profile_operations"], now)
        self.outcomes.append(
            Outcome(
                event=run.event["unique_id"],
                email=run.email,
                action=at,
                state=state,
                reason=reason,
                at=now,
            )
        )

    def change(self, person: dict[str, Json], operations: Json, now: datetime) -> None:
        before = copy.deepcopy(person)
        apply_operations(person, operations, today=wall_time(now, ZoneInfo(self.timezone)))
        if exact(person) != exact(before):
            person["updated"] = now

    # What the definition says

    @property
    def actions(self) -> dict[str, Json]:
        return {action_id(action): action for action in self.definition["actions"]}

    @property
    def trigger(self) -> Json:
        return self.definition["triggers"][0]

    @property
    def is_on(self) -> bool:
        """Whether anybody may enter: something acts on people (flows.md §4.4)."""
        return any(is_active(action) for action in self.definition["actions"])

    def has_active_after(self, at: str) -> bool:
        """Say whether any path from an action leads to one that acts (flows.md §4.6)."""
        targets = (self.actions[at].get("links") or {}).values()
        return any(
            is_active(self.actions[target]) or self.has_active_after(target)
            for target in targets
            if target is not None
        )

    def passes(self, groups: Json, event: Json, now: datetime) -> bool:
        """Judge a filter about the person of a run that `event` starts, at `now`."""
        email = event["email"]
        return groups is None or judge(
            groups,
            person=self.people[email],
            events=[one for one in self.events if one["email"] == email],
            now=now,
            started_at=event["time"],
            event=event,
        )

    def zone_of(self, email: str, name: str | None) -> ZoneInfo:
        """Return the zone a delay names; `profile` is the person's, else the account's."""
        if name is None or name == "profile":
            name = self.people[email].get("timezone") or self.timezone
        return ZoneInfo(name)


def action_id(action: Json) -> str:
    """Return what a document calls an action."""
    return str(action.get("id") or action["temporary_id"])


def is_active(action: Json) -> bool:
    """Say whether an action acts on people: live does it, manual asks first."""
    return action["data"].get("status") in {"live", "manual"}


def identity(event: Json) -> tuple[str, str, str]:
    """Return what makes two events the same."""
    return event["email"], event["metric_id"], event["unique_id"]
