"""Reading request bodies: JSON and forms that hold nothing PostgreSQL cannot store."""

from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import parse_qsl

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from towpath.kit import json_values
from towpath.kit.errors import Invalid, TooLarge

FORM_BYTES_MAX = 65_536
FORM_FIELDS_MAX = 100
FORM_TYPE = "application/x-www-form-urlencoded"


class BadForm(Invalid):
    """The form could not be read; reload the page and send it again."""

    code = "invalid_form"


class _StorableRequest(Request):
    """A request whose JSON is refused when PostgreSQL cannot store a value of it."""

    async def json(self) -> Any:
        return json_values.decode(await self.body())


class JsonRoute(APIRoute):
    """A route whose Pydantic body is decoded by `kit.json_values`, so bad text is a 400."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Hand the framework's handler a request that checks its JSON."""
        handle = super().get_route_handler()

        async def handle_storable(request: Request) -> Response:
            return await handle(_StorableRequest(request.scope, request.receive))

        return handle_storable


async def read_form(request: Request) -> dict[str, str]:
    """Return the fields of a posted HTML form; of a repeated field, the last value.

    Raises `BadForm` (not a form, not UTF-8, too many fields, text that cannot be stored) or
    `TooLarge`.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM_TYPE:
        raise BadForm(f"Send the form as {FORM_TYPE}.")
    body = await request.body()
    if len(body) > FORM_BYTES_MAX:
        raise TooLarge(f"A form may be at most {FORM_BYTES_MAX} bytes.")
    try:
        fields = parse_qsl(
            body.decode(),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=FORM_FIELDS_MAX,
        )
    except ValueError:
        raise BadForm from None
    form = dict(fields)
    json_values.check_storable(form)
    return form
