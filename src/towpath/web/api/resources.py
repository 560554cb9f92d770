"""The resources of the API, described: adding one is adding a description here."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, func
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.elements import ColumnElement

from towpath import people
from towpath.accounts import Permission
from towpath.web.api.description import (
    Attribute,
    Filterable,
    Kind,
    Relation,
    Resource,
    Sortable,
    Values,
)
from towpath.web.api.filters import COMPARISONS, Operator
from towpath.web.api.rate_limits import Tier

LAST_EVENT_DATE: Final = "last_event_date"
SUBSCRIPTIONS: Final = "subscriptions"

_EXACT = frozenset({Operator.EQUALS, Operator.ANY})
_EQUAL = frozenset({Operator.EQUALS})
_HAS = frozenset({Operator.HAS})
_profile = people.profile_table.c
_event = people.event_table.c
_metric = people.metric_table.c


def moment(value: datetime | None) -> str | None:
    """Write a moment as the API shows it: ISO 8601 in UTC."""
    return value.astimezone(UTC).isoformat() if value is not None else None


def _column(name: str, kind: Kind, text: str) -> Attribute:
    def read(row: Row[Any], _extras: Values) -> Any:
        value = getattr(row, name)
        return moment(value) if kind is Kind.MOMENT else value

    return Attribute(kind=kind, read=read, text=text)


async def _profile_extras(
    conn: AsyncConnection, account_id: UUID, ids: Collection[Any], wanted: Collection[str]
) -> Mapping[str, Mapping[Any, Any]]:
    extras: dict[str, Mapping[Any, Any]] = {}
    if LAST_EVENT_DATE in wanted:
        extras[LAST_EVENT_DATE] = await people.last_event_times(
            conn, account_id=account_id, profile_ids=ids
        )
    if SUBSCRIPTIONS in wanted:
        extras[SUBSCRIPTIONS] = await people.consents_of(
            conn, account_id=account_id, profile_ids=ids
        )
    return extras


def _location(row: Row[Any], _extras: Values) -> Values:
    names = (*people.LOCATION_TEXTS, *people.LOCATION_COORDINATES)
    return {name: row.location.get(name) for name in names}


def _subscriptions(row: Row[Any], extras: Values) -> Values:
    said: Mapping[people.Channel, people.Consent] = extras.get(SUBSCRIPTIONS, {})
    email = _consent(said.get(people.Channel.EMAIL))
    marketing = _consent(said.get(people.Channel.SMS_MARKETING))
    transactional = _consent(said.get(people.Channel.SMS_TRANSACTIONAL))
    has_left = email["consent"] == "UNSUBSCRIBED"
    has_phone = row.phone_number is not None
    return {
        "email": {
            "marketing": email
            | {
                "can_receive_email_marketing": row.email is not None and not has_left,
                "suppression": [],
                "list_suppressions": [],
            }
        },
        "sms": {
            "marketing": marketing
            | {
                "can_receive_sms_marketing": has_phone and marketing["consent"] == "SUBSCRIBED",
            },
            "transactional": transactional
            | {
                "can_receive_sms_transactional": has_phone
                and transactional["consent"] == "SUBSCRIBED",
            },
        },
    }


def _consent(said: people.Consent | None) -> dict[str, Any]:
    return {
        "consent": said.status.value.upper() if said else "NEVER_SUBSCRIBED",
        "consent_timestamp": moment(said.consented_at) if said else None,
        "last_updated": moment(said.consented_at) if said else None,
        "method": said.method.upper() if said else None,
        "method_detail": (said.custom_source or "") if said else "",
        "custom_method_detail": said.custom_source if said else None,
        "double_optin": said.is_double_opt_in if said else None,
    }


def _filterable(
    column: ColumnElement[Any], kind: Kind, operators: frozenset[Operator]
) -> Filterable:
    return Filterable(column=column, kind=kind, operators=operators)


PROFILE: Final = Resource(
    name="profile",
    path="profiles",
    table=people.profile_table,
    id_kind=Kind.LONG_ID,
    permission=Permission.PEOPLE_READ,
    not_found=people.ProfileNotFound,
    page_size=20,
    page_size_max=100,
    list_tier=Tier.L,
    one_tier=Tier.L,
    related_tier=Tier.L,
    where=(_profile.merged_into.is_(None),),
    extras=_profile_extras,
    attributes={
        "email": _column("email", Kind.EMAIL, "E-mail address, in lower case."),
        "phone_number": _column("phone_number", Kind.PHONE_NUMBER, "In E.164 form."),
        "external_id": _column("external_id", Kind.TEXT, "The id in your own system."),
        "first_name": _column("first_name", Kind.TEXT, "First name."),
        "last_name": _column("last_name", Kind.TEXT, "Last name."),
        "organization": _column("organization", Kind.TEXT, "Company or organisation."),
        "locale": _column("locale", Kind.TEXT, "Language tag, e.g. de-DE."),
        "title": _column("title", Kind.TEXT, "Job title."),
        "image": _column("image", Kind.TEXT, "Address of a picture."),
        "created": _column("created_at", Kind.MOMENT, "When the profile was made."),
        "updated": _column("updated_at", Kind.MOMENT, "When the profile last changed."),
        LAST_EVENT_DATE: Attribute(
            kind=Kind.MOMENT,
            read=lambda _row, extras: moment(extras.get(LAST_EVENT_DATE)),
            text="When the latest event happened.",
        ),
        "location": Attribute(kind=Kind.OBJECT, read=_location, text="Address and coordinates."),
        "properties": _column("properties", Kind.OBJECT, "Whatever you store about the person."),
        SUBSCRIPTIONS: Attribute(
            kind=Kind.OBJECT,
            read=_subscriptions,
            text="Consent per channel.",
            is_additional=True,
        ),
        "predictive_analytics": Attribute(
            kind=Kind.OBJECT,
            read=lambda _row, _extras: None,
            text="Always null: no predictions are made.",
            is_additional=True,
        ),
    },
    filters={
        "id": _filterable(_profile.id, Kind.LONG_ID, _EXACT),
        "email": _filterable(_profile.email, Kind.EMAIL, _EXACT),
        "phone_number": _filterable(_profile.phone_number, Kind.PHONE_NUMBER, _EXACT),
        "external_id": _filterable(_profile.external_id, Kind.TEXT, _EXACT),
        "created": _filterable(_profile.created_at, Kind.MOMENT, COMPARISONS),
        "updated": _filterable(_profile.updated_at, Kind.MOMENT, COMPARISONS),
    },
    sorts={
        "id": Sortable(column=_profile.id, kind=Kind.LONG_ID),
        "created": Sortable(column=_profile.created_at, kind=Kind.MOMENT),
        "updated": Sortable(column=_profile.updated_at, kind=Kind.MOMENT),
        "email": Sortable(column=func.coalesce(_profile.email, ""), kind=Kind.TEXT),
    },
)

METRIC: Final = Resource(
    name="metric",
    path="metrics",
    table=people.metric_table,
    id_kind=Kind.SHORT_ID,
    permission=Permission.PEOPLE_READ,
    not_found=people.MetricNotFound,
    page_size=200,
    page_size_max=200,
    list_tier=Tier.M,
    one_tier=Tier.M,
    related_tier=Tier.M,
    attributes={
        "name": _column("name", Kind.TEXT, "What happens, e.g. Placed Order."),
        "created": _column("created_at", Kind.MOMENT, "When its first event was recorded."),
        "updated": _column("updated_at", Kind.MOMENT, "When it last changed."),
        "integration": Attribute(
            kind=Kind.OBJECT,
            read=lambda row, _extras: {
                "object": "integration",
                "id": row.service,
                "name": row.service.upper() if row.service == "api" else row.service,
                "category": "API" if row.service == "api" else "Integration",
            },
            text="Where its events come from.",
        ),
    },
    filters={"integration.name": _filterable(_metric.service, Kind.TEXT, _EQUAL)},
    sorts={"id": Sortable(column=_metric.id, kind=Kind.SHORT_ID)},
)

EVENT: Final = Resource(
    name="event",
    path="events",
    table=people.event_table,
    id_kind=Kind.LONG_ID,
    permission=Permission.PEOPLE_READ,
    not_found=people.EventNotFound,
    page_size=200,
    page_size_max=1_000,
    list_tier=Tier.XL,
    one_tier=Tier.M,
    related_tier=Tier.XL,
    attributes={
        "timestamp": Attribute(
            kind=Kind.SECONDS,
            read=lambda row, _extras: int(row.time.timestamp()),
            text="When it happened, in seconds since 1970.",
        ),
        "event_properties": _column("properties", Kind.OBJECT, "Its value is `$value`."),
        "datetime": _column("time", Kind.MOMENT, "When it happened."),
        "uuid": Attribute(
            kind=Kind.TEXT, read=lambda row, _extras: str(row.id), text="The id as a UUID."
        ),
    },
    filters={
        "metric_id": _filterable(_event.metric_id, Kind.SHORT_ID, _EQUAL),
        "profile_id": _filterable(_event.profile_id, Kind.LONG_ID, _EQUAL),
        "metric": _filterable(_event.metric_id, Kind.SHORT_ID, _HAS),
        "profile": _filterable(_event.profile_id, Kind.LONG_ID, _HAS),
        "datetime": _filterable(_event.time, Kind.MOMENT, COMPARISONS),
        "timestamp": _filterable(_event.time, Kind.SECONDS, COMPARISONS),
    },
    sorts={
        "id": Sortable(column=_event.id, kind=Kind.LONG_ID),
        "datetime": Sortable(column=_event.time, kind=Kind.MOMENT),
        "timestamp": Sortable(column=_event.time, kind=Kind.MOMENT),
    },
    default_sort="-id",
    relations={
        "profile": Relation(target="profile", column=_event.profile_id),
        "metric": Relation(target="metric", column=_event.metric_id),
    },
)

RESOURCES: Final[Mapping[str, Resource]] = {each.name: each for each in (PROFILE, METRIC, EVENT)}
