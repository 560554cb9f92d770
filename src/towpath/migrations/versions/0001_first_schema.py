"""First schema.

Revision: 0001, after None.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False, comment="IANA name, validated when saved"),
        sa.Column("locale", sa.Text(), server_default="en", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_account")),
    )
    op.create_table(
        "directory",
        sa.Column(
            "kind", sa.Text(collation="C"), nullable=False, comment="api_key: the key is its hash"
        ),
        sa.Column("key", sa.Text(collation="C"), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "key", name=op.f("pk_directory")),
    )
    op.create_table(
        "sign_in_attempt",
        sa.Column("kind", sa.Text(collation="C"), nullable=False),
        sa.Column(
            "key",
            sa.Text(collation="C"),
            nullable=False,
            comment="SHA-256 of the address or network",
        ),
        sa.Column("failures", sa.Integer(), nullable=False, comment="in the window"),
        sa.Column("window_started_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('email', 'network')", name=op.f("ck_sign_in_attempt_kind")),
        sa.PrimaryKeyConstraint("kind", "key", name=op.f("pk_sign_in_attempt")),
    )
    op.create_index(
        "ix_sign_in_attempt_window", "sign_in_attempt", ["window_started_at"], unique=False
    )
    op.create_table(
        "user",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(collation="C"), nullable=False, comment="case-folded"),
        sa.Column(
            "password_hash", sa.Text(), nullable=True, comment="null until the user has set one"
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), server_default="en", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user")),
        sa.UniqueConstraint("email", name=op.f("uq_user_email")),
    )
    op.create_table(
        "worker_heartbeat",
        sa.Column("worker_id", sa.Uuid(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "trouble",
            sa.Text(),
            nullable=True,
            comment="what keeps it from its work, in words; null: nothing",
        ),
        sa.PrimaryKeyConstraint("worker_id", name=op.f("pk_worker_heartbeat")),
    )
    op.create_table(
        "account_setting",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column(
            "key", sa.Text(collation="C"), nullable=False, comment="a name of accounts/settings.py"
        ),
        sa.Column("value", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.account_id"], name=op.f("fk_account_setting_account_id")
        ),
        sa.PrimaryKeyConstraint("account_id", "key", name=op.f("pk_account_setting")),
    )
    op.create_table(
        "alert_recipient",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("address", sa.Text(collation="C"), nullable=False, comment="case-folded"),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "confirmation_sent_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="at most one confirmation mail an hour",
        ),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_by", sa.Text(), nullable=True, comment="opt_out or hard_bounces"),
        sa.Column(
            "disablings",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="how often it was disabled; a confirmation link carries the count of its mail",
        ),
        sa.Column(
            "hard_bounces", sa.Integer(), server_default="0", nullable=False, comment="in a row"
        ),
        sa.Column("last_bounce", sa.Text(), nullable=True, comment="the mail server's words"),
        sa.CheckConstraint(
            "(state = 'confirmed') <= (confirmed_at IS NOT NULL)",
            name=op.f("ck_alert_recipient_confirmed"),
        ),
        sa.CheckConstraint(
            "(state = 'disabled') <= (disabled_at IS NOT NULL AND disabled_by IS NOT NULL)",
            name=op.f("ck_alert_recipient_disabled"),
        ),
        sa.CheckConstraint(
            "disabled_by IN ('opt_out', 'hard_bounces')",
            name=op.f("ck_alert_recipient_disabled_by"),
        ),
        sa.CheckConstraint(
            "state IN ('unconfirmed', 'confirmed', 'disabled')",
            name=op.f("ck_alert_recipient_state"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.account_id"], name=op.f("fk_alert_recipient_account_id")
        ),
        sa.PrimaryKeyConstraint("account_id", "address", name=op.f("pk_alert_recipient")),
    )
    op.create_table(
        "api_key",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "hint", sa.Text(), nullable=False, comment="the last characters, to recognise it by"
        ),
        sa.Column(
            "hash", sa.Text(collation="C"), nullable=False, comment="SHA-256; the key has 256 bits"
        ),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "created_by", sa.Text(), nullable=False, comment="the actor's label at that time"
        ),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True, comment="to the hour"),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("scope IN ('read', 'full')", name=op.f("ck_api_key_scope")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.account_id"], name=op.f("fk_api_key_account_id")
        ),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("account_id", "hash", name=op.f("uq_api_key_account_id_hash")),
    )
    op.create_table(
        "audit_entry",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False, comment="increasing: the order on screen"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column(
            "actor_label", sa.Text(), nullable=False, comment="as it was then; users are renamed"
        ),
        sa.Column("action", sa.Text(), nullable=False, comment="noun.verb: api_key.created"),
        sa.Column("target_kind", sa.Text(), nullable=False),
        sa.Column("target_id", sa.Text(), nullable=False),
        sa.Column(
            "detail",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "actor_kind IN ('user', 'api_key', 'command')", name=op.f("ck_audit_entry_actor_kind")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.account_id"], name=op.f("fk_audit_entry_account_id")
        ),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_audit_entry")),
    )
    op.create_table(
        "captured_mail",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False, comment="increasing: the order of capture"),
        sa.Column(
            "message_id", sa.Text(collation="C"), nullable=False, comment="without angle brackets"
        ),
        sa.Column(
            "kind", sa.Text(), nullable=False, comment="of the message: alert, confirmation, …"
        ),
        sa.Column("captured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("date", sa.DateTime(timezone=True), nullable=False, comment="its Date field"),
        sa.Column("sender", sa.Text(), nullable=False, comment="as shown: label and address"),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("reply_to", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column(
            "headers",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="further fields, by name",
        ),
        sa.Column("html", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.account_id"], name=op.f("fk_captured_mail_account_id")
        ),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_captured_mail")),
        sa.UniqueConstraint(
            "account_id", "message_id", name=op.f("uq_captured_mail_account_id_message_id")
        ),
    )
    op.create_table(
        "flow",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "status", sa.Text(), nullable=False, comment="shown from the actions; derived on save"
        ),
        sa.Column("is_archived", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, comment="the current one"),
        sa.Column(
            "trigger_type",
            sa.Text(),
            nullable=False,
            comment="tag of the trigger in the definition",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("status IN ('draft', 'manual', 'live')", name=op.f("ck_flow_status")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.account_id"], name=op.f("fk_flow_account_id")
        ),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_flow")),
    )
    op.create_table(
        "mail_counter",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False, comment="YYYY-MM in the account's timezone"),
        sa.Column("mails", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.account_id"], name=op.f("fk_mail_counter_account_id")
        ),
        sa.PrimaryKeyConstraint("account_id", "month", name=op.f("pk_mail_counter")),
    )
    op.create_table(
        "membership",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "role IN ('owner', 'admin', 'manager', 'support', 'analyst')",
            name=op.f("ck_membership_role"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.account_id"], name=op.f("fk_membership_account_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_membership_user_id")),
        sa.PrimaryKeyConstraint("account_id", "user_id", name=op.f("pk_membership")),
    )
    op.create_index("ix_membership_user", "membership", ["user_id"], unique=False)
    op.create_table(
        "metric",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), server_default="api", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.account_id"], name=op.f("fk_metric_account_id")
        ),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_metric")),
        sa.UniqueConstraint("account_id", "name", name=op.f("uq_metric_account_id_name")),
    )
    op.create_table(
        "one_time_link",
        sa.Column(
            "token_hash", sa.Text(collation="C"), nullable=False, comment="SHA-256 of the token"
        ),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(purpose = 'first_owner') = (user_id IS NULL)", name=op.f("ck_one_time_link_user")
        ),
        sa.CheckConstraint(
            "purpose IN ('first_owner', 'sign_in', 'invitation')",
            name=op.f("ck_one_time_link_purpose"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_one_time_link_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_one_time_link")),
    )
    op.create_index("ix_one_time_link_expires", "one_time_link", ["expires_at"], unique=False)
    op.create_table(
        "profile",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(collation="C"), nullable=True, comment="normalised: lower case"),
        sa.Column("phone_number", sa.Text(collation="C"), nullable=True, comment="E.164"),
        sa.Column("external_id", sa.Text(collation="C"), nullable=True),
        sa.Column("first_name", sa.Text(), nullable=True),
        sa.Column("last_name", sa.Text(), nullable=True),
        sa.Column("organization", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("image", sa.Text(), nullable=True),
        sa.Column("locale", sa.Text(), nullable=True),
        sa.Column(
            "timezone",
            sa.Text(),
            nullable=True,
            comment="IANA name known to PostgreSQL and to us; else null",
        ),
        sa.Column(
            "location",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column(
            "properties",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column(
            "date_values",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="epoch seconds of every top-level property that reads as a date, by its name",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "merged_into",
            sa.Uuid(),
            nullable=True,
            comment="set on the loser of a merge, which keeps no identifier",
        ),
        sa.CheckConstraint(
            "email <> '' AND phone_number <> '' AND external_id <> ''",
            name=op.f("ck_profile_not_empty"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.account_id"], name=op.f("fk_profile_account_id")
        ),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_profile")),
    )
    op.create_index(
        "ix_profile_created",
        "profile",
        ["account_id", "created_at", "id"],
        unique=False,
        postgresql_where=sa.text("merged_into IS NULL"),
    )
    op.create_index(
        "ix_profile_merged_into",
        "profile",
        ["account_id", "merged_into"],
        unique=False,
        postgresql_where=sa.text("merged_into IS NOT NULL"),
    )
    op.create_index(
        "ix_profile_updated",
        "profile",
        ["account_id", "updated_at", "id"],
        unique=False,
        postgresql_where=sa.text("merged_into IS NULL"),
    )
    op.create_index(
        "uq_profile_email",
        "profile",
        ["account_id", "email"],
        unique=True,
        postgresql_where=sa.text("email IS NOT NULL"),
    )
    op.create_index(
        "uq_profile_external_id",
        "profile",
        ["account_id", "external_id"],
        unique=True,
        postgresql_where=sa.text("external_id IS NOT NULL"),
    )
    op.create_index(
        "uq_profile_phone_number",
        "profile",
        ["account_id", "phone_number"],
        unique=True,
        postgresql_where=sa.text("phone_number IS NOT NULL"),
    )
    op.create_table(
        "session",
        sa.Column(
            "token_hash", sa.Text(collation="C"), nullable=False, comment="SHA-256 of the cookie"
        ),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False, comment="the account on screen"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "last_seen_at", sa.DateTime(timezone=True), nullable=False, comment="to some minutes"
        ),
        sa.Column(
            "expires_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="however much it is used",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_session_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_session")),
    )
    op.create_index("ix_session_expires", "session", ["expires_at"], unique=False)
    op.create_index("ix_session_user", "session", ["user_id", "created_at"], unique=False)
    op.create_table(
        "template",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("editor_type", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "editor_type IN ('CODE', 'USER_DRAGGABLE', 'SYSTEM_DRAGGABLE')",
            name=op.f("ck_template_editor_type"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.account_id"], name=op.f("fk_template_account_id")
        ),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_template")),
    )
    op.create_table(
        "consent",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("profile_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column(
            "method",
            sa.Text(),
            nullable=False,
            comment="how it was given or withdrawn: form, api, …",
        ),
        sa.Column("custom_source", sa.Text(), nullable=True),
        sa.Column(
            "is_double_opt_in", sa.Boolean(), server_default=sa.text("false"), nullable=False
        ),
        sa.Column(
            "consented_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when the status began",
        ),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "channel IN ('email', 'sms_marketing', 'sms_transactional')",
            name=op.f("ck_consent_channel"),
        ),
        sa.CheckConstraint(
            "status IN ('subscribed', 'unsubscribed')", name=op.f("ck_consent_status")
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "profile_id"],
            ["profile.account_id", "profile.id"],
            name=op.f("fk_consent_account_id_profile_id"),
        ),
        sa.PrimaryKeyConstraint("account_id", "profile_id", "channel", name=op.f("pk_consent")),
    )
    op.create_table(
        "event",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False, comment="increasing: the recorded order"),
        sa.Column("profile_id", sa.Uuid(), nullable=False),
        sa.Column("metric_id", sa.Text(collation="C"), nullable=False),
        sa.Column(
            "time", sa.DateTime(timezone=True), nullable=False, comment="truncated to the second"
        ),
        sa.Column(
            "unique_id",
            sa.Text(collation="C"),
            nullable=False,
            comment="the caller's, or the time in epoch seconds",
        ),
        sa.Column(
            "properties",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="$value is the event's value",
        ),
        sa.Column(
            "date_values",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="as in profile",
        ),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id", "metric_id"],
            ["metric.account_id", "metric.id"],
            name=op.f("fk_event_account_id_metric_id"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "profile_id"],
            ["profile.account_id", "profile.id"],
            name=op.f("fk_event_account_id_profile_id"),
        ),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_event")),
        sa.UniqueConstraint(
            "account_id",
            "profile_id",
            "metric_id",
            "unique_id",
            name=op.f("uq_event_account_id_profile_id_metric_id_unique_id"),
        ),
    )
    op.create_index(
        "ix_event_history", "event", ["account_id", "profile_id", "metric_id", "time"], unique=False
    )
    op.create_index(
        "ix_event_metric_time", "event", ["account_id", "metric_id", "time"], unique=False
    )
    op.create_table(
        "flow_action",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("flow_id", sa.Text(collation="C"), nullable=False),
        sa.Column(
            "label", sa.Text(), nullable=True, comment="the local id the action came with in a file"
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "redirect_to",
            sa.Text(collation="C"),
            nullable=True,
            comment="deleted: where people waiting here go when due; null: the flow ends for them",
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "flow_id"],
            ["flow.account_id", "flow.id"],
            name=op.f("fk_flow_action_account_id_flow_id"),
        ),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_flow_action")),
    )
    op.create_table(
        "flow_version",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("flow_id", sa.Text(collation="C"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "definition", sa.JSON(), nullable=False, comment="verbatim, keys in the author's order"
        ),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "saved_by", sa.Text(), nullable=False, comment="user, API key or command, as shown"
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "flow_id"],
            ["flow.account_id", "flow.id"],
            name=op.f("fk_flow_version_account_id_flow_id"),
        ),
        sa.PrimaryKeyConstraint("account_id", "flow_id", "version", name=op.f("pk_flow_version")),
    )
    op.create_table(
        "identity_conflict",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "profile_id", sa.Uuid(), nullable=False, comment="the profile that was to get it"
        ),
        sa.Column(
            "owner_profile_id", sa.Uuid(), nullable=False, comment="the profile that keeps it"
        ),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("noticed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('email', 'phone_number', 'external_id')",
            name=op.f("ck_identity_conflict_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "owner_profile_id"],
            ["profile.account_id", "profile.id"],
            name=op.f("fk_identity_conflict_account_id_owner_profile_id"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "profile_id"],
            ["profile.account_id", "profile.id"],
            name=op.f("fk_identity_conflict_account_id_profile_id"),
        ),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_identity_conflict")),
        sa.UniqueConstraint(
            "account_id",
            "profile_id",
            "kind",
            "value",
            name=op.f("uq_identity_conflict_account_id_profile_id_kind_value"),
        ),
    )
    op.create_table(
        "message",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Text(),
            nullable=False,
            comment="who judges and renders it: alert, confirmation",
        ),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column(
            "reason",
            sa.Text(),
            nullable=True,
            comment="why it was skipped, in the words of flows.md §7",
        ),
        sa.Column("flow_id", sa.Text(collation="C"), nullable=True),
        sa.Column("action_id", sa.Text(collation="C"), nullable=True),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("profile_id", sa.Uuid(), nullable=True, comment="whom it is about"),
        sa.Column("event_id", sa.Uuid(), nullable=True, comment="the event that started the run"),
        sa.Column(
            "address",
            sa.Text(),
            nullable=True,
            comment="recipient of a message that is not from a flow",
        ),
        sa.Column(
            "locale",
            sa.Text(),
            nullable=True,
            comment="language of a message that is not from a flow",
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when the step was due",
        ),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False, comment="not sent before"),
        sa.Column(
            "finished_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="sent, skipped or cancelled",
        ),
        sa.Column("subject", sa.Text(), nullable=True, comment="as sent"),
        sa.Column("html", sa.Text(), nullable=True, comment="as sent"),
        sa.Column("text", sa.Text(), nullable=True, comment="as sent"),
        sa.CheckConstraint(
            "(state = 'skipped') = (reason IS NOT NULL)", name=op.f("ck_message_reason")
        ),
        sa.CheckConstraint(
            "state IN ('queued', 'sending', 'sent', 'skipped', 'needs_review', 'cancelled')",
            name=op.f("ck_message_state"),
        ),
        sa.CheckConstraint("(run_id IS NULL) = (action_id IS NULL)", name=op.f("ck_message_run")),
        sa.ForeignKeyConstraint(
            ["account_id", "profile_id"],
            ["profile.account_id", "profile.id"],
            name=op.f("fk_message_account_id_profile_id"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.account_id"], name=op.f("fk_message_account_id")
        ),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_message")),
    )
    op.create_index(
        "ix_message_activity",
        "message",
        ["account_id", "flow_id", "action_id", "state", "created_at"],
        unique=False,
    )
    op.create_index(
        "ix_message_profile", "message", ["account_id", "profile_id", "created_at"], unique=False
    )
    op.create_index(
        "ix_message_queued",
        "message",
        ["account_id", "due_at", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'queued'"),
    )
    op.create_index(
        "uq_message_run_action",
        "message",
        ["account_id", "run_id", "action_id"],
        unique=True,
        postgresql_where=sa.text("run_id IS NOT NULL"),
    )
    op.create_table(
        "metric_listener",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("metric_id", sa.Text(collation="C"), nullable=False),
        sa.Column(
            "listener", sa.Text(collation="C"), nullable=False, comment="kind:id, e.g. flow:AbC123"
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "metric_id"],
            ["metric.account_id", "metric.id"],
            name=op.f("fk_metric_listener_account_id_metric_id"),
        ),
        sa.PrimaryKeyConstraint(
            "account_id", "metric_id", "listener", name=op.f("pk_metric_listener")
        ),
    )
    op.create_table(
        "delivery",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("address", sa.Text(collation="C"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "due_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="pending: next attempt; leased: the lease ends (real time, also in a replay)",
        ),
        sa.Column(
            "lease_id", sa.Uuid(), nullable=True, comment="the claim that may record an outcome"
        ),
        sa.Column(
            "reference", sa.Text(), nullable=False, comment="stable Message-ID over every attempt"
        ),
        sa.Column("response", sa.Text(), nullable=True, comment="the provider's last words"),
        sa.Column(
            "reason", sa.Text(), nullable=True, comment="why it failed, in the words of flows.md §7"
        ),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'failed') = (reason IS NOT NULL)", name=op.f("ck_delivery_reason")
        ),
        sa.CheckConstraint(
            "(state = 'leased') = (lease_id IS NOT NULL)", name=op.f("ck_delivery_lease")
        ),
        sa.CheckConstraint(
            "state IN ('pending', 'leased', 'sent', 'failed')", name=op.f("ck_delivery_state")
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "message_id"],
            ["message.account_id", "message.id"],
            name=op.f("fk_delivery_account_id_message_id"),
        ),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_delivery")),
        sa.UniqueConstraint(
            "account_id",
            "message_id",
            "address",
            name=op.f("uq_delivery_account_id_message_id_address"),
        ),
    )
    op.create_index(
        "ix_delivery_due",
        "delivery",
        ["account_id", "due_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('pending', 'leased')"),
    )
    op.create_table(
        "flow_run",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("flow_id", sa.Text(collation="C"), nullable=False),
        sa.Column("profile_id", sa.Uuid(), nullable=False),
        sa.Column(
            "entry_key",
            sa.Text(collation="C"),
            nullable=False,
            comment="event:<id>, list:…, date:…",
        ),
        sa.Column("attempt", sa.Integer(), server_default="1", nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column(
            "node_id", sa.Text(collation="C"), nullable=True, comment="the action it stands at"
        ),
        sa.Column(
            "is_inside",
            sa.Boolean(),
            nullable=False,
            comment="inside this delay until due; else the action is executed when due",
        ),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True, comment="why it is parked"),
        sa.CheckConstraint(
            "(state = 'waiting') <= (node_id IS NOT NULL AND due_at IS NOT NULL)",
            name=op.f("ck_flow_run_waiting"),
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'finished', 'cancelled', 'parked')",
            name=op.f("ck_flow_run_state"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "event_id"],
            ["event.account_id", "event.id"],
            name=op.f("fk_flow_run_account_id_event_id"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "flow_id"],
            ["flow.account_id", "flow.id"],
            name=op.f("fk_flow_run_account_id_flow_id"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "profile_id"],
            ["profile.account_id", "profile.id"],
            name=op.f("fk_flow_run_account_id_profile_id"),
        ),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_flow_run")),
        sa.UniqueConstraint(
            "account_id",
            "flow_id",
            "entry_key",
            "attempt",
            name=op.f("uq_flow_run_account_id_flow_id_entry_key_attempt"),
        ),
    )
    op.create_index(
        "ix_flow_run_cohort",
        "flow_run",
        ["account_id", "flow_id", "node_id", "is_inside", "due_at"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "ix_flow_run_due",
        "flow_run",
        ["due_at", "account_id", "flow_id", "node_id", "is_inside"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "ix_flow_run_event",
        "flow_run",
        ["account_id", "event_id"],
        unique=False,
        postgresql_where=sa.text("event_id IS NOT NULL"),
    )
    op.create_index(
        "ix_flow_run_parked",
        "flow_run",
        ["account_id", "flow_id"],
        unique=False,
        postgresql_where=sa.text("state = 'parked'"),
    )
    op.create_index(
        "ix_flow_run_profile", "flow_run", ["account_id", "profile_id", "flow_id"], unique=False
    )
    op.create_table(
        "trigger_queue",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("metric_id", sa.Text(collation="C"), nullable=False),
        sa.Column("profile_id", sa.Uuid(), nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False, comment="of the event"),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "error",
            sa.Text(),
            nullable=True,
            comment="why it could not be judged; it waits for a repair",
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "event_id"],
            ["event.account_id", "event.id"],
            name=op.f("fk_trigger_queue_account_id_event_id"),
        ),
        sa.PrimaryKeyConstraint("account_id", "event_id", name=op.f("pk_trigger_queue")),
    )
    op.create_index(
        "ix_trigger_queue_order",
        "trigger_queue",
        ["account_id", "time", "event_id"],
        unique=False,
        postgresql_where=sa.text("error IS NULL"),
    )
    op.create_table(
        "step_effect",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("action_id", sa.Text(collation="C"), nullable=False),
        sa.Column("flow_id", sa.Text(collation="C"), nullable=False),
        sa.Column("profile_id", sa.Uuid(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(outcome = 'skipped') = (reason IS NOT NULL)", name=op.f("ck_step_effect_reason")
        ),
        sa.CheckConstraint(
            "outcome IN ('done', 'skipped', 'needs_review')", name=op.f("ck_step_effect_outcome")
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "run_id"],
            ["flow_run.account_id", "flow_run.id"],
            name=op.f("fk_step_effect_account_id_run_id"),
        ),
        sa.PrimaryKeyConstraint("account_id", "run_id", "action_id", name=op.f("pk_step_effect")),
    )
    op.create_index(
        "ix_step_effect_activity",
        "step_effect",
        ["account_id", "flow_id", "action_id", "outcome"],
        unique=False,
    )
