"""Every operator of api.md §6: a value that it accepts and one that it does not."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.audiences.judging import add_metrics, judge_everybody
from tests.reference.conditions import judge
from towpath.audiences.conditions import Place, parse_groups

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
MISSING = object()

OPERATORS = {
    "string": {
        "equals", "not-equals", "contains", "not-contains", "starts-with", "not-starts-with",
        "ends-with", "not-ends-with", "regex", "nregex", "in", "not-in",
        "phone-country-code-in", "phone-country-code-not-in",
    },
    "numeric": {
        "equals", "not-equals", "greater-than", "greater-than-or-equal", "less-than",
        "less-than-or-equal", "between",
    },
    "boolean": {"equals"},
    "date": {
        "before", "after", "between-static", "in-the-last", "in-the-next", "at-least", "between",
        "anniversary-last", "anniversary-next", "anniversary", "anniversary-month",
        "calendar-month", "alltime", "flow-start",
    },
    "list": {
        "contains", "not-contains", "contains-any", "contains-all", "not-contains-any",
        "not-contains-all", "contains-substring", "not-contains-substring", "length-equals",
        "length-greater-than", "length-greater-than-or-equal", "length-less-than",
        "length-less-than-or-equal",
    },
    "existence": {"is-set", "not-set"},
}  # fmt: skip


def string(operator: str, value: object) -> dict[str, Any]:
    return {"type": "string", "operator": operator, "value": value}


def number(operator: str, value: object) -> dict[str, Any]:
    return {"type": "numeric", "operator": operator, "value": value}


def date(operator: str, **members: object) -> dict[str, Any]:
    return {"type": "date", "operator": operator, **members}


def elements(operator: str, value: object) -> dict[str, Any]:
    return {"type": "list", "operator": operator, "value": value}


def existence(operator: str) -> dict[str, Any]:
    return {"type": "existence", "operator": operator}


CASES: list[tuple[dict[str, Any], object, object]] = [
    (string("equals", "Gold"), "Gold", "gold"),
    (string("equals", ""), "", MISSING),
    (string("not-equals", "Gold"), MISSING, "Gold"),
    (string("not-equals", "5"), 5, "5"),
    (string("contains", "0%_"), "10%_off", "10 off"),
    (string("not-contains", "a"), "bc", "bac"),
    (string("starts-with", "Go"), "Gold", "go"),
    (string("not-starts-with", "Go"), None, "Gold"),
    (string("ends-with", "ld"), "Gold", "Golden"),
    (string("ends-with", "é😀"), "caf é😀", "é"),
    (string("not-ends-with", "ld"), ["ld"], "Gold"),
    (string("regex", "^[A-Z]{2}-[0-9]+$"), "AB-12", "ab-12"),
    (string("nregex", "^[A-Z]"), "ab", "AB"),
    (string("in", ["gold", "silver"]), "silver", "bronze"),
    (string("not-in", ["gold", "silver"]), "bronze", "gold"),
    (string("phone-country-code-in", ["DE", "US"]), "+12125550123", "+14165550123"),
    (string("phone-country-code-not-in", ["DE", "US"]), "+14165550123", "+4915112345678"),
    (number("equals", 0.1), 0.1, 0.2),
    (number("not-equals", 1), "1", 1.0),
    (number("greater-than", 100), 100.01, 100),
    (number("greater-than-or-equal", 100), 100, 99.99),
    (number("less-than", 10**299), 1e298, 10**299),
    (number("less-than-or-equal", -1), -1, 0),
    ({"type": "numeric", "operator": "between", "start": 1, "end": 2}, 2, 2.5),
    ({"type": "boolean", "operator": "equals", "value": True}, True, "true"),
    ({"type": "boolean", "operator": "equals", "value": False}, False, MISSING),
    (date("before", date="2026-01-01"), "2025-12-31T23:59:59Z", "2026-01-01"),
    (date("after", date="2026-01-01"), "2026-01-01T00:00:01", "2026-01-01"),
    (date("between-static", start="2026-01-01", end="2026-02-01"), "2026-02-01", "2026-02-02"),
    (date("in-the-last", unit="hour", quantity=2), "2026-11-01T12:00:00", "2026-11-01T10:00:00"),
    (date("in-the-next", unit="day", quantity=1), "2026-11-02T12:00:00", "2026-11-01T12:00:00"),
    (date("at-least", unit="week", quantity=2), "2026-10-18T12:00:00", "2026-10-18T12:00:01"),
    (date("between", start=10, end=20, unit="day"), "2026-10-22T12:00:00", "2026-10-12T12:00:00"),
    (date("anniversary-last", unit="day", quantity=3), "1990-10-30", "1990-11-02"),
    (date("anniversary-last", unit="day", quantity=350), "1990-11-20", "1990-11-10"),
    (date("anniversary-next", unit="day", quantity=70), "1990-01-10", "1990-01-11"),
    (date("anniversary-next", unit="week", quantity=53), "1990-11-01", "no date"),
    (date("anniversary"), "1990-11-01T23:59:59", "1990-11-02"),
    (date("anniversary-month"), "1990-11-30", "1990-10-31"),
    (date("calendar-month", value=5), "1990-05-01", "1990-05-01T00:00:00+14:00"),
    (date("alltime"), "1990-05-01", "first of May"),
    (date("flow-start"), "2026-10-31T12:00:01", "2026-10-31T12:00:00"),
    (elements("contains", "a"), ["b", "a"], ["ab", ["a"]]),
    (elements("contains", "a"), ["a"], "a"),
    (elements("contains", 1), [0, 1.0], ["1", True]),
    (elements("not-contains", "a"), MISSING, ["a"]),
    (elements("contains-any", ["a", "b"]), ["c", "b"], {"a": 1}),
    (elements("not-contains-any", ["a", "b"]), ["c"], ["a"]),
    (elements("contains-all", ["a", "b"]), ["b", "c", "a"], ["a"]),
    (elements("not-contains-all", ["a", "b"]), ["a"], ["a", "b"]),
    (elements("contains-substring", "%"), ["a", "5%"], ["a", 5, {"%": "%"}, ["%"]]),
    (elements("not-contains-substring", "a"), ["b"], ["bab"]),
    (elements("length-equals", 0), [], MISSING),
    (elements("length-greater-than", 2), [1, 2, 3], [1, 2]),
    (elements("length-greater-than-or-equal", 2), [1, 2], [1]),
    (elements("length-less-than", 2), [1], [1, 2]),
    (elements("length-less-than-or-equal", 2), [1, 2], [1, 2, 3]),
    (existence("is-set"), "", None),
    (existence("not-set"), None, False),
]


def test_every_operator_of_the_specification_is_among_the_cases() -> None:
    tried: dict[str, set[str]] = {}
    for filter_, _, _ in CASES:
        tried.setdefault(filter_["type"], set()).add(filter_["operator"])

    assert tried == OPERATORS


@pytest.mark.parametrize(("filter_", "accepted", "refused"), CASES)
async def test_a_filter_tells_an_accepted_value_from_a_refused_one(
    filter_: Mapping[str, Any],
    accepted: object,
    refused: object,
    conn: AsyncConnection,
    account_id: UUID,
) -> None:
    await add_metrics(conn, account_id)
    documents = [
        _alone(type="profile-property", property="properties['x']", filter=filter_),
        _alone(type="metric-property", metric_id="ORDER1", field="x", filter=filter_),
        _counted(1, metric_filters=[{"property": "x", "filter": filter_}]),
    ]
    cases = [_case(accepted), _case(refused)]

    said = await _judge(conn, account_id, documents, cases)

    assert said == [[True] * 3, [False] * 3]
    for case, verdicts in zip(cases, said, strict=True):
        assert verdicts == [judge(document, now=NOW, **case) for document in documents]


TIMEFRAMES: list[tuple[dict[str, Any], datetime, datetime]] = [
    (date("before", date="2026-10-01"), NOW - timedelta(days=40), NOW - timedelta(days=31)),
    (date("after", date="2026-10-01"), NOW - timedelta(days=30), NOW - timedelta(days=32)),
    (
        date("between-static", start="2026-10-01", end="2026-10-02"),
        datetime(2026, 10, 2, tzinfo=UTC),
        datetime(2026, 10, 2, 0, 0, 1, tzinfo=UTC),
    ),
    (date("in-the-last", unit="day", quantity=1), NOW, NOW - timedelta(days=1)),
    (
        date("at-least", unit="day", quantity=1),
        NOW - timedelta(days=1),
        NOW - timedelta(hours=23),
    ),
    (
        date("between", start=1, end=2, unit="hour"),
        NOW - timedelta(hours=1),
        NOW - timedelta(hours=2),
    ),
    (
        date("anniversary-last", unit="day", quantity=1),
        NOW.replace(year=2024),
        NOW.replace(year=2024) - timedelta(days=1),
    ),
    (
        date("anniversary-next", unit="day", quantity=1),
        NOW.replace(year=2024) + timedelta(days=1),
        NOW.replace(year=2024),
    ),
    (date("anniversary"), NOW.replace(year=2020), NOW - timedelta(days=1)),
    (date("anniversary-month"), NOW.replace(year=2020), NOW - timedelta(days=1)),
    (date("calendar-month", value=10), NOW - timedelta(days=1), NOW),
    (date("alltime"), NOW, NOW + timedelta(seconds=1)),
    (date("flow-start"), NOW - timedelta(hours=23), NOW - timedelta(days=1)),
]


@pytest.mark.parametrize(("timeframe", "inside", "outside"), TIMEFRAMES)
async def test_a_time_frame_counts_an_event_inside_it_alone(
    timeframe: Mapping[str, Any],
    inside: datetime,
    outside: datetime,
    conn: AsyncConnection,
    account_id: UUID,
) -> None:
    await add_metrics(conn, account_id)
    documents = [_counted(1, timeframe_filter=timeframe), _counted(2, timeframe_filter=timeframe)]
    cases = [_case(1, times=[inside, outside]), _case(1, times=[outside])]

    said = await _judge(conn, account_id, documents, cases)

    assert said == [[True, False], [False, False]]
    for case, verdicts in zip(cases, said, strict=True):
        assert verdicts == [judge(document, now=NOW, **case) for document in documents]


@pytest.mark.parametrize("measurement", ["count", "sum"])
@pytest.mark.parametrize(
    ("filter_", "expected"),
    [
        (number("equals", 0), [True, False, False]),
        (number("not-equals", 0), [False, True, True]),
        (number("greater-than", 0), [False, True, True]),
        (number("greater-than-or-equal", 0), [True, True, True]),
        (number("greater-than-or-equal", 1), [False, True, True]),
        (number("greater-than-or-equal", 1.5), [False, False, True]),
        (number("less-than", 1), [True, False, False]),
        (number("less-than-or-equal", 0), [True, False, False]),
        (number("less-than-or-equal", 1.5), [True, True, False]),
        (number("equals", 1), [False, True, False]),
        (number("not-equals", 1), [True, False, True]),
        (number("greater-than", 2), [False, False, True]),
        (number("greater-than", -5), [True, True, True]),
        (number("equals", -5), [False, False, False]),
        (number("less-than", 10**299), [True, True, True]),
        ({"type": "numeric", "operator": "between", "start": 1, "end": 2}, [False, True, False]),
    ],
)
async def test_counts_and_sums_of_no_one_and_three_events(
    filter_: Mapping[str, Any],
    expected: list[bool],
    measurement: str,
    conn: AsyncConnection,
    account_id: UUID,
) -> None:
    await add_metrics(conn, account_id)
    document = _counted(0, measurement=measurement, measurement_filter=filter_)
    cases = [_case(1, times=[NOW] * events) for events in (0, 1, 3)]

    said = await _judge(conn, account_id, [document], cases)

    assert [verdict for (verdict,) in said] == expected
    assert [judge(document, now=NOW, **case) for case in cases] == expected


@pytest.mark.parametrize(
    ("now", "is_today"),
    [
        ("2027-02-27T23:59:59", False),
        ("2027-02-28T00:00:00", True),
        ("2027-03-01T00:00:00", False),
        ("2028-02-28T12:00:00", False),
        ("2028-02-29T12:00:00", True),
    ],
)
async def test_the_anniversary_of_29_february_is_the_28th_in_common_years(
    now: str, *, is_today: bool, conn: AsyncConnection, account_id: UUID
) -> None:
    document = _alone(
        type="profile-property", property="properties['x']", filter=date("anniversary")
    )
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    case = _case("1996-02-29", times=[])

    said = await _judge(conn, account_id, [document], [case], now=moment)

    assert said == [[is_today]]
    assert judge(document, now=moment, **case) is is_today


async def test_a_null_value_matches_nothing(conn: AsyncConnection, account_id: UUID) -> None:
    await add_metrics(conn, account_id)
    operators = ("equals", "contains", "regex", "not-equals", "not-contains", "nregex")
    documents = [
        _alone(type="profile-property", property="properties['x']", filter=string(operator, None))
        for operator in operators
    ]

    said = await _judge(conn, account_id, documents, [_case(None), _case("a")])

    assert said == [[False, False, False, True, True, True]] * 2


async def test_a_filter_without_groups_lets_everybody_through(
    conn: AsyncConnection, account_id: UUID
) -> None:
    await add_metrics(conn, account_id)

    said = await _judge(conn, account_id, [{"condition_groups": []}], [_case(None)])

    assert said == [[True]]


async def test_groups_are_all_needed_and_conditions_of_a_group_are_alternatives(
    conn: AsyncConnection, account_id: UUID
) -> None:
    await add_metrics(conn, account_id)
    a, b, c = (
        {
            "type": "profile-property",
            "property": "properties['x']",
            "filter": elements("contains", name),
        }
        for name in "abc"
    )
    document = {"condition_groups": [{"conditions": [a, b]}, {"conditions": [c]}]}
    cases = [_case(list(letters)) for letters in ("ac", "bc", "abc", "ab", "c")]

    said = await _judge(conn, account_id, [document], cases)

    assert said == [[True], [True], [True], [False], [False]]


def _alone(**condition: object) -> dict[str, Any]:
    return {"condition_groups": [{"conditions": [condition]}]}


def _counted(at_least: int, **members: object) -> dict[str, Any]:
    return _alone(
        **{
            "type": "profile-metric",
            "metric_id": "ORDER1",
            "measurement": "count",
            "measurement_filter": number("greater-than-or-equal", at_least),
            "timeframe_filter": date("alltime"),
            **members,
        }
    )


def _case(value: object, *, times: Sequence[datetime] = (NOW,)) -> dict[str, Any]:
    """Give somebody whose property `x` and whose events' `x` is `value`; each event is worth 1."""
    properties = {} if value is MISSING else {"x": value}
    events = [
        {"metric_id": "ORDER1", "time": time, "properties": {**properties, "$value": 1}}
        for time in times
    ]
    return {
        "person": {"properties": properties},
        "events": events,
        "event": events[0] if events else None,
        "started_at": NOW - timedelta(days=1),
    }


async def _judge(
    conn: AsyncConnection,
    account_id: UUID,
    documents: Sequence[Mapping[str, Any]],
    cases: Sequence[Mapping[str, Any]],
    now: datetime = NOW,
) -> list[list[bool]]:
    filters = [parse_groups(document, pointer="", place=Place.BRANCH) for document in documents]
    return await judge_everybody(conn, account_id=account_id, filters=filters, cases=cases, now=now)
