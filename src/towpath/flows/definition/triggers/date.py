"""Date triggers: so long before a date that a profile, or an object of its, holds."""

from dataclasses import dataclass
from datetime import time
from enum import StrEnum

from towpath.flows.definition.limits import DELAY_DAYS_MAX
from towpath.flows.definition.reading import Fields
from towpath.flows.definition.schedule import (
    Weekday,
    read_time_of_day,
    read_timezone,
    read_weekdays,
)


class LeadUnit(StrEnum):
    """The unit of the time before the date."""

    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"


class Recurrence(StrEnum):
    """How often the date comes round."""

    NEVER = "never"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    ANNUALLY = "annually"


@dataclass(frozen=True, slots=True, kw_only=True)
class DateSchedule:
    """When the trigger fires, relative to the date; no `trigger_days` means any weekday."""

    timedelta_value_before_date: int
    timedelta_unit_before_date: LeadUnit
    recurrence_frequency: Recurrence
    timezone: str
    trigger_time: time
    trigger_days: frozenset[Weekday]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileDateTrigger:
    """The date is a property of the profile."""

    date_profile_property: str
    schedule: DateSchedule


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomObjectDateTrigger:
    """The date is a property of a custom object that belongs to the profile."""

    custom_object_label: str
    custom_object_property_id: int
    object_type_id: str
    object_type_relationship_id: str
    schedule: DateSchedule


def read_profile_date(fields: Fields) -> ProfileDateTrigger:
    """Read a trigger of type `date` whose `date_field_type` is `profile-property`."""
    return ProfileDateTrigger(
        date_profile_property=fields.required_text("date_profile_property"),
        schedule=_read_schedule(fields),
    )


def read_custom_object_date(fields: Fields) -> CustomObjectDateTrigger:
    """Read a trigger of type `date` whose `date_field_type` is `custom-object`."""
    property_id = fields.whole_number("custom_object_property_id", default=None, maximum=2**63)
    return CustomObjectDateTrigger(
        custom_object_label=fields.required_text("custom_object_label"),
        custom_object_property_id=property_id or 0,
        object_type_id=fields.required_text("object_type_id"),
        object_type_relationship_id=fields.required_text("object_type_relationship_id"),
        schedule=_read_schedule(fields),
    )


def _read_schedule(fields: Fields) -> DateSchedule:
    fields.require("trigger_time")
    value = fields.whole_number("timedelta_value_before_date", default=None, maximum=DELAY_DAYS_MAX)
    return DateSchedule(
        timedelta_value_before_date=value or 0,
        timedelta_unit_before_date=fields.choice(
            "timedelta_unit_before_date", LeadUnit, default=LeadUnit.WEEKS
        ),
        recurrence_frequency=fields.choice(
            "recurrence_frequency", Recurrence, default=Recurrence.MONTHLY
        ),
        timezone=read_timezone(fields),
        trigger_time=read_time_of_day(fields, "trigger_time") or time(),
        trigger_days=read_weekdays(fields, "trigger_days"),
    )
