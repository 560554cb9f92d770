"""Tables of the outbox: a message is one activity row, a delivery is one per recipient."""

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
    text,
)

from towpath.kit.db import metadata

message = Table(
    "message",
    metadata,
    Column("account_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("kind", Text, nullable=False, comment="who judges and renders it: alert, confirmation"),
    Column("state", Text, nullable=False),
    Column("reason", Text, comment="why it was skipped, in the words of flows.md §7"),
    Column("flow_id", Text(collation="C")),
    Column("action_id", Text(collation="C")),
    Column("run_id", Uuid),
    Column("profile_id", Uuid, comment="whom it is about"),
    Column("event_id", Uuid, comment="the event that started the run"),
    Column("address", Text, comment="recipient of a message that is not from a flow"),
    Column("locale", Text, comment="language of a message that is not from a flow"),
    Column("created_at", DateTime(timezone=True), nullable=False, comment="when the step was due"),
    Column("due_at", DateTime(timezone=True), nullable=False, comment="not sent before"),
    Column("finished_at", DateTime(timezone=True), comment="sent, skipped or cancelled"),
    Column("subject", Text, comment="as sent"),
    Column("html", Text, comment="as sent"),
    Column("text", Text, comment="as sent"),
    PrimaryKeyConstraint("account_id", "id"),
    ForeignKeyConstraint(["account_id"], ["account.account_id"]),
    ForeignKeyConstraint(["account_id", "profile_id"], ["profile.account_id", "profile.id"]),
    CheckConstraint(
        "state IN ('queued', 'sending', 'sent', 'skipped', 'needs_review', 'cancelled')",
        name="state",
    ),
    CheckConstraint("(state = 'skipped') = (reason IS NOT NULL)", name="reason"),
    CheckConstraint("(run_id IS NULL) = (action_id IS NULL)", name="run"),
    Index(
        "uq_message_run_action",
        "account_id",
        "run_id",
        "action_id",
        unique=True,
        postgresql_where=text("run_id IS NOT NULL"),
    ),
    Index(
        "ix_message_queued", "account_id", "due_at", "id", postgresql_where=text("state = 'queued'")
    ),
    Index("ix_message_activity", "account_id", "flow_id", "action_id", "state", "created_at"),
    Index("ix_message_profile", "account_id", "profile_id", "created_at"),
)

delivery = Table(
    "delivery",
    metadata,
    Column("account_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("message_id", Uuid, nullable=False),
    Column("address", Text(collation="C"), nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column(
        "due_at",
        DateTime(timezone=True),
        nullable=False,
        comment="pending: next attempt; leased: the lease ends (real time, also in a replay)",
    ),
    Column("lease_id", Uuid, comment="the claim that may record an outcome"),
    Column("reference", Text, nullable=False, comment="stable Message-ID over every attempt"),
    Column("response", Text, comment="the provider's last words"),
    Column("reason", Text, comment="why it failed, in the words of flows.md §7"),
    Column("finished_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("account_id", "id"),
    ForeignKeyConstraint(["account_id", "message_id"], ["message.account_id", "message.id"]),
    CheckConstraint("state IN ('pending', 'leased', 'sent', 'failed')", name="state"),
    CheckConstraint("(state = 'leased') = (lease_id IS NOT NULL)", name="lease"),
    CheckConstraint("(state = 'failed') = (reason IS NOT NULL)", name="reason"),
    UniqueConstraint("account_id", "message_id", "address"),
    Index(
        "ix_delivery_due",
        "account_id",
        "due_at",
        postgresql_where=text("state IN ('pending', 'leased')"),
    ),
)

mail_counter = Table(
    "mail_counter",
    metadata,
    Column("account_id", Uuid, nullable=False),
    Column("month", Text, nullable=False, comment="YYYY-MM in the account's timezone"),
    Column("mails", Integer, nullable=False),
    PrimaryKeyConstraint("account_id", "month"),
    ForeignKeyConstraint(["account_id"], ["account.account_id"]),
)
