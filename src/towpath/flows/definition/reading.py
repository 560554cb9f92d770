"""Reading JSON objects field by field while collecting every problem, not only the first.

A field that is wrong is recorded with its JSON pointer and read as its default, so that reading
goes on; whoever started the reading throws the result away when there are problems. Keys that
nobody asks for are left alone: they stay in the document and mean nothing here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar, overload

from towpath.audiences.conditions import ConditionGroups, Unsupported
from towpath.flows.definition.documents import pointer_below
from towpath.flows.definition.limits import NAME_CHARACTERS_MAX, PROBLEMS_MAX
from towpath.kit.errors import Invalid, Problem

Choice = TypeVar("Choice", bound=StrEnum)


@dataclass(slots=True, kw_only=True)
class Findings:
    """What reading found: problems refuse the document, unsupported parts keep it from live."""

    problems: list[Problem] = field(default_factory=list)
    unsupported: list[Unsupported] = field(default_factory=list)
    filters: list[ConditionGroups] = field(default_factory=list)

    def refuse(self, pointer: str, detail: str) -> None:
        """Record what is wrong at `pointer`, in a sentence that also says what to do."""
        self.refuse_all([Invalid(detail, pointer=pointer)])

    def refuse_all(self, problems: Sequence[Problem]) -> None:
        """Record problems found elsewhere, up to `PROBLEMS_MAX` in all."""
        self.problems.extend(problems[: PROBLEMS_MAX - len(self.problems)])

    def keep(self, pointer: str, what: str) -> None:
        """Record that `what` at `pointer` is kept as it is but not carried out."""
        self.unsupported.append(Unsupported(pointer=pointer, what=what))

    def of_a_part(self) -> "Findings":
        """Return findings that share everything but list their unsupported parts apart."""
        return Findings(problems=self.problems, filters=self.filters)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """One JSON object being read."""

    values: Mapping[str, object]
    pointer: str
    findings: Findings

    def at(self, key: str) -> str:
        """Return the pointer of the member `key`."""
        return pointer_below(self.pointer, key)

    def refuse(self, key: str, detail: str) -> None:
        """Record what is wrong with the member `key`."""
        self.findings.refuse(self.at(key), detail)

    def keep(self, key: str, what: str) -> None:
        """Record that the member `key` is kept but not carried out."""
        self.findings.keep(self.at(key), what)

    def require(self, *keys: str) -> None:
        """Refuse each of `keys` that is absent; null is not absent."""
        for key in keys:
            if key not in self.values:
                self.refuse(key, f"`{key}` is missing; add it.")

    def text(self, key: str, *, characters_max: int = NAME_CHARACTERS_MAX) -> str | None:
        """Read a string; None when it is absent, null or wrong."""
        value = self.values.get(key)
        if value is None:
            return None
        if not isinstance(value, str):
            self.refuse(key, f"`{key}` is a string, not {named(value)}.")
            return None
        if len(value) > characters_max:
            detail = f"`{key}` has at most {characters_max:,} characters, not {len(value):,}."
            self.refuse(key, detail)
            return None
        return value

    def required_text(self, key: str, *, characters_max: int = NAME_CHARACTERS_MAX) -> str:
        """Read a string that must be there and say something; empty when it is wrong."""
        value = self.values.get(key)
        if value is None or value == "":
            self.refuse(key, f"`{key}` is missing or empty; fill it in.")
            return ""
        return self.text(key, characters_max=characters_max) or ""

    def texts(self, key: str, *, count_max: int) -> tuple[str, ...]:
        """Read an array of strings; empty when it is absent or null."""
        texts: list[str] = []
        for index, value in enumerate(self._array(key, count_max=count_max)):
            if isinstance(value, str) and len(value) <= NAME_CHARACTERS_MAX:
                texts.append(value)
            else:
                detail = f"A string of at most {NAME_CHARACTERS_MAX} characters belongs here."
                self.findings.refuse(pointer_below(self.at(key), index), detail)
        return tuple(texts)

    def boolean(self, key: str, *, default: bool) -> bool:
        """Read true or false; `default` when it is absent or null."""
        value = self.values.get(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.refuse(key, f"`{key}` is true or false, not {named(value)}.")
            return default
        return value

    @overload
    def whole_number(self, key: str, *, default: int, maximum: int, minimum: int = 0) -> int: ...
    @overload
    def whole_number(
        self, key: str, *, default: None, maximum: int, minimum: int = 0
    ) -> int | None: ...
    def whole_number(
        self, key: str, *, default: int | None, maximum: int, minimum: int = 0
    ) -> int | None:
        """Read an integer within limits; `default` when it is absent or null.

        A number that must be there is read with `default=None`; None then stands for wrong too.
        """
        value = self.values.get(key, default)
        if value is None and default is not None:
            return default
        if not isinstance(value, int) or isinstance(value, bool):
            self.refuse(key, f"`{key}` is a whole number, not {named(value)}.")
            return default
        if not minimum <= value <= maximum:
            self.refuse(key, f"`{key}` is between {minimum:,} and {maximum:,}.")
            return default
        return value

    def number(self, key: str) -> int | float | None:
        """Read any number that is not negative; None when it is wrong, absent or null."""
        value = self.values.get(key)
        if not isinstance(value, int | float) or isinstance(value, bool) or value < 0:
            self.refuse(key, f"`{key}` is a number of at least 0, not {named(value)}.")
            return None
        return value

    def choice(self, key: str, options: type[Choice], *, default: Choice) -> Choice:
        """Read one word of a closed set; `default` when it is absent or null."""
        value = self.values.get(key)
        if value is None:
            return default
        if not isinstance(value, str) or value not in list(options):
            self.refuse(key, f"`{key}` is one of {one_of(options)}, not {named(value)}.")
            return default
        return options(value)

    def choices(self, key: str, options: type[Choice]) -> frozenset[Choice]:
        """Read an array of words of a closed set; empty when it is absent or null."""
        chosen: set[Choice] = set()
        for index, value in enumerate(self._array(key, count_max=100)):
            if isinstance(value, str) and value in list(options):
                chosen.add(options(value))
            else:
                detail = f"One of {one_of(options)} belongs here, not {named(value)}."
                self.findings.refuse(pointer_below(self.at(key), index), detail)
        return frozenset(chosen)

    def part(self, key: str) -> "Fields | None":
        """Read an object; None when it is absent, null or wrong."""
        value = self.values.get(key)
        if value is None:
            return None
        return read_object(value, pointer=self.at(key), findings=self.findings)

    def parts(self, key: str, *, count_max: int) -> tuple["Fields", ...]:
        """Read an array of objects; empty when it is absent or null."""
        read = (
            read_object(value, pointer=pointer_below(self.at(key), index), findings=self.findings)
            for index, value in enumerate(self._array(key, count_max=count_max))
        )
        return tuple(fields for fields in read if fields is not None)

    def _array(self, key: str, *, count_max: int) -> list[object]:
        value = self.values.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            self.refuse(key, f"`{key}` is an array, not {named(value)}.")
            return []
        if len(value) > count_max:
            self.refuse(key, f"`{key}` has at most {count_max:,} elements, not {len(value):,}.")
            return []
        return value


def read_object(value: object, *, pointer: str, findings: Findings) -> Fields | None:
    """Start reading an object; None, with the problem recorded, when it is something else."""
    if not isinstance(value, dict):
        findings.refuse(pointer, f"An object belongs here, not {named(value)}.")
        return None
    return Fields(values=value, pointer=pointer, findings=findings)


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
            return str(value) if len(str(value)) <= 40 else "a long number"
        case list():
            return "an array"
        case _:
            return "an object"


def one_of(options: type[StrEnum]) -> str:
    """List the words of a closed set for a message."""
    return ", ".join(f'"{option.value}"' for option in options)
