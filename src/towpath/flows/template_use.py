"""Which alerts have a stored template as their content (templates.TemplateUse)."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Text, and_, cast, select
from sqlalchemy.ext.asyncio import AsyncConnection

from towpath.flows import definition as definitions
from towpath.flows.definition import Definition, SendInternalAlert
from towpath.flows.tables import flow, flow_version

FLOWS_READ_MAX = 1_000


class FlowTemplates:
    """The templates that the current definitions of flows use."""

    async def alerts_using(
        self, conn: AsyncConnection, *, account_id: UUID, template_id: str
    ) -> Sequence[str]:
        """Return the names of the alerts whose content is this template, in order of their flows.

        The text of a definition is searched first, so that few are read.
        """
        rows = await conn.execute(
            select(flow.c.name, flow_version.c.definition)
            .join(
                flow_version,
                and_(
                    flow_version.c.account_id == flow.c.account_id,
                    flow_version.c.flow_id == flow.c.id,
                    flow_version.c.version == flow.c.version,
                ),
            )
            .where(
                flow.c.account_id == account_id,
                flow.c.deleted_at.is_(None),
                cast(flow_version.c.definition, Text).contains(template_id, autoescape=True),
            )
            .order_by(flow.c.id)
            .limit(FLOWS_READ_MAX)
        )
        return [
            f"{row.name}: {alert}"
            for row in rows
            for alert in _alerts_with(definitions.parse(row.definition), template_id)
        ]


def _alerts_with(definition: Definition, template_id: str) -> list[str]:
    return [
        action.data.message.name or action.id
        for action in definition.every_action()
        if isinstance(action.data, SendInternalAlert)
        and action.data.message is not None
        and action.data.message.template_id == template_id
    ]
