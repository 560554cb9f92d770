"""What every save of a flow is made of: its lock, its checks, and storing the new version.

Storing writes a numbered version, the actions that exist and where the deleted ones lead, who
listens to which metric, and asks for the confirmation mails of alerts.md.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import Text, bindparam, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from towpath import alerts, people
from towpath.flows import definition as definitions
from towpath.flows.checks import save_problems, unresolved_references, warnings_of
from towpath.flows.definition import (
    Definition,
    DefinitionInvalid,
    MetricTrigger,
    ReferenceKind,
    SendInternalAlert,
    Status,
)
from towpath.flows.model import Flow, FlowNotFound, SavedFlow
from towpath.flows.queries import LISTENER_PREFIX, as_flow, definition_of, get_flow, metric_ids
from towpath.flows.tables import flow, flow_action, flow_version
from towpath.kit import db, ids
from towpath.kit.errors import Invalid


async def lock_flow(conn: AsyncConnection, *, account_id: UUID, flow_id: str) -> Flow:
    """Take the flow row `FOR UPDATE`: the engine holds it `FOR SHARE` during a batch."""
    row = (
        await conn.execute(
            select(flow)
            .where(
                flow.c.account_id == account_id, flow.c.id == flow_id, flow.c.deleted_at.is_(None)
            )
            .with_for_update()
        )
    ).one_or_none()
    if row is None:
        raise FlowNotFound
    return as_flow(row)


async def current_definition(conn: AsyncConnection, *, of: Flow) -> Definition:
    """Return the definition that a flow has now."""
    current = await definition_of(conn, account_id=of.account_id, flow_id=of.id)
    return definitions.parse(current.definition)


async def resolve_metrics(
    conn: AsyncConnection,
    *,
    account_id: UUID,
    parsed: Definition,
    now: datetime,
    creates: bool,
) -> Definition:
    """Put ids in place of metric names; an id wins over an equal name."""
    named = {
        reference.value
        for reference in definitions.references(parsed)
        if reference.kind is ReferenceKind.METRIC
    }
    found = await metric_ids(conn, account_id=account_id, names_or_ids=sorted(named))
    missing = sorted(named - found.keys())
    if missing and creates:
        drafts = [people.MetricDraft(name=name) for name in missing]
        found |= await people.ensure_metrics(conn, account_id=account_id, drafts=drafts, now=now)
    return definitions.with_references(
        parsed, {(ReferenceKind.METRIC, name): metric_id for name, metric_id in found.items()}
    )


async def problems_of(
    conn: AsyncConnection, *, account_id: UUID, parsed: Definition
) -> list[Invalid]:
    """Say why this may not be saved in the editor; unless all is draft it must be able to run."""
    problems = await save_problems(conn, account_id=account_id, parsed=parsed)
    if definitions.flow_status(parsed) is not Status.DRAFT:
        problems += definitions.obstacles_to_live(parsed)
        problems += await unresolved_references(conn, account_id=account_id, parsed=parsed)
    return problems


def refuse(problems: list[Invalid]) -> None:
    """Raise `DefinitionInvalid` when there is any problem."""
    if problems:
        raise DefinitionInvalid(problems)


async def save_edit(
    conn: AsyncConnection,
    *,
    before: Flow,
    old: Definition,
    edited: Definition,
    saved_by: str,
    now: datetime,
    within: str | None = "",
) -> SavedFlow:
    """Check an edited definition and store it; actions that are new get ids of our own.

    In a draft only what is wrong at or below the pointer `within` is refused (None: nothing is),
    so that a flow with unfinished parts can be edited part by part. Raises `DefinitionInvalid`.
    """
    new = await resolve_metrics(
        conn, account_id=before.account_id, parsed=edited, now=now, creates=False
    )
    kept = {action.id for action in old.every_action()}
    labels = {
        action.id: action.id if action.id in kept else ids.new_short_id()
        for action in new.every_action()
    }
    stored = definitions.with_ids(new, labels.__getitem__)
    problems = await problems_of(conn, account_id=before.account_id, parsed=stored)
    if definitions.flow_status(stored) is Status.DRAFT:
        own = (one for one in problems if within is not None and is_within(one.pointer, within))
        problems = list(own)
    refuse(problems)
    return await store(
        conn, before=before, old=old, new=stored, labels=labels, saved_by=saved_by, now=now
    )


def is_within(pointer: str | None, place: str) -> bool:
    """Say whether a pointer leads to a place in a document or below it."""
    return f"{pointer or ''}/".startswith(f"{place}/")


async def store(
    conn: AsyncConnection,
    *,
    before: Flow,
    old: Definition | None,
    new: Definition,
    labels: Mapping[str, str],
    saved_by: str,
    now: datetime,
    asks_recipients: bool = True,
) -> SavedFlow:
    """Store `new` as the next version of the locked flow `before`, whose definition was `old`.

    `labels` gives the id of each action by the label it came with.
    """
    version, status = before.version + 1, definitions.flow_status(new)
    account_id, flow_id = before.account_id, before.id
    await conn.execute(
        flow_version.insert().values(
            account_id=account_id,
            flow_id=flow_id,
            version=version,
            definition=new.to_json(),
            saved_at=now,
            saved_by=saved_by,
        )
    )
    await conn.execute(
        flow.update()
        .where(flow.c.account_id == account_id, flow.c.id == flow_id)
        .values(version=version, status=status, trigger_type=trigger_type(new), updated_at=now)
    )
    await _store_actions(conn, before=before, old=old, new=new, labels=labels, now=now)
    await _listen(conn, before=before, new=new, status=status)
    recipients = await _save_recipients(
        conn, account_id=account_id, old=old, new=new if asks_recipients else None, now=now
    )
    return SavedFlow(
        flow=await get_flow(conn, account_id=account_id, flow_id=flow_id),
        warnings=await warnings_of(conn, account_id=account_id, parsed=new),
        action_ids=dict(labels),
        recipients=recipients,
    )


def trigger_type(definition: Definition) -> str:
    """Return the tag of the trigger as it stands in the document."""
    triggers = definition.to_json()["triggers"]
    assert isinstance(triggers, list)
    return str(triggers[0]["type"])


async def _store_actions(
    conn: AsyncConnection,
    *,
    before: Flow,
    old: Definition | None,
    new: Definition,
    labels: Mapping[str, str],
    now: datetime,
) -> None:
    """Keep a row per action; a deleted one leads to the next that is still there (§4.8).

    An action that stays as it was keeps the time of its last change.
    """
    label_of = {action_id: label for label, action_id in labels.items()}
    known = definitions.action_documents(old) if old else {}
    written = definitions.action_documents(new)
    rows = [
        {
            "account_id": before.account_id,
            "flow_id": before.id,
            "id": action.id,
            "label": label_of.get(action.id),
            "created_at": now,
            "updated_at": now,
        }
        for action in new.every_action()
        if known.get(action.id) != written[action.id]
    ]
    if rows:
        added = insert(flow_action)
        await conn.execute(
            added.on_conflict_do_update(
                index_elements=["account_id", "id"],
                set_={"updated_at": added.excluded.updated_at, "deleted_at": None},
            ),
            rows,
        )
    remaining = {action.id for action in new.every_action()}
    deleted = [one.id for one in old.every_action() if one.id not in remaining] if old else []
    if not old or not deleted:
        return
    gone = db.array_rows("gone", {"gone_id": Text(), "leads_to": Text()})
    await conn.execute(
        flow_action.update()
        .where(flow_action.c.account_id == before.account_id, flow_action.c.id == gone.c.gone_id)
        .values(deleted_at=bindparam("at", now), redirect_to=gone.c.leads_to),
        {
            "gone_id": deleted,
            "leads_to": [_next_remaining(old, action_id, remaining) for action_id in deleted],
        },
    )


def _next_remaining(old: Definition, action_id: str, remaining: set[str]) -> str | None:
    """Follow the old links (of a split, the yes side) to an action that is still there."""
    here: str | None = action_id
    while here is not None and here not in remaining:
        here = definitions.default_successor(old, here) if here in old.actions else None
    return here


async def _listen(conn: AsyncConnection, *, before: Flow, new: Definition, status: Status) -> None:
    """Have events of the trigger's metric queued while the flow is live or manual."""
    listener = f"{LISTENER_PREFIX}{before.id}"
    await people.remove_metric_listener(conn, account_id=before.account_id, listener=listener)
    trigger = new.trigger
    if status is Status.DRAFT or not isinstance(trigger, MetricTrigger) or not trigger.metric_id:
        return
    found = await metric_ids(conn, account_id=before.account_id, names_or_ids=[trigger.metric_id])
    await people.add_metric_listeners(
        conn, account_id=before.account_id, metric_ids=found.values(), listener=listener
    )


async def _save_recipients(
    conn: AsyncConnection,
    *,
    account_id: UUID,
    old: Definition | None,
    new: Definition | None,
    now: datetime,
) -> alerts.SavedRecipients:
    """Tell alerts who is listed now; what any alert lists newly counts as new (alerts.md)."""
    before, after = _listed(old), _listed(new)
    newly = {
        address
        for action_id, addresses in after.items()
        for address in addresses - before.get(action_id, set())
    }
    return await alerts.save_recipients(
        conn,
        account_id=account_id,
        before=set().union(*before.values()) - newly,
        after=set().union(*after.values()),
        now=now,
    )


def _listed(definition: Definition | None) -> dict[str, set[str]]:
    actions = definition.every_action() if definition else ()
    return {
        action.id: {alerts.fold(address) for address in action.data.message.to_emails}
        for action in actions
        if isinstance(action.data, SendInternalAlert) and action.data.message
    }
