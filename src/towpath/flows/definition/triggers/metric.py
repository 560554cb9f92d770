"""The metric trigger: an event is recorded."""

from dataclasses import dataclass

from towpath.audiences.conditions import ConditionGroups, Place
from towpath.flows.definition.filters import read_filter
from towpath.flows.definition.reading import Fields


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricTrigger:
    """An event of the metric is recorded and passes the filter, judged once at entry.

    Without `metric_id` nothing has been chosen yet.
    """

    metric_id: str | None
    trigger_filter: ConditionGroups | None


def read(fields: Fields) -> MetricTrigger:
    """Read a trigger of type `metric`."""
    return MetricTrigger(
        metric_id=fields.text("id"),
        trigger_filter=read_filter(fields, "trigger_filter", Place.TRIGGER_FILTER),
    )
