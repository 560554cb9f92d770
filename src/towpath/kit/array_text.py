"""Arrays as PostgreSQL writes them: one text parameter per column.

The driver writes arrays element by element in Python, with a regular expression for each text; for
the thousands of rows of one statement that takes longer than the statement itself.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Dialect, cast
from sqlalchemy.sql.elements import BindParameter, ColumnElement
from sqlalchemy.types import Text, TypeDecorator, TypeEngine

_NUL = "\x00"


class ArrayText(TypeDecorator[Sequence[Any]]):  # Any: elements of whatever `kind` takes
    """A bound array of `kind`, sent as its literal and cast by the database."""

    impl = Text
    cache_ok = True

    def __init__(self, kind: TypeEngine[Any]) -> None:
        """`kind` is the type of the elements; arrays of arrays are not taken."""
        super().__init__()
        self.kind = kind

    def process_bind_param(
        self,
        value: Sequence[Any] | None,
        dialect: Dialect,  # noqa: ARG002 -- the library's signature
    ) -> str | None:
        """Write the literal."""
        return None if value is None else array_literal(value)

    def bind_expression(self, bindparam: BindParameter[Sequence[Any]]) -> ColumnElement[Any]:
        """Cast the literal to the array it stands for."""
        return cast(bindparam, ARRAY(self.kind))


def array_literal(values: Sequence[Any]) -> str:
    """Write values as `{…}`. A plain text comes out quoted, None as NULL."""
    kinds = set(map(type, values))
    if kinds == {str}:
        # All at once, with NUL between them: no text that can be stored holds it. One that does
        # goes the long way, and is refused by the driver.
        joined = _NUL.join(values)
        if joined.count(_NUL) == len(values) - 1:
            return "{" + _quoted(joined).replace(_NUL, '","') + "}"
    if kinds == {UUID}:
        return "{" + ",".join([value.hex for value in values]) + "}"
    return "{" + ",".join([_WRITE[type(value)](value) for value in values]) + "}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


class _Writers(dict[type, Callable[[Any], str]]):
    """How each type is written; a subclass is written as what it is a kind of."""

    def __missing__(self, kind: type) -> Callable[[Any], str]:
        for known, write in list(self.items()):
            if issubclass(kind, known):
                self[kind] = write
                return write
        raise TypeError(f"cannot write {kind.__name__} into an array")


_WRITE = _Writers(
    {
        str: _quoted,
        UUID: lambda value: value.hex,
        type(None): lambda _value: "NULL",
        bool: lambda value: "t" if value else "f",
        int: str,
        float: repr,
        datetime: lambda value: f'"{value.isoformat()}"',
        date: lambda value: f'"{value.isoformat()}"',
    }
)
