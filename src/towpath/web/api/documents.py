"""Writing JSON:API documents from rows and descriptions."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import msgspec
from sqlalchemy import Row
from starlette.responses import Response

from towpath.web.api.description import Relation, Resource, Values, show_id
from towpath.web.api.parameters import CURSOR, Parameters, Position, write_cursor
from towpath.web.api.reading import Found, wanted_attributes
from towpath.web.api.resources import RESOURCES

Linked = Mapping[str, Mapping[Any, Sequence[Any]]]

MEDIA_TYPE = "application/vnd.api+json"


def respond(document: Mapping[str, Any], *, status: int = 200) -> Response:
    """Answer with a document."""
    return Response(msgspec.json.encode(document), status_code=status, media_type=MEDIA_TYPE)


def resource_object(
    resource: Resource,
    row: Row[Any],
    extras: Values,
    parameters: Parameters,
    base: str,
    *,
    linked: Linked | None = None,
) -> dict[str, Any]:
    """Write one resource; `base` is the address of the API without its path.

    `linked` holds, by relation and id of the row, the ids that a relation to many leads to.
    """
    shown_id = show_id(resource.id_kind, row.id)
    itself = f"{base}/api/{resource.path}/{shown_id}"
    wanted = wanted_attributes(resource, parameters)
    attributes = {
        name: attribute.read(row, extras)
        for name, attribute in resource.attributes.items()
        if name in wanted
    }
    sparse = parameters.fields.get(resource.name)
    if sparse is not None:
        attributes = _narrowed(attributes, sparse, parameters.additional)
    written: dict[str, Any] = {"type": resource.name, "id": shown_id, "attributes": attributes}
    if resource.relations:
        written["relationships"] = {
            name: _linkage(relation, row, (linked or {}).get(name))
            | {"links": relationship_links(itself, name)}
            for name, relation in resource.relations.items()
        }
    return written | {"links": {"self": itself}}


def relationship_links(itself: str, name: str) -> dict[str, str]:
    """Write the addresses of a relation: of the link, and of what it leads to."""
    return {"self": f"{itself}/relationships/{name}", "related": f"{itself}/{name}"}


def _linkage(
    relation: Relation, row: Row[Any], linked: Mapping[Any, Sequence[Any]] | None
) -> dict[str, Any]:
    """Write what a relation leads to; of one to many only when that has been read."""
    if not relation.is_many:
        return {"data": identifier(relation, row)}
    if linked is None:
        return {}
    target = RESOURCES[relation.target]
    return {"data": [resource_identifier(target, each) for each in linked.get(row.id, ())]}


def identifier(relation: Relation, row: Row[Any]) -> dict[str, str] | None:
    """Write the type and id of what a relation to one leads to; None when to nothing."""
    value = getattr(row, relation.column.key or "")
    return None if value is None else resource_identifier(RESOURCES[relation.target], value)


def resource_identifier(resource: Resource, own_id: Any) -> dict[str, str]:
    """Write the type and id of a resource."""
    return {"type": resource.name, "id": show_id(resource.id_kind, own_id)}


def collection_links(
    resource: Resource,
    found: Found,
    parameters: Parameters,
    path: str,
    query: Sequence[tuple[str, str]],
) -> dict[str, str | None]:
    """Write the addresses of this page and its neighbours, keeping every other parameter.

    `path` is the address of the list without parameters.
    """
    kept = [(name, value) for name, value in query if name != CURSOR]
    sort = f"{'-' if parameters.is_descending else ''}{parameters.sort}"
    kind = resource.sorts[parameters.sort].kind

    def address(position: Position | None) -> str | None:
        if position is None:
            return None
        shown_id = show_id(resource.id_kind, position.id)
        cursor = write_cursor(sort, kind, position, shown_id=shown_id)
        return f"{path}?{urlencode([*kept, (CURSOR, cursor)])}"

    return {
        "self": f"{path}?{urlencode(query)}" if query else path,
        "prev": address(found.before),
        "next": address(found.after),
    }


def _narrowed(
    attributes: dict[str, Any], sparse: tuple[str, ...], additional: frozenset[str]
) -> dict[str, Any]:
    """Keep the named members, also single ones of an object (`location.city`)."""
    kept: dict[str, Any] = {}
    for name in [*sparse, *additional]:
        top, _, below = name.partition(".")
        if top not in attributes:
            continue
        value = attributes[top]
        if below and isinstance(value, Mapping) and below in value:
            inner = kept.setdefault(top, {})
            if isinstance(inner, dict):
                inner[below] = value[below]
        elif not below:
            kept[top] = value
    return kept
