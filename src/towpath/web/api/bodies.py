"""Request bodies of the API: JSON:API documents to drafts, every refusal with its pointer."""

import re
from collections.abc import Container, Iterable, Mapping
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from starlette.requests import Request

from towpath import people
from towpath.kit import ids, json_values
from towpath.kit.errors import Invalid, Problem, Problems
from towpath.kit.json_values import BadJson

PROBLEMS_MAX: Final = 50
EVENT_FIELDS: Final = frozenset(
    {"properties", "time", "value", "value_currency", "unique_id", "backfill"}
)
# Browser-side identities of the original: taken and not used.
IGNORED_IDENTIFIERS: Final = frozenset({"anonymous_id", "_kx"})
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")

Json = Mapping[str, Any]  # Any: what a client sent


class BadDocument(Invalid):
    """The body is not the JSON:API document that this endpoint takes."""


class BadRevision(Invalid):
    """The revision header must be a date such as 2026-10-15, with or without a suffix."""


def check_revision(request: Request) -> None:
    """Accept any date; shapes have not changed between the revisions that are served."""
    revision = request.headers.get("revision")
    if revision is not None and not _is_revision(revision):
        raise BadRevision(parameter="revision")


def _is_revision(text: str) -> bool:
    day, _, _suffix = text.partition(".")
    try:
        date.fromisoformat(day)
    except ValueError:
        return False
    return _DAY.fullmatch(day) is not None


async def read_document(request: Request) -> Json:
    """Decode the body; values are checked where they are stored. Raises `BadJson`."""
    try:
        document = msgspec.json.decode(await request.body())
    except ValueError as problem:  # msgspec's own errors, bad UTF-8, numbers of 5,000 digits
        raise BadJson(f"The body is not valid JSON: {problem}.") from None
    except RecursionError:
        raise BadJson("The body is nested too deeply.") from None
    return as_object(document, "")


def read_resource(document: Json, kind: str, pointer: str = "") -> Json:
    """Return `data` of a document, which must be a resource of this type."""
    data = as_object(document.get("data"), f"{pointer}/data")
    if data.get("type") != kind:
        raise BadDocument(f"type must be '{kind}'.", pointer=f"{pointer}/data/type")
    return data


def read_named_resource(document: Json, kind: str, shown_id: str) -> Json:
    """Return `data` of a document, which must be the resource that the address names."""
    data = read_resource(document, kind)
    if data.get("id") != shown_id:
        raise BadDocument("id must be the one in the address.", pointer="/data/id")
    return data


def check_fields(attributes: Json, known: Container[str], kind: str) -> None:
    """Refuse attributes that a resource does not take here."""
    for field in attributes:
        if field not in known:
            raise BadDocument(
                f"'{field}' is not a field of a {kind} that can be written here.",
                pointer=f"/data/attributes/{json_values.escape(field)}",
            )


def read_attributes(data: Json, pointer: str = "/data") -> Json:
    """Return the attributes of a resource."""
    return as_object(data.get("attributes", {}), f"{pointer}/attributes")


def read_profile(
    data: Json, pointer: str = "/data", *, profile_id: UUID | None = None, is_event: bool = False
) -> people.ProfileDraft:
    """Read a profile resource: its attributes and `meta.patch_properties`.

    In an event a null identifier means "not known"; elsewhere it clears. `profile_id` stands for
    the id in the address.
    """
    attributes = read_attributes(data, pointer)
    if not IGNORED_IDENTIFIERS.isdisjoint(attributes):
        kept = attributes.items()
        attributes = {name: value for name, value in kept if name not in IGNORED_IDENTIFIERS}
    given_id = data.get("id")
    if profile_id is None and given_id is not None:
        profile_id = ids.from_base32(given_id) if isinstance(given_id, str) else None
        if profile_id is None:
            raise people.ProfileNotFound(pointer=f"{pointer}/id")
    if is_event and "meta" in attributes:
        attributes = dict(attributes)
        meta = as_object(attributes.pop("meta") or {}, f"{pointer}/attributes/meta")
    else:
        meta = as_object(data.get("meta") or {}, f"{pointer}/meta")
    patch = as_object(meta.get("patch_properties") or {}, f"{pointer}/meta/patch_properties")
    try:
        draft = people.profile_draft(
            attributes,
            profile_id=profile_id,
            patch=patch,
            null_clears_identifiers=not is_event,
        )
    except Problem as problem:
        is_patch = (problem.pointer or "").startswith("/patch_properties")
        raise problem.under(f"{pointer}/{'meta' if is_patch else 'attributes'}") from None
    if not draft.has_name:
        raise people.InvalidProfile(
            "A profile needs at least one of id, email, phone_number and external_id.",
            pointer=f"{pointer}/attributes",
        )
    return draft


def read_event(document: Json, *, now: datetime) -> people.EventDraft:
    """Read the body of `POST /api/events`."""
    data = read_resource(document, "event")
    attributes = read_attributes(data)
    pointer = "/data/attributes"
    profile = read_resource(
        as_object(attributes.get("profile"), f"{pointer}/profile"),
        "profile",
        f"{pointer}/profile",
    )
    draft = read_profile(profile, f"{pointer}/profile/data", is_event=True)
    return _event(attributes, pointer, profile=draft, now=now)


