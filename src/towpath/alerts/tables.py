"""Tables of alert recipients: their opt-in belongs to (account, address), not to an action."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
)

from towpath.kit.db import metadata

alert_recipient = Table(
    "alert_recipient",
    metadata,
    Column("account_id", Uuid, nullable=False),
    Column("address", Text(collation="C"), nullable=False, comment="case-folded"),
    Column("state", Text, nullable=False),
    Column("added_at", DateTime(timezone=True), nullable=False),
    Column(
        "confirmation_sent_at",
        DateTime(timezone=True),
        comment="at most one confirmation mail an hour",
    ),
    Column("confirmed_at", DateTime(timezone=True)),
    Column("disabled_at", DateTime(timezone=True)),
    Column("disabled_by", Text, comment="opt_out or hard_bounces"),
    Column(
        "disablings",
        Integer,
        nullable=False,
        server_default="0",
        comment="how often it was disabled; a confirmation link carries the count of its mail",
    ),
    Column("hard_bounces", Integer, nullable=False, server_default="0", comment="in a row"),
    Column("last_bounce", Text, comment="the mail server's words"),
    PrimaryKeyConstraint("account_id", "address"),
    ForeignKeyConstraint(["account_id"], ["account.account_id"]),
    CheckConstraint("state IN ('unconfirmed', 'confirmed', 'disabled')", name="state"),
    CheckConstraint("(state = 'confirmed') <= (confirmed_at IS NOT NULL)", name="confirmed"),
    CheckConstraint(
        "(state = 'disabled') <= (disabled_at IS NOT NULL AND disabled_by IS NOT NULL)",
        name="disabled",
    ),
    CheckConstraint("disabled_by IN ('opt_out', 'hard_bounces')", name="disabled_by"),
)
