"""Reading a filter's JSON while collecting every problem, not only the first.

Reading an element gives None when it is wrong (a problem was recorded) or not carried out (an
unsupported part was recorded). Keys that nobody asks for stay in the document and mean nothing.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from towpath.audiences.conditions.limits import (
    NAME_CHARACTERS_MAX,
    PROBLEMS_MAX,
    VALUE_CHARACTERS_MAX,
    VALUES_MAX,
)
from towpath.audiences.conditions.model import (
    Findings,
    Place,
    Reference,
    ReferenceKind,
    Regex,
    Unsupported,
)
from towpath.kit.errors import Invalid, Problem
from towpath.kit.json_values import escape

Choice = TypeVar("Choice", bound=StrEnum)


@dataclass(slots=True, kw_only=True)
class Reading:
    """One reading of one filter: where it stands, and what was found so far."""

    place: Place
    problems: list[Problem] = field(default_factory=list)
    unsupported: list[Unsupported] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    regexes: list[Regex] = field(default_factory=list)

    def refuse(self, pointer: str, detail: str) -> None:
        """Record what is wrong at `pointer`, in a sentence that also says what to do."""
        if len(self.problems) < PROBLEMS_MAX:
            self.problems.append(Invalid(detail, pointer=pointer))

    def findings(self) -> Findings:
        """Return what was found, apart from problems."""
        return Findings(
            unsupported=tuple(self.unsupported),
            references=tuple(self.references),
            regexes=tuple(self.regexes),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """One JSON object being read."""

    values: Mapping[str, object]
    pointer: str
    reading: Reading

    def at(self, key: str) -> str:
        """Return the pointer of the member `key`."""
        return f"{self.pointer}/{escape(key)}"

    def refuse(self, key: str, detail: str) -> None:
        """Record what is wrong with the member `key`."""
        self.reading.refuse(self.at(key), detail)

    def keep(self, key: str, what: str) -> None:
        """Record that the member `key` is kept but not carried out."""
        self.reading.unsupported.append(Unsupported(pointer=self.at(key), what=what))

    def operator(self, options: type[Choice]) -> Choice | None:
        """Read the operator of a filter; one that is not in the table of api.md §6 is kept."""
        value = self.name("operator")
        if value is None or value in list(options):
            return None if value is None else options(value)
        self.keep("operator", f"the operator {named(value)}")
        return None

    def text(self, key: str, *, characters_max: int = VALUE_CHARACTERS_MAX) -> str | None:
        """Read a string that must be there."""
        value = self._present(key)
        if value is None:
            return None
        if not isinstance(value, str):
            self.refuse(key, f"`{key}` is a string, not {named(value)}.")
            return None
        if len(value) > characters_max:
            self.refuse(key, f"`{key}` has at most {characters_max:,} characters; shorten it.")
            return None
        return value

    def name(self, key: str) -> str | None:
        """Read an id or a name: a string with something in it."""
        value = self.text(key, characters_max=NAME_CHARACTERS_MAX)
        if value == "":
            self.refuse(key, f"`{key}` is empty; fill it in.")
            return None
        return value

    def texts(self, key: str) -> tuple[str, ...] | None:
        """Read an array of strings that must be there."""
        array = self.array(key, count_max=VALUES_MAX)
        if array is None:
            return None
        texts = [value for value in array if isinstance(value, str)]
        for index, value in enumerate(array):
            if not isinstance(value, str):
                detail = f"A string belongs here, not {named(value)}."
                self.reading.refuse(f"{self.at(key)}/{index}", detail)
            elif len(value) > VALUE_CHARACTERS_MAX:
                detail = f"A value has at most {VALUE_CHARACTERS_MAX:,} characters; shorten it."
                self.reading.refuse(f"{self.at(key)}/{index}", detail)
        return tuple(texts)

    def boolean(self, key: str) -> bool | None:
        """Read true or false that must be there."""
        value = self._present(key)
        if value is None or isinstance(value, bool):
            return value
        self.refuse(key, f"`{key}` is true or false, not {named(value)}.")
        return None

    def number(self, key: str) -> Decimal | None:
        """Read a number that must be there, as the exact decimal that was written."""
        value = self._present(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.refuse(key, f"`{key}` is a number, not {named(value)}.")
            return None
        if not math.isfinite(value):
            self.refuse(key, f"`{key}` is a finite number.")
            return None
        return Decimal(value) if isinstance(value, int) else Decimal(repr(value))

    def whole_number(self, key: str, *, minimum: int, maximum: int) -> int | None:
        """Read a whole number that must be there, within limits."""
        value = self._present(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            self.refuse(key, f"`{key}` is a whole number, not {named(value)}.")
            return None
        if not minimum <= value <= maximum:
            self.refuse(key, f"`{key}` is between {minimum:,} and {maximum:,}.")
            return None
        return value

    def instant(self, key: str) -> datetime | None:
        """Read an ISO 8601 date or date-time as UTC; without an offset it is UTC already."""
        text = self.text(key)
        if text is None:
            return None
        try:
            instant = datetime.fromisoformat(text)
            return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            example = "2026-01-31T09:00:00+00:00"
            self.refuse(key, f"`{key}` is a date or date-time in ISO 8601, such as {example}.")
            return None

    def choice(self, key: str, options: type[Choice]) -> Choice | None:
        """Read one word of a closed set that must be there."""
        value = self._present(key)
        if value is None:
            return None
        if not isinstance(value, str) or value not in list(options):
            words = ", ".join(f'"{option.value}"' for option in options)
            self.refuse(key, f"`{key}` is one of {words}, not {named(value)}.")
            return None
        return options(value)

    def member(self, key: str) -> "Fields | None":
        """Read an object that must be there."""
        value = self._present(key)
        if value is None:
            return None
        return read_object(value, pointer=self.at(key), reading=self.reading)

    def members(self, key: str, *, count_max: int) -> tuple["Fields", ...] | None:
        """Read an array of objects that must be there."""
        array = self.array(key, count_max=count_max)
        if array is None:
            return None
        read = (
            read_object(value, pointer=f"{self.at(key)}/{index}", reading=self.reading)
            for index, value in enumerate(array)
        )
        return tuple(fields for fields in read if fields is not None)

    def array(self, key: str, *, count_max: int) -> list[object] | None:
        """Read an array that must be there."""
        value = self._present(key)
        if value is None:
            return None
        if not isinstance(value, list):
            self.refuse(key, f"`{key}` is an array, not {named(value)}.")
            return None
        if len(value) > count_max:
            self.refuse(key, f"`{key}` has at most {count_max:,} elements; remove some.")
            return None
        return value

    def reference(self, key: str, kind: ReferenceKind) -> str | None:
        """Read an id and record it as a reference."""
        value = self.name(key)
        if value is not None:
            self.reading.references.append(Reference(kind=kind, id=value, pointer=self.at(key)))
        return value

    def _present(self, key: str) -> object:
        value = self.values.get(key)
        if value is None:
            self.refuse(key, f"`{key}` is missing; add it.")
        return value


def read_object(value: object, *, pointer: str, reading: Reading) -> Fields | None:
    """Start reading an object; None, with the problem recorded, when it is something else."""
    if not isinstance(value, dict):
        reading.refuse(pointer, f"An object belongs here, not {named(value)}.")
        return None
    return Fields(values=value, pointer=pointer, reading=reading)


def named(value: object) -> str:
    """Say what a JSON value is, in words short enough for a message."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return f'"{value}"' if len(value) <= 40 else "a long string"
        case int() | float():
            return "a number"
        case list():
            return "an array"
        case _:
            return "an object"
