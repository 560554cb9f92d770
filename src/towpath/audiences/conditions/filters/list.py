"""`list`: JSON arrays. A single text is not a list of one: it is of another type, so missing."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, assert_never

from sqlalchemy import ARRAY, Boolean, ColumnElement, Text, false, func, literal, not_, select

from towpath.audiences.conditions.filters.numeric import NumericFilter, NumericOperator
from towpath.audiences.conditions.reading import Fields
from towpath.audiences.conditions.scope import Scope
from towpath.audiences.conditions.values import STRING, Value
from towpath.audiences.conditions.words import Words


class Holding(StrEnum):
    """What a list is asked to hold, named by the operator that asks it."""

    CONTAINS = "contains"
    CONTAINS_ANY = "contains-any"
    CONTAINS_ALL = "contains-all"
    CONTAINS_SUBSTRING = "contains-substring"


class ListOperator(StrEnum):
    """The operators: each holding, its exact opposite, and comparisons of the length."""

    CONTAINS = "contains"
    NOT_CONTAINS = "not-contains"
    CONTAINS_ANY = "contains-any"
    NOT_CONTAINS_ANY = "not-contains-any"
    CONTAINS_ALL = "contains-all"
    NOT_CONTAINS_ALL = "not-contains-all"
    CONTAINS_SUBSTRING = "contains-substring"
    NOT_CONTAINS_SUBSTRING = "not-contains-substring"
    LENGTH_EQUALS = "length-equals"
    LENGTH_GREATER_THAN = "length-greater-than"
    LENGTH_GREATER_THAN_OR_EQUAL = "length-greater-than-or-equal"
    LENGTH_LESS_THAN = "length-less-than"
    LENGTH_LESS_THAN_OR_EQUAL = "length-less-than-or-equal"


_OPPOSITES: Final[Mapping[ListOperator, Holding]] = {
    ListOperator.NOT_CONTAINS: Holding.CONTAINS,
    ListOperator.NOT_CONTAINS_ANY: Holding.CONTAINS_ANY,
    ListOperator.NOT_CONTAINS_ALL: Holding.CONTAINS_ALL,
    ListOperator.NOT_CONTAINS_SUBSTRING: Holding.CONTAINS_SUBSTRING,
}

_LENGTHS: Final[Mapping[ListOperator, NumericOperator]] = {
    ListOperator.LENGTH_EQUALS: NumericOperator.EQUALS,
    ListOperator.LENGTH_GREATER_THAN: NumericOperator.GREATER_THAN,
    ListOperator.LENGTH_GREATER_THAN_OR_EQUAL: NumericOperator.GREATER_THAN_OR_EQUAL,
    ListOperator.LENGTH_LESS_THAN: NumericOperator.LESS_THAN,
    ListOperator.LENGTH_LESS_THAN_OR_EQUAL: NumericOperator.LESS_THAN_OR_EQUAL,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ListFilter:
    """Whether a list holds `values`: texts, or for `contains` a number."""

    holding: Holding
    is_negated: bool
    values: tuple[str | Decimal, ...]

    def compile(self, value: Value, _scope: Scope) -> ColumnElement[bool]:
        """Return SQL that is true or false, never null."""
        holds = func.coalesce(self._holds(value.array), false())
        return not_(holds) if self.is_negated else holds

    def describe(self, subject: str, words: Words) -> str:
        """Say it of `subject`."""
        values = words.one_of(str(value) for value in self.values)
        template = (_NEGATED if self.is_negated else _POSITIVE)[self.holding]
        return words.say(template, subject=subject, value=values)

    def _holds(self, array: ColumnElement[Any]) -> ColumnElement[bool]:
        texts = literal([str(value) for value in self.values], ARRAY(Text()))
        match self.holding:
            case Holding.CONTAINS:
                wanted = func.jsonb_build_array(literal(self.values[0]))
                return array.op("@>", return_type=Boolean())(wanted)
            case Holding.CONTAINS_ANY:
                return array.op("?|", return_type=Boolean())(texts)
            case Holding.CONTAINS_ALL:
                return array.op("?&", return_type=Boolean())(texts)
            case Holding.CONTAINS_SUBSTRING:
                element = func.jsonb_array_elements(array).table_valued("value").c.value
                is_text = func.jsonb_typeof(element) == STRING
                text = element.op("#>>", return_type=Text())(literal([], ARRAY(Text())))
                return select(1).where(is_text, func.strpos(text, self.values[0]) > 0).exists()
            case _:
                assert_never(self.holding)


@dataclass(frozen=True, slots=True, kw_only=True)
class LengthFilter:
    """How the number of elements of a list compares; a missing list has no length, not zero."""

    comparison: NumericFilter

    def compile(self, value: Value, _scope: Scope) -> ColumnElement[bool]:
        """Return SQL that is true or false, never null."""
        return self.comparison.compare(func.jsonb_array_length(value.array))

    def describe(self, subject: str, words: Words) -> str:
        """Say it of `subject`."""
        length = words.say("the number of elements in {subject}", subject=subject)
        return self.comparison.describe(length, words)


def read_list(fields: Fields) -> ListFilter | LengthFilter | None:
    """Read a list filter."""
    operator = fields.operator(ListOperator)
    if operator is None:
        return None
    if operator in _LENGTHS:
        return _read_length(fields, _LENGTHS[operator])
    opposite = _OPPOSITES.get(operator)
    holding = opposite or Holding(operator.value)
    values = _read_values(fields, holding)
    if values is None:
        return None
    return ListFilter(holding=holding, is_negated=opposite is not None, values=values)


def _read_length(fields: Fields, operator: NumericOperator) -> LengthFilter | None:
    length = fields.number("value")
    if length is None:
        return None
    return LengthFilter(comparison=NumericFilter(operator=operator, start=length, end=length))


def _read_values(fields: Fields, holding: Holding) -> tuple[str | Decimal, ...] | None:
    match holding:
        case Holding.CONTAINS_ANY | Holding.CONTAINS_ALL:
            return fields.texts("value")
        case Holding.CONTAINS if isinstance(fields.values.get("value"), int | float):
            number = fields.number("value")
            return None if number is None else (number,)
        case Holding.CONTAINS | Holding.CONTAINS_SUBSTRING:
            text = fields.text("value")
            return None if text is None else (text,)
        case _:
            assert_never(holding)


_POSITIVE: Final[Mapping[Holding, str]] = {
    Holding.CONTAINS: "{subject} includes {value}",
    Holding.CONTAINS_ANY: "{subject} includes any of {value}",
    Holding.CONTAINS_ALL: "{subject} includes all of {value}",
    Holding.CONTAINS_SUBSTRING: "{subject} has an element that contains {value}",
}

_NEGATED: Final[Mapping[Holding, str]] = {
    Holding.CONTAINS: "{subject} does not include {value}",
    Holding.CONTAINS_ANY: "{subject} includes none of {value}",
    Holding.CONTAINS_ALL: "{subject} does not include all of {value}",
    Holding.CONTAINS_SUBSTRING: "{subject} has no element that contains {value}",
}
