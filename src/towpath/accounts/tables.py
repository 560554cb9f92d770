"""Tables of accounts. `account_id` is the tenant: every table of every feature starts with it."""

from sqlalchemy import Column, DateTime, Table, Text, Uuid

from towpath.kit.db import metadata

account = Table(
    "account",
    metadata,
    Column("account_id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("timezone", Text, nullable=False, comment="IANA name, validated when saved"),
    Column("locale", Text, nullable=False, server_default="en"),
    Column("created_at", DateTime(timezone=True), nullable=False),
)
