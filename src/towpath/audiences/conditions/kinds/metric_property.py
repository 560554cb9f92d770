"""`metric-property`: a top-level property of the event that started the run.

A flow has one trigger, so its event is the only one there is: `metric_id` names its metric and
chooses nothing. A run without an event has none of the properties.
"""

from dataclasses import dataclass

from sqlalchemy import ColumnElement

from towpath.audiences.conditions.filters import Filter, read_filter
from towpath.audiences.conditions.model import ReferenceKind
from towpath.audiences.conditions.reading import Fields
from towpath.audiences.conditions.scope import Scope
from towpath.audiences.conditions.values import MISSING, json_value
from towpath.audiences.conditions.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricProperty:
    """A filter on one property of the event; `$value` is the event's value."""

    metric_id: str
    field: str
    filter: Filter

    def compile(self, scope: Scope) -> ColumnElement[bool]:
        """Return SQL that is true or false, never null."""
        if scope.event is None:
            return self.filter.compile(MISSING, scope)
        event = scope.event.c
        value = json_value(event.properties, self.field, dates=event.date_values)
        return self.filter.compile(value, scope)

    def describe(self, words: Words) -> str:
        """Say it as part of a sentence."""
        subject = words.say(
            "{property} of {metric}",
            property=words.quoted(self.field),
            metric=words.name(self.metric_id),
        )
        return self.filter.describe(subject, words)


def read_metric_property(fields: Fields) -> MetricProperty | None:
    """Read a metric-property condition."""
    metric_id = fields.reference("metric_id", ReferenceKind.METRIC)
    field, filter_ = fields.name("field"), read_filter(fields, "filter")
    if metric_id is None or field is None or filter_ is None:
        return None
    return MetricProperty(metric_id=metric_id, field=field, filter=filter_)
