"""The graph of a flow: what follows what, and how long the way is. Cycles are refused."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from towpath.flows.definition.actions.time_delay import TimeDelay
from towpath.flows.definition.limits import PROBLEMS_MAX
from towpath.flows.definition.model import Action, Definition, Link, LinkName

_NAMES_SHOWN_MAX: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """Actions that lead back to the first; `pointer` is the link that closes the circle."""

    actions: tuple[str, ...]
    pointer: str

    def describe(self) -> str:
        """Name the actions, and say what to do."""
        shown = [f'"{name}"' for name in self.actions[:_NAMES_SHOWN_MAX]]
        if len(self.actions) > _NAMES_SHOWN_MAX:
            shown.append(f"… {len(self.actions) - _NAMES_SHOWN_MAX} more …")
        shown.append(f'"{self.actions[0]}"')
        way = " → ".join(shown)
        return f"These actions lead round in a circle: {way}. Remove one of the links."


def successors(definition: Definition, action_id: str) -> tuple[str, ...]:
    """Return the actions that the links of an action lead to, each once, in order."""
    return _targets(definition.actions[action_id])


def default_successor(definition: Definition, action_id: str) -> str | None:
    """Return where people go on when the action is deleted or passed over.

    That is its `next`; for a split its *yes* side, or its first branch (flows.md §4.8).
    """
    action = definition.actions[action_id]
    for name in (LinkName.NEXT, LinkName.NEXT_IF_TRUE):
        if target := action.target(name):
            return target
    branches = (link.target for link in action.links if link.name.startswith("branch:"))
    return next(branches, None)


def reachable_from(definition: Definition, action_id: str | None) -> frozenset[str]:
    """Return an action and all that can come after it; nothing for None."""
    found: set[str] = set()
    waiting = [action_id] if action_id is not None else []
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting.extend(_targets(definition.actions[one]))
    return frozenset(found)


def reachable(definition: Definition) -> frozenset[str]:
    """Return the actions that somebody who enters can come to."""
    return reachable_from(definition, definition.entry_action_id)


def topological_order(definition: Definition) -> tuple[str, ...]:
    """Return all actions of the graph, each before everything it leads to."""
    return _order(definition.actions)


def before_active_actions(definition: Definition) -> frozenset[str]:
    """Return the actions after which, on any path, a live or manual one comes.

    A delay that is not among them is skipped and the profile exits (flows.md §4.6).
    """
    found: set[str] = set()
    for action_id in reversed(_order(definition.actions)):
        for target in _targets(definition.actions[action_id]):
            status = definition.actions[target].status
            if target in found or (status is not None and status.is_active):
                found.add(action_id)
    return frozenset(found)


def has_active_action_after(definition: Definition, action_id: str) -> bool:
    """Say of one action whether it is among `before_active_actions`."""
    return action_id in before_active_actions(definition)


def first_delay(definition: Definition) -> timedelta:
    """Return the delay with which the flow begins, as written; zero when it begins otherwise.

    An event older than this, or than the usual limit when that is longer, does not start a run
    (flows.md §2).
    """
    entry = definition.actions.get(definition.entry_action_id or "")
    if entry is None or not isinstance(entry.data, TimeDelay):
        return timedelta()
    return entry.data.duration


def longest_path(definition: Definition) -> timedelta:
    """Return what the delays along no path from the entry exceed.

    Waits for a time of day or a weekday count at their longest, so a run that nothing held up
    ends within this of its start. Date-flow delays end with the date and count nothing.
    """
    within = reachable(definition)
    return longest_of({one: definition.actions[one] for one in within})


def longest_of(actions: Mapping[str, Action]) -> timedelta:
    """Return what the delays along no path through acyclic actions exceed."""
    longest: dict[str, timedelta] = {}
    for action_id in reversed(_order(actions)):
        action = actions[action_id]
        own = action.data.duration_max if isinstance(action.data, TimeDelay) else timedelta()
        after = (longest[target] for target in _targets(action) if target in longest)
        longest[action_id] = own + max(after, default=timedelta())
    return max(longest.values(), default=timedelta())


def cycles(actions: Mapping[str, Action]) -> list[Cycle]:
    """Find circles of links, up to `PROBLEMS_MAX`; none is found only when there is none."""
    found: list[Cycle] = []
    finished: set[str] = set()
    for start in actions:
        path: dict[str, Iterator[Link]] = {}
        if start not in finished:
            path[start] = iter(actions[start].links)
        while path:
            here = next(reversed(path))
            link = next(path[here], None)
            if link is None:
                finished.add(here)
                del path[here]
            elif link.target in path:
                names = list(path)
                circle = tuple(names[names.index(link.target) :])
                found.append(Cycle(actions=circle, pointer=link.pointer))
                if len(found) == PROBLEMS_MAX:
                    return found
            elif link.target in actions and link.target not in finished:
                path[link.target] = iter(actions[link.target].links)
    return found


def _order(actions: Mapping[str, Action]) -> tuple[str, ...]:
    """Order acyclic actions; those with nothing before them keep the order of the document."""
    before = dict.fromkeys(actions, 0)
    for action in actions.values():
        for target in _targets(action):
            if target in before:
                before[target] += 1
    ready = [action_id for action_id, count in before.items() if count == 0]
    for action_id in ready:
        for target in _targets(actions[action_id]):
            if target in before:
                before[target] -= 1
                if before[target] == 0:
                    ready.append(target)
    assert len(ready) == len(actions), "cycles are refused before anything asks for an order"
    return tuple(ready)


def _targets(action: Action) -> tuple[str, ...]:
    return tuple(dict.fromkeys(link.target for link in action.links))
