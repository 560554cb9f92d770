"""Errors over HTTP: one shape for programs, a page for people, no details of our bugs."""

import json
from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Query
from pydantic import BaseModel
from sqlalchemy import literal, select, text
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs

from tests.application import client_of, make_runtime
from towpath.kit import db, http
from towpath.kit.config import Settings
from towpath.kit.errors import Conflict, Invalid, Problems, Throttled
from towpath.web import create_app

BODY_BYTES_MAX = 10_000

router = APIRouter(route_class=http.JsonRoute)


class Parcel(BaseModel):
    name: str
    weights: list[int] = []


@router.post("/v1/parcels")
async def take_parcel(parcel: Parcel, size: Annotated[int, Query(ge=1)] = 1) -> Parcel:
    return parcel


@router.get("/v1/broken")
@router.get("/broken")
async def break_down() -> None:
    secret = "pk_this_is_in_the_message"
    raise RuntimeError(f"the database password is hunter2, the key {secret}")


@router.get("/v1/problems/{kind}")
async def raise_problem(kind: str) -> None:
    match kind:
        case "conflict":
            raise Conflict("Taken.", pointer="/data/attributes/email", meta={"owner": "x"})
        case "throttled":
            raise Throttled(retry_after_seconds=7)
        case _:
            raise Problems([Invalid("One.", pointer="/a"), Invalid("Two.", parameter="filter")])


@router.get("/v1/database/{statement}")
async def ask_database(statement: str, conn: http.Transaction) -> None:
    if statement == "lost":
        await conn.execute(select(text("pg_terminate_backend(pg_backend_pid())")))
    await conn.execute(select(literal(1) / literal(0)))


@pytest.fixture(scope="module")
def app(engine: AsyncEngine) -> FastAPI:
    settings = Settings(body_bytes_max=BODY_BYTES_MAX)
    return create_app(make_runtime(engine, settings=settings), routers=[router])


async def test_a_problem_has_the_error_body_of_the_api(client: httpx.AsyncClient) -> None:
    response = await client.get("/v1/problems/conflict")

    assert response.status_code == 409
    [error] = response.json()["errors"]
    UUID(error.pop("id"))
    assert error == {
        "status": 409,
        "code": "conflict",
        "title": "Conflict.",
        "detail": "Taken.",
        "source": {"pointer": "/data/attributes/email"},
        "links": {},
        "meta": {"owner": "x"},
    }


async def test_several_problems_are_reported_together_with_ids_of_their_own(
    client: httpx.AsyncClient,
) -> None:
    response = await client.get("/v1/problems/several")

    errors = response.json()["errors"]
    assert response.status_code == 400
    assert [error["source"] for error in errors] == [{"pointer": "/a"}, {"parameter": "filter"}]
    assert len({error["id"] for error in errors}) == 2


async def test_retry_after_is_a_whole_number_of_seconds(client: httpx.AsyncClient) -> None:
    response = await client.get("/v1/problems/throttled")

    assert response.status_code == 429
    assert response.headers["retry-after"] == "7"


@pytest.mark.parametrize(
    ("body", "source", "code"),
    [
        ({}, {"pointer": "/name"}, "invalid"),
        ({"name": 1}, {"pointer": "/name"}, "invalid"),
        ({"name": "a", "weights": [1, "x"]}, {"pointer": "/weights/1"}, "invalid"),
        ({"name": "a\x00b"}, {"pointer": "/name"}, "invalid_json"),
        ([], {"pointer": ""}, "invalid"),
    ],
)
async def test_a_bad_body_is_named_by_its_pointer(
    client: httpx.AsyncClient, body: object, source: dict[str, str], code: str
) -> None:
    response = await client.post("/v1/parcels", json=body)

    assert response.status_code == 400
    [error] = response.json()["errors"]
    assert (error["source"], error["code"]) == (source, code)


@pytest.mark.parametrize(
    "body", [b"{", b'{"name": "\xff"}', b'{"name": "\\ud800"}', b"nul", b"[" * 5_000]
)
async def test_what_is_no_json_is_a_400(client: httpx.AsyncClient, body: bytes) -> None:
    response = await client.post(
        "/v1/parcels", content=body, headers={"Content-Type": "application/json"}
    )

    assert response.status_code == 400
    assert response.json()["errors"][0]["code"] == "invalid_json"


async def test_a_bad_parameter_is_named(client: httpx.AsyncClient) -> None:
    response = await client.post("/v1/parcels", params={"size": "many"}, json={"name": "a"})

    assert response.status_code == 400
    assert response.json()["errors"][0]["source"] == {"parameter": "size"}


