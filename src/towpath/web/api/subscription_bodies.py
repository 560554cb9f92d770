"""Bodies that say who subscribes, unsubscribes or is suppressed; refused with their pointers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from towpath import people, subscriptions
from towpath.kit.errors import Problem, Problems
from towpath.kit.json_values import check_storable, escape
from towpath.people import Channel, ConsentStatus
from towpath.web.api.bodies import (
    IGNORED_IDENTIFIERS,
    PROBLEMS_MAX,
    BadDocument,
    Json,
    as_object,
    read_attributes,
    read_list,
    read_profile,
    read_relationships,
    read_resource,
    read_typed,
)

PROFILES_PER_REQUEST_MAX: Final = 1_000
CUSTOM_SOURCE_CHARACTERS_MAX: Final = 255
CHANNELS: Final[Mapping[tuple[str, str], Channel]] = {
    ("email", "marketing"): Channel.EMAIL,
    ("sms", "marketing"): Channel.SMS_MARKETING,
    ("sms", "transactional"): Channel.SMS_TRANSACTIONAL,
}
_POINTER: Final = "/data/attributes"
_IDENTIFIERS: Final = frozenset({"email", "phone_number"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionBody:
    """Who said what, about which list."""

    subscribers: list[subscriptions.Subscriber]
    list_id: str | None
    custom_source: str | None
    is_historical: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressionBody:
    """Whom to suppress: addresses, or everybody on a list."""

    emails: list[str]
    list_id: str | None


def read_subscription(
    document: Json, kind: str, status: ConsentStatus, *, now: datetime
) -> SubscriptionBody:
    """Read the body of a job that subscribes or unsubscribes; everything is valid or nothing is.

    Raises `Problems` with up to `PROBLEMS_MAX` entries.
    """
    data = read_resource(document, kind)
    attributes = read_attributes(data)
    is_historical = attributes.get("historical_import") or False
    if not isinstance(is_historical, bool):
        raise BadDocument(
            "historical_import must be true or false.", pointer=f"{_POINTER}/historical_import"
        )
    found: list[subscriptions.Subscriber] = []
    problems: list[Problem] = []
    for index, item in enumerate(_read_people(attributes)):
        where = f"{_POINTER}/profiles/data/{index}"
        try:
            found.append(_subscriber(item, where, status, is_historical=is_historical, now=now))
        except Problem as problem:
            problems.append(problem)
            if len(problems) >= PROBLEMS_MAX:
                break
    if problems:
        raise Problems(problems) if len(problems) > 1 else problems[0]
    return SubscriptionBody(
        subscribers=found,
        list_id=_read_list_id(data),
        custom_source=_read_custom_source(attributes),
        is_historical=is_historical,
    )


def read_suppression(document: Json, kind: str) -> SuppressionBody:
    """Read the body of a job that suppresses people, or ends that."""
    data = read_resource(document, kind)
    list_id = _read_list_id(data)
    attributes = read_attributes(data)
    has_people = attributes.get("profiles") is not None
    if has_people == (list_id is not None):
        raise BadDocument("Name either profiles or a list.", pointer=f"{_POINTER}/profiles")
    emails: list[str] = []
    for index, item in enumerate(_read_people(attributes) if has_people else ()):
        pointer = f"{_POINTER}/profiles/data/{index}"
        given = read_attributes(read_typed(item, "profile", pointer), pointer).get("email")
        if not isinstance(given, str):
            raise BadDocument("email must be a text.", pointer=f"{pointer}/attributes/email")
        try:
            check_storable(given, pointer="/email")
            emails.append(people.normalised_email(given))
        except Problem as problem:
            raise problem.under(f"{pointer}/attributes") from None
    return SuppressionBody(emails=emails, list_id=list_id)


def _read_people(attributes: Json) -> list[object]:
    pointer = f"{_POINTER}/profiles"
    given = read_list(attributes.get("profiles"), pointer)
    if not 0 < len(given) <= PROFILES_PER_REQUEST_MAX:
        detail = f"A request names 1 to {PROFILES_PER_REQUEST_MAX:,} profiles."
        raise BadDocument(detail, pointer=f"{pointer}/data")
    return given


def _read_list_id(data: Json) -> str | None:
    if data.get("relationships") is None:
        return None
    pointer = "/data/relationships"
    relationships = read_relationships(data)
    if relationships.get("segment") is not None:
        raise BadDocument(
            "There are no segments yet; name a list or profiles.", pointer=f"{pointer}/segment"
        )
    if relationships.get("list") is None:
        return None
    pointer += "/list"
    named = as_object(relationships["list"], pointer).get("data")
    list_id = read_typed(named, "list", f"{pointer}/data").get("id")
    if not isinstance(list_id, str):
        raise BadDocument("id must be a text.", pointer=f"{pointer}/data/id")
    check_storable(list_id, pointer=f"{pointer}/data/id")
    return list_id


def _read_custom_source(attributes: Json) -> str | None:
    given = attributes.get("custom_source")
    if given is None:
        return None
    pointer = f"{_POINTER}/custom_source"
    if not isinstance(given, str) or not 0 < len(given) <= CUSTOM_SOURCE_CHARACTERS_MAX:
        raise BadDocument(
            f"custom_source is a text of 1 to {CUSTOM_SOURCE_CHARACTERS_MAX} characters.",
            pointer=pointer,
        )
    check_storable(given, pointer=pointer)
    return given


def _subscriber(
    item: object, pointer: str, status: ConsentStatus, *, is_historical: bool, now: datetime
) -> subscriptions.Subscriber:
    data = read_typed(item, "profile", pointer)
    attributes = read_attributes(data, pointer)
    where = f"{pointer}/attributes"
    unknown = attributes.keys() - _IDENTIFIERS - IGNORED_IDENTIFIERS - {"subscriptions"}
    if unknown:
        field = min(unknown)
        raise BadDocument(
            f"'{field}' cannot be set here; give email, phone_number and subscriptions.",
            pointer=f"{where}/{escape(field)}",
        )
    identifiers = {name: attributes[name] for name in _IDENTIFIERS & attributes.keys()}
    named = {"type": "profile", "id": data.get("id"), "attributes": identifiers}
    draft = read_profile(named, pointer, is_event=True)  # null means "not known"
    since = _read_words(
        attributes.get("subscriptions"),
        f"{where}/subscriptions",
        status,
        is_historical=is_historical,
        now=now,
    )
    for channel in since:
        needed = "email" if channel is Channel.EMAIL else "phone_number"
        if getattr(draft, needed) is None:
            raise subscriptions.ConsentOfNobody(pointer=f"{where}/{needed}")
    return subscriptions.Subscriber(profile=draft, since=since)


def _read_words(
    given: object, pointer: str, status: ConsentStatus, *, is_historical: bool, now: datetime
) -> dict[Channel, datetime]:
    """Read since when each channel's consent is given or withdrawn."""
    since: dict[Channel, datetime] = {}
    for name, purposes in as_object(given, pointer).items():
        if purposes is None:
            continue
        for purpose, said in as_object(purposes, f"{pointer}/{escape(name)}").items():
            if said is None:
                continue
            where = f"{pointer}/{escape(name)}/{escape(purpose)}"
            channel = CHANNELS.get((name, purpose))
            if channel is None:
                known = ", ".join(f"{first}.{second}" for first, second in CHANNELS)
                raise BadDocument(f"Consent is kept for {known}.", pointer=where)
            word = as_object(said, where)
            if word.get("consent") != status.value.upper():
                raise BadDocument(
                    f"consent must be '{status.value.upper()}'.", pointer=f"{where}/consent"
                )
            since[channel] = _read_moment(
                word.get("consented_at"),
                f"{where}/consented_at",
                is_historical=is_historical,
                now=now,
            )
    if not since:
        raise BadDocument("Name at least one channel, e.g. email.marketing.", pointer=pointer)
    return since


def _read_moment(given: object, pointer: str, *, is_historical: bool, now: datetime) -> datetime:
    """Read `consented_at`, which belongs to historical consent and is in the past."""
    if not is_historical:
        if given is not None:
            raise BadDocument("consented_at needs historical_import: true.", pointer=pointer)
        return now
    try:
        moment = datetime.fromisoformat(given) if isinstance(given, str) else None
        moment = moment and (moment if moment.tzinfo else moment.replace(tzinfo=UTC))
        moment = moment and moment.astimezone(UTC)
    except (ValueError, OverflowError):
        moment = None
    if moment is None or moment > now:
        raise BadDocument(
            "consented_at must be a moment in the past, e.g. 2026-10-20T09:59:00Z.",
            pointer=pointer,
        )
    return moment
