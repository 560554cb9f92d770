"""`numeric`: exact decimals, as they were written; a text that looks like a number is none."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import assert_never

from sqlalchemy import ColumnElement, false, func, literal, not_

from towpath.audiences.conditions.reading import Fields
from towpath.audiences.conditions.scope import Scope
from towpath.audiences.conditions.values import Value
from towpath.audiences.conditions.words import Words


class NumericOperator(StrEnum):
    """How a number is compared; `between` includes both ends."""

    EQUALS = "equals"
    NOT_EQUALS = "not-equals"
    GREATER_THAN = "greater-than"
    GREATER_THAN_OR_EQUAL = "greater-than-or-equal"
    LESS_THAN = "less-than"
    LESS_THAN_OR_EQUAL = "less-than-or-equal"
    BETWEEN = "between"


@dataclass(frozen=True, slots=True, kw_only=True)
class NumericFilter:
    """How a number compares with `start`; `end` is another number for `between` alone."""

    operator: NumericOperator
    start: Decimal
    end: Decimal

    def compile(self, value: Value, _scope: Scope) -> ColumnElement[bool]:
        """Return SQL that is true or false, never null."""
        return self.compare(value.number)

    def compare(self, number: ColumnElement[Decimal]) -> ColumnElement[bool]:
        """Compare a number that may be null; a missing one is unequal to everything."""
        if self.operator is NumericOperator.NOT_EQUALS:
            return not_(func.coalesce(number == literal(self.start), false()))
        return func.coalesce(self._holds(number), false())

    def describe(self, subject: str, words: Words) -> str:
        """Say it of `subject`."""
        return words.say(
            _TEMPLATES[self.operator],
            subject=subject,
            number=words.number(self.start),
            end=words.number(self.end),
        )

    def _holds(  # noqa: PLR0911 -- one per operator
        self, number: ColumnElement[Decimal]
    ) -> ColumnElement[bool]:
        start = literal(self.start)
        match self.operator:
            case NumericOperator.EQUALS:
                return number == start
            case NumericOperator.NOT_EQUALS:
                return number != start
            case NumericOperator.GREATER_THAN:
                return number > start
            case NumericOperator.GREATER_THAN_OR_EQUAL:
                return number >= start
            case NumericOperator.LESS_THAN:
                return number < start
            case NumericOperator.LESS_THAN_OR_EQUAL:
                return number <= start
            case NumericOperator.BETWEEN:
                return number.between(start, literal(self.end))
            case _:
                assert_never(self.operator)


def read_numeric(fields: Fields) -> NumericFilter | None:
    """Read a numeric filter."""
    operator = fields.operator(NumericOperator)
    if operator is None:
        return None
    is_range = operator is NumericOperator.BETWEEN
    start = fields.number("start" if is_range else "value")
    end = fields.number("end") if is_range else start
    if start is None or end is None:
        return None
    if start > end:
        fields.refuse("end", "`end` is less than `start`; swap them.")
        return None
    return NumericFilter(operator=operator, start=start, end=end)


_TEMPLATES = {
    NumericOperator.EQUALS: "{subject} is {number}",
    NumericOperator.NOT_EQUALS: "{subject} is not {number}",
    NumericOperator.GREATER_THAN: "{subject} is greater than {number}",
    NumericOperator.GREATER_THAN_OR_EQUAL: "{subject} is at least {number}",
    NumericOperator.LESS_THAN: "{subject} is less than {number}",
    NumericOperator.LESS_THAN_OR_EQUAL: "{subject} is at most {number}",
    NumericOperator.BETWEEN: "{subject} is between {number} and {end}",
}
