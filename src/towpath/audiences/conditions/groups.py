"""Reading, compiling and describing a whole filter.

`condition_groups` are AND-ed, the `conditions` of a group are OR-ed (flows.md, Filters).
"""

import copy
from collections.abc import Callable, Mapping

from sqlalchemy import ColumnElement, and_, or_, true

from towpath.audiences.conditions.kinds import read_condition
from towpath.audiences.conditions.kinds.profile_property import ProfileProperty
from towpath.audiences.conditions.limits import CONDITIONS_MAX, GROUPS_MAX
from towpath.audiences.conditions.model import Condition, ConditionGroups, Place
from towpath.audiences.conditions.reading import Fields, Reading, read_object
from towpath.audiences.conditions.scope import Scope
from towpath.audiences.conditions.words import Words
from towpath.kit.errors import Problems
from towpath.kit.json_values import check_storable


def parse_groups(value: object, *, pointer: str, place: Place) -> ConditionGroups:
    """Read `{"condition_groups": [{"conditions": […]}]}`, found at `pointer` of some document.

    Raises `Problems` with every problem and its JSON pointer. Kinds of condition, operators and
    profile properties that are not carried out are no problem: see `ConditionGroups.unsupported`.
    """
    check_storable(value, pointer=pointer)
    reading = Reading(place=place)
    fields = read_object(value, pointer=pointer, reading=reading)
    groups = _read_groups(fields) if fields else ()
    if fields is None or reading.problems:
        raise Problems(reading.problems)
    return ConditionGroups(
        groups=groups,
        document=copy.deepcopy(dict(fields.values)),
        findings=reading.findings(),
    )


def compile_groups(groups: ConditionGroups, scope: Scope) -> ColumnElement[bool]:
    """Return SQL that is true for whom the filter lets through and false for others, never null.

    Usable in any statement that joins the tables named by `scope`. Raises `NotCarriedOut` when
    `groups.unsupported()` is not empty.
    """
    compiled = (or_(*(condition.compile(scope) for condition in group)) for group in groups.groups)
    return and_(true(), *compiled)


def looks_at_when_profiles_change(groups: ConditionGroups) -> bool:
    """Say whether a condition judges by when the profile was made or last changed."""
    return any(
        isinstance(condition, ProfileProperty) and condition.property.is_instant
        for group in groups.groups
        for condition in group
    )


def describe(
    groups: ConditionGroups,
    *,
    names: Mapping[str, str],
    locale: str = "en",
    translate: Callable[[str], str] = str,
) -> str:
    """Return a filter as a sentence; `names` holds the names of metrics and groups by id."""
    words = Words(names=names, translate=translate, locale=locale)
    if not groups.groups:
        return words.say("everybody")
    sentences = [
        words.say(" or ").join(condition.describe(words) for condition in group)
        for group in groups.groups
    ]
    return words.say("; and ").join(sentences)


def _read_groups(fields: Fields) -> tuple[tuple[Condition, ...], ...]:
    groups: list[tuple[Condition, ...]] = []
    left = CONDITIONS_MAX
    for group in fields.members("condition_groups", count_max=GROUPS_MAX) or ():
        conditions = group.members("conditions", count_max=CONDITIONS_MAX)
        if conditions is None:
            continue
        left -= len(conditions)
        if left < 0:
            detail = f"A filter has at most {CONDITIONS_MAX} conditions; remove some."
            fields.refuse("condition_groups", detail)
            return ()
        if group.values["conditions"] == []:
            group.refuse("conditions", "A group without conditions; add one or remove the group.")
        read = (read_condition(condition) for condition in conditions)
        groups.append(tuple(condition for condition in read if condition is not None))
    return tuple(groups)
