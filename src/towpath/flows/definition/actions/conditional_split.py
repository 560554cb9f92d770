"""`conditional-split`: yes or no by conditions on the profile, judged once when reached."""

from dataclasses import dataclass

from towpath.audiences.conditions import ConditionGroups, Place
from towpath.flows.definition.filters import read_filter
from towpath.flows.definition.reading import Fields


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionalSplit:
    """Who passes `profile_filter` goes `next_if_true`. None: no condition has been chosen yet."""

    profile_filter: ConditionGroups | None


def read(fields: Fields) -> ConditionalSplit:
    """Read the `data` of a conditional split."""
    fields.require("profile_filter")
    if fields.values.get("profile_filter") is None:
        fields.keep("profile_filter", "a split without conditions")
    return ConditionalSplit(
        profile_filter=read_filter(fields, "profile_filter", Place.CONDITIONAL_SPLIT)
    )
