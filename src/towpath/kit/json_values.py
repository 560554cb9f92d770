"""JSON from outside: decoded once, with everything PostgreSQL cannot store refused by its place."""

import math
from typing import Any

import msgspec

from towpath.kit.errors import Invalid

DEPTH_MAX = 60
INTEGER_DIGITS_MAX = 300


class BadJson(Invalid):
    """The body is not valid JSON."""

    code = "invalid_json"


def decode(body: bytes) -> Any:
    """Decode a JSON document.

    Raises `BadJson` saying where it stops being JSON, or which value (by pointer) cannot be
    stored: a NUL character, a lone surrogate, a number out of range, nesting over `DEPTH_MAX`.
    """
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise BadJson(f"This is not valid JSON: {problem}.") from None
    except RecursionError:
        raise BadJson("This is nested too deeply.") from None
    check_storable(value)
    return value


def check_storable(value: object, *, pointer: str = "") -> None:
    """Raise `BadJson` with the pointer of the first value that PostgreSQL cannot store."""
    waiting: list[tuple[object, str, int]] = [(value, pointer, 0)]
    while waiting:
        item, where, depth = waiting.pop()
        if depth > DEPTH_MAX:
            raise BadJson(f"Values may be nested at most {DEPTH_MAX} deep.", pointer=where)
        if isinstance(item, str):
            _check_text(item, where)
        elif isinstance(item, dict):
            for key, below in item.items():
                _check_text(key, where)
                waiting.append((below, f"{where}/{escape(key)}", depth + 1))
        elif isinstance(item, list):
            waiting += [(below, f"{where}/{index}", depth + 1) for index, below in enumerate(item)]
        elif (isinstance(item, float) and not math.isfinite(item)) or (
            isinstance(item, int) and abs(item) >= 10**INTEGER_DIGITS_MAX
        ):
            raise BadJson("The number is out of range.", pointer=where)


def escape(key: str) -> str:
    """Write a key as a step of a JSON pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")


def _check_text(text: str, pointer: str) -> None:
    if "\x00" in text:
        raise BadJson("Text must not contain the NUL character.", pointer=pointer)
    if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
        raise BadJson("Text must not contain a lone surrogate.", pointer=pointer)
