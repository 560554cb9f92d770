"""`/v1/flows`: list, create, read, save with `If-Match`, status, delete."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Response
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from towpath import accounts
from towpath.flows import operations, queries
from towpath.flows.definition import DefinitionInvalid
from towpath.flows.model import Flow, FlowVersion, SavedFlow, VersionMissing
from towpath.kit import http
from towpath.kit.errors import Problem

router = APIRouter(tags=["Flows"], route_class=http.JsonRoute)

Reader = Annotated[accounts.Actor, Depends(accounts.require(accounts.Permission.ACTIVITY))]
Author = Annotated[accounts.Actor, Depends(accounts.require(accounts.Permission.AUTOMATION))]
FLOWS_PER_PAGE = 50
VERSION_DIGITS_MAX = 9


class FlowAnswer(BaseModel):
    """A flow as listed."""

    id: str
    name: str
    status: str
    trigger_type: str
    version: int
    is_archived: bool
    created_at: datetime
    updated_at: datetime


class FlowPage(BaseModel):
    """One page of flows in the order of their ids."""

    items: list[FlowAnswer]
    next_cursor: str | None


class NewFlow(BaseModel):
    """A flow to bring in; it starts as draft."""

    name: str
    definition: dict[str, Any]


class NewDefinition(BaseModel):
    """The definition to save over the version named in `If-Match`."""

    definition: dict[str, Any]


class NewStatus(BaseModel):
    """The status that every action of the flow is set to: draft, manual or live."""

    status: str


class FlowWarning(BaseModel):
    """Something to know or to mend, with its place in the definition."""

    code: str
    detail: str
    pointer: str | None


class Confirmations(BaseModel):
    """To whom saving sent a confirmation mail, and for whom one was held back, since when."""

    mailed: list[str]
    held_back: dict[str, datetime]


class SavedAnswer(BaseModel):
    """What saving came to; `action_ids` gives the id of each action by its label."""

    flow: FlowAnswer
    action_ids: dict[str, str]
    warnings: list[FlowWarning]
    confirmations: Confirmations


class DefinitionAnswer(BaseModel):
    """A version of a definition, with its author and time."""

    version: int
    saved_by: str
    saved_at: datetime
    definition: dict[str, Any]


@router.get("/v1/flows")
async def list_flows(
    actor: Reader,
    conn: http.Transaction,
    cursor: Annotated[str | None, Query(max_length=100)] = None,
    limit: Annotated[int, Query(ge=1, le=FLOWS_PER_PAGE)] = FLOWS_PER_PAGE,
) -> FlowPage:
    """Return the flows of the account."""
    rows = await queries.list_flows(
        conn, account_id=actor.account_id, after=cursor, limit=limit + 1
    )
    shown = rows[:limit]
    return FlowPage(
        items=[_flow(one) for one in shown],
        next_cursor=shown[-1].id if len(rows) > limit else None,
    )


@router.post("/v1/flows", status_code=201)
async def create_flow(
    body: NewFlow, actor: Author, conn: http.Transaction, now: http.Now
) -> SavedAnswer:
    """Store a flow as draft, with warnings for what keeps it from going live."""
    with _under_definition():
        saved = await operations.create_flow(
            conn,
            account_id=actor.account_id,
            name=body.name,
            document=body.definition,
            saved_by=actor.label,
            now=now,
        )
    await _audit(
        conn,
        actor=actor,
        action="flow.created",
        flow_id=saved.flow.id,
        now=now,
        detail={"name": saved.flow.name},
    )
    return _saved(saved)


@router.get("/v1/flows/{flow_id}")
async def read_flow(flow_id: str, actor: Reader, conn: http.Transaction) -> FlowAnswer:
    """Return one flow."""
    return _flow(await queries.get_flow(conn, account_id=actor.account_id, flow_id=flow_id))


@router.get("/v1/flows/{flow_id}/definition")
async def read_definition(
    flow_id: str, actor: Reader, conn: http.Transaction, response: Response
) -> DefinitionAnswer:
    """Return the definition as saved; its ETag is the version to save over."""
    saved = await queries.definition_of(conn, account_id=actor.account_id, flow_id=flow_id)
    response.headers["ETag"] = f'"{saved.flow.version}"'
    return _version(saved)


@router.put("/v1/flows/{flow_id}/definition")
async def save_definition(
    flow_id: str,
    body: NewDefinition,
    actor: Author,
    conn: http.Transaction,
    now: http.Now,
    response: Response,
    if_match: Annotated[str | None, Header(max_length=40)] = None,
) -> SavedAnswer:
    """Save a new version; a stale `If-Match` gets 409 with the newer one's author and time."""
    with _under_definition():
        saved = await operations.save_definition(
            conn,
            account_id=actor.account_id,
            flow_id=flow_id,
            document=body.definition,
            version=_version_number(if_match),
            saved_by=actor.label,
            now=now,
        )
    await _audit(
        conn,
        actor=actor,
        action="flow.saved",
        flow_id=flow_id,
        now=now,
        detail={"version": saved.flow.version},
    )
    response.headers["ETag"] = f'"{saved.flow.version}"'
    return _saved(saved)


