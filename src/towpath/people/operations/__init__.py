"""Writes of people, by what they change.

Locks are taken in one order everywhere, so that two writers never wait for each other: merging
(shared, or exclusive for a merge) → metrics by name → identities of the account → profiles by id →
events by key. A transaction calls one writing operation that goes through all of them once.
"""

from towpath.people.operations.consents import set_consent
from towpath.people.operations.events import record_events
from towpath.people.operations.merging import MergeListener, merge_profiles
from towpath.people.operations.metrics import (
    add_metric_listeners,
    ensure_metrics,
    remove_metric_listener,
)
from towpath.people.operations.profiles import create_profile, update_profile, upsert_profiles

__all__ = [
    "MergeListener",
    "add_metric_listeners",
    "create_profile",
    "ensure_metrics",
    "merge_profiles",
    "record_events",
    "remove_metric_listener",
    "set_consent",
    "update_profile",
    "upsert_profiles",
]
