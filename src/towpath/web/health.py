"""Is it alive: for load balancers and supervisors, open to everybody, and therefore short."""

from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy import select

from towpath.kit import http

router = APIRouter(tags=["Health"])


class Health(BaseModel):
    """The answer of a process that serves and reaches its database."""

    status: str


@router.get("/v1/health")
async def read_health(conn: http.Transaction) -> Health:
    """Say that this process serves and reaches its database; 503 when it does not."""
    await conn.execute(select(1))
    return Health(status="ok")
