"""Random actions: what each kind may hold, and the filters that splits judge."""

from typing import Any, Final

from hypothesis import strategies as st

from tests.flows.shop import any_of, count_since_start, property_equals
from tests.reference import strategies_conditions as conditions

Json = Any  # it is JSON

TRIGGER: Final = conditions.METRICS[0]
TIMES_OF_DAY: Final = ("00:00:00", "01:45:00", "02:15:00", "02:30:00", "09:00", "15:00:00")
WEEKDAYS: Final = ("monday", "wednesday", "saturday", "sunday")
STATUSES: Final = ("live", "live", "live", "manual", "draft", "disabled")
ZONES: Final = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
)
NEW_CUSTOMER: Final = {
    "type": "profile-property",
    "property": "created",
    "filter": {"type": "date", "operator": "in-the-last", "unit": "day", "quantity": 2},
}
MESSAGE: Final = {
    "from_email": "alerts@shop.example",
    "from_label": "Shop",
    "to_emails": ["ops@shop.example"],
    "subject_line": "Alert",
    "text": "About {{ person.email }}",
}


def actions(name: str, kind: str) -> st.SearchStrategy[Json]:
    """Draw an action; where it leads is drawn later."""
    status = st.sampled_from(STATUSES)
    types_and_data: dict[str, tuple[str, st.SearchStrategy[Json]]] = {
        "delay": ("time-delay", delays()),
        "alert": (
            "send-internal-alert",
            st.fixed_dictionaries({"status": status, "message": st.just(MESSAGE)}),
        ),
        "update": (
            "update-profile",
            st.fixed_dictionaries(
                {
                    "status": status,
                    "profile_operations": st.lists(operations(), min_size=1, max_size=3),
                }
            ),
        ),
        "split": ("conditional-split", st.fixed_dictionaries({"profile_filter": groups()})),
        "trigger-split": (
            "trigger-split",
            st.fixed_dictionaries(
                {
                    "trigger_filter": groups(in_trigger=True),
                    "trigger_id": st.just(TRIGGER),
                    "trigger_type": st.just("metric"),
                }
            ),
        ),
    }
    type_, data = types_and_data[kind]
    ways = ("next_if_true", "next_if_false") if kind.endswith("split") else ("next",)
    return st.fixed_dictionaries(
        {
            "temporary_id": st.just(name),
            "type": st.just(type_),
            "links": st.just(dict.fromkeys(ways)),
            "data": data,
        }
    )


def kind_of(action: Json) -> str:
    """Return the name of an action's kind in `KINDS`."""
    return {
        "time-delay": "delay",
        "send-internal-alert": "alert",
        "update-profile": "update",
        "conditional-split": "split",
        "trigger-split": "trigger-split",
    }[action["type"]]


def has_active_status(action: Json) -> bool:
    """Say whether an action is live or manual."""
    return action["data"].get("status") in {"live", "manual"}


@st.composite
def delays(draw: st.DrawFn) -> Json:
    """Draw the data of a delay."""
    data: Json = {
        "unit": draw(st.sampled_from(("days", "days", "days", "hours", "minutes"))),
        "value": draw(st.sampled_from((0, 1, 1, 2, 3, 5))),
        "timezone": draw(st.sampled_from(("profile", "profile", "profile", *ZONES[-2:]))),
    }
    if data["unit"] != "minutes":
        data["secondary_value"] = draw(st.sampled_from((None, None, 0, 1, 30)))
    if data["unit"] == "days":
        data["delay_until_time"] = draw(st.sampled_from((None, *TIMES_OF_DAY)))
        some_days = st.lists(st.sampled_from(WEEKDAYS), unique=True)
        data["delay_until_weekdays"] = draw(st.one_of(st.none(), some_days))
    return data


def operations() -> st.SearchStrategy[Json]:
    """Draw one operation of a profile update, on what splits look at."""
    key = st.sampled_from(("a", "b", "properties['a']", "tags"))
    typed = {
        "string": st.sampled_from("xy"),
        "boolean": st.booleans(),
        "numeric": st.sampled_from((0, 1, 1.5)),
        "date": st.sampled_from(("today", "2026-11-01")),
    }
    set_one = [
        st.fixed_dictionaries(
            {
                "operator": st.sampled_from(("create", "update")),
                "property_type": st.just(property_type),
                "property_key": key,
                "property_value": values,
            }
        )
        for property_type, values in typed.items()
    ]
    listed = {
        "operator": st.just("update"),
        "property_type": st.just("list"),
        "property_key": key,
        "property_operation": st.sampled_from(("add", "remove")),
        "property_value": st.sampled_from("xy"),
    }
    field = {
        "operator": st.just("update"),
        "property_type": st.just("string"),
        "property_key": st.sampled_from(("first_name", "location['city']")),
        "property_value": st.sampled_from("ab"),
    }
    deleted = {"operator": st.just("delete"), "property_key": key}
    return st.one_of(
        *[set_one[0]] * 4,
        *set_one,
        *(st.fixed_dictionaries(members) for members in (listed, field, deleted)),
    )


def groups(*, in_trigger: bool = False) -> st.SearchStrategy[Json]:
    """Draw a filter: mostly one about what is likely, sometimes any of the language."""
    if in_trigger:
        likely = st.sampled_from(
            [
                {
                    "type": "metric-property",
                    "metric_id": TRIGGER,
                    "field": field,
                    "filter": {"type": "string", "operator": operator, "value": "x"},
                }
                for field in "ab"
                for operator in ("equals", "not-equals")
            ]
        )
        anything = conditions.metric_properties(TRIGGER)
    else:
        likely = st.sampled_from(
            [
                *(property_equals(name, value) for name in "ab" for value in "xy"),
                NEW_CUSTOMER,
                *(
                    count_since_start(metric, operator, 0)
                    for metric in conditions.METRICS
                    for operator in ("equals", "greater-than")
                ),
            ]
        )
        anything = st.one_of(conditions.profile_properties(), conditions.profile_metrics())
    alone = likely.map(any_of)
    return seldom(conditions.condition_groups(st.one_of(likely, anything)), otherwise=alone)


def seldom(
    strategy: st.SearchStrategy[Any], *, otherwise: st.SearchStrategy[Any]
) -> st.SearchStrategy[Any]:
    """Draw from `strategy` once in six times."""
    chosen = st.sampled_from((*[otherwise] * 5, strategy))
    return chosen.flatmap(lambda one: one)
