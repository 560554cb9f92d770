"""The API reference at `/docs`: one page made from the OpenAPI document, all of it our own."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import Response

from towpath import accounts
from towpath.kit.pages import Pages

PAGES: Final = Pages("towpath.web")
METHODS: Final = ("get", "post", "put", "patch", "delete")
OTHER_TAG: Final = "Other"

router = APIRouter(include_in_schema=False)

Json = Mapping[str, Any]  # Any: an OpenAPI document is arbitrary JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A parameter, or a member of a body."""

    name: str
    where: str
    kind: str
    is_required: bool
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of one path."""

    anchor: str
    method: str
    path: str
    title: str
    text: str
    fields: tuple[Field, ...]
    statuses: tuple[str, ...]


def describe_access(app: FastAPI) -> None:
    """Say in the OpenAPI document of `app` how to authenticate."""
    describe = app.openapi

    def describe_with_access() -> dict[str, Any]:
        document = describe()
        document["security"] = [{"ApiKey": []}, {"Session": []}]
        document.setdefault("components", {})["securitySchemes"] = {
            "ApiKey": {
                "type": "apiKey",
                "in": "header",
                "name": "Authorization",
                "description": "Klaviyo-API-Key pk_… or Bearer pk_…",
            },
            "Session": {
                "type": "apiKey",
                "in": "cookie",
                "name": accounts.SESSION_COOKIE,
                "description": "Signing in sets it; changes also send X-CSRF-Token.",
            },
        }
        return document

    app.openapi = describe_with_access  # type: ignore[method-assign] # the framework's own way


@router.get("/docs")
async def show_reference(request: Request) -> Response:
    """Show every operation of the APIs, by topic."""
    app: FastAPI = request.app
    document = app.openapi()
    topics: dict[str, list[Operation]] = {}
    for tag, operation in read_operations(document):
        topics.setdefault(tag, []).append(operation)
    return PAGES.render("reference.html", topics=topics, version=document["info"]["version"])


def read_operations(document: Json) -> Iterator[tuple[str, Operation]]:
    """Return the operations of an OpenAPI document with their topic, in the document's order."""
    for path, methods in document["paths"].items():
        for method in METHODS:
            described = methods.get(method)
            if described is None:
                continue
            yield (
                (described.get("tags") or [OTHER_TAG])[0],
                Operation(
                    anchor=described["operationId"],
                    method=method.upper(),
                    path=path,
                    title=described.get("summary", ""),
                    text=described.get("description", ""),
                    fields=tuple(_fields(document, described)),
                    statuses=tuple(described.get("responses", {})),
                ),
            )


def _fields(document: Json, described: Json) -> Iterator[Field]:
    for parameter in described.get("parameters", []):
        yield Field(
            name=parameter["name"],
            where=parameter["in"],
            kind=_kind(document, parameter.get("schema", {})),
            is_required=parameter.get("required", False),
            text=parameter.get("description", ""),
        )
    for content in described.get("requestBody", {}).get("content", {}).values():
        schema = _resolved(document, content.get("schema", {}))
        required = schema.get("required", [])
        for name, member in schema.get("properties", {}).items():
            yield Field(
                name=name,
                where="body",
                kind=_kind(document, member),
                is_required=name in required,
                text=_resolved(document, member).get("description", ""),
            )


def _resolved(document: Json, schema: Json) -> Json:
    reference = schema.get("$ref")
    if reference is None:
        return schema
    resolved: Json = document["components"]["schemas"][reference.rpartition("/")[2]]
    return resolved


def _kind(document: Json, schema: Json) -> str:
    """Say what a value is, in a few words."""
    if "anyOf" in schema:
        return " or ".join(_kind(document, each) for each in schema["anyOf"])
    resolved = _resolved(document, schema)
    if "enum" in resolved:
        return " | ".join(str(value) for value in resolved["enum"])
    if resolved.get("type") == "array":
        return f"list of {_kind(document, resolved.get('items', {}))}"
    return str(resolved.get("format") or resolved.get("type") or "any")
