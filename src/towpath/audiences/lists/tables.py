"""Tables of lists and of who is on them."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
)

from towpath.kit.db import metadata

list_ = Table(
    "list",
    metadata,
    Column("account_id", Uuid, nullable=False),
    Column("id", Text(collation="C"), nullable=False),
    Column("name", Text(collation="C"), nullable=False),
    Column("opt_in_process", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column(
        "deleted_at", DateTime(timezone=True), comment="the row stays: flows may still name its id"
    ),
    PrimaryKeyConstraint("account_id", "id"),
    ForeignKeyConstraint(["account_id"], ["account.account_id"]),
    CheckConstraint("opt_in_process IN ('single_opt_in', 'double_opt_in')", name="opt_in_process"),
)

list_membership = Table(
    "list_membership",
    metadata,
    Column("account_id", Uuid, nullable=False),
    Column("list_id", Text(collation="C"), nullable=False),
    Column("profile_id", Uuid, nullable=False),
    Column("joined_at", DateTime(timezone=True), nullable=False),
    Column("method", Text, nullable=False, comment="how they came: api, …"),
    Column("custom_source", Text, comment="the caller's own word for it"),
    PrimaryKeyConstraint("account_id", "list_id", "profile_id"),
    ForeignKeyConstraint(["account_id", "list_id"], ["list.account_id", "list.id"]),
    ForeignKeyConstraint(["account_id", "profile_id"], ["profile.account_id", "profile.id"]),
    Index("ix_list_membership_joined", "account_id", "list_id", "joined_at", "profile_id"),
    Index("ix_list_membership_profile", "account_id", "profile_id", "list_id"),
)
