"""Tables of people: profiles, consent, metrics, the event log, and who listens to it."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from towpath.kit.db import metadata

profile = Table(
    "profile",
    metadata,
    Column("account_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("email", Text(collation="C"), comment="normalised: lower case"),
    Column("phone_number", Text(collation="C"), comment="E.164"),
    Column("external_id", Text(collation="C")),
    Column("first_name", Text),
    Column("last_name", Text),
    Column("organization", Text),
    Column("title", Text),
    Column("image", Text),
    Column("locale", Text),
    Column("timezone", Text, comment="IANA name known to PostgreSQL and to us; else null"),
    Column("location", JSONB, nullable=False, server_default=text("'{}'")),
    Column("properties", JSONB, nullable=False, server_default=text("'{}'")),
    Column(
        "date_values",
        JSONB,
        nullable=False,
        server_default=text("'{}'"),
        comment="epoch seconds of every top-level property that reads as a date, by its name",
    ),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("merged_into", Uuid, comment="set on the loser of a merge, which keeps no identifier"),
    PrimaryKeyConstraint("account_id", "id"),
    ForeignKeyConstraint(["account_id"], ["account.account_id"]),
    CheckConstraint("email <> '' AND phone_number <> '' AND external_id <> ''", name="not_empty"),
    Index(
        "uq_profile_email",
        "account_id",
        "email",
        unique=True,
        postgresql_where=text("email IS NOT NULL"),
    ),
    Index(
        "uq_profile_phone_number",
        "account_id",
        "phone_number",
        unique=True,
        postgresql_where=text("phone_number IS NOT NULL"),
    ),
    Index(
        "uq_profile_external_id",
        "account_id",
        "external_id",
        unique=True,
        postgresql_where=text("external_id IS NOT NULL"),
    ),
    # Partial, so that foreign-key checks and look-ups by identifier cannot take them: until the
    # table has statistics the planner finds every index on account_id as good as the right one.
    Index(
        "ix_profile_updated",
        "account_id",
        "updated_at",
        "id",
        postgresql_where=text("merged_into IS NULL"),
    ),
    Index(
        "ix_profile_created",
        "account_id",
        "created_at",
        "id",
        postgresql_where=text("merged_into IS NULL"),
    ),
    Index(
        "ix_profile_merged_into",
        "account_id",
        "merged_into",
        postgresql_where=text("merged_into IS NOT NULL"),
    ),
)

identity_conflict = Table(
    "identity_conflict",
    metadata,
    Column("account_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("profile_id", Uuid, nullable=False, comment="the profile that was to get it"),
    Column("owner_profile_id", Uuid, nullable=False, comment="the profile that keeps it"),
    Column("kind", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("noticed_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("account_id", "id"),
    ForeignKeyConstraint(["account_id", "profile_id"], ["profile.account_id", "profile.id"]),
    ForeignKeyConstraint(["account_id", "owner_profile_id"], ["profile.account_id", "profile.id"]),
    UniqueConstraint("account_id", "profile_id", "kind", "value"),
    CheckConstraint("kind IN ('email', 'phone_number', 'external_id')", name="kind"),
)

consent = Table(
    "consent",
    metadata,
    Column("account_id", Uuid, nullable=False),
    Column("profile_id", Uuid, nullable=False),
    Column("channel", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("method", Text, nullable=False, comment="how it was given or withdrawn: form, api, …"),
    Column("custom_source", Text),
    Column("is_double_opt_in", Boolean, nullable=False, server_default=text("false")),
    Column(
        "consented_at", DateTime(timezone=True), nullable=False, comment="when the status began"
    ),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("account_id", "profile_id", "channel"),
    ForeignKeyConstraint(["account_id", "profile_id"], ["profile.account_id", "profile.id"]),
    CheckConstraint("channel IN ('email', 'sms_marketing', 'sms_transactional')", name="channel"),
    CheckConstraint("status IN ('subscribed', 'unsubscribed')", name="status"),
)

metric = Table(
    "metric",
    metadata,
    Column("account_id", Uuid, nullable=False),
    Column("id", Text(collation="C"), nullable=False),
    Column("name", Text, nullable=False),
    Column("service", Text, nullable=False, server_default="api"),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("account_id", "id"),
    ForeignKeyConstraint(["account_id"], ["account.account_id"]),
    UniqueConstraint("account_id", "name"),
)

event = Table(
    "event",
    metadata,
    Column("account_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False, comment="increasing: the recorded order"),
    Column("profile_id", Uuid, nullable=False),
    Column("metric_id", Text(collation="C"), nullable=False),
    Column("time", DateTime(timezone=True), nullable=False, comment="truncated to the second"),
    Column(
        "unique_id",
        Text(collation="C"),
        nullable=False,
        comment="the caller's, or the time in epoch seconds",
    ),
    Column("properties", JSONB, nullable=False, comment="$value is the event's value"),
    Column(
        "date_values", JSONB, nullable=False, server_default=text("'{}'"), comment="as in profile"
    ),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("account_id", "id"),
    ForeignKeyConstraint(["account_id", "profile_id"], ["profile.account_id", "profile.id"]),
    ForeignKeyConstraint(["account_id", "metric_id"], ["metric.account_id", "metric.id"]),
    UniqueConstraint("account_id", "profile_id", "metric_id", "unique_id"),
    Index("ix_event_history", "account_id", "profile_id", "metric_id", "time"),
    Index("ix_event_metric_time", "account_id", "metric_id", "time"),
)

metric_listener = Table(
    "metric_listener",
    metadata,
    Column("account_id", Uuid, nullable=False),
    Column("metric_id", Text(collation="C"), nullable=False),
    Column("listener", Text(collation="C"), nullable=False, comment="kind:id, e.g. flow:AbC123"),
    PrimaryKeyConstraint("account_id", "metric_id", "listener"),
    ForeignKeyConstraint(["account_id", "metric_id"], ["metric.account_id", "metric.id"]),
)

trigger_queue = Table(
    "trigger_queue",
    metadata,
    Column("account_id", Uuid, nullable=False),
    Column("event_id", Uuid, nullable=False),
    Column("metric_id", Text(collation="C"), nullable=False),
    Column("profile_id", Uuid, nullable=False),
    Column("time", DateTime(timezone=True), nullable=False, comment="of the event"),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    Column("error", Text, comment="why it could not be judged; it waits for a repair"),
    PrimaryKeyConstraint("account_id", "event_id"),
    ForeignKeyConstraint(["account_id", "event_id"], ["event.account_id", "event.id"]),
    Index(
        "ix_trigger_queue_order",
        "account_id",
        "time",
        "event_id",
        postgresql_where=text("error IS NULL"),
    ),
)
