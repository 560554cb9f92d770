"""Profiles, metrics and events as resources of the API."""

from collections.abc import Collection, Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, func
from sqlalchemy.ext.asyncio import AsyncConnection

from towpath import audiences, people
from towpath.accounts import Permission
from towpath.web.api.description import (
    Attribute,
    Kind,
    Relation,
    Resource,
    Sortable,
    Values,
    column_attribute,
    filterable,
    moment,
)
from towpath.web.api.filters import COMPARISONS, Operator
from towpath.web.api.rate_limits import Tier

LAST_EVENT_DATE: Final = "last_event_date"
SUBSCRIPTIONS: Final = "subscriptions"
SUPPRESSIONS: Final = "suppressions"

_EXACT = frozenset({Operator.EQUALS, Operator.ANY})
_EQUAL = frozenset({Operator.EQUALS})
_HAS = frozenset({Operator.HAS})
_profile = people.profile_table.c
_event = people.event_table.c
_metric = people.metric_table.c


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
        extras[SUPPRESSIONS] = await audiences.suppressions_of(
            conn, account_id=account_id, profile_ids=ids
        )
    return extras


def _location(row: Row[Any], _extras: Values) -> Values:
    names = (*people.LOCATION_TEXTS, *people.LOCATION_COORDINATES)
    return {name: row.location.get(name) for name in names}


def _subscriptions(row: Row[Any], extras: Values) -> Values:
    said: Mapping[people.Channel, people.Consent] = extras.get(SUBSCRIPTIONS, {})
    suppressions: tuple[audiences.Suppression, ...] = extras.get(SUPPRESSIONS, ())
    email = _consent(said.get(people.Channel.EMAIL))
    marketing = _consent(said.get(people.Channel.SMS_MARKETING))
    transactional = _consent(said.get(people.Channel.SMS_TRANSACTIONAL))
    has_left = email["consent"] == "UNSUBSCRIBED"
    has_phone = row.phone_number is not None
    return {
        "email": {
            "marketing": email
            | {
                "can_receive_email_marketing": row.email is not None
                and not has_left
                and not suppressions,
                "suppression": [
                    {"reason": one.reason, "timestamp": moment(one.at)} for one in suppressions
                ],
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
        "email": column_attribute("email", Kind.EMAIL, "E-mail address, in lower case."),
        "phone_number": column_attribute("phone_number", Kind.PHONE_NUMBER, "In E.164 form."),
        "external_id": column_attribute("external_id", Kind.TEXT, "The id in your own system."),
        "first_name": column_attribute("first_name", Kind.TEXT, "First name."),
        "last_name": column_attribute("last_name", Kind.TEXT, "Last name."),
        "organization": column_attribute("organization", Kind.TEXT, "Company or organisation."),
        "locale": column_attribute("locale", Kind.TEXT, "Language tag, e.g. de-DE."),
        "title": column_attribute("title", Kind.TEXT, "Job title."),
        "image": column_attribute("image", Kind.TEXT, "Address of a picture."),
        "created": column_attribute("created_at", Kind.MOMENT, "When the profile was made."),
        "updated": column_attribute("updated_at", Kind.MOMENT, "When the profile last changed."),
        LAST_EVENT_DATE: Attribute(
            kind=Kind.MOMENT,
            read=lambda _row, extras: moment(extras.get(LAST_EVENT_DATE)),
            text="When the latest event happened.",
        ),
        "location": Attribute(kind=Kind.OBJECT, read=_location, text="Address and coordinates."),
        "properties": column_attribute(
            "properties", Kind.OBJECT, "Whatever you store about the person."
        ),
        SUBSCRIPTIONS: Attribute(
            kind=Kind.OBJECT,
            read=_subscriptions,
            text="Consent per channel, and why no emails are sent in spite of it.",
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
        "id": filterable(_profile.id, Kind.LONG_ID, _EXACT),
        "email": filterable(_profile.email, Kind.EMAIL, _EXACT),
        "phone_number": filterable(_profile.phone_number, Kind.PHONE_NUMBER, _EXACT),
        "external_id": filterable(_profile.external_id, Kind.TEXT, _EXACT),
        "created": filterable(_profile.created_at, Kind.MOMENT, COMPARISONS),
        "updated": filterable(_profile.updated_at, Kind.MOMENT, COMPARISONS),
    },
    sorts={
        "id": Sortable(column=_profile.id, kind=Kind.LONG_ID),
        "created": Sortable(column=_profile.created_at, kind=Kind.MOMENT),
        "updated": Sortable(column=_profile.updated_at, kind=Kind.MOMENT),
        "email": Sortable(column=func.coalesce(_profile.email, ""), kind=Kind.TEXT),
    },
    relations={
        "lists": Relation(
            target="list", column=audiences.LISTS_OF_PROFILES.c.profile_id, is_many=True
        )
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
        "name": column_attribute("name", Kind.TEXT, "What happens, e.g. Placed Order."),
        "created": column_attribute(
            "created_at", Kind.MOMENT, "When its first event was recorded."
        ),
        "updated": column_attribute("updated_at", Kind.MOMENT, "When it last changed."),
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
    filters={"integration.name": filterable(_metric.service, Kind.TEXT, _EQUAL)},
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
        "event_properties": column_attribute("properties", Kind.OBJECT, "Its value is `$value`."),
        "datetime": column_attribute("time", Kind.MOMENT, "When it happened."),
        "uuid": Attribute(
            kind=Kind.TEXT, read=lambda row, _extras: str(row.id), text="The id as a UUID."
        ),
    },
    filters={
        "metric_id": filterable(_event.metric_id, Kind.SHORT_ID, _EQUAL),
        "profile_id": filterable(_event.profile_id, Kind.LONG_ID, _EQUAL),
        "metric": filterable(_event.metric_id, Kind.SHORT_ID, _HAS),
        "profile": filterable(_event.profile_id, Kind.LONG_ID, _HAS),
        "datetime": filterable(_event.time, Kind.MOMENT, COMPARISONS),
        "timestamp": filterable(_event.time, Kind.SECONDS, COMPARISONS),
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
