"""`profile-metric`: how often somebody did something, or how much it came to.

Counted are the profile's events of one metric up to the instant of the judgement, within the time
frame, that pass every metric filter. Nothing counted is 0, for counts and for sums.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final, assert_never

from sqlalchemy import ColumnElement, FromClause, and_, func, literal, not_, select

from towpath import people
from towpath.audiences.conditions.filters import (
    DateFilter,
    Filter,
    NumericFilter,
    read_date_filter,
    read_filter,
    read_numeric_filter,
)
from towpath.audiences.conditions.filters.date import AllTime
from towpath.audiences.conditions.filters.numeric import NumericOperator
from towpath.audiences.conditions.limits import METRIC_FILTERS_MAX
from towpath.audiences.conditions.model import ReferenceKind
from towpath.audiences.conditions.reading import Fields
from towpath.audiences.conditions.scope import Scope
from towpath.audiences.conditions.values import json_value
from towpath.audiences.conditions.words import Words

COUNTED_MAX: Final = 1_000_000_000
"""Events of one profile that are counted at most; nobody has as many."""


class Measurement(StrEnum):
    """What is compared: the number of events, or the sum of their values."""

    COUNT = "count"
    SUM = "sum"


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricFilter:
    """A filter on one top-level property of the events counted."""

    property: str
    filter: Filter


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileMetric:
    """A comparison of a count or a sum over some of a profile's events."""

    metric_id: str
    measurement: Measurement
    measurement_filter: NumericFilter
    timeframe_filter: DateFilter
    metric_filters: tuple[MetricFilter, ...]

    def compile(self, scope: Scope) -> ColumnElement[bool]:
        """Return SQL that is true or false, never null."""
        event = people.event_table.alias()
        counted = self._counted(event, scope)
        comparison = self.measurement_filter
        match self.measurement:
            case Measurement.SUM:
                value = json_value(event.c.properties, people.VALUE).number
                total = select(func.coalesce(func.sum(value), 0)).where(counted)
                return comparison.compare(total.correlate_except(event).scalar_subquery())
            case Measurement.COUNT:
                rows = select(literal(1).label("one")).where(counted).correlate_except(event)
                is_any = _asks_for_any(comparison)
                if is_any is not None:
                    return rows.exists() if is_any else not_(rows.exists())
                enough = rows.limit(_events_enough(comparison)).subquery()
                count = select(func.count()).select_from(enough).scalar_subquery()
                return comparison.compare(count)
            case _:
                assert_never(self.measurement)

    def describe(self, words: Words) -> str:
        """Say it as part of a sentence."""
        subject = words.say(_SUBJECTS[self.measurement], metric=words.name(self.metric_id))
        clauses = [self.measurement_filter.describe(subject, words)]
        if not isinstance(self.timeframe_filter.comparison, AllTime):
            time = words.say("the time of the event")
            clauses.append(self.timeframe_filter.describe(time, words))
        clauses += [
            filter_.filter.describe(words.quoted(filter_.property), words)
            for filter_ in self.metric_filters
        ]
        if len(clauses) == 1:
            return clauses[0]
        return words.say(
            "{comparison}, counting events of which {restrictions}",
            comparison=clauses[0],
            restrictions=words.say(" and ").join(clauses[1:]),
        )

    def _counted(self, event: FromClause, scope: Scope) -> ColumnElement[bool]:
        columns = event.c
        values = (
            (
                filter_.filter,
                json_value(columns.properties, filter_.property, dates=columns.date_values),
            )
            for filter_ in self.metric_filters
        )
        return and_(
            columns.account_id == scope.account_id,
            columns.profile_id == scope.profile.c.id,
            columns.metric_id == self.metric_id,
            columns.time <= scope.now,
            self.timeframe_filter.comparison.holds(columns.time, scope),
            *(filter_.compile(value, scope) for filter_, value in values),
        )


def read_profile_metric(fields: Fields) -> ProfileMetric | None:
    """Read a profile-metric condition."""
    metric_id = fields.reference("metric_id", ReferenceKind.METRIC)
    measurement = fields.choice("measurement", Measurement)
    comparison = read_numeric_filter(fields, "measurement_filter")
    timeframe = read_date_filter(fields, "timeframe_filter")
    filters = _read_metric_filters(fields)
    if not (metric_id and measurement and comparison and timeframe) or filters is None:
        return None
    return ProfileMetric(
        metric_id=metric_id,
        measurement=measurement,
        measurement_filter=comparison,
        timeframe_filter=timeframe,
        metric_filters=filters,
    )


def _read_metric_filters(fields: Fields) -> tuple[MetricFilter, ...] | None:
    if fields.values.get("metric_filters") is None:
        return ()
    read: list[MetricFilter] = []
    objects = fields.members("metric_filters", count_max=METRIC_FILTERS_MAX) or ()
    for inner in objects:
        name = inner.name("property")
        if inner.values.get("filter") is None:
            inner.keep("filter", "a metric filter that says nothing about its property")
            return None
        filter_ = read_filter(inner, "filter")
        if name is None or filter_ is None:
            return None
        read.append(MetricFilter(property=name, filter=filter_))
    return tuple(read)


def _asks_for_any(comparison: NumericFilter) -> bool | None:
    """Whether a count is only asked to be over zero, or (False) to be zero; else None."""
    match comparison.operator, comparison.start:
        case (
            (NumericOperator.GREATER_THAN, 0)
            | (NumericOperator.NOT_EQUALS, 0)
            | (NumericOperator.GREATER_THAN_OR_EQUAL, 1)
        ):
            return True
        case (
            (NumericOperator.EQUALS, 0)
            | (NumericOperator.LESS_THAN_OR_EQUAL, 0)
            | (NumericOperator.LESS_THAN, 1)
        ):
            return False
        case _:
            return None


def _events_enough(comparison: NumericFilter) -> int:
    """Return after how many events further ones cannot change the comparison."""
    return math.floor(min(max(comparison.end, Decimal(-1)), Decimal(COUNTED_MAX))) + 1


_SUBJECTS: Final[Mapping[Measurement, str]] = {
    Measurement.COUNT: "the number of {metric} events",
    Measurement.SUM: "the total value of {metric} events",
}
