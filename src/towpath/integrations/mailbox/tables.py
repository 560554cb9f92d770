"""Table of captured mails: what was written while no mail server was set."""

from sqlalchemy import (
    Column,
    DateTime,
    ForeignKeyConstraint,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

from towpath.kit.db import metadata

captured_mail = Table(
    "captured_mail",
    metadata,
    Column("account_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False, comment="increasing: the order of capture"),
    Column("message_id", Text(collation="C"), nullable=False, comment="without angle brackets"),
    Column("kind", Text, nullable=False, comment="of the message: alert, confirmation, …"),
    Column("captured_at", DateTime(timezone=True), nullable=False),
    Column("date", DateTime(timezone=True), nullable=False, comment="its Date field"),
    Column("sender", Text, nullable=False, comment="as shown: label and address"),
    Column("recipient", Text, nullable=False),
    Column("reply_to", Text),
    Column("subject", Text, nullable=False),
    Column("headers", JSONB, nullable=False, comment="further fields, by name"),
    Column("html", Text),
    Column("text", Text),
    PrimaryKeyConstraint("account_id", "id"),
    ForeignKeyConstraint(["account_id"], ["account.account_id"]),
    UniqueConstraint("account_id", "message_id"),
)
