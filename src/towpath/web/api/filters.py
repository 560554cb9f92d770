"""The filter language of the API: `equals(email,"a@b.example"),greater-than(created,2026-11-01)`.

    filter = term {"," term}
    term   = "and(" filter ")" | operator "(" field ["," value] ")"
    value  = text | number | true | false | null | datetime | "[" value {"," value} "]"

Texts stand in double or single quotes, with a backslash before a quote inside; everything else
stands bare. Conditions are joined by "and".
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from towpath.kit.errors import Invalid

FILTER_CHARACTERS_MAX = 8_000
TERMS_MAX = 50
DEPTH_MAX = 10
LIST_VALUES_MAX = 100

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]*")
# A plus sign that was not escaped in the address arrives as a space before the offset.
_BARE = re.compile(r"[A-Za-z0-9+\-:.]+(?: \d{2}:\d{2}\b)?")
_SPACE = re.compile(r"\s*")


class BadFilter(Invalid):
    """The filter cannot be read."""

    code = "invalid_filter"


class Operator(StrEnum):
    """How a field is compared with a value."""

    EQUALS = "equals"
    ANY = "any"
    GREATER_THAN = "greater-than"
    GREATER_OR_EQUAL = "greater-or-equal"
    LESS_THAN = "less-than"
    LESS_OR_EQUAL = "less-or-equal"
    CONTAINS = "contains"
    STARTS_WITH = "starts-with"
    ENDS_WITH = "ends-with"
    HAS = "has"


COMPARISONS = frozenset(
    {
        Operator.GREATER_THAN,
        Operator.GREATER_OR_EQUAL,
        Operator.LESS_THAN,
        Operator.LESS_OR_EQUAL,
    }
)


@dataclass(frozen=True, slots=True)
class Literal:
    """One value as written: its text, and whether that stood in quotes."""

    text: str
    is_quoted: bool
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One condition; `values` is empty for `has`, and has several only for `any`."""

    operator: Operator
    field: str
    values: tuple[Literal, ...]
    position: int


def bad_filter(detail: str, position: int) -> BadFilter:
    """Make the error that names the place in the filter, counted in characters from 0."""
    return BadFilter(
        f"{detail} (at character {position} of the filter)",
        parameter="filter",
        meta={"position": position},
    )


def parse_filter(text: str) -> list[Term]:
    """Read a filter. Raises `BadFilter` with the position of what cannot be read."""
    if len(text) > FILTER_CHARACTERS_MAX:
        raise bad_filter(f"A filter has at most {FILTER_CHARACTERS_MAX} characters", 0)
    reader = _Reader(text)
    terms = list(reader.terms(depth=0))
    if reader.position < len(text):
        raise bad_filter("Expected a comma or the end", reader.position)
    if len(terms) > TERMS_MAX:
        raise bad_filter(f"A filter has at most {TERMS_MAX} conditions", 0)
    return terms


class _Reader:
    """Reads on from a position; every method leaves it behind what it read."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0

    def terms(self, *, depth: int) -> Iterator[Term]:
        if depth > DEPTH_MAX:
            raise bad_filter(f"and() is nested over {DEPTH_MAX} deep", self.position)
        while True:
            yield from self._term(depth)
            if not self._take(","):
                return

    def _term(self, depth: int) -> Iterator[Term]:
        start = self._skip_space()
        name = self._match(_NAME, "an operator such as equals(field,value)")
        self._expect("(")
        if name == "and":
            yield from self.terms(depth=depth + 1)
        else:
            if name not in set(Operator):
                known = ", ".join(Operator)
                raise bad_filter(f"'{name}' is not an operator; use one of {known}", start)
            operator = Operator(name)
            self._skip_space()
            field = self._match(_NAME, "a field")
            values: tuple[Literal, ...] = ()
            if operator is not Operator.HAS:
                self._expect(",")
                values = tuple(self._values(is_list=operator is Operator.ANY))
            yield Term(operator=operator, field=field, values=values, position=start)
        self._expect(")")

    def _values(self, *, is_list: bool) -> Iterator[Literal]:
        if not is_list:
            yield self._value()
            return
        self._expect("[")
        for _ in range(LIST_VALUES_MAX):
            yield self._value()
            if not self._take(","):
                self._expect("]")
                return
        raise bad_filter(f"A list has at most {LIST_VALUES_MAX} values", self.position)

    def _value(self) -> Literal:
        start = self._skip_space()
        quote = self.text[start : start + 1]
        if quote in {'"', "'"}:
            return Literal(self._quoted(quote), is_quoted=True, position=start)
        bare = self._match(_BARE, "a value; texts stand in quotes")
        return Literal(bare.replace(" ", "+"), is_quoted=False, position=start)

    def _quoted(self, quote: str) -> str:
        start = self.position
        letters: list[str] = []
        at = start + 1
        while at < len(self.text):
            letter = self.text[at]
            if letter == quote:
                self.position = at + 1
                return "".join(letters)
            if letter == "\\" and self.text[at + 1 : at + 2] in {quote, "\\"}:
                at += 1
                letter = self.text[at]
            letters.append(letter)
            at += 1
        raise bad_filter("This text has no closing quote", start)

    def _match(self, pattern: re.Pattern[str], what: str) -> str:
        found = pattern.match(self.text, self.position)
        if found is None:
            raise bad_filter(f"Expected {what}", self.position)
        self.position = found.end()
        return found.group()

    def _expect(self, letter: str) -> None:
        if not self._take(letter):
            raise bad_filter(f"Expected '{letter}'", self.position)

    def _take(self, letter: str) -> bool:
        self._skip_space()
        if self.text.startswith(letter, self.position):
            self.position += 1
            return True
        return False

    def _skip_space(self) -> int:
        found = _SPACE.match(self.text, self.position)
        assert found is not None
        self.position = found.end()
        return self.position
