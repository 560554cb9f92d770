"""Random flows, people, events, edits and clocks, small enough that they often meet.

A scenario is all that happens to one flow: what it is, who its people are, which events arrive
when, how it is edited on the way, and how late the worker is each time it wakes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from hypothesis import strategies as st

from tests.flows.shop import any_of, count_since_start
from tests.reference import strategies_conditions as conditions
from tests.reference.strategies_actions import (
    TRIGGER,
    ZONES,
    actions,
    groups,
    has_active_status,
    kind_of,
    seldom,
)

Json = Any  # it is JSON

STARTS: Final = (
    datetime(2026, 11, 2, 9, 0, tzinfo=UTC),
    datetime(2026, 3, 28, 0, 30, tzinfo=UTC),  # before clocks change in Berlin
    datetime(2026, 10, 24, 0, 30, tzinfo=UTC),
    datetime(2026, 3, 7, 6, 45, tzinfo=UTC),  # in New York
    datetime(2026, 10, 31, 5, 45, tzinfo=UTC),
    datetime(2026, 4, 3, 14, 45, tzinfo=UTC),  # on Lord Howe Island, by half an hour
    datetime(2026, 10, 2, 15, 15, tzinfo=UTC),
)
GAPS: Final = (3_600, 0, 1, 60, 299, 300, 301, 21_600, 21_601, 50_000, 86_400, 90_061, 604_800)
"""Seconds between an event and the next."""
DELAYED: Final = (60, 21_600, 21_601, 50_000, 86_400)
"""Seconds between an event and its arrival."""
LATENESS: Final = (0.0, 0.3, 300.0, 300.5, 7_200.0, 25_200.0, 180_000.0)
"""Seconds by which the worker is late."""
EVENTS_MAX: Final = 10
ACTIONS_MAX: Final = 8
KINDS: Final = ("delay", "update", "alert", "split", "delay", "update", "alert", "trigger-split")


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """Another definition of the flow, saved at a moment."""

    at: datetime
    definition: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """All that happens to one flow."""

    definition: Json
    timezone: str
    people: list[Json]
    events: list[Json]
    """In the order in which they are recorded, each with its `recorded_at`."""
    edits: list[Edit]
    lateness: list[timedelta]
    """Of the worker, each time it wakes; round and round."""
    batch_max: int


@st.composite
def scenarios(draw: st.DrawFn, *, edits_max: int = 0) -> Scenario:
    """Draw a flow and everything that happens to it."""
    start = draw(st.sampled_from(STARTS))
    people = draw(everybody(start))
    events = draw(histories(start, people))
    definition = draw(definitions())
    edits: list[Edit] = []
    for number in range(draw(st.integers(0, edits_max))):
        before = edits[-1].definition if edits else definition
        at = draw(st.sampled_from(events))["time"] + timedelta(hours=draw(st.integers(0, 50)))
        edits.append(Edit(at=at, definition=draw(edited(before, labels("bcd"[number])))))
    return Scenario(
        definition=definition,
        timezone=draw(st.sampled_from(ZONES)),
        people=people,
        events=events,
        edits=in_order(edits),
        lateness=draw(lateness()),
        batch_max=draw(st.sampled_from((1, 2, 1_000))),
    )


def pasts() -> st.SearchStrategy[Scenario]:
    """Draw scenarios of what has happened already: in order, nobody was late, no edits."""
    return scenarios().map(
        lambda drawn: replace(
            drawn,
            events=[
                {**event, "recorded_at": event["time"]}
                for event in sorted(drawn.events, key=lambda event: event["time"])
            ],
            lateness=[timedelta()],
        )
    )


def in_order(edits: Sequence[Edit]) -> list[Edit]:
    """Put edits into the order of time: each starts from the one before it."""
    times = sorted(edit.at for edit in edits)
    return [Edit(at=at, definition=edit.definition) for at, edit in zip(times, edits, strict=True)]


def lateness() -> st.SearchStrategy[list[timedelta]]:
    """Draw how late the worker is each time: always in time, as in a replay, or as it happens."""
    in_time = st.just([timedelta()])
    late = st.lists(st.sampled_from(LATENESS).map(lambda s: timedelta(seconds=s)), min_size=1)
    return st.one_of(late, in_time, late)


def labels(letter: str) -> list[str]:
    """Return the names of as many actions as there can be."""
    return [f"{letter}{number}" for number in range(ACTIONS_MAX)]


@st.composite
def everybody(draw: st.DrawFn, start: datetime) -> list[Json]:
    """Draw the people, as tests/reference/interpreter.py takes them."""
    return [
        {
            "email": f"p{number}@shop.example",
            "timezone": draw(st.sampled_from((None, *ZONES))),
            "first_name": draw(st.sampled_from((None, "a", "ab"))),
            "location": {},
            "properties": draw(seldom(known_properties(), otherwise=marks())),
            "created": start - timedelta(days=1),
            "updated": start - timedelta(days=1),
            "is_known": draw(seldom(st.just(False), otherwise=st.just(True))),
        }
        for number in range(draw(st.sampled_from((1, 1, 2, 3))))
    ]


def known_properties() -> st.SearchStrategy[Json]:
    """Draw properties of a person, who has none that are null."""
    return conditions.properties().map(
        lambda drawn: {name: value for name, value in drawn.items() if value is not None}
    )


def marks() -> st.SearchStrategy[Json]:
    """Draw the few properties that updates write and splits look at."""
    return st.dictionaries(st.sampled_from("ab"), st.sampled_from("xy"))


@st.composite
def histories(draw: st.DrawFn, start: datetime, people: Sequence[Json]) -> list[Json]:
    """Draw events in the order of their arrival: some late, some at once, some twice."""
    happened, events = start, []
    for _ in range(EVENTS_MAX - draw(st.integers(0, EVENTS_MAX - 1))):
        happened += timedelta(seconds=draw(st.sampled_from(GAPS)))
        late = timedelta(seconds=draw(st.sampled_from((*[0] * 10, *DELAYED))))
        events.append(
            {
                "email": draw(st.sampled_from(people))["email"],
                "metric_id": draw(st.sampled_from((TRIGGER, TRIGGER, *conditions.METRICS))),
                "time": happened,
                "unique_id": draw(st.sampled_from("123456789")),
                "backfill": draw(seldom(st.booleans(), otherwise=st.just(False))),
                "properties": draw(seldom(conditions.properties(), otherwise=marks())),
                "recorded_at": happened + late,
            }
        )
    return sorted(events, key=lambda event: event["recorded_at"])


@st.composite
def definitions(draw: st.DrawFn) -> Json:
    """Draw a flow that acts on people somewhere."""
    names = labels("a")[: ACTIONS_MAX - draw(st.integers(0, ACTIONS_MAX - 1))]
    chosen = [draw(actions(name, draw(st.sampled_from(KINDS)))) for name in names]
    definition = draw(connected(chosen))
    if not any(has_active_status(action) for action in chosen):
        chosen.append(draw(actions(labels("a")[-1] + "x", "alert")))
        chosen[-1]["data"]["status"] = "live"
        definition = draw(connected(chosen))
    return definition


@st.composite
def edited(draw: st.DrawFn, before: Json, fresh: Sequence[str]) -> Json:
    """Draw an edit: actions deleted, added, reordered and changed; each keeps its kind."""
    chosen = []
    for action in before["actions"]:
        match draw(st.sampled_from(("keep", "keep", "change", "delete"))):
            case "keep":
                chosen.append(action)
            case "change":
                chosen.append(draw(actions(action["temporary_id"], kind_of(action))))
    added = fresh[: draw(st.integers(0, 2))]
    chosen += [draw(actions(name, draw(st.sampled_from(KINDS)))) for name in added]
    if draw(st.booleans()):
        chosen = draw(st.permutations(chosen))
    return draw(connected(chosen))


@st.composite
def connected(draw: st.DrawFn, chosen: Sequence[Json]) -> Json:
    """Draw links from each action to later ones, and all else that a definition says."""
    names = [action["temporary_id"] for action in chosen]
    linked = []
    for number, action in enumerate(chosen):
        later = names[number + 1 :]
        target = st.sampled_from((*later[:1], *later[:1], *later, None))
        linked.append({**action, "links": {name: draw(target) for name in action["links"]}})
    filtered = seldom(groups(in_trigger=True), otherwise=st.none())
    return {
        "triggers": [{"type": "metric", "id": TRIGGER, "trigger_filter": draw(filtered)}],
        "profile_filter": draw(seldom(groups(), otherwise=st.sampled_from((None, *MOSTLY_PASSED)))),
        "entry_action_id": names[0] if names else None,
        "actions": linked,
        "reentry_criteria": draw(st.sampled_from((None, *RE_ENTRIES))),
    }


MOSTLY_PASSED: Final = (
    *(any_of(count_since_start(metric, "equals", 0)) for metric in conditions.METRICS),
    *(
        any_of(
            {
                "type": "profile-property",
                "property": f"properties['{name}']",
                "filter": {"type": "string", "operator": "not-equals", "value": "x"},
            }
        )
        for name in "ab"
    ),
)
"""Profile filters that people pass at first and may fail later."""
RE_ENTRIES: Final = (
    {"duration": 0, "unit": "alltime"},
    {"duration": 1, "unit": "alltime"},
    {"duration": 1, "unit": "hour"},
    {"duration": 1, "unit": "day"},
    {"duration": 1, "unit": "week"},
)
