"""What the engine knows of one version of a flow: its definition and its compiled statements."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.sql.dml import Update

from towpath.flows.definition import Definition

PLANS_KEPT_MAX = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where a run stands: at an action that is executed when due, or inside a delay until due."""

    node_id: str
    is_inside: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowPlan:
    """One version of one flow, read and compiled once.

    `redirects` leads from a deleted action to the one that people waiting there go to, or to None
    where the flow ends for them (flows.md §4.8).
    """

    account_id: UUID
    flow_id: str
    version: int
    is_deleted: bool
    definition: Definition
    redirects: Mapping[str, str | None]
    account_timezone: str
    meeting_points: frozenset[str]
    """Actions that more than one link leads to."""
    statements: dict[Position, Update] = field(default_factory=dict, compare=False)


@dataclass(slots=True)
class PlanCache:
    """The plans of one process, the least recently used dropped first."""

    plans: dict[tuple[UUID, str, int, str], FlowPlan] = field(default_factory=dict)

    def get(self, key: tuple[UUID, str, int, str]) -> FlowPlan | None:
        """Return the plan of (account, flow, version, account timezone), when it is kept."""
        plan = self.plans.pop(key, None)
        if plan is not None:
            self.plans[key] = plan
        return plan

    def put(self, key: tuple[UUID, str, int, str], plan: FlowPlan) -> None:
        """Keep a plan."""
        self.plans[key] = plan
        while len(self.plans) > PLANS_KEPT_MAX:
            del self.plans[next(iter(self.plans))]