def read_bulk_events(document: Json, *, now: datetime) -> list[people.EventDraft]:
    """Read the body of `POST /api/event-bulk-create-jobs`; everything is valid or nothing is.

    Raises `Problems` with up to `PROBLEMS_MAX` entries.
    """
    attributes = read_attributes(read_resource(document, "event-bulk-create-job"))
    pointer = "/data/attributes/events-bulk-create"
    groups = _list(attributes.get("events-bulk-create"), pointer)
    drafts: list[people.EventDraft] = []
    problems: list[Problem] = []
    for index, group in enumerate(groups):
        _read_group(group, f"{pointer}/data/{index}", now=now, drafts=drafts, problems=problems)
        if len(problems) >= PROBLEMS_MAX:
            break
    if problems:
        raise Problems(problems) if len(problems) > 1 else problems[0]
    return drafts


def _read_group(
    group: object,
    pointer: str,
    *,
    now: datetime,
    drafts: list[people.EventDraft],
    problems: list[Problem],
) -> None:
    """Read one person with their events, adding to `drafts` or `problems`."""
    try:
        attributes = read_attributes(read_typed(group, "event-bulk-create", pointer), pointer)
        pointer += "/attributes"
        profile = read_resource(
            as_object(attributes.get("profile"), f"{pointer}/profile"),
            "profile",
            f"{pointer}/profile",
        )
        draft = read_profile(profile, f"{pointer}/profile/data", is_event=True)
        backfill = attributes.get("backfill", False)
        if not isinstance(backfill, bool):
            raise BadDocument("backfill must be true or false.", pointer=f"{pointer}/backfill")
        events = _list(attributes.get("events"), f"{pointer}/events")
    except Problem as problem:
        problems.append(problem)
        return
    if len(drafts) + len(events) > people.EVENTS_PER_REQUEST_MAX:
        detail = f"A request carries at most {people.EVENTS_PER_REQUEST_MAX:,} events."
        raise BadDocument(detail, pointer=f"{pointer}/events")
    for index, event in enumerate(events):
        where = f"{pointer}/events/data/{index}"
        try:
            values = read_attributes(read_typed(event, "event", where), where)
            own = _event(values, f"{where}/attributes", profile=draft, now=now, backfill=backfill)
        except Problem as problem:
            problems.append(problem)
            if len(problems) >= PROBLEMS_MAX:
                return
        else:
            drafts.append(own)


def _event(
    attributes: Json,
    pointer: str,
    *,
    profile: people.ProfileDraft,
    now: datetime,
    backfill: bool = False,
) -> people.EventDraft:
    metric: Any = attributes.get("metric")
    try:
        named = metric["data"]["attributes"]
        name, service, kind = named["name"], named.get("service"), metric["data"]["type"]
    except (TypeError, KeyError, AttributeError):
        raise BadDocument(
            "Name the metric as {'data': {'type': 'metric', 'attributes': {'name': …}}}.",
            pointer=f"{pointer}/metric",
        ) from None
    if kind != "metric":
        raise BadDocument("type must be 'metric'.", pointer=f"{pointer}/metric/data/type")
    try:
        name = people.metric_name(name)
        service = people.metric_name(service) if service is not None else "api"
    except Problem as problem:
        raise problem.under(f"{pointer}/metric/data/attributes") from None
    unknown = attributes.keys() - EVENT_FIELDS - {"metric", "profile"}
    if unknown:
        field = min(unknown)
        raise BadDocument(
            f"'{field}' is not a field of an event.",
            pointer=f"{pointer}/{json_values.escape(field)}",
        )
    try:
        return people.event_draft(
            attributes,
            profile=profile,
            metric_name=name,
            service=service,
            now=now,
            backfill=backfill,
        )
    except Problem as problem:
        raise problem.under(pointer) from None


def read_text(attributes: Json, name: str) -> str:
    """Return an attribute that must be a text."""
    value = attributes.get(name)
    if not isinstance(value, str):
        raise BadDocument(f"{name} must be a text.", pointer=f"/data/attributes/{name}")
    json_values.check_storable(value, pointer=f"/data/attributes/{name}")
    return value


def read_object(container: Json, name: str, pointer: str) -> Json:
    """Return the member `name` of what stands at `pointer`; it must be an object."""
    return as_object(container.get(name), f"{pointer}/{name}")


def read_id(data: Json, pointer: str = "/data") -> str:
    """Return the id of a resource, which must be a text."""
    own_id = data.get("id")
    if not isinstance(own_id, str):
        raise BadDocument("id must be a text.", pointer=f"{pointer}/id")
    json_values.check_storable(own_id, pointer=f"{pointer}/id")
    return own_id


def read_relationships(data: Json) -> Json:
    """Return the relationships of a resource."""
    return as_object(data.get("relationships"), "/data/relationships")


def read_identifiers(data: Iterable[object], kind: str, pointer: str) -> list[str]:
    """Read `[{"type": …, "id": …}]`."""
    found = []
    for index, item in enumerate(data):
        identifier = read_typed(item, kind, f"{pointer}/{index}").get("id")
        if not isinstance(identifier, str):
            raise BadDocument("id must be a text.", pointer=f"{pointer}/{index}/id")
        found.append(identifier)
    return found


def read_list(container: object, pointer: str) -> list[Any]:
    """Return the list in `{"data": […]}`."""
    return _list(container, pointer)


def read_typed(value: object, kind: str, pointer: str) -> Json:
    """Return an object with this `type`."""
    item = as_object(value, pointer)
    if item.get("type") != kind:
        raise BadDocument(f"type must be '{kind}'.", pointer=f"{pointer}/type")
    return item


def as_object(value: object, pointer: str) -> Json:
    """Return an object."""
    if isinstance(value, dict):
        return value
    detail = "This must be an object." if pointer else "The body must be a JSON object."
    raise BadDocument(detail, pointer=pointer)


def _list(container: object, pointer: str) -> list[Any]:
    items = as_object(container, pointer).get("data")
    if not isinstance(items, list):
        raise BadDocument("This must be a list.", pointer=f"{pointer}/data")
    return items
