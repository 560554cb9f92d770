"""The slow, obvious judge of conditions: plain Python over plain values, from the specification.

It reads the public JSON itself, shares no code with the product, and handles valid conditions of
the kinds that are carried out.

A person is `{"email": …, "created": datetime, "location": {…}, "properties": {…}}` with absent or
None for what is not known; an event is `{"metric_id": …, "time": datetime, "properties": {…}}`.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any, Final

import phonenumbers

Json = Any  # it is JSON
Person = Mapping[str, Json]
Event = Mapping[str, Json]

LONG_YEAR: Final = timedelta(days=366)
UNITS: Final = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}


class Judge:
    """One judgement: of one person, at one instant."""

    def __init__(
        self,
        *,
        person: Person,
        events: Sequence[Event],
        now: datetime,
        started_at: datetime | None,
        event: Event | None,
    ) -> None:
        self.person = person
        self.events = [event for event in events if event["time"] <= now]
        self.now = now
        self.started_at = started_at
        self.event = event

    def passes(self, condition: Json) -> bool:
        match condition["type"]:
            case "profile-property":
                value = self.profile_value(condition["property"])
                is_property = condition["property"].startswith("properties[")
                if condition["filter"]["type"] == "date" and isinstance(value, str):
                    value = value if is_property else None  # our own texts are no dates
                return self.accepts(condition["filter"], value)
            case "metric-property":
                properties = self.event["properties"] if self.event else {}
                return self.accepts(condition["filter"], properties.get(condition["field"]))
            case "profile-metric":
                return self.passes_metric(condition)
            case other:
                raise ValueError(f"the reference does not know {other}")

    def profile_value(self, path: str) -> Json:
        if path in {"created", "updated"}:
            return self.person[path]
        if path.startswith("location["):
            return self.person.get("location", {}).get(path[len("location['") : -len("']")])
        if path.startswith("properties["):
            name = path[len("properties['") : -len("']")]
            for letter in "'\"\\":
                name = name.replace("\\" + letter, letter)
            return self.person.get("properties", {}).get(name)
        return self.person.get(path)

    def passes_metric(self, condition: Json) -> bool:
        counted = [
            event
            for event in self.events
            if event["metric_id"] == condition["metric_id"]
            and self.accepts(condition["timeframe_filter"], event["time"])
            and all(
                self.accepts(filter_["filter"], event["properties"].get(filter_["property"]))
                for filter_ in condition.get("metric_filters") or []
            )
        ]
        if condition["measurement"] == "count":
            return accepts_number(condition["measurement_filter"], Fraction(len(counted)))
        values = [as_number(event["properties"].get("$value")) for event in counted]
        total = sum((value for value in values if value is not None), start=Fraction(0))
        return accepts_number(condition["measurement_filter"], total)

    def accepts(self, filter_: Json, value: Json) -> bool:
        match filter_["type"]:
            case "existence":
                return (value is None) is (filter_["operator"] == "not-set")
            case "boolean":
                return value is True if filter_["value"] else value is False
            case "numeric":
                return accepts_number(filter_, as_number(value))
            case "string":
                return accepts_text(filter_, value if isinstance(value, str) else None)
            case "list":
                return accepts_list(filter_, value if isinstance(value, list) else None)
            case "date":
                date = as_date(value)
                return date is not None and self.accepts_date(filter_, date)
            case other:
                raise ValueError(f"the reference does not know {other}")

    def accepts_date(self, filter_: Json, date: datetime) -> bool:
        now = self.now
        unit = UNITS[filter_.get("unit", "day")]
        long: timedelta = filter_.get("quantity", 0) * unit
        days = list(anniversaries(date, around=now))
        tests: dict[str, Callable[[], bool]] = {
            "before": lambda: date < moment(filter_["date"]),
            "after": lambda: date > moment(filter_["date"]),
            "between-static": lambda: moment(filter_["start"]) <= date <= moment(filter_["end"]),
            "in-the-last": lambda: now - long < date <= now,
            "in-the-next": lambda: now < date <= now + long,
            "at-least": lambda: date <= now - long,
            "between": lambda: now - filter_["end"] * unit < date <= now - filter_["start"] * unit,
            "anniversary": lambda: any(day.date() == now.date() for day in days),
            "anniversary-month": lambda: date.month == now.month,
            "calendar-month": lambda: date.month == filter_["value"],
            "anniversary-last": lambda: (
                long >= LONG_YEAR or any(now - long < day <= now for day in days)
            ),
            "anniversary-next": lambda: (
                long >= LONG_YEAR or any(now < day <= now + long for day in days)
            ),
            "alltime": lambda: True,
            "flow-start": lambda: self.started_at is not None and date > self.started_at,
        }
        return tests[filter_["operator"]]()


def judge(
    groups: Json,
    *,
    person: Person,
    events: Sequence[Event] = (),
    now: datetime,
    started_at: datetime | None = None,
    event: Event | None = None,
) -> bool:
    """Say whether a filter, as its public JSON, lets a person through at `now`."""
    judgement = Judge(person=person, events=events, now=now, started_at=started_at, event=event)
    return all(
        any(judgement.passes(condition) for condition in group["conditions"])
        for group in groups["condition_groups"]
    )


def accepts_text(filter_: Json, text: str | None) -> bool:
    wanted = filter_["value"]
    tests: dict[str, Callable[[str], bool]] = {
        "equals": lambda text: text == wanted,
        "contains": lambda text: wanted in text,
        "starts-with": lambda text: text.startswith(wanted),
        "ends-with": lambda text: text.endswith(wanted),
        "regex": lambda text: re.search(wanted, text, re.DOTALL) is not None,
        "in": lambda text: text in wanted,
        "phone-country-code-in": lambda text: country_of(text) in wanted,
    }
    opposites = {
        "not-equals": "equals",
        "not-contains": "contains",
        "not-starts-with": "starts-with",
        "not-ends-with": "ends-with",
        "nregex": "regex",
        "not-in": "in",
        "phone-country-code-not-in": "phone-country-code-in",
    }
    operator = filter_["operator"]
    test = tests[opposites.get(operator, operator)]
    holds = text is not None and wanted is not None and test(text)
    return not holds if operator in opposites else holds


def accepts_number(filter_: Json, number: Fraction | None) -> bool:
    value, start, end = (as_number(filter_.get(key)) for key in ("value", "start", "end"))
    tests: dict[str, Callable[[Any], bool]] = {
        "equals": lambda number: number == value,
        "greater-than": lambda number: number > value,
        "greater-than-or-equal": lambda number: number >= value,
        "less-than": lambda number: number < value,
        "less-than-or-equal": lambda number: number <= value,
        "between": lambda number: start <= number <= end,
    }
    if filter_["operator"] == "not-equals":
        return number is None or number != value
    return number is not None and tests[filter_["operator"]](number)


def accepts_list(filter_: Json, elements: list[Json] | None) -> bool:
    operator, wanted = filter_["operator"], filter_["value"]
    if operator.startswith("length-"):
        length = None if elements is None else Fraction(len(elements))
        return accepts_number({**filter_, "operator": operator.removeprefix("length-")}, length)
    texts = [element for element in elements or () if isinstance(element, str)]
    numbers = [as_number(element) for element in elements or ()]
    tests: dict[str, Callable[[], bool]] = {
        "contains": lambda: wanted in texts or as_number(wanted) in {*numbers} - {None},
        "contains-any": lambda: any(one in texts for one in wanted),
        "contains-all": lambda: all(one in texts for one in wanted),
        "contains-substring": lambda: any(wanted in text for text in texts),
    }
    holds = elements is not None and tests[operator.removeprefix("not-")]()
    return not holds if operator.startswith("not-") else holds


def as_number(value: Json) -> Fraction | None:
    """Return the decimal that was written; text, true and false are no numbers."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return Fraction(value) if isinstance(value, int) else Fraction(repr(value))


