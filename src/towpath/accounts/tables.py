"""Tables of accounts. `account_id` is the tenant: every table of every feature starts with it.

Global are only `user`, what lets a user in (`session`, `one_time_link`, `sign_in_attempt`) and
`directory`, which finds the account of something whose account is not known yet.
"""

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
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
from sqlalchemy.dialects.postgresql import JSONB

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

account_setting = Table(
    "account_setting",
    metadata,
    Column("account_id", Uuid, nullable=False),
    Column("key", Text(collation="C"), nullable=False, comment="a name of accounts/settings.py"),
    Column("value", JSONB, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("account_id", "key"),
    ForeignKeyConstraint(["account_id"], ["account.account_id"]),
)

user = Table(
    "user",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("email", Text(collation="C"), nullable=False, unique=True, comment="case-folded"),
    Column("password_hash", Text, comment="null until the user has set one"),
    Column("name", Text, nullable=False),
    Column("locale", Text, nullable=False, server_default="en"),
    Column("created_at", DateTime(timezone=True), nullable=False),
)

membership = Table(
    "membership",
    metadata,
    Column("account_id", Uuid, nullable=False),
    Column("user_id", Uuid, nullable=False),
    Column("role", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("account_id", "user_id"),
    ForeignKeyConstraint(["account_id"], ["account.account_id"]),
    ForeignKeyConstraint(["user_id"], ["user.id"]),
    CheckConstraint("role IN ('owner', 'admin', 'manager', 'support', 'analyst')", name="role"),
    Index("ix_membership_user", "user_id"),
)

session = Table(
    "session",
    metadata,
    Column("token_hash", Text(collation="C"), primary_key=True, comment="SHA-256 of the cookie"),
    Column("user_id", Uuid, ForeignKey("user.id", ondelete="CASCADE"), nullable=False),
    Column("account_id", Uuid, nullable=False, comment="the account on screen"),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("last_seen_at", DateTime(timezone=True), nullable=False, comment="to some minutes"),
    Column(
        "expires_at", DateTime(timezone=True), nullable=False, comment="however much it is used"
    ),
    Index("ix_session_user", "user_id", "created_at"),
    Index("ix_session_expires", "expires_at"),
)

one_time_link = Table(
    "one_time_link",
    metadata,
    Column("token_hash", Text(collation="C"), primary_key=True, comment="SHA-256 of the token"),
    Column("purpose", Text, nullable=False),
    Column("user_id", Uuid, ForeignKey("user.id", ondelete="CASCADE")),
    Column("account_id", Uuid),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("used_at", DateTime(timezone=True)),
    CheckConstraint("purpose IN ('first_owner', 'sign_in', 'invitation')", name="purpose"),
    CheckConstraint("(purpose = 'first_owner') = (user_id IS NULL)", name="user"),
    Index("ix_one_time_link_expires", "expires_at"),
)

sign_in_attempt = Table(
    "sign_in_attempt",
    metadata,
    Column("kind", Text(collation="C"), nullable=False),
    Column("key", Text(collation="C"), nullable=False, comment="SHA-256 of the address or network"),
    Column("failures", Integer, nullable=False, comment="in the window"),
    Column("window_started_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("kind", "key"),
    CheckConstraint("kind IN ('email', 'network')", name="kind"),
    Index("ix_sign_in_attempt_window", "window_started_at"),
)

directory = Table(
    "directory",
    metadata,
    Column("kind", Text(collation="C"), nullable=False, comment="api_key: the key is its hash"),
    Column("key", Text(collation="C"), nullable=False),
    Column("account_id", Uuid, nullable=False),
    PrimaryKeyConstraint("kind", "key"),
)

api_key = Table(
    "api_key",
    metadata,
    Column("account_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    Column("hint", Text, nullable=False, comment="the last characters, to recognise it by"),
    Column("hash", Text(collation="C"), nullable=False, comment="SHA-256; the key has 256 bits"),
    Column("scope", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("created_by", Text, nullable=False, comment="the actor's label at that time"),
    Column("last_used_at", DateTime(timezone=True), comment="to the hour"),
    Column("revoked_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("account_id", "id"),
    ForeignKeyConstraint(["account_id"], ["account.account_id"]),
    UniqueConstraint("account_id", "hash"),
    CheckConstraint("scope IN ('read', 'full')", name="scope"),
)

audit_entry = Table(
    "audit_entry",
    metadata,
    Column("account_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False, comment="increasing: the order on screen"),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("actor_kind", Text, nullable=False),
    Column("actor_id", Text, nullable=False),
    Column("actor_label", Text, nullable=False, comment="as it was then; users are renamed"),
    Column("action", Text, nullable=False, comment="noun.verb: api_key.created"),
    Column("target_kind", Text, nullable=False),
    Column("target_id", Text, nullable=False),
    Column("detail", JSONB, nullable=False, server_default=text("'{}'")),
    PrimaryKeyConstraint("account_id", "id"),
    ForeignKeyConstraint(["account_id"], ["account.account_id"]),
    CheckConstraint("actor_kind IN ('user', 'api_key', 'command')", name="actor_kind"),
)
