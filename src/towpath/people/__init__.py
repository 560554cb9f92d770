"""People: who a shop's customers are, what they agreed to, and everything that happened to them.

A *profile* is one person, found by id, external id, e-mail or phone number. An *event* is one fact
about a person: a *metric* (what kind), a time, and properties. Recording an event makes the person
and the metric when they are new, and queues the event for whoever listens to the metric.

The tables are here for the queries of higher features, which may join them; nobody else writes.
"""

from towpath.people.dates import date_values, epoch_seconds
from towpath.people.drafts import event_draft, event_time, metric_name, profile_draft
from towpath.people.files import (
    BadRow,
    FileFormat,
    FileUnreadable,
    file_format,
    read_events,
    read_profile_rows,
    read_rows,
)
from towpath.people.model import (
    ATTRIBUTES,
    EVENT_PROPERTIES_MAX,
    EVENTS_PER_REQUEST_MAX,
    LOCATION_COORDINATES,
    LOCATION_TEXTS,
    VALUE,
    VALUE_CURRENCY,
    Channel,
    Consent,
    ConsentStatus,
    DuplicateProfile,
    EventDraft,
    EventNotFound,
    HistoryEvent,
    Identifier,
    InvalidEvent,
    InvalidProfile,
    MergeIntoItself,
    Metric,
    MetricDraft,
    MetricIdTaken,
    MetricNotFound,
    Profile,
    ProfileDraft,
    ProfileNotFound,
    RecordedEvent,
    UpsertedProfile,
)
from towpath.people.normalisation import (
    normalised_email,
    normalised_external_id,
    normalised_phone_number,
)
from towpath.people.operations import (
    MergeListener,
    add_metric_listeners,
    create_profile,
    ensure_metrics,
    merge_profiles,
    record_events,
    remove_metric_listener,
    set_consent,
    update_profile,
    upsert_profiles,
)
from towpath.people.operations.events import WORK_CHANNEL
from towpath.people.queries import (
    consents_of,
    get_metric,
    get_profile,
    last_event_times,
    list_metrics,
    profile_from,
    read_profiles,
    recent_events,
)
from towpath.people.tables import consent as consent_table
from towpath.people.tables import event as event_table
from towpath.people.tables import metric as metric_table
from towpath.people.tables import metric_listener as metric_listener_table
from towpath.people.tables import profile as profile_table
from towpath.people.tables import trigger_queue as trigger_queue_table

__all__ = [
    "ATTRIBUTES",
    "EVENTS_PER_REQUEST_MAX",
    "EVENT_PROPERTIES_MAX",
    "LOCATION_COORDINATES",
    "LOCATION_TEXTS",
    "VALUE",
    "VALUE_CURRENCY",
    "WORK_CHANNEL",
    "BadRow",
    "Channel",
    "Consent",
    "ConsentStatus",
    "DuplicateProfile",
    "EventDraft",
    "EventNotFound",
    "FileFormat",
    "FileUnreadable",
    "HistoryEvent",
    "Identifier",
    "InvalidEvent",
    "InvalidProfile",
    "MergeIntoItself",
    "MergeListener",
    "Metric",
    "MetricDraft",
    "MetricIdTaken",
    "MetricNotFound",
    "Profile",
    "ProfileDraft",
    "ProfileNotFound",
    "RecordedEvent",
    "UpsertedProfile",
    "add_metric_listeners",
    "consent_table",
    "consents_of",
    "create_profile",
    "date_values",
    "ensure_metrics",
    "epoch_seconds",
    "event_draft",
    "event_table",
    "event_time",
    "file_format",
    "get_metric",
    "get_profile",
    "last_event_times",
    "list_metrics",
    "merge_profiles",
    "metric_listener_table",
    "metric_name",
    "metric_table",
    "normalised_email",
    "normalised_external_id",
    "normalised_phone_number",
    "profile_draft",
    "profile_from",
    "profile_table",
    "read_events",
    "read_profile_rows",
    "read_profiles",
    "read_rows",
    "recent_events",
    "record_events",
    "remove_metric_listener",
    "set_consent",
    "trigger_queue_table",
    "update_profile",
    "upsert_profiles",
]
