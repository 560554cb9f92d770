"""Filters: what one value is compared with. One file per type, read, compiled and described there.

A filter on a missing value, or on one of another type, is false; its negative form is true
(flows.md, Filters).
"""

from collections.abc import Callable, Mapping
from typing import Final

from towpath.audiences.conditions.filters.boolean import BooleanFilter, read_boolean
from towpath.audiences.conditions.filters.date import DateFilter, read_date
from towpath.audiences.conditions.filters.existence import ExistenceFilter, read_existence
from towpath.audiences.conditions.filters.list import LengthFilter, ListFilter, read_list
from towpath.audiences.conditions.filters.numeric import NumericFilter, read_numeric
from towpath.audiences.conditions.filters.string import StringFilter, read_string
from towpath.audiences.conditions.reading import Fields, named

Filter = (
    StringFilter
    | NumericFilter
    | BooleanFilter
    | DateFilter
    | ListFilter
    | LengthFilter
    | ExistenceFilter
)

_READERS: Final[Mapping[str, Callable[[Fields], Filter | None]]] = {
    "string": read_string,
    "numeric": read_numeric,
    "boolean": read_boolean,
    "date": read_date,
    "list": read_list,
    "existence": read_existence,
}


def read_filter(parent: Fields, key: str) -> Filter | None:
    """Read the filter at `key`, whatever its type."""
    fields = parent.member(key)
    if fields is None:
        return None
    kind = fields.name("type")
    if kind is None:
        return None
    reader = _READERS.get(kind)
    if reader is None:
        fields.keep("type", f"the filter type {named(kind)}")
        return None
    return reader(fields)


def read_numeric_filter(parent: Fields, key: str) -> NumericFilter | None:
    """Read the filter at `key`, which must be on a number."""
    found = read_filter(parent, key)
    if found is None or isinstance(found, NumericFilter):
        return found
    parent.refuse(key, f'`{key}` compares a number; use a filter of type "numeric".')
    return None


def read_date_filter(parent: Fields, key: str) -> DateFilter | None:
    """Read the filter at `key`, which must be on a date."""
    found = read_filter(parent, key)
    if found is None or isinstance(found, DateFilter):
        return found
    parent.refuse(key, f'`{key}` is a time frame; use a filter of type "date".')
    return None


__all__ = [
    "BooleanFilter",
    "DateFilter",
    "ExistenceFilter",
    "Filter",
    "LengthFilter",
    "ListFilter",
    "NumericFilter",
    "StringFilter",
    "read_date_filter",
    "read_filter",
    "read_numeric_filter",
]
