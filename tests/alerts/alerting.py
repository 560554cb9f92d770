"""An alert about somebody, without a flow around it: its content comes from a table in the test."""

# ruff: noqa: ARG002 -- a protocol says which arguments there are

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from tests.alerts.recipients import KEYS, NOW, PUBLIC_URL
from towpath import alerts, messaging, people
from towpath.kit import ids

ACTION = "ACTION"
OPS = "ops@shop.example"
LEAD = "lead@shop.example"


@dataclass(slots=True, kw_only=True)
class Definitions:
    """The alerts that exist now, by action."""

    contents: dict[str, alerts.AlertContent] = field(default_factory=dict)

    async def alert_contents(
        self,
        conn: AsyncConnection,
        *,
        account_id: UUID,
        action_ids: Sequence[str],
    ) -> Mapping[str, alerts.AlertContent]:
        return {key: self.contents[key] for key in action_ids if key in self.contents}


class Unused:
    """No alert uses any template."""

    async def alerts_using(
        self, conn: AsyncConnection, *, account_id: UUID, template_id: str
    ) -> Sequence[str]:
        return ()


def content(
    *,
    to_emails: Sequence[str] = (OPS,),
    from_label: str | None = "Shop alerts",
    from_email: str | None = "alerts@shop.example",
    subject: str | None = "Big order from {{ first_name }}",
    html: str | None = "<p>{{ person.first_name }} spent {{ event.value }}</p>",
    text: str | None = None,
    template_id: str | None = None,
    is_metric_flow: bool = True,
) -> alerts.AlertContent:
    return alerts.AlertContent(
        to_emails=tuple(to_emails),
        from_label=from_label,
        from_email=from_email,
        subject=subject,
        html=html,
        text=text,
        template_id=template_id,
        name="Tell ops",
        is_metric_flow=is_metric_flow,
    )


def kind_with(*one: alerts.AlertContent) -> alerts.AlertKind:
    """Return the kind with one alert, or with none, under `ACTION`."""
    contents = dict.fromkeys([ACTION], one[0]) if one else {}
    return alerts.AlertKind(keys=KEYS, public_url=PUBLIC_URL, source=Definitions(contents=contents))


async def order(
    conn: AsyncConnection,
    account_id: UUID,
    *,
    attributes: Mapping[str, str | None] | None = None,
    properties: Mapping[str, Any] | None = None,
    event: Mapping[str, Any] | None = None,
    unique_id: str | None = None,
) -> people.RecordedEvent:
    """Record an order of a person."""
    draft = people.EventDraft(
        profile=people.ProfileDraft(
            email="ada@customer.example",
            attributes=attributes or {"first_name": "Ada"},
            properties=properties or {},
        ),
        metric_name="Placed Order",
        time=NOW,
        properties=event or {"$value": 120.5},
        unique_id=unique_id,
    )
    recorded = await people.record_events(conn, account_id=account_id, drafts=[draft], now=NOW)
    return recorded[0]


def claimed(profile_id: UUID, event_id: UUID | None, *, action: str = ACTION) -> messaging.Claimed:
    return messaging.Claimed(
        id=ids.new_id(),
        kind=alerts.ALERT_KIND,
        flow_id="FLOW",
        action_id=action,
        run_id=ids.new_id(),
        profile_id=profile_id,
        event_id=event_id,
        address=None,
        locale=None,
        created_at=NOW,
    )


def to_render(
    message: messaging.Claimed, *addresses: str, date: datetime = NOW
) -> messaging.ToRender:
    return messaging.ToRender(
        message=message,
        addressees=tuple(
            messaging.Addressee(address=address, message_id=f"{index}@towpath.example")
            for index, address in enumerate(addresses or (OPS,))
        ),
        date=date,
    )


async def judge_one(
    conn: AsyncConnection, account_id: UUID, kind: messaging.Kind, message: messaging.Claimed
) -> messaging.Recipients | messaging.Skip:
    judged = await kind.judge(conn, account_id=account_id, messages=[message], now=NOW)
    return judged[message.id]


async def render_one(
    conn: AsyncConnection, account_id: UUID, kind: messaging.Kind, item: messaging.ToRender
) -> messaging.Rendered | messaging.Skip:
    rendered = await kind.render(conn, account_id=account_id, messages=[item])
    return rendered[item.message.id]


async def rendered_order(
    conn: AsyncConnection,
    account_id: UUID,
    alert: alerts.AlertContent,
    *addresses: str,
    attributes: Mapping[str, str | None] | None = None,
    properties: Mapping[str, Any] | None = None,
    event: Mapping[str, Any] | None = None,
) -> messaging.Rendered:
    """Render an alert about an order that is given as in `order`."""
    recorded = await order(
        conn, account_id, attributes=attributes, properties=properties, event=event
    )
    message = claimed(recorded.profile_id, recorded.id)
    rendered = await render_one(conn, account_id, kind_with(alert), to_render(message, *addresses))
    assert isinstance(rendered, messaging.Rendered), rendered
    return rendered


async def skipped_order(
    conn: AsyncConnection, account_id: UUID, alert: alerts.AlertContent
) -> messaging.Skip:
    """Return why an alert about an order is not written."""
    recorded = await order(conn, account_id)
    message = claimed(recorded.profile_id, recorded.id)
    skipped = await render_one(conn, account_id, kind_with(alert), to_render(message))
    assert isinstance(skipped, messaging.Skip), skipped
    return skipped