@pytest.mark.parametrize("path", ["/api/nothing", "/v1/nothing", "/v1", "/client/x"])
async def test_an_unknown_address_of_an_api_is_json_also_for_browsers(
    client: httpx.AsyncClient, path: str
) -> None:
    response = await client.get(path, headers={"Accept": "text/html"})

    assert response.status_code == 404
    assert response.json()["errors"][0]["code"] == "not_found"


async def test_an_unknown_page_is_a_page_for_browsers(client: httpx.AsyncClient) -> None:
    page = await client.get("/nothing", headers={"Accept": "text/html"})
    program = await client.get("/nothing")

    assert page.status_code == program.status_code == 404
    assert "<h1>Not found</h1>" in page.text
    assert program.json()["errors"][0]["code"] == "not_found"


async def test_a_wrong_method_names_those_that_work(client: httpx.AsyncClient) -> None:
    response = await client.delete("/v1/health")

    assert response.status_code == 405
    assert response.json()["errors"][0]["code"] == "method_not_allowed"
    assert response.headers["allow"] == "GET"


@pytest.mark.parametrize("path", ["/v1/broken", "/broken"])
async def test_a_bug_is_logged_once_with_its_id_and_shows_no_details(
    client: httpx.AsyncClient, path: str
) -> None:
    with capture_logs() as logs:
        response = await client.get(path, headers={"Accept": "text/html"})

    assert response.status_code == 500
    assert "hunter2" not in response.text
    assert response.headers["x-content-type-options"] == "nosniff"
    [entry] = [entry for entry in logs if entry["event"] == "request_failed"]
    assert str(entry["error_id"]) in response.text
    assert isinstance(entry["exc_info"], RuntimeError)


async def test_a_lost_database_connection_is_a_503_to_be_repeated(
    client: httpx.AsyncClient,
) -> None:
    response = await client.get("/v1/database/lost")

    assert response.status_code == 503
    assert response.json()["errors"][0]["code"] == "unavailable"
    assert int(response.headers["retry-after"]) > 0
    assert (await client.get("/v1/health")).status_code == 200


async def test_a_failing_statement_is_a_bug_and_no_503(client: httpx.AsyncClient) -> None:
    with capture_logs() as logs:
        response = await client.get("/v1/database/wrong")

    assert response.status_code == 500
    assert "division" not in response.text
    assert "SQL parameters hidden" in str(logs[0]["exc_info"])


async def test_without_a_database_health_says_so() -> None:
    engine = db.create_engine("postgresql://nobody@/none?host=/nonexistent")
    app = create_app(make_runtime(engine))
    with capture_logs() as logs:
        async with client_of(app) as client:
            response = await client.get("/v1/health")
    await engine.dispose()

    assert response.status_code == 503
    assert [entry["event"] for entry in logs] == ["database_unavailable"]


@pytest.mark.parametrize("extra", [0, 1])
async def test_a_declared_length_over_the_limit_is_refused_unread(
    client: httpx.AsyncClient, extra: int
) -> None:
    body = json.dumps({"name": ""})
    body = json.dumps({"name": "x" * (BODY_BYTES_MAX - len(body) + extra)})

    response = await client.post(
        "/v1/parcels", content=body, headers={"Content-Type": "application/json"}
    )

    assert response.status_code == (413 if extra else 200)
    if extra:
        assert response.json()["errors"][0]["code"] == "too_large"
        assert str(BODY_BYTES_MAX) in response.json()["errors"][0]["detail"]


async def test_a_body_without_a_declared_length_is_counted_as_it_comes(
    client: httpx.AsyncClient,
) -> None:
    sent = []

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(1_000):
            sent.append(1)
            yield b"x" * 1_000

    response = await client.post(
        "/v1/parcels", content=endless(), headers={"Content-Type": "application/json"}
    )

    assert response.status_code == 413
    assert response.json()["errors"][0]["code"] == "too_large"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert len(sent) <= BODY_BYTES_MAX // 1_000 + 1


@pytest.mark.parametrize("address", ["/v1/parcels?size=%00", "/v1/%00", "/?a=b%00"])
async def test_an_address_with_a_nul_is_refused(client: httpx.AsyncClient, address: str) -> None:
    response = await client.get(address)

    assert response.status_code == 400
    assert "NUL" in response.json()["errors"][0]["detail"]


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"email=%00", "application/x-www-form-urlencoded"),
        (b"email=%ff", "application/x-www-form-urlencoded"),
        (b"\xff\xfe", "application/x-www-form-urlencoded"),
        (b"a=1&" * 200, "application/x-www-form-urlencoded"),
        (b"{}", "application/json"),
        (b"", "multipart/form-data; boundary=x"),
    ],
)
async def test_a_form_that_cannot_be_read_is_a_400(
    client: httpx.AsyncClient, content: bytes, content_type: str
) -> None:
    response = await client.post(
        "/sign-in", content=content, headers={"Content-Type": content_type}
    )

    assert response.status_code == 400
