"""The API's part of the OpenAPI document, made from its operations."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from towpath.web.api.description import Resource
from towpath.web.api.documents import MEDIA_TYPE
from towpath.web.api.operations import Operation
from towpath.web.api.parameters import CURSOR, SIZE
from towpath.web.api.schemas import resource_schema

TAG: Final = "Compatible API"

Json = dict[str, Any]  # Any: an OpenAPI document is arbitrary JSON


def openapi_paths(operations: Iterable[Operation]) -> Mapping[str, Json]:
    """Return the path items of every operation."""
    paths: dict[str, Json] = {}
    for operation in operations:
        item = paths.setdefault(f"/api/{operation.path}", {})
        item[operation.method.lower()] = _described(operation)
    return paths


def _described(operation: Operation) -> Json:
    described: Json = {
        "operationId": operation.name,
        "summary": operation.summary,
        "tags": [TAG],
        "parameters": list(_parameters(operation)),
        "responses": {
            str(operation.status): _answer(operation),
            "4XX": {"description": "What is wrong, in `errors`."},
        },
        "security": [{"ApiKey": []}],
    }
    if operation.body is not None:
        described["requestBody"] = {
            "required": True,
            "content": {MEDIA_TYPE: {"schema": operation.body}},
        }
    return described


def _answer(operation: Operation) -> Json:
    if operation.resource is None:
        return {"description": "Done."}
    schema = resource_schema(operation.resource)
    data = {"type": "array", "items": schema} if operation.is_list else schema
    content = {"schema": {"type": "object", "properties": {"data": data}}}
    return {"description": "Found.", "content": {MEDIA_TYPE: content}}


def _parameters(operation: Operation) -> Iterator[Json]:
    yield _parameter("revision", "Any date; the newest shapes are served.", where="header")
    if "{id}" in operation.path:
        yield _parameter("id", "Its id.", where="path") | {"required": True}
    resource = operation.resource
    if resource is None:
        return
    yield _parameter(f"fields[{resource.name}]", "Only these fields, separated by commas.")
    additional = [name for name, each in resource.attributes.items() if each.is_additional]
    if additional:
        yield _parameter(
            f"additional-fields[{resource.name}]", f"Also these: {', '.join(additional)}."
        )
    if resource.relations and operation.method == "GET":
        yield _parameter("include", f"Related resources: {', '.join(resource.relations)}.")
    if operation.is_list:
        yield from _list_parameters(resource)


def _list_parameters(resource: Resource) -> Iterator[Json]:
    taken = "; ".join(
        f"{name}: {', '.join(sorted(each.operators))}" for name, each in resource.filters.items()
    )
    yield _parameter("filter", f"Conditions joined by commas, e.g. equals(field,value). {taken}.")
    yield _parameter("sort", f"One of {', '.join(resource.sorts)}, descending with a '-'.")
    yield _parameter(CURSOR, "From `links` of a page, alone or as the whole address.")
    yield _parameter(SIZE, f"Rows in a page, {resource.page_size} by default.") | {
        "schema": {"type": "integer", "minimum": 1, "maximum": resource.page_size_max}
    }


def _parameter(name: str, text: str, *, where: str = "query") -> Json:
    return {"name": name, "in": where, "description": text, "schema": {"type": "string"}}
