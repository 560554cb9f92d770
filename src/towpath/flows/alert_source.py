"""What alerts say and to whom, from the current definitions of their flows (alerts.ports)."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from towpath import accounts, alerts
from towpath.flows import definition as definitions
from towpath.flows.definition import Definition, MetricTrigger, SendInternalAlert
from towpath.flows.queries import current_versions_of_actions, definition_of

DEFINITIONS_KEPT_MAX = 1_000


class FlowAlerts:
    """The alerts of flows; each version of a flow is read once and kept."""

    def __init__(self) -> None:
        """Start with nothing read."""
        self._read: dict[tuple[UUID, str, int], Definition] = {}

    async def alert_contents(
        self, conn: AsyncConnection, *, account_id: UUID, action_ids: Sequence[str]
    ) -> Mapping[str, alerts.AlertContent]:
        """Return the alerts that still exist among `action_ids`, as they are defined now."""
        wanted = set(action_ids)
        contents = {}
        versions = await current_versions_of_actions(
            conn, account_id=account_id, action_ids=sorted(wanted)
        )
        settings = await accounts.settings_of(conn, account_id=account_id)
        for flow_id, version in versions.items():
            definition = await self._definition(
                conn, account_id=account_id, flow_id=flow_id, version=version
            )
            contents.update(_alerts_of(definition, wanted, settings))
        return contents

    async def _definition(
        self, conn: AsyncConnection, *, account_id: UUID, flow_id: str, version: int
    ) -> Definition:
        key = (account_id, flow_id, version)
        kept = self._read.get(key)
        if kept is None:
            saved = await definition_of(
                conn, account_id=account_id, flow_id=flow_id, version=version
            )
            kept = self._read[key] = definitions.parse(saved.definition)
            while len(self._read) > DEFINITIONS_KEPT_MAX:
                del self._read[next(iter(self._read))]
        return kept


def _alerts_of(
    definition: Definition, wanted: set[str], settings: accounts.AccountSettings
) -> dict[str, alerts.AlertContent]:
    """Return the alerts; one that names no sender comes from the account's (`sender_email`)."""
    is_metric_flow = isinstance(definition.trigger, MetricTrigger)
    return {
        action.id: alerts.AlertContent(
            to_emails=message.to_emails,
            from_label=message.from_label or settings.sender_label,
            from_email=message.from_email or settings.sender_email,
            subject=message.subject_line,
            html=message.html,
            text=message.text,
            template_id=message.template_id,
            name=message.name,
            is_metric_flow=is_metric_flow,
        )
        for action in definition.every_action()
        if action.id in wanted
        and isinstance(action.data, SendInternalAlert)
        and (message := action.data.message) is not None
    }
