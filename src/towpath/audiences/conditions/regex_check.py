"""Asking PostgreSQL whether a filter's regular expressions are well formed."""

from collections.abc import Sequence

from sqlalchemy import Text, bindparam, literal, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from towpath.audiences.conditions.model import Regex
from towpath.kit.errors import Invalid, Problems

INVALID_REGULAR_EXPRESSION = "2201B"
"""SQLSTATE."""


class BadRegex(Invalid):
    """This is not a regular expression that PostgreSQL understands; correct it."""

    code = "invalid_regex"


async def check_regexes(conn: AsyncConnection, regexes: Sequence[Regex]) -> None:
    """Compile each pattern; raise `Problems` of `BadRegex`, in PostgreSQL's words, by pointer.

    Call it before saving a filter: a pattern that does not compile would fail every judgement.
    """
    problems = [problem for regex in regexes if (problem := await _check(conn, regex))]
    if problems:
        raise Problems(problems)


async def _check(conn: AsyncConnection, regex: Regex) -> BadRegex | None:
    try:
        async with conn.begin_nested():
            await conn.execute(_COMPILE, {"pattern": regex.pattern})
    except DBAPIError as problem:
        if getattr(problem.orig, "sqlstate", None) != INVALID_REGULAR_EXPRESSION:
            raise
        reason = str(problem.orig).splitlines()[0]
        return BadRegex(f"PostgreSQL: {reason}; correct the pattern.", pointer=regex.pointer)
    return None


_COMPILE = select(literal("", Text()).regexp_match(bindparam("pattern", type_=Text())))
