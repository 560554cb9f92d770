"""A shop in miniature for tests of flows: build a definition, record events, move the clock."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from towpath import flows, messaging, people

ORDER = "Placed Order"


def delay(action_id: str, next_id: str | None, **data: Any) -> dict[str, Any]:
    """Return a time delay; `value` and `unit` in `data`."""
    return {
        "temporary_id": action_id,
        "type": "time-delay",
        "links": {"next": next_id},
        "data": {"unit": "days", "value": 1, "timezone": "profile", **data},
    }


def alert(
    action_id: str,
    next_id: str | None = None,
    *,
    status: str = "live",
    to: Sequence[str] = ("ops@shop.example",),
    **message: Any,
) -> dict[str, Any]:
    """Return an internal alert."""
    return {
        "temporary_id": action_id,
        "type": "send-internal-alert",
        "links": {"next": next_id},
        "data": {
            "status": status,
            "message": {
                "from_email": "alerts@shop.example",
                "from_label": "Shop",
                "to_emails": list(to),
                "subject_line": f"Alert {action_id}",
                "text": "About {{ person.email }}",
                "name": action_id,
                **message,
            },
        },
    }


def update(
    action_id: str, next_id: str | None, *operations: dict[str, Any], status: str = "live"
) -> dict[str, Any]:
    """Return a profile update."""
    return {
        "temporary_id": action_id,
        "type": "update-profile",
        "links": {"next": next_id},
        "data": {"status": status, "profile_operations": list(operations)},
    }


def split(
    action_id: str, yes: str | None, no: str | None, *conditions: dict[str, Any]
) -> dict[str, Any]:
    """Return a conditional split on any of `conditions`."""
    return {
        "temporary_id": action_id,
        "type": "conditional-split",
        "links": {"next_if_true": yes, "next_if_false": no},
        "data": {"profile_filter": any_of(*conditions)},
    }


def any_of(*conditions: dict[str, Any]) -> dict[str, Any]:
    """Return condition groups of one group."""
    return {"condition_groups": [{"conditions": list(conditions)}]}


def property_equals(name: str, value: str) -> dict[str, Any]:
    """Return a condition on a custom property."""
    return {
        "type": "profile-property",
        "property": f"properties['{name}']",
        "filter": {"type": "string", "operator": "equals", "value": value},
    }


def count_since_start(metric: str, operator: str, value: int) -> dict[str, Any]:
    """Return a condition on the number of events since starting this flow."""
    return {
        "type": "profile-metric",
        "metric_id": metric,
        "measurement": "count",
        "measurement_filter": {"type": "numeric", "operator": operator, "value": value},
        "timeframe_filter": {"type": "date", "operator": "flow-start"},
    }


def definition(
    *actions: dict[str, Any],
    metric: str = ORDER,
    trigger_filter: Mapping[str, Any] | None = None,
    profile_filter: Mapping[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Return a definition that starts at the first action."""
    return {
        "triggers": [{"type": "metric", "id": metric, "trigger_filter": trigger_filter}],
        "profile_filter": profile_filter,
        "entry_action_id": actions[0]["temporary_id"],
        "actions": list(actions),
        **more,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """One account with one flow."""

    engine: AsyncEngine
    account_id: UUID
    flow_id: str
    action_ids: dict[str, str]
    plans: flows.Plans = field(default_factory=flows.Plans)

    @property
    def labels(self) -> dict[str, str]:
        """Return the label of each action id."""
        return {action_id: label for label, action_id in self.action_ids.items()}

    async def record(
        self,
        email: str,
        time: datetime,
        *,
        metric: str = ORDER,
        now: datetime | None = None,
        unique_id: str | None = None,
        backfill: bool = False,
        **properties: Any,
    ) -> UUID:
        """Record an event; without `now` it is recorded when it happens."""
        draft = people.EventDraft(
            profile=people.ProfileDraft(email=email),
            metric_name=metric,
            time=time,
            unique_id=unique_id,
            properties=properties,
            backfill=backfill,
        )
        async with self.engine.begin() as conn:
            recorded = await people.record_events(
                conn, account_id=self.account_id, drafts=[draft], now=now or time
            )
        return recorded[0].profile_id

    async def set_person(self, email: str, now: datetime, **values: Any) -> None:
        """Create or change a profile."""
        draft = people.profile_draft({"email": email, **values})
        async with self.engine.begin() as conn:
            await people.upsert_profiles(conn, account_id=self.account_id, drafts=[draft], now=now)

    async def edit(self, document: Mapping[str, Any], now: datetime) -> None:
        """Save another definition; actions that the flow has already go by their labels too."""
        async with self.engine.begin() as conn:
            before = await flows.get_flow(conn, account_id=self.account_id, flow_id=self.flow_id)
            saved = await flows.save_definition(
                conn,
                account_id=self.account_id,
                flow_id=self.flow_id,
                document=with_known_ids(document, self.action_ids),
                version=before.version,
                saved_by="test",
                now=now,
            )
        known = set(self.action_ids.values())
        self.action_ids.update(
            {label: id_ for label, id_ in saved.action_ids.items() if id_ not in known}
        )

    async def set_status(self, status: str, now: datetime) -> None:
        """Set the status of every action."""
        async with self.engine.begin() as conn:
            await flows.set_status(
                conn,
                account_id=self.account_id,
                flow_id=self.flow_id,
                status=status,
                saved_by="test",
                now=now,
            )

    async def work(self, now: datetime, *, batch_max: int = 1_000) -> None:
        """Trigger and advance everything that is due at `now`."""
        while (
            await flows.trigger_batch(
                self.engine,
                plans=self.plans,
                account_id=self.account_id,
                now=now,
                batch_max=batch_max,
            )
        ).events:
            pass
        await flows.advance_due(
            self.engine, plans=self.plans, now=now, batch_max=batch_max, account_id=self.account_id
        )

    async def messages(self) -> list[tuple[str, str, str, str | None, datetime]]:
        """Return (action, email, state, reason, when) of every message, in order."""
        message, profile = messaging.message_table, people.profile_table
        async with self.engine.connect() as conn:
            rows = await conn.execute(
                select(
                    message.c.action_id,
                    profile.c.email,
                    message.c.state,
                    message.c.reason,
                    message.c.created_at,
                )
                .join(
                    profile,
                    (profile.c.account_id == message.c.account_id)
                    & (profile.c.id == message.c.profile_id),
                )
                .where(message.c.account_id == self.account_id, message.c.flow_id == self.flow_id)
                .order_by(message.c.created_at, message.c.id)
            )
            labels = self.labels
            return [(labels[row[0]], row[1], row[2], row[3], row[4]) for row in rows]

    async def runs(self) -> list[tuple[str, str | None, bool, datetime | None]]:
        """Return (state, action, is inside, due) of every run, in order of entry."""
        run = flows.flow_run_table
        async with self.engine.connect() as conn:
            rows = await conn.execute(
                select(run.c.state, run.c.node_id, run.c.is_inside, run.c.due_at)
                .where(run.c.account_id == self.account_id, run.c.flow_id == self.flow_id)
                .order_by(run.c.started_at, run.c.id)
            )
            labels = self.labels
            return [(row[0], labels.get(row[1], row[1]), row[2], row[3]) for row in rows]


async def open_shop(
    engine: AsyncEngine, account_id: UUID, document: Mapping[str, Any], *, now: datetime
) -> Shop:
    """Store a flow with the statuses it has and start it."""
    async with engine.begin() as conn:
        saved = await flows.create_flow(
            conn,
            account_id=account_id,
            name="Flow",
            document=document,
            saved_by="test",
            now=now,
            creates_metrics=True,
            is_started=True,
        )
    return Shop(
        engine=engine,
        account_id=account_id,
        flow_id=saved.flow.id,
        action_ids=saved.action_ids,
    )


def with_known_ids(document: Mapping[str, Any], ids: Mapping[str, str]) -> dict[str, Any]:
    """Return a definition whose labels are replaced by the ids that the flow has for them."""
    changed = deepcopy(dict(document))
    for action in changed["actions"]:
        if action["temporary_id"] in ids:
            action["id"] = ids[action.pop("temporary_id")]
        action["links"] = {name: ids.get(to, to) for name, to in action["links"].items()}
    changed["entry_action_id"] = ids.get(changed["entry_action_id"], changed["entry_action_id"])
    return changed
