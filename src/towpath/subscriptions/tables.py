"""Tables of subscriptions: who was asked to confirm, and the jobs that suppressed people."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)

from towpath.kit.db import metadata

subscription_request = Table(
    "subscription_request",
    metadata,
    Column("account_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False, comment="in the link; another one voids older links"),
    Column("list_id", Text(collation="C"), nullable=False),
    Column("profile_id", Uuid, nullable=False),
    Column("email", Text(collation="C"), nullable=False, comment="the address that was asked"),
    Column("custom_source", Text),
    Column("message_id", Uuid, nullable=False, comment="the latest mail"),
    Column("mailed_at", DateTime(timezone=True), nullable=False),
    Column("confirmed_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("account_id", "list_id", "profile_id"),
    UniqueConstraint("account_id", "id"),
    ForeignKeyConstraint(["account_id", "list_id"], ["list.account_id", "list.id"]),
    ForeignKeyConstraint(["account_id", "profile_id"], ["profile.account_id", "profile.id"]),
    Index("ix_subscription_request_message", "account_id", "message_id"),
    Index("ix_subscription_request_profile", "account_id", "profile_id"),
)

suppression_job = Table(
    "suppression_job",
    metadata,
    Column("account_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("total_count", Integer, nullable=False),
    Column("completed_count", Integer, nullable=False),
    Column("skipped_count", Integer, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("completed_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("account_id", "id"),
    ForeignKeyConstraint(["account_id"], ["account.account_id"]),
    CheckConstraint("kind IN ('suppress', 'unsuppress')", name="kind"),
)
