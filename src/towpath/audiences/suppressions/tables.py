"""The table of suppressions."""

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

suppression = Table(
    "suppression",
    metadata,
    Column("account_id", Uuid, nullable=False),
    Column("profile_id", Uuid, nullable=False),
    Column("reason", Text(collation="C"), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False, comment="since when"),
    PrimaryKeyConstraint("account_id", "profile_id", "reason"),
    ForeignKeyConstraint(["account_id", "profile_id"], ["profile.account_id", "profile.id"]),
    CheckConstraint(
        "reason IN ('HARD_BOUNCE', 'INVALID_EMAIL', 'SPAM_COMPLAINT', 'UNSUBSCRIBE', "
        "'USER_SUPPRESSED')",
        name="reason",
    ),
)
