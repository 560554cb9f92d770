"""Table of stored templates."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
)

from towpath.kit.db import metadata

template = Table(
    "template",
    metadata,
    Column("account_id", Uuid, nullable=False),
    Column("id", Text(collation="C"), nullable=False),
    Column("name", Text, nullable=False),
    Column("editor_type", Text, nullable=False),
    Column("html", Text),
    Column("text", Text),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("account_id", "id"),
    ForeignKeyConstraint(["account_id"], ["account.account_id"]),
    CheckConstraint(
        "editor_type IN ('CODE', 'USER_DRAGGABLE', 'SYSTEM_DRAGGABLE')", name="editor_type"
    ),
)
