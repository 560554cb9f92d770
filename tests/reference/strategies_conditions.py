"""Random conditions, people and events from small alphabets, so that they often meet.

`conditions` of the kinds that are carried out, every operator among them, as public JSON; `people`
and `events` as tests/reference/conditions.py takes them. Times fall on and around `CLOCKS`.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from hypothesis import strategies as st

Json = dict[str, Any]

METRICS: Final = ("ORDER1", "VIEW01")

CLOCKS: Final = (
    datetime(2026, 11, 1, 12, 0, tzinfo=UTC),
    datetime(2024, 2, 29, 0, 0, tzinfo=UTC),
    datetime(2027, 2, 28, 23, 59, 59, tzinfo=UTC),
    datetime(2027, 3, 1, 0, 0, tzinfo=UTC),
    datetime(2026, 12, 31, 23, 30, tzinfo=UTC),
    datetime(2027, 1, 1, 0, 0, 1, tzinfo=UTC),
)
STEPS: Final = (
    timedelta(0),
    timedelta(seconds=1),
    timedelta(hours=1),
    timedelta(hours=2),
    timedelta(days=1),
    timedelta(days=2),
    timedelta(weeks=1),
    timedelta(days=30),
    timedelta(days=365),
    timedelta(days=366),
    timedelta(days=4 * 365),
)

TEXTS: Final = (
    "", "a", "ab", "Ab", "ba", "aba", "ä", "a b", "100%", "_", "\\", "'", "null", "1", "true",
    "+4915112345678", "+12125550123", "+14165550123", "+441534123456", "+77012345678", "+999",
    "2026-11-01", "2024-02-29", "2026-10-31T12:00:00", "2026-11-01T12:00:00+02:00", "2026-02-30",
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "20261101", "2026-W44-7",
)  # fmt: skip
NUMBERS: Final = (0, 1, 2, 3, -1, 1.0, 1.5, 0.1, 0.2, 0.3, 10**299, -(10**299), 1e308, 1e-300)
NAMES: Final = ("a", "b", "tags", "it's", 'q"\\', "$value", "ä b")
REGEXES: Final = (
    "",
    "a",
    "^a",
    "b$",
    "a.?b",
    "[ab]+",
    "^(a|ä)$",
    "^.{2,3}$",
    "[0-9]{4}-",
    r"\.",
    "%",
)
COUNTRIES: Final = ("DE", "US", "CA", "GB", "JE", "KZ", "RU", "AT")

texts = st.sampled_from(TEXTS)
numbers = st.sampled_from(NUMBERS)
names = st.sampled_from(NAMES)
scalars = st.one_of(texts, numbers, st.booleans(), st.none())
lists = st.lists(st.one_of(scalars, st.just(["a"]), st.just({"a": 1})), max_size=4)
values = st.one_of(texts, numbers, scalars, lists, st.just({"a": "a"}))


def clocks() -> st.SearchStrategy[datetime]:
    """Draw instants of judgement."""
    return st.sampled_from(CLOCKS)


@st.composite
def instants(draw: st.DrawFn) -> datetime:
    """Draw instants at, or a telling distance from, one of the clocks."""
    step = draw(st.sampled_from(STEPS))
    return draw(clocks()) + draw(st.sampled_from((1, -1))) * step


def dates() -> st.SearchStrategy[str]:
    """Draw dates and date-times as text."""
    return st.one_of(
        instants().map(datetime.isoformat), instants().map(lambda instant: f"{instant:%Y-%m-%d}")
    )


def string_filters() -> st.SearchStrategy[Json]:
    """Draw string filters with every operator."""
    one = ("equals", "contains", "starts-with", "ends-with")
    return st.one_of(
        _filters("string", _both(one), value=st.one_of(texts, st.none())),
        _filters("string", ("regex", "nregex"), value=st.sampled_from(REGEXES)),
        _filters("string", ("in", "not-in"), value=st.lists(texts, max_size=4)),
        _filters(
            "string",
            ("phone-country-code-in", "phone-country-code-not-in"),
            value=st.lists(st.sampled_from(COUNTRIES), max_size=3),
        ),
    )


def numeric_filters(
    wanted: st.SearchStrategy[float] = numbers,
) -> st.SearchStrategy[Json]:
    """Draw numeric filters with every operator."""
    plain = ("equals", "not-equals", *_ORDERS)
    return st.one_of(
        _filters("numeric", plain, value=wanted),
        st.tuples(wanted, wanted).map(
            lambda ends: {
                "type": "numeric",
                "operator": "between",
                "start": min(ends),
                "end": max(ends),
            }
        ),
    )


def date_filters(*, in_flow: bool = True) -> st.SearchStrategy[Json]:
    """Draw date filters with every operator."""
    units = st.sampled_from(("hour", "day", "week"))
    quantities = st.sampled_from((0, 1, 2, 7, 30, 53, 365, 366, 100_000))
    relative = ("in-the-last", "in-the-next", "at-least", "anniversary-last", "anniversary-next")
    bare = ("anniversary", "anniversary-month", "alltime", *(("flow-start",) if in_flow else ()))
    return st.one_of(
        _filters("date", ("before", "after"), date=dates()),
        st.tuples(instants(), instants()).map(
            lambda ends: {
                "type": "date",
                "operator": "between-static",
                "start": min(ends).isoformat(),
                "end": max(ends).isoformat(),
            }
        ),
        _filters("date", relative, unit=units, quantity=quantities),
        _filters("date", bare),
        st.tuples(quantities, quantities, units).map(
            lambda drawn: {
                "type": "date",
                "operator": "between",
                "start": min(drawn[:2]),
                "end": max(drawn[:2]),
                "unit": drawn[2],
            }
        ),
        _filters("date", ("calendar-month",), value=st.integers(min_value=1, max_value=12)),
    )


def list_filters() -> st.SearchStrategy[Json]:
    """Draw list filters with every operator."""
    lengths = tuple(f"length-{operator}" for operator in ("equals", *_ORDERS))
    return st.one_of(
        _filters("list", ("contains", "not-contains"), value=st.one_of(texts, numbers)),
        _filters(
            "list", _both(("contains-any", "contains-all")), value=st.lists(texts, max_size=3)
        ),
        _filters("list", ("contains-substring", "not-contains-substring"), value=texts),
        _filters("list", lengths, value=st.integers(min_value=0, max_value=4)),
    )


def filters(*, in_flow: bool = True) -> st.SearchStrategy[Json]:
    """Draw filters of every type."""
    return st.one_of(
        string_filters(),
        numeric_filters(),
        _filters("boolean", ("equals",), value=st.booleans()),
        date_filters(in_flow=in_flow),
        list_filters(),
        _filters("existence", ("is-set", "not-set")),
    )


def profile_properties(*, in_flow: bool = True) -> st.SearchStrategy[Json]:
    """Draw profile-property conditions."""
    own = ("email", "phone_number", "first_name", "created", "updated", "location['city']")
    custom = names.map(lambda name: "properties['" + _escaped(name) + "']")
    return st.fixed_dictionaries(
        {
            "type": st.just("profile-property"),
            "property": st.one_of(custom, st.sampled_from(own)),
            "filter": filters(in_flow=in_flow),
        }
    )


def profile_metrics(
    metric_ids: Sequence[str] = METRICS, *, in_flow: bool = True
) -> st.SearchStrategy[Json]:
    """Draw profile-metric conditions."""
    metric_filter = st.fixed_dictionaries({"property": names, "filter": filters(in_flow=in_flow)})
    amounts: st.SearchStrategy[float] = st.sampled_from((0, 1, 2, 3, -1, 0.5, 1.5, 10**299))
    return st.fixed_dictionaries(
        {
            "type": st.just("profile-metric"),
            "metric_id": st.sampled_from(metric_ids),
            "measurement": st.sampled_from(("count", "sum")),
            "measurement_filter": numeric_filters(amounts),
            "timeframe_filter": date_filters(in_flow=in_flow),
            "metric_filters": st.one_of(st.none(), st.lists(metric_filter, max_size=2)),
        }
    )


def metric_properties(metric_id: str = METRICS[0]) -> st.SearchStrategy[Json]:
    """Draw metric-property conditions about the event that starts a run."""
    return st.fixed_dictionaries(
        {
            "type": st.just("metric-property"),
            "metric_id": st.just(metric_id),
            "field": names,
            "filter": filters(),
        }
    )


def condition_groups(conditions: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    """Draw filters of up to three groups."""
    group = st.lists(conditions, min_size=1, max_size=2)
    groups = st.lists(group.map(lambda drawn: {"conditions": drawn}), max_size=3)
    return groups.map(lambda drawn: {"condition_groups": drawn})


def properties() -> st.SearchStrategy[Json]:
    """Draw properties of a person or an event."""
    return st.dictionaries(names, st.one_of(values, dates()), max_size=len(NAMES))


@st.composite
def people(draw: st.DrawFn, *, number: int) -> Json:
    """Draw a person; `number` keeps the identifiers of several people apart."""
    phone = draw(st.sampled_from((None, "+4915112345", "+121255501", "+141655501")))
    return {
        "email": draw(st.sampled_from((None, f"a{number}@shop.example", f"{number}@b.example"))),
        "phone_number": phone and f"{phone}{number:02}",
        "first_name": draw(st.one_of(st.none(), texts)),
        "location": draw(st.dictionaries(st.just("city"), values)),
        "properties": draw(properties()),
        "created": draw(instants()),
        "updated": draw(instants()),
    }


def events(metric_ids: Sequence[str] = METRICS) -> st.SearchStrategy[Json]:
    """Draw events."""
    return st.fixed_dictionaries(
        {
            "metric_id": st.sampled_from(metric_ids),
            "time": instants(),
            "properties": properties(),
        }
    )


def _filters(
    type_: str, operators: Sequence[str], **members: st.SearchStrategy[Any]
) -> st.SearchStrategy[Json]:
    return st.fixed_dictionaries(
        {"type": st.just(type_), "operator": st.sampled_from(operators), **members}
    )


def _both(operators: Sequence[str]) -> tuple[str, ...]:
    return (*operators, *(f"not-{operator}" for operator in operators))


def _escaped(name: str) -> str:
    return name.replace("\\", "\\\\").replace("'", "\\'").replace('"', '\\"')


_ORDERS: Final = ("greater-than", "greater-than-or-equal", "less-than", "less-than-or-equal")
