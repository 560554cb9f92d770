"""`ab-test`: variations of one message, shared out by weight.

The variations are actions of their own, kept in `Definition.variations` with this test as parent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from towpath.flows.definition.limits import AMOUNT_MAX
from towpath.flows.definition.reading import Fields


class ExperimentStatus(StrEnum):
    """How far the test has come."""

    DRAFT = "draft"
    LIVE = "live"
    COMPLETED = "completed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """The running comparison; `allocations` are weights by the id of a variation."""

    name: str | None
    winner_metric: str | None
    allocations: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class AbTest:
    """Without an experiment everybody gets the main message."""

    experiment_status: ExperimentStatus
    experiment: Experiment | None


def read(fields: Fields) -> AbTest:
    """Read the `data` of an A/B test, its variations apart."""
    fields.require("main_action")
    fields.part("main_action")
    status = fields.choice("experiment_status", ExperimentStatus, default=ExperimentStatus.DRAFT)
    experiment = fields.part("current_experiment")
    return AbTest(
        experiment_status=status,
        experiment=_read_experiment(experiment) if experiment else None,
    )


def _read_experiment(fields: Fields) -> Experiment:
    allocations = fields.part("allocations")
    weights = {
        label: allocations.whole_number(label, default=0, maximum=AMOUNT_MAX)
        for label in (allocations.values if allocations else ())
        if allocations
    }
    return Experiment(
        name=fields.text("name"),
        winner_metric=fields.text("winner_metric"),
        allocations=MappingProxyType(weights),
    )
