"""Regular expressions are checked by PostgreSQL before a filter is saved."""

from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from towpath.audiences.conditions import (
    BadRegex,
    ConditionGroups,
    Place,
    check_regexes,
    parse_groups,
)
from towpath.kit.errors import Problems


def read(*patterns: str) -> ConditionGroups:
    conditions: list[Any] = [
        {
            "type": "profile-property",
            "property": "email",
            "filter": {"type": "string", "operator": "regex", "value": pattern},
        }
        for pattern in patterns
    ]
    document = {"condition_groups": [{"conditions": conditions}]}
    return parse_groups(document, pointer="/f", place=Place.SEGMENT)


async def test_a_pattern_that_postgresql_refuses_is_told_by_pointer_and_reason(
    conn: AsyncConnection,
) -> None:
    groups = read("^a+$", "a(b", r"\d{2}", "[a")

    with pytest.raises(Problems) as raised:
        await check_regexes(conn, groups.regexes())

    found = raised.value.problems
    assert [problem.pointer for problem in found] == [
        "/f/condition_groups/0/conditions/1/filter/value",
        "/f/condition_groups/0/conditions/3/filter/value",
    ]
    assert all(isinstance(problem, BadRegex) for problem in found)
    assert "parentheses" in found[0].detail


async def test_a_refused_pattern_leaves_the_transaction_usable(conn: AsyncConnection) -> None:
    with pytest.raises(Problems):
        await check_regexes(conn, read("(").regexes())

    assert (await conn.execute(select(text("1")))).scalar_one() == 1


@pytest.mark.parametrize(
    "pattern",
    [
        r"^[A-Z0-9._%+-]{1,64}@[a-z]{2,63}\.[a-z]{2,63}$",
        r"[[:alpha:]]{3}",
        "(a|b){2}(?:c|d){3}",
        "(?!x)a(?=b)",
        "[]a]{2}",
        "a{2",
        r"\{2000,\}",
        "x{0}",
        ")",
    ],
)
def test_an_ordinary_pattern_is_taken(pattern: str) -> None:
    assert [regex.pattern for regex in read(pattern).regexes()] == [pattern]


@pytest.mark.parametrize(
    "pattern",
    ["(a?){60}{60}", "((ab){50}){50}", "(((a{9}){9}){9}){9}", "a{1,99999}", "(a|[bc]d){1000,}"],
)
def test_a_pattern_that_expands_too_far_is_refused(pattern: str) -> None:
    with pytest.raises(Problems, match="repetition counts"):
        read(pattern)
