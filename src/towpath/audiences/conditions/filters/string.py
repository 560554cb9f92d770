"""`string`: exact and case-sensitive (flows.md, Filters).

A filter value of null compares with no value: like any comparison with something missing, it is
false in its positive form and true in its negative one, for everybody.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, assert_never

from sqlalchemy import ARRAY, ColumnElement, Text, false, func, literal, not_

from towpath.audiences.conditions import phone_countries
from towpath.audiences.conditions.filters.regex import read_regex
from towpath.audiences.conditions.reading import Fields
from towpath.audiences.conditions.scope import Scope
from towpath.audiences.conditions.values import Value
from towpath.audiences.conditions.words import Words


class Match(StrEnum):
    """What a text is asked, named by the operator that asks it."""

    EQUALS = "equals"
    CONTAINS = "contains"
    STARTS_WITH = "starts-with"
    ENDS_WITH = "ends-with"
    REGEX = "regex"
    IN = "in"
    PHONE_COUNTRY_CODE_IN = "phone-country-code-in"


class StringOperator(StrEnum):
    """The operators: each match, and its exact opposite."""

    EQUALS = "equals"
    NOT_EQUALS = "not-equals"
    CONTAINS = "contains"
    NOT_CONTAINS = "not-contains"
    STARTS_WITH = "starts-with"
    NOT_STARTS_WITH = "not-starts-with"
    ENDS_WITH = "ends-with"
    NOT_ENDS_WITH = "not-ends-with"
    REGEX = "regex"
    NREGEX = "nregex"
    IN = "in"
    NOT_IN = "not-in"
    PHONE_COUNTRY_CODE_IN = "phone-country-code-in"
    PHONE_COUNTRY_CODE_NOT_IN = "phone-country-code-not-in"


_OPPOSITES: Final[Mapping[StringOperator, Match]] = {
    StringOperator.NOT_EQUALS: Match.EQUALS,
    StringOperator.NOT_CONTAINS: Match.CONTAINS,
    StringOperator.NOT_STARTS_WITH: Match.STARTS_WITH,
    StringOperator.NOT_ENDS_WITH: Match.ENDS_WITH,
    StringOperator.NREGEX: Match.REGEX,
    StringOperator.NOT_IN: Match.IN,
    StringOperator.PHONE_COUNTRY_CODE_NOT_IN: Match.PHONE_COUNTRY_CODE_IN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StringFilter:
    """Whether a text matches `values`: one, none for null, or any of several for the `in` kinds."""

    match: Match
    is_negated: bool
    values: tuple[str, ...]

    def compile(self, value: Value, _scope: Scope) -> ColumnElement[bool]:
        """Return SQL that is true or false, never null."""
        holds = func.coalesce(self._holds(value.text), false()) if self.values else false()
        return not_(holds) if self.is_negated else holds

    def describe(self, subject: str, words: Words) -> str:
        """Say it of `subject`."""
        values = words.one_of(self.values) if self.values else words.say("nothing")
        template = (_NEGATED if self.is_negated else _POSITIVE)[self.match]
        return words.say(template, subject=subject, value=values)

    def _holds(  # noqa: PLR0911 -- one per match
        self, text: ColumnElement[str]
    ) -> ColumnElement[bool]:
        first = literal(self.values[0], Text())
        match self.match:
            case Match.EQUALS:
                return text == first
            case Match.CONTAINS:
                return func.strpos(text, first) > 0
            case Match.STARTS_WITH:
                return func.starts_with(text, first)
            case Match.ENDS_WITH:
                return func.right(text, len(self.values[0])) == first
            case Match.REGEX:
                return text.regexp_match(first)
            case Match.IN:
                return text == func.any(literal(list(self.values), ARRAY(Text())))
            case Match.PHONE_COUNTRY_CODE_IN:
                return phone_countries.is_number_of(text, self.values)
            case _:
                assert_never(self.match)


def read_string(fields: Fields) -> StringFilter | None:
    """Read a string filter."""
    operator = fields.operator(StringOperator)
    if operator is None:
        return None
    opposite = _OPPOSITES.get(operator)
    match = opposite or Match(operator.value)
    values = _read_values(fields, match)
    if values is None:
        return None
    return StringFilter(match=match, is_negated=opposite is not None, values=values)


def _read_values(fields: Fields, match: Match) -> tuple[str, ...] | None:
    match match:
        case Match.IN:
            return fields.texts("value")
        case Match.PHONE_COUNTRY_CODE_IN:
            return phone_countries.read_countries(fields, "value")
        case Match.EQUALS | Match.CONTAINS | Match.STARTS_WITH | Match.ENDS_WITH | Match.REGEX:
            if fields.values.get("value", "") is None:
                return ()
            value = read_regex(fields) if match is Match.REGEX else fields.text("value")
            return None if value is None else (value,)
        case _:
            assert_never(match)


_POSITIVE: Final[Mapping[Match, str]] = {
    Match.EQUALS: "{subject} is {value}",
    Match.CONTAINS: "{subject} contains {value}",
    Match.STARTS_WITH: "{subject} starts with {value}",
    Match.ENDS_WITH: "{subject} ends with {value}",
    Match.REGEX: "{subject} matches the pattern {value}",
    Match.IN: "{subject} is one of {value}",
    Match.PHONE_COUNTRY_CODE_IN: "{subject} is a number of one of {value}",
}

_NEGATED: Final[Mapping[Match, str]] = {
    Match.EQUALS: "{subject} is not {value}",
    Match.CONTAINS: "{subject} does not contain {value}",
    Match.STARTS_WITH: "{subject} does not start with {value}",
    Match.ENDS_WITH: "{subject} does not end with {value}",
    Match.REGEX: "{subject} does not match the pattern {value}",
    Match.IN: "{subject} is none of {value}",
    Match.PHONE_COUNTRY_CODE_IN: "{subject} is not a number of any of {value}",
}
