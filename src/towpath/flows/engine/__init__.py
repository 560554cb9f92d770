"""The engine: cohorts of people moved through flows by sets (docs/architecture.md).

`trigger_batch` turns queued events into runs, `advance_due` moves everybody who is due. Time is an
argument of both, so the same code serves live work and replay.
"""

from towpath.flows.engine.advance import Cohort, advance_due, due_cohorts, next_due_at
from towpath.flows.engine.load import Plans
from towpath.flows.engine.triggers import Triggered, accounts_with_triggers, trigger_batch

__all__ = [
    "Cohort",
    "Plans",
    "Triggered",
    "accounts_with_triggers",
    "advance_due",
    "due_cohorts",
    "next_due_at",
    "trigger_batch",
]
