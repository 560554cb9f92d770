"""`existence`: whether there is a value at all. Null is none; an empty text or list is one."""

from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from sqlalchemy import ColumnElement, not_

from towpath.audiences.conditions.reading import Fields
from towpath.audiences.conditions.scope import Scope
from towpath.audiences.conditions.values import Value
from towpath.audiences.conditions.words import Words


class ExistenceOperator(StrEnum):
    """Whether something is there."""

    IS_SET = "is-set"
    NOT_SET = "not-set"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExistenceFilter:
    """Whether a value is there."""

    operator: ExistenceOperator

    def compile(self, value: Value, _scope: Scope) -> ColumnElement[bool]:
        """Return SQL that is true or false, never null."""
        match self.operator:
            case ExistenceOperator.IS_SET:
                return value.is_set
            case ExistenceOperator.NOT_SET:
                return not_(value.is_set)
            case _:
                assert_never(self.operator)

    def describe(self, subject: str, words: Words) -> str:
        """Say it of `subject`."""
        match self.operator:
            case ExistenceOperator.IS_SET:
                return words.say("{subject} is set", subject=subject)
            case ExistenceOperator.NOT_SET:
                return words.say("{subject} is not set", subject=subject)
            case _:
                assert_never(self.operator)


def read_existence(fields: Fields) -> ExistenceFilter | None:
    """Read an existence filter."""
    operator = fields.operator(ExistenceOperator)
    return None if operator is None else ExistenceFilter(operator=operator)
