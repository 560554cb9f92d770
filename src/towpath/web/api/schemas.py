"""JSON schemas of request bodies and answers, for the OpenAPI document."""

from collections.abc import Mapping
from typing import Any, Final

from towpath import people
from towpath.web.api.description import Kind, Resource

Schema = dict[str, Any]  # Any: JSON Schema is JSON

_TEXT: Final[Schema] = {"type": "string"}
_OBJECT: Final[Schema] = {"type": "object"}
_BY_KIND: Final[Mapping[Kind, Schema]] = {
    Kind.TEXT: _TEXT,
    Kind.EMAIL: {"type": "string", "format": "email"},
    Kind.PHONE_NUMBER: _TEXT,
    Kind.LONG_ID: _TEXT,
    Kind.SHORT_ID: _TEXT,
    Kind.MOMENT: {"type": "string", "format": "date-time"},
    Kind.SECONDS: {"type": "integer"},
    Kind.NUMBER: {"type": "number"},
    Kind.FLAG: {"type": "boolean"},
    Kind.OBJECT: _OBJECT,
}


def document(kind: str, members: Schema, *, required: tuple[str, ...] = ()) -> Schema:
    """Describe `{"data": {"type": kind, …members}}`."""
    data = object_of({"type": {"type": "string", "enum": [kind]}, **members}, ("type", *required))
    return object_of({"data": data}, ("data",))


def attributes(members: Schema, *required: str) -> Schema:
    """Describe the attributes of a resource, as a member of it."""
    return {"attributes": object_of(members, required)}


def resource_schema(resource: Resource) -> Schema:
    """Describe one resource as answers hold it."""
    attributes = {
        name: _BY_KIND[each.kind] | {"description": each.text}
        for name, each in resource.attributes.items()
    }
    return object_of(
        {
            "type": {"type": "string", "enum": [resource.name]},
            "id": _TEXT,
            "attributes": object_of(attributes),
            "links": object_of({"self": _TEXT}, ("self",)),
        },
        ("type", "id", "attributes", "links"),
    )


def object_of(properties: Schema, required: tuple[str, ...] = ()) -> Schema:
    """Describe an object with these members."""
    return {"type": "object", "properties": properties} | (
        {"required": list(required)} if required else {}
    )


def _data(schema: Schema) -> Schema:
    return object_of({"data": schema}, ("data",))


def list_of(schema: Schema) -> Schema:
    """Describe `{"data": [schema, …]}`."""
    return _data({"type": "array", "items": schema})


def _nullable(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


_LOCATION: Final = object_of(
    {name: _nullable(_TEXT) for name in people.LOCATION_TEXTS}
    | {
        name: {"anyOf": [_TEXT, {"type": "number"}, {"type": "null"}]}
        for name in people.LOCATION_COORDINATES
    }
)
_PROFILE_ATTRIBUTES: Final = object_of(
    {name: _nullable(_TEXT) for name in (*people.Identifier, *people.ATTRIBUTES)}
    | {"location": _nullable(_LOCATION), "properties": _nullable(_OBJECT)}
)
_META: Final = object_of(
    {
        "patch_properties": object_of(
            {
                "append": _OBJECT,
                "unappend": _OBJECT,
                "unset": {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]},
            }
        )
    }
)
_PROFILE_MEMBERS: Final[Schema] = {"id": _TEXT, "attributes": _PROFILE_ATTRIBUTES, "meta": _META}
_EVENT_ATTRIBUTES: Final[Schema] = {
    "properties": {"type": "object", "maxProperties": people.EVENT_PROPERTIES_MAX},
    "time": {"type": "string", "format": "date-time"},
    "value": {"type": "number"},
    "value_currency": _TEXT,
    "unique_id": _TEXT,
    "backfill": {"type": "boolean"},
    "metric": document("metric", {"attributes": object_of({"name": _TEXT}, ("name",))}),
}
_PROFILE_OF_EVENT: Final = document("profile", _PROFILE_MEMBERS, required=("attributes",))

PROFILE_BODY: Final = document("profile", _PROFILE_MEMBERS, required=("attributes",))
PROFILE_PATCH_BODY: Final = document("profile", _PROFILE_MEMBERS, required=("id",))
EVENT_BODY: Final = document(
    "event",
    {
        "attributes": object_of(
            _EVENT_ATTRIBUTES | {"profile": _PROFILE_OF_EVENT}, ("properties", "metric", "profile")
        )
    },
    required=("attributes",),
)
BULK_EVENTS_BODY: Final = document(
    "event-bulk-create-job",
    {
        "attributes": object_of(
            {
                "events-bulk-create": list_of(
                    object_of(
                        {
                            "type": {"type": "string", "enum": ["event-bulk-create"]},
                            "attributes": object_of(
                                {
                                    "backfill": {"type": "boolean"},
                                    "profile": _PROFILE_OF_EVENT,
                                    "events": list_of(
                                        object_of(
                                            {
                                                "type": {"type": "string", "enum": ["event"]},
                                                "attributes": object_of(
                                                    _EVENT_ATTRIBUTES, ("properties", "metric")
                                                ),
                                            },
                                            ("type", "attributes"),
                                        )
                                    ),
                                },
                                ("profile", "events"),
                            ),
                        },
                        ("type", "attributes"),
                    )
                )
            },
            ("events-bulk-create",),
        )
    },
    required=("attributes",),
)
MERGE_BODY: Final = document(
    "profile-merge",
    {
        "id": _TEXT,
        "relationships": object_of(
            {
                "profiles": list_of(
                    object_of(
                        {"type": {"type": "string", "enum": ["profile"]}, "id": _TEXT},
                        ("type", "id"),
                    )
                )
            },
            ("profiles",),
        ),
    },
    required=("id", "relationships"),
)
