"""When a time delay ends (flows.md §4, Time delay), with every change of the clocks in a year."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.flows.shop import ORDER, alert, definition, delay, open_shop
from tests.reference.delays import end_of_delay
from towpath import flows, people

ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu")
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
A_DAY_AND_37_MINUTES = timedelta(hours=24, minutes=37)
"""Between people who start: so that they start at every time of day."""

DELAYS: dict[str, dict[str, Any]] = {
    "for hours": {"unit": "hours", "value": 24},
    "for a day and some": {"value": 1, "secondary_value": 3},
    "to a time that is skipped and doubled": {"value": 1, "delay_until_time": "02:30:00"},
    "today or tomorrow": {"value": 0, "delay_until_time": "01:45:00"},
    "to a weekday at a time": {
        "value": 2,
        "delay_until_time": "02:00:00",
        "delay_until_weekdays": ["sunday"],
    },
    "to weekdays": {"value": 1, "delay_until_weekdays": ["monday", "sunday"]},
    "in one zone": {"value": 3, "delay_until_time": "02:15:00", "timezone": "Australia/Lord_Howe"},
}


def at(text: str, zone: str = "UTC") -> datetime:
    """Read a wall time."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


async def ends(
    engine: AsyncEngine, account_id: UUID, starts: Sequence[tuple[str, datetime]], **data: Any
) -> list[datetime]:
    """Start somebody in each zone at each moment, and return when their waits end."""
    flow = definition(delay("w", "a", **data), alert("a"))
    shop = await open_shop(engine, account_id, flow, now=NEW_YEAR)
    persons = [
        people.profile_draft({"email": f"p{number}@x.example", "location": {"timezone": zone}})
        for number, (zone, _) in enumerate(starts)
    ]
    drafts = [
        people.EventDraft(profile=person, metric_name=ORDER, time=moment.astimezone(UTC))
        for person, (_, moment) in zip(persons, starts, strict=True)
    ]
    last = max(draft.time for draft in drafts)
    async with engine.begin() as conn:
        await people.record_events(conn, account_id=account_id, drafts=drafts, now=NEW_YEAR)
    triggered = await flows.trigger_batch(
        engine,
        plans=shop.plans,
        account_id=account_id,
        now=last,
        batch_max=len(drafts),
        is_replay=True,
    )
    assert triggered.entries == len(drafts)
    # One pass leads everybody into the delay; a second one would lead out whose wait is over.
    await flows.advance_due(
        engine,
        plans=shop.plans,
        now=last,
        batch_max=len(drafts),
        account_id=account_id,
        passes_max=1,
    )
    return await due_times(engine, account_id, shop.flow_id)


async def due_times(engine: AsyncEngine, account_id: UUID, flow_id: str) -> list[datetime]:
    """Return when everybody's wait ends, in the order of their numbers."""
    run, profile = flows.flow_run_table, people.profile_table
    async with engine.connect() as conn:
        rows = await conn.execute(
            select(profile.c.email, run.c.due_at)
            .join(
                profile, and_(profile.c.account_id == account_id, profile.c.id == run.c.profile_id)
            )
            .where(run.c.account_id == account_id, run.c.flow_id == flow_id)
        )
        found = {row.email: row.due_at for row in rows}
    return [found[f"p{number}@x.example"] for number in range(len(found))]


@pytest.mark.parametrize("name", DELAYS)
async def test_every_day_of_a_year_in_zones_that_change_their_clocks(
    engine: AsyncEngine, account_id: UUID, name: str
) -> None:
    data = DELAYS[name]
    starts = [
        (zone, NEW_YEAR + number * A_DAY_AND_37_MINUTES) for zone in ZONES for number in range(366)
    ]

    moments = await ends(engine, account_id, starts, **data)

    expected = [
        end_of_delay(
            {"unit": "days", **data}, begins=moment, zone=ZoneInfo(data.get("timezone", zone))
        )
        for zone, moment in starts
    ]
    assert moments == expected


@pytest.mark.parametrize(("start", "hours"), [("14:00", 25), ("16:00", 23), ("15:00", 24)])
async def test_one_day_until_three_is_the_next_calendar_day_at_three(
    engine: AsyncEngine, account_id: UUID, start: str, hours: int
) -> None:
    begins = at(f"2026-06-10T{start}", "Europe/Berlin")

    moments = await ends(
        engine, account_id, [("Europe/Berlin", begins)], value=1, delay_until_time="15:00:00"
    )

    assert moments == [begins + timedelta(hours=hours)]


