"""`boolean`: a value that is exactly true or exactly false; a missing one is neither."""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, false, func

from towpath.audiences.conditions.reading import Fields
from towpath.audiences.conditions.scope import Scope
from towpath.audiences.conditions.values import Value
from towpath.audiences.conditions.words import Words


class BooleanOperator(StrEnum):
    """The only comparison of booleans."""

    EQUALS = "equals"


@dataclass(frozen=True, slots=True, kw_only=True)
class BooleanFilter:
    """Whether a boolean is `value`."""

    value: bool

    def compile(self, value: Value, _scope: Scope) -> ColumnElement[bool]:
        """Return SQL that is true or false, never null."""
        return func.coalesce(value.boolean == self.value, false())

    def describe(self, subject: str, words: Words) -> str:
        """Say it of `subject`."""
        if self.value:
            return words.say("{subject} is true", subject=subject)
        return words.say("{subject} is false", subject=subject)


def read_boolean(fields: Fields) -> BooleanFilter | None:
    """Read a boolean filter."""
    operator = fields.operator(BooleanOperator)
    value = fields.boolean("value") if operator else None
    return None if value is None else BooleanFilter(value=value)
