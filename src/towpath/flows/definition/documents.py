"""The exact text form of a definition's document, and pointers into it.

A definition is kept as JSON *text*, not as `jsonb` and not as a tree: text cannot be changed
behind the reader's back and keeps the order of keys and `1.0` apart from `1`.
"""

import json
from typing import Any

from towpath.flows.definition.limits import DOCUMENT_BYTES_MAX
from towpath.kit import json_values
from towpath.kit.errors import Invalid


def exact_text(document: object) -> str:
    """Return the compact JSON text of a JSON value.

    Raises `Invalid` when PostgreSQL could not store it, or it is over `DOCUMENT_BYTES_MAX`.
    """
    json_values.check_storable(document)
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    if len(text.encode()) > DOCUMENT_BYTES_MAX:
        detail = (
            f"A definition is at most {DOCUMENT_BYTES_MAX:,} bytes as compact JSON; "
            "move long contents into templates."
        )
        raise Invalid(detail, pointer="")
    return text


def json_value(text: str) -> object:
    """Return a fresh value of a text made by `exact_text`; the caller may change it."""
    value: object = json.loads(text)
    return value


def pointer_below(pointer: str, key: str | int) -> str:
    """Return the JSON pointer of a member or an element of what `pointer` names."""
    return f"{pointer}/{json_values.escape(str(key))}"


def replace_at(document: dict[str, object], pointer: str, value: str) -> None:
    """Put a string at a pointer that is known to lead somewhere below the top of the document."""
    *way, last = (step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:])
    holder: Any = document  # a dict or a list, as the step says
    for step in way:
        holder = holder[int(step)] if isinstance(holder, list) else holder[step]
    holder[int(last) if isinstance(holder, list) else last] = value
