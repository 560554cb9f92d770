"""Tables of flows: the definition and its versions, runs, entries and what steps did."""

from sqlalchemy import (
    JSON,
    Boolean,
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

flow = Table(
    "flow",
    metadata,
    Column("account_id", Uuid, nullable=False),
    Column("id", Text(collation="C"), nullable=False),
    Column("name", Text, nullable=False),
    Column("status", Text, nullable=False, comment="shown from the actions; derived on save"),
    Column("is_archived", Boolean, nullable=False, server_default=text("false")),
    Column("version", Integer, nullable=False, comment="the current one"),
    Column("trigger_type", Text, nullable=False, comment="tag of the trigger in the definition"),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("deleted_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("account_id", "id"),
    ForeignKeyConstraint(["account_id"], ["account.account_id"]),
    CheckConstraint("status IN ('draft', 'manual', 'live')", name="status"),
)

flow_version = Table(
    "flow_version",
    metadata,
    Column("account_id", Uuid, nullable=False),
    Column("flow_id", Text(collation="C"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("definition", JSON, nullable=False, comment="verbatim, keys in the author's order"),
    Column("saved_at", DateTime(timezone=True), nullable=False),
    Column("saved_by", Text, nullable=False, comment="user, API key or command, as shown"),
    PrimaryKeyConstraint("account_id", "flow_id", "version"),
    ForeignKeyConstraint(["account_id", "flow_id"], ["flow.account_id", "flow.id"]),
)

flow_action = Table(
    "flow_action",
    metadata,
    Column("account_id", Uuid, nullable=False),
    Column("id", Text(collation="C"), nullable=False),
    Column("flow_id", Text(collation="C"), nullable=False),
    Column("label", Text, comment="the local id the action came with in a file"),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("deleted_at", DateTime(timezone=True)),
    Column(
        "redirect_to",
        Text(collation="C"),
        comment="deleted: where people waiting here go when due; null: the flow ends for them",
    ),
    PrimaryKeyConstraint("account_id", "id"),
    ForeignKeyConstraint(["account_id", "flow_id"], ["flow.account_id", "flow.id"]),
)

flow_run = Table(
    "flow_run",
    metadata,
    Column("account_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("flow_id", Text(collation="C"), nullable=False),
    Column("profile_id", Uuid, nullable=False),
    Column("entry_key", Text(collation="C"), nullable=False, comment="event:<id>, list:…, date:…"),
    Column("attempt", Integer, nullable=False, server_default="1"),
    Column("event_id", Uuid),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("state", Text, nullable=False),
    Column("node_id", Text(collation="C"), comment="the action it stands at"),
    Column(
        "is_inside",
        Boolean,
        nullable=False,
        comment="inside this delay until due; else the action is executed when due",
    ),
    Column("due_at", DateTime(timezone=True)),
    Column("finished_at", DateTime(timezone=True)),
    Column("error", Text, comment="why it is parked"),
    PrimaryKeyConstraint("account_id", "id"),
    ForeignKeyConstraint(["account_id", "flow_id"], ["flow.account_id", "flow.id"]),
    ForeignKeyConstraint(["account_id", "profile_id"], ["profile.account_id", "profile.id"]),
    ForeignKeyConstraint(["account_id", "event_id"], ["event.account_id", "event.id"]),
    UniqueConstraint("account_id", "flow_id", "entry_key", "attempt"),
    CheckConstraint("state IN ('waiting', 'finished', 'cancelled', 'parked')", name="state"),
    CheckConstraint(
        "(state = 'waiting') <= (node_id IS NOT NULL AND due_at IS NOT NULL)", name="waiting"
    ),
    Index(
        "ix_flow_run_due",
        "due_at",
        "account_id",
        "flow_id",
        "node_id",
        "is_inside",
        postgresql_where=text("state = 'waiting'"),
    ),
    Index(
        "ix_flow_run_cohort",
        "account_id",
        "flow_id",
        "node_id",
        "is_inside",
        "due_at",
        postgresql_where=text("state = 'waiting'"),
    ),
    Index("ix_flow_run_profile", "account_id", "profile_id", "flow_id"),
    Index(
        "ix_flow_run_event", "account_id", "event_id", postgresql_where=text("event_id IS NOT NULL")
    ),
    Index("ix_flow_run_parked", "account_id", "flow_id", postgresql_where=text("state = 'parked'")),
)

step_effect = Table(
    "step_effect",
    metadata,
    Column("account_id", Uuid, nullable=False),
    Column("run_id", Uuid, nullable=False),
    Column("action_id", Text(collation="C"), nullable=False),
    Column("flow_id", Text(collation="C"), nullable=False),
    Column("profile_id", Uuid, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("reason", Text),
    Column("happened_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("account_id", "run_id", "action_id"),
    ForeignKeyConstraint(["account_id", "run_id"], ["flow_run.account_id", "flow_run.id"]),
    CheckConstraint("outcome IN ('done', 'skipped', 'needs_review')", name="outcome"),
    CheckConstraint("(outcome = 'skipped') = (reason IS NOT NULL)", name="reason"),
    Index("ix_step_effect_activity", "account_id", "flow_id", "action_id", "outcome"),
)
