"""`trigger-split`: yes or no by the event that started the run."""

from dataclasses import dataclass

from towpath.audiences.conditions import ConditionGroups, Place
from towpath.flows.definition.filters import read_filter
from towpath.flows.definition.reading import Fields


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerSplit:
    """Whose event passes `trigger_filter` goes `next_if_true`. None: nothing chosen yet."""

    trigger_filter: ConditionGroups | None
    trigger_id: str | None
    trigger_type: str | None
    trigger_subtype: str | None


def read(fields: Fields) -> TriggerSplit:
    """Read the `data` of a trigger split."""
    fields.require("trigger_filter")
    if fields.values.get("trigger_filter") is None:
        fields.keep("trigger_filter", "a split without conditions")
    return TriggerSplit(
        trigger_filter=read_filter(fields, "trigger_filter", Place.TRIGGER_SPLIT),
        trigger_id=fields.text("trigger_id"),
        trigger_type=fields.text("trigger_type"),
        trigger_subtype=fields.text("trigger_subtype"),
    )