@router.put("/v1/flows/{flow_id}/status")
async def set_status(
    flow_id: str, body: NewStatus, actor: Author, conn: http.Transaction, now: http.Now
) -> SavedAnswer:
    """Set all actions of a flow to draft, manual or live."""
    with _under_definition():
        saved = await operations.set_status(
            conn,
            account_id=actor.account_id,
            flow_id=flow_id,
            status=body.status,
            saved_by=actor.label,
            now=now,
        )
    await _audit(
        conn,
        actor=actor,
        action="flow.status_set",
        flow_id=flow_id,
        now=now,
        detail={"status": body.status},
    )
    return _saved(saved)


@router.delete("/v1/flows/{flow_id}", status_code=204)
async def delete_flow(flow_id: str, actor: Author, conn: http.Transaction, now: http.Now) -> None:
    """Delete a flow; nobody enters any more, and whoever waits leaves when due."""
    await operations.delete_flow(conn, account_id=actor.account_id, flow_id=flow_id, now=now)
    await _audit(conn, actor=actor, action="flow.deleted", flow_id=flow_id, now=now, detail={})


@contextmanager
def _under_definition() -> Iterator[None]:
    """Move the pointers of problems in a definition to where it stands in the body."""
    try:
        yield
    except DefinitionInvalid as invalid:
        raise invalid.under("/definition") from None


def _version_number(if_match: str | None) -> int:
    text = (if_match or "").removeprefix("W/").strip('"')
    if not text.isdecimal() or len(text) > VERSION_DIGITS_MAX:
        raise VersionMissing(parameter="If-Match")
    return int(text)


async def _audit(
    conn: AsyncConnection,
    *,
    actor: accounts.Actor,
    action: str,
    flow_id: str,
    now: datetime,
    detail: Mapping[str, object],
) -> None:
    await accounts.record_audit(
        conn,
        actor=actor,
        action=action,
        target_kind="flow",
        target_id=flow_id,
        detail=detail,
        now=now,
    )


def _flow(one: Flow) -> FlowAnswer:
    return FlowAnswer(
        id=one.id,
        name=one.name,
        status=one.status,
        trigger_type=one.trigger_type,
        version=one.version,
        is_archived=one.is_archived,
        created_at=one.created_at,
        updated_at=one.updated_at,
    )


def _version(saved: FlowVersion) -> DefinitionAnswer:
    return DefinitionAnswer(
        version=saved.flow.version,
        saved_by=saved.saved_by,
        saved_at=saved.saved_at,
        definition=saved.definition,
    )


def _saved(saved: SavedFlow) -> SavedAnswer:
    return SavedAnswer(
        flow=_flow(saved.flow),
        action_ids=saved.action_ids,
        warnings=_warnings(saved.warnings),
        confirmations=Confirmations(
            mailed=list(saved.recipients.mailed), held_back=dict(saved.recipients.throttled)
        ),
    )


def _warnings(problems: Iterable[Problem]) -> list[FlowWarning]:
    return [
        FlowWarning(code=problem.code, detail=problem.detail, pointer=problem.pointer)
        for problem in problems
    ]
