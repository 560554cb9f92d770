"""What the compiled SQL promises to the statements it is part of."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import DateTime, Text, bindparam, cast, insert, literal, select, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.audiences.judging import add_metrics, judge_everybody
from tests.audiences.test_operators import CASES, TIMEFRAMES
from towpath import people
from towpath.audiences.conditions import (
    ConditionGroups,
    NotCarriedOut,
    Place,
    Scope,
    compile_groups,
    parse_groups,
)
from towpath.kit import ids

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)

EVERY_CONDITION: list[dict[str, Any]] = [
    *(
        {"type": "profile-property", "property": "properties['x']", "filter": filter_}
        for filter_, _, _ in CASES
    ),
    *(
        {
            "type": "profile-metric",
            "metric_id": "ORDER1",
            "measurement": measurement,
            "measurement_filter": {"type": "numeric", "operator": "equals", "value": 2},
            "timeframe_filter": timeframe,
            "metric_filters": [{"property": "x", "filter": CASES[0][0]}],
        }
        for measurement in ("count", "sum")
        for timeframe, _, _ in TIMEFRAMES
    ),
]


def read(*conditions: Mapping[str, Any]) -> ConditionGroups:
    document = {"condition_groups": [{"conditions": list(conditions)}]}
    return parse_groups(document, pointer="", place=Place.BRANCH)


def scope(account_id: UUID) -> Scope:
    return Scope(
        account_id=account_id,
        profile=people.profile_table,
        event=people.event_table,
        started_at=literal(NOW, DateTime(timezone=True)),
        now=bindparam("now", type_=DateTime(timezone=True)),
    )


def sql(groups: ConditionGroups, account_id: UUID) -> Any:  # its cache key has no types
    return select(people.profile_table.c.id).where(compile_groups(groups, scope(account_id)))


@pytest.mark.parametrize(
    "stored",
    [
        "1" * 400,
        "-1e400",
        "1e-400",
        '"' + "9" * 400 + '"',
        '"\\\\"',
        '"%"',
        '[1e400, "x", null, [[]], {}]',
        '{"x": {"x": []}}',
        "null",
        "true",
        '""',
        "[]",
    ],
)
async def test_no_stored_value_makes_a_judgement_fail(
    stored: str, conn: AsyncConnection, account_id: UUID
) -> None:
    """Rule 7 of the dialect: a bad value in one profile must not stop anybody else."""
    await add_metrics(conn, account_id)
    profile_id = ids.new_id()
    document = cast(literal('{"x": ' + stored + ', "$value": ' + stored + "}", Text()), JSONB())
    common = {"account_id": account_id, "properties": document, "date_values": document}
    await conn.execute(
        insert(people.profile_table).values(
            **common, id=profile_id, location=document, created_at=NOW, updated_at=NOW
        )
    )
    await conn.execute(
        insert(people.event_table).values(
            **common,
            id=ids.new_id(),
            profile_id=profile_id,
            metric_id="ORDER1",
            unique_id="1",
            time=NOW,
            recorded_at=NOW,
        )
    )
    of_event = [
        {**condition, "type": "metric-property", "metric_id": "ORDER1", "field": "x"}
        for condition in EVERY_CONDITION
        if condition["type"] == "profile-property"
    ]
    conditions = [*EVERY_CONDITION, *of_event]
    columns = [compile_groups(read(condition), scope(account_id)) for condition in conditions]
    person, event = people.profile_table, people.event_table

    row = (
        await conn.execute(
            select(*columns)
            .select_from(person.join(event, event.c.profile_id == person.c.id))
            .where(person.c.account_id == account_id, event.c.account_id == account_id),
            {"now": NOW},
        )
    ).one()

    assert set(row) <= {True, False}


@pytest.mark.parametrize("timezone", ["America/New_York", "Asia/Kathmandu"])
async def test_the_session_timezone_changes_no_judgement(
    timezone: str, conn: AsyncConnection, account_id: UUID
) -> None:
    await add_metrics(conn, account_id)
    filters = [
        read({"type": "profile-property", "property": "properties['x']", "filter": filter_})
        for filter_, _, _ in CASES
    ]
    cases: list[dict[str, Any]] = [
        {"person": {"properties": {"x": value}}, "events": [], "event": None, "started_at": NOW}
        for filter_, accepted, refused in CASES
        if filter_["type"] == "date"
        for value in (accepted, refused)
    ]
    expected = await judge_everybody(
        conn, account_id=account_id, filters=filters, cases=cases, now=NOW
    )

    await conn.execute(text(f"SET LOCAL timezone = '{timezone}'"))

    said = await judge_everybody(conn, account_id=account_id, filters=filters, cases=cases, now=NOW)
    assert said == expected


async def test_days_are_24_hours_over_a_change_to_daylight_saving_time(
    conn: AsyncConnection, account_id: UUID
) -> None:
    """In New York clocks go back at 06:00 UTC on 1 November 2026."""
    await add_metrics(conn, account_id)
    await conn.execute(text("SET LOCAL timezone = 'America/New_York'"))
    last_day = read(
        {
            "type": "profile-property",
            "property": "properties['x']",
            "filter": {"type": "date", "operator": "in-the-last", "unit": "day", "quantity": 1},
        }
    )
    cases: list[dict[str, Any]] = [
        {"person": {"properties": {"x": value}}, "events": [], "event": None, "started_at": NOW}
        for value in ("2026-10-31T12:00:00Z", "2026-10-31T12:00:01Z")
    ]

    said = await judge_everybody(
        conn, account_id=account_id, filters=[last_day], cases=cases, now=NOW
    )

    assert said == [[False], [True]]


def test_the_same_definition_gives_the_same_statement(account_id: UUID) -> None:
    """So that the statement is compiled and prepared once."""
    first: Any = sql(read(*EVERY_CONDITION), account_id)
    again: Any = sql(read(*EVERY_CONDITION), account_id)

    keys = [statement._generate_cache_key() for statement in (first, again)]
    assert keys[0] is not None
    assert keys[0] == keys[1]
    assert str(first) == str(again)


def test_no_value_of_a_definition_is_part_of_the_statement(account_id: UUID) -> None:
    evil = "'; DROP TABLE profile --"
    values: Sequence[Mapping[str, Any]] = [
        {"type": "string", "operator": "equals", "value": evil},
        {"type": "string", "operator": "regex", "value": evil},
        {"type": "string", "operator": "in", "value": [evil]},
        {"type": "list", "operator": "contains", "value": evil},
        {"type": "list", "operator": "contains-all", "value": [evil]},
        {"type": "list", "operator": "contains-substring", "value": evil},
    ]
    groups = read(
        *(
            {"type": "metric-property", "metric_id": evil, "field": evil, "filter": filter_}
            for filter_ in values
        ),
        {**EVERY_CONDITION[-1], "metric_id": evil},
        {
            "type": "profile-property",
            "property": f"properties['\\{evil}']",
            "filter": {"type": "existence", "operator": "is-set"},
        },
    )

    statement = str(sql(groups, account_id))

    assert "DROP" not in statement


async def test_a_filter_may_stand_in_an_update(conn: AsyncConnection, account_id: UUID) -> None:
    await add_metrics(conn, account_id)
    bought = {
        "type": "profile-metric",
        "metric_id": "ORDER1",
        "measurement": "count",
        "measurement_filter": {"type": "numeric", "operator": "equals", "value": 2},
        "timeframe_filter": {"type": "date", "operator": "alltime"},
    }
    event = {"metric_id": "ORDER1", "time": NOW, "properties": {}}
    cases: list[dict[str, Any]] = [
        {"person": {}, "events": [event] * count, "event": None, "started_at": NOW}
        for count in (1, 2, 3)
    ]
    await judge_everybody(conn, account_id=account_id, filters=[], cases=cases, now=NOW)
    person = people.profile_table

    changed = await conn.execute(
        update(person)
        .where(person.c.account_id == account_id, compile_groups(read(bought), scope(account_id)))
        .values(title="twice"),
        {"now": NOW},
    )

    assert changed.rowcount == 1


async def test_events_of_another_account_and_another_person_do_not_count(
    conn: AsyncConnection, account_id: UUID
) -> None:
    await add_metrics(conn, account_id)
    event = {"metric_id": "ORDER1", "time": NOW, "properties": {}}
    buyer: dict[str, Any] = {"person": {}, "events": [event], "event": None, "started_at": NOW}
    other_metric = {**buyer, "events": [{**event, "metric_id": "VIEW01"}]}
    nobody = {**buyer, "events": []}
    bought = {
        **EVERY_CONDITION[-1],
        "measurement": "count",
        "measurement_filter": {"type": "numeric", "operator": "greater-than", "value": 0},
        "timeframe_filter": {"type": "date", "operator": "alltime"},
        "metric_filters": None,
    }

    said = await judge_everybody(
        conn,
        account_id=account_id,
        filters=[read(bought)],
        cases=[buyer, other_metric, nobody],
        now=NOW,
    )

    assert said == [[True], [False], [False]]


def test_a_filter_that_is_not_carried_out_is_not_compiled(account_id: UUID) -> None:
    groups = read(EVERY_CONDITION[0], {"type": "profile-sample", "percentage": 50})

    with pytest.raises(NotCarriedOut, match="kept but not carried out"):
        compile_groups(groups, scope(account_id))


def test_everybody_is_the_filter_without_groups() -> None:
    assert ConditionGroups.everybody().to_json() == {"condition_groups": []}
    assert json.dumps(ConditionGroups.everybody().to_json()) == '{"condition_groups": []}'
