"""The request's one transaction: committed before the answer is sent, or not at all."""

from uuid import UUID

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send
from structlog.testing import capture_logs

from tests.application import client_of, make_runtime
from towpath import accounts
from towpath.kit import http, ids
from towpath.kit.errors import Conflict
from towpath.web import create_app

router = APIRouter()


@router.post("/v1/try/{account_id}/{end}")
async def make_account(
    account_id: UUID, end: str, conn: http.Transaction, now: http.Now
) -> Response:
    await accounts.create_account(conn, account_id=account_id, name="Shop", timezone="UTC", now=now)
    match end:
        case "problem":
            raise Conflict
        case "bug":
            raise RuntimeError
        case "refusal":
            return http.problem_response(Conflict())
        case _:
            return Response(status_code=201)


@pytest.fixture(scope="module")
def app(engine: AsyncEngine) -> FastAPI:
    return create_app(make_runtime(engine), routers=[router])


async def exists(engine: AsyncEngine, account_id: UUID) -> bool:
    async with engine.connect() as conn:
        return await accounts.account_of(conn, account_id=account_id) is not None


async def test_what_was_written_is_there_before_the_answer_is(
    app: FastAPI, engine: AsyncEngine
) -> None:
    account_id = ids.new_id()
    seen_at_start: list[bool] = []

    async def watched(scope: Scope, receive: Receive, send: Send) -> None:
        async def watch(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen_at_start.append(await exists(engine, account_id))
            await send(message)

        await app(scope, receive, watch)

    transport = httpx.ASGITransport(watched)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8600") as client:
        await client.post(f"/v1/try/{account_id}/well")

    assert seen_at_start == [True]


@pytest.mark.parametrize(
    ("end", "status", "stays"),
    [("problem", 409, False), ("bug", 500, False), ("refusal", 409, True), ("well", 201, True)],
)
async def test_only_an_answer_that_is_returned_commits(
    app: FastAPI, engine: AsyncEngine, account_id: UUID, end: str, status: int, *, stays: bool
) -> None:
    new_account = UUID(int=account_id.int + 1)
    with capture_logs():
        async with client_of(app) as client:
            response = await client.post(f"/v1/try/{new_account}/{end}")

    assert response.status_code == status
    assert await exists(engine, new_account) == stays
