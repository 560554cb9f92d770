"""Triggers that follow an audience: a person joins a list, or comes to qualify for a segment."""

from dataclasses import dataclass

from towpath.flows.definition.reading import Fields


@dataclass(frozen=True, slots=True, kw_only=True)
class ListTrigger:
    """A person joins the list. Without `list_id` nothing has been chosen yet."""

    list_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentTrigger:
    """A person comes to qualify for the segment. Without `segment_id` nothing is chosen yet."""

    segment_id: str | None


def read_list(fields: Fields) -> ListTrigger:
    """Read a trigger of type `list`."""
    return ListTrigger(list_id=fields.text("id"))


def read_segment(fields: Fields) -> SegmentTrigger:
    """Read a trigger of type `segment`."""
    return SegmentTrigger(segment_id=fields.text("id"))
