"""`list-update`: put the person on a list, or take them off it."""

from dataclasses import dataclass

from towpath.flows.definition.reading import Fields


@dataclass(frozen=True, slots=True, kw_only=True)
class ListUpdate:
    """`on_execution` true adds, false removes. Without `list_id` no list has been chosen yet."""

    list_id: str | None
    on_execution: bool
    name: str | None


def read(fields: Fields) -> ListUpdate:
    """Read the `data` of a list update."""
    fields.require("list_id", "on_execution")
    return ListUpdate(
        list_id=fields.text("list_id"),
        on_execution=fields.boolean("on_execution", default=True),
        name=fields.text("name"),
    )