@pytest.mark.parametrize(
    ("zone", "begins", "until", "expected"),
    [
        # Skipped: 02:00 to 03:00 on 29 March. The wall shows 03:30 instead.
        ("Europe/Berlin", "2026-03-28T12:00", "02:30:00", "2026-03-29T01:30"),
        # Doubled: 02:00 to 03:00 on 25 October. The second pass is standard time.
        ("Europe/Berlin", "2026-10-24T12:00", "02:30:00", "2026-10-25T01:30"),
        ("America/New_York", "2026-03-07T12:00", "02:30:00", "2026-03-08T07:30"),
        ("America/New_York", "2026-10-31T12:00", "01:30:00", "2026-11-01T06:30"),
        # Half an hour is skipped on 4 October and doubled on 5 April.
        ("Australia/Lord_Howe", "2026-10-03T12:00", "02:15:00", "2026-10-03T15:45"),
        ("Australia/Lord_Howe", "2026-04-04T12:00", "01:45:00", "2026-04-04T15:15"),
        ("Asia/Kathmandu", "2026-03-28T12:00", "02:30:00", "2026-03-28T20:45"),
    ],
)
async def test_a_time_that_is_skipped_moves_forward_and_a_doubled_one_is_its_second(
    engine: AsyncEngine, account_id: UUID, zone: str, begins: str, *, until: str, expected: str
) -> None:
    starts = [(zone, at(begins, zone))]

    moments = await ends(engine, account_id, starts, value=1, delay_until_time=until)

    assert moments == [at(expected)]


@pytest.mark.parametrize(
    ("begins", "expected"),
    [
        ("2026-06-10T14:59:59", "2026-06-10T15:00"),
        ("2026-06-10T15:00", "2026-06-10T15:00"),
        ("2026-06-10T15:00:01", "2026-06-11T15:00"),
    ],
)
async def test_no_days_until_a_time_means_the_next_time_the_clock_shows_it(
    engine: AsyncEngine, account_id: UUID, begins: str, expected: str
) -> None:
    starts = [("Asia/Kathmandu", at(begins, "Asia/Kathmandu"))]

    moments = await ends(engine, account_id, starts, value=0, delay_until_time="15:00:00")

    assert moments == [at(expected, "Asia/Kathmandu")]


async def test_days_without_a_time_of_day_are_24_hours_each(
    engine: AsyncEngine, account_id: UUID
) -> None:
    begins = at("2026-03-28T12:00", "Europe/Berlin")

    moments = await ends(engine, account_id, [("Europe/Berlin", begins)], value=1)

    assert moments == [begins.astimezone(UTC) + DAY]
    assert f"{moments[0].astimezone(ZoneInfo('Europe/Berlin')):%H:%M}" == "13:00"


async def test_weekdays_put_the_end_off_at_the_same_wall_time(
    engine: AsyncEngine, account_id: UUID
) -> None:
    friday = at("2026-03-27T12:00", "Europe/Berlin")

    moments = await ends(
        engine, account_id, [("Europe/Berlin", friday)], value=1, delay_until_weekdays=["monday"]
    )

    assert moments == [at("2026-03-30T12:00", "Europe/Berlin")]


async def test_an_allowed_weekday_does_not_put_the_end_off(
    engine: AsyncEngine, account_id: UUID
) -> None:
    sunday = at("2026-06-07T12:00")

    moments = await ends(
        engine,
        account_id,
        [("UTC", sunday)],
        value=1,
        delay_until_time="15:00:00",
        delay_until_weekdays=["monday", "friday"],
    )

    assert moments == [at("2026-06-08T15:00")]


async def test_who_has_no_timezone_lives_in_that_of_the_account(
    engine: AsyncEngine, account_id: UUID
) -> None:
    flow = definition(delay("w", "a", value=1, delay_until_time="15:00:00"), alert("a"))
    shop = await open_shop(engine, account_id, flow, now=NEW_YEAR)
    await shop.record("kim@x.example", NEW_YEAR)

    await shop.work(NEW_YEAR)

    assert await shop.runs() == [("waiting", "w", True, NEW_YEAR + timedelta(hours=39))]