def as_date(value: Json) -> datetime | None:
    """Return a date of ours, or the text `YYYY-MM-DD…` that reads as one, to the second."""
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not re.match(r"\d{4}-\d\d-\d\d", value):
        return None
    try:
        return moment(value).replace(microsecond=0)
    except (ValueError, OverflowError):
        return None


def moment(text: str) -> datetime:
    date = datetime.fromisoformat(text)
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC)


def anniversaries(date: datetime, *, around: datetime) -> Iterator[datetime]:
    for year in range(around.year - 2, around.year + 3):
        is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        is_moved = (date.month, date.day) == (2, 29) and not is_leap
        yield date.replace(year=year, day=28) if is_moved else date.replace(year=year)


def country_of(text: str) -> str | None:
    """Return the country that the library says a number in E.164 is of."""
    if not re.fullmatch(r"\+[1-9][0-9]{6,14}", text):
        return None
    for length in (1, 2, 3):
        code, national = int(text[1 : 1 + length]), text[1 + length :]
        if code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
            zeros = len(national) - len(national.lstrip("0"))
            number = phonenumbers.PhoneNumber(
                country_code=code,
                national_number=int(national or "0"),
                italian_leading_zero=zeros > 0,
                number_of_leading_zeros=zeros or None,
            )
            return phonenumbers.region_code_for_number(number)
    return None
