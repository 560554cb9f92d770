"""What `update-profile` does to one person (flows.md §5): plain Python over the public JSON."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from tests.reference.conditions import as_number

Json = Any  # it is JSON


def apply_operations(
    person: dict[str, Json], operations: Sequence[Json], *, today: datetime
) -> None:
    """Carry out the operations in order; `today` is the moment on the wall where they run."""
    for operation in operations:
        holder, name = place(person, operation["property_key"])
        if operation["operator"] == "delete":
            holder.pop(name, None)
        elif operation["property_type"] == "list":
            change_list(holder, name, operation)
        elif operation["property_type"] == "date" and operation["property_value"] == "today":
            holder[name] = f"{today:%Y-%m-%d}"
        else:
            holder[name] = operation["property_value"]


def place(person: dict[str, Json], key: str) -> tuple[dict[str, Json], str]:
    """Return the object that holds what `key` means, and its name there."""
    if key in {"first_name", "last_name", "organization", "title", "image", "locale"}:
        return person, key
    part = re.fullmatch(r"(location|properties)\['(.+)'\]", key)
    if part and part[1] == "location":
        return person["location"], part[2]
    return person["properties"], part[2] if part else key


def change_list(holder: dict[str, Json], name: str, operation: Json) -> None:
    """Add one string once, making a list of what is none; or take it out of a list."""
    value, wanted = holder.get(name), operation["property_value"]
    if operation.get("property_operation", "add") == "add":
        elements = value if isinstance(value, list) else [] if value is None else [value]
        holder[name] = elements if wanted in elements else [*elements, wanted]
    elif isinstance(value, list):
        holder[name] = [one for one in value if one != wanted]


def exact(value: Json) -> Json:
    """Return a value to compare with `==`: 1 is 1.0 and 1e308 its digits, but 1 is not true."""
    if isinstance(value, dict):
        return {name: exact(one) for name, one in value.items()}
    if isinstance(value, list):
        return [exact(one) for one in value]
    number = as_number(value)
    return value if number is None else (number,)
