"""Writes of single actions: change, delete, insert; each saves a new version of the flow.

Whoever edits by API sees one action at a time, so problems have pointers into that resource:
`/attributes/definition` is the action's object. What an edit breaks elsewhere is reported there
too, with its place in the flow in `meta`.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Final, assert_never
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from towpath.flows import definition as definitions
from towpath.flows.definition import Action, Definition, DefinitionInvalid, Status
from towpath.flows.model import (
    ActionKindFixed,
    After,
    Before,
    First,
    Flow,
    FlowActionNotFound,
    FlowNotFound,
    LiveActionUnconfirmed,
    Placement,
    PlacementInvalid,
    SavedFlow,
)
from towpath.flows.queries import flow_of_action
from towpath.flows.storing import current_definition, is_within, lock_flow, save_edit
from towpath.kit.errors import Invalid

Document = Mapping[str, object]

DEFINITION: Final = "/attributes/definition"
ANCHOR: Final = "/attributes/anchor-action/data/attributes/definition"
ONE_WAY_ON: Final = frozenset({"next"})


async def update_action(
    conn: AsyncConnection,
    *,
    account_id: UUID,
    action_id: str,
    document: Document,
    saved_by: str,
    now: datetime,
) -> SavedFlow:
    """Replace the object of an action, which keeps its id and its type.

    Raises `FlowActionNotFound`, `ActionKindFixed`, and `DefinitionInvalid` for what a save of the
    flow would refuse.
    """
    before, old, action = await _locked_with(conn, account_id=account_id, action_id=action_id)
    if document.get("id", action_id) != action_id:
        raise Invalid("id must be the one in the address.", pointer=f"{DEFINITION}/id")
    if document.get("type") != action.kind:
        raise ActionKindFixed(pointer=f"{DEFINITION}/type")
    with _seen_from(action.pointer):
        return await save_edit(
            conn,
            before=before,
            old=old,
            edited=definitions.with_action(old, action, document),
            saved_by=saved_by,
            now=now,
            within=action.pointer,
        )


async def delete_action(
    conn: AsyncConnection, *, account_id: UUID, action_id: str, saved_by: str, now: datetime
) -> SavedFlow:
    """Take an action out; people waiting there go on as flows.md §4.8 says.

    Raises `FlowActionNotFound`, and `DefinitionInvalid` when a live flow could not go on without.
    """
    before, old, action = await _locked_with(conn, account_id=account_id, action_id=action_id)
    return await save_edit(
        conn,
        before=before,
        old=old,
        edited=definitions.without_action(old, action),
        saved_by=saved_by,
        now=now,
        within=None,
    )


async def insert_action(
    conn: AsyncConnection,
    *,
    account_id: UUID,
    document: Document,
    placement: Placement,
    allows_live: bool,
    saved_by: str,
    now: datetime,
) -> tuple[SavedFlow, str]:
    """Put a new action into a flow; return also the id it got.

    Splits and tests cannot be inserted, since nobody says where their ways lead. An action without
    a status acts at once, so into a live flow it goes only when `allows_live`. Raises
    `FlowNotFound`, `FlowActionNotFound`, `PlacementInvalid`, `LiveActionUnconfirmed` and
    `DefinitionInvalid`.
    """
    label = _new_label(document)
    kind = definitions.KINDS.get(str(document.get("type")))
    if kind is not None and (kind.links != ONE_WAY_ON or kind.has_variations):
        raise PlacementInvalid(
            "Splits and tests cannot be inserted; save the whole definition instead.",
            pointer=f"{DEFINITION}/type",
        )
    if isinstance(placement, First):
        before = await lock_flow(conn, account_id=account_id, flow_id=placement.flow_id)
        old, beside = await current_definition(conn, of=before), None
    else:
        before, old, beside = await _locked_with(
            conn, account_id=account_id, action_id=placement.action_id
        )
    is_at_once = kind is not None and not kind.has_status
    if is_at_once and before.status == Status.LIVE and not allows_live:
        raise LiveActionUnconfirmed(pointer="/attributes/allow_live_action")
    where = definitions.pointer_of_appended(old)
    with _seen_from(where):
        saved = await save_edit(
            conn,
            before=before,
            old=old,
            edited=_inserted(old, beside, placement, document),
            saved_by=saved_by,
            now=now,
            within=where,
        )
    return saved, saved.action_ids[label]


def _new_label(document: Document) -> str:
    if document.get("id") is not None:
        raise Invalid("A new action gets its id from us.", pointer=f"{DEFINITION}/id")
    label = document.get("temporary_id")
    if not isinstance(label, str) or not label:
        raise Invalid(
            "A new action needs a temporary_id, which links in this request name.",
            pointer=f"{DEFINITION}/temporary_id",
        )
    return label


def _inserted(
    old: Definition, beside: Action | None, placement: Placement, document: Document
) -> Definition:
    match placement:
        case First():
            if old.actions:
                detail = "This flow has actions already; place the new one by one of them."
                raise PlacementInvalid(detail, pointer="/relationships/flow")
            return definitions.with_action_first(old, document)
        case Before():
            assert beside is not None
            return definitions.with_action_before(old, beside, document)
        case After(kind=kind, way=way):
            assert beside is not None
            if kind != beside.kind:
                detail = f"The anchor is of type {beside.kind!r}."
                raise PlacementInvalid(detail, pointer=f"{ANCHOR}/type")
            try:
                return definitions.with_action_after(old, beside, way, document)
            except KeyError:
                detail = "The anchor has no such way out."
                raise PlacementInvalid(detail, pointer=f"{ANCHOR}/links") from None
        case _:
            assert_never(placement)


async def _locked_with(
    conn: AsyncConnection, *, account_id: UUID, action_id: str
) -> tuple[Flow, Definition, Action]:
    """Lock the flow that an action is in; return it with its definition and the action."""
    flow_id = await flow_of_action(conn, account_id=account_id, action_id=action_id)
    try:
        before = await lock_flow(conn, account_id=account_id, flow_id=flow_id)
    except FlowNotFound:
        raise FlowActionNotFound from None
    old = await current_definition(conn, of=before)
    action = old.actions.get(action_id)
    if action is None:  # deleted meanwhile, or a variation, which is edited with its test
        raise FlowActionNotFound
    return before, old, action


@contextmanager
def _seen_from(action_pointer: str) -> Iterator[None]:
    """Move the pointers of problems in a definition to the object of one action."""
    try:
        yield
    except DefinitionInvalid as invalid:
        for problem in invalid.problems:
            pointer = problem.pointer or ""
            if is_within(pointer, action_pointer):
                problem.pointer = DEFINITION + pointer.removeprefix(action_pointer)
            else:
                problem.pointer = DEFINITION
                problem.meta["pointer_in_flow"] = pointer
        raise
