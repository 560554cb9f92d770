"""Triggers: what makes a profile enter a flow (flows.md §2, api.md §5.2).

One file per family. A trigger of a type nobody here knows is kept verbatim and keeps the flow from
going live.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeAlias

from towpath.flows.definition.executed import EXECUTED_TRIGGERS
from towpath.flows.definition.reading import Fields, named
from towpath.flows.definition.triggers import audience, catalogue, date, metric
from towpath.flows.definition.triggers.audience import ListTrigger, SegmentTrigger
from towpath.flows.definition.triggers.catalogue import LowInventoryTrigger, PriceDropTrigger
from towpath.flows.definition.triggers.date import CustomObjectDateTrigger, ProfileDateTrigger
from towpath.flows.definition.triggers.metric import MetricTrigger

__all__ = [
    "CustomObjectDateTrigger",
    "ListTrigger",
    "LowInventoryTrigger",
    "MetricTrigger",
    "PriceDropTrigger",
    "ProfileDateTrigger",
    "SegmentTrigger",
    "Trigger",
    "UnknownTrigger",
    "read_trigger",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownTrigger:
    """A trigger of a type from elsewhere; only its tag is known."""

    kind: str


Trigger: TypeAlias = (
    ListTrigger
    | SegmentTrigger
    | MetricTrigger
    | ProfileDateTrigger
    | CustomObjectDateTrigger
    | PriceDropTrigger
    | LowInventoryTrigger
    | UnknownTrigger
)


_READERS: Final[Mapping[str, Callable[[Fields], Trigger]]] = MappingProxyType(
    {
        "list": audience.read_list,
        "segment": audience.read_segment,
        "metric": metric.read,
        "date profile-property": date.read_profile_date,
        "date custom-object": date.read_custom_object_date,
        "price-drop": catalogue.read_price_drop,
        "low-inventory": catalogue.read_low_inventory,
    }
)
"""By `type`; date triggers have a second tag, `date_field_type`."""


def read_trigger(fields: Fields) -> Trigger:
    """Read the one trigger of a flow."""
    kind = fields.required_text("type")
    tag = f"{kind} {fields.text('date_field_type')}" if kind == "date" else kind
    if tag not in _READERS or kind not in EXECUTED_TRIGGERS:
        fields.keep("type", f"trigger type {named(tag)}")
    return _READERS[tag](fields) if tag in _READERS else UnknownTrigger(kind=kind)
