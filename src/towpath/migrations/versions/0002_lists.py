"""Lists, suppressions and subscriptions.

Revision: 0002, after 0001.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "list",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(collation="C"), nullable=False),
        sa.Column("opt_in_process", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "deleted_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="the row stays: flows may still name its id",
        ),
        sa.CheckConstraint(
            "opt_in_process IN ('single_opt_in', 'double_opt_in')",
            name=op.f("ck_list_opt_in_process"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.account_id"], name=op.f("fk_list_account_id")
        ),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_list")),
    )
    op.create_table(
        "suppression_job",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("total_count", sa.Integer(), nullable=False),
        sa.Column("completed_count", sa.Integer(), nullable=False),
        sa.Column("skipped_count", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('suppress', 'unsuppress')", name=op.f("ck_suppression_job_kind")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.account_id"], name=op.f("fk_suppression_job_account_id")
        ),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_suppression_job")),
    )
    op.create_table(
        "list_membership",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("list_id", sa.Text(collation="C"), nullable=False),
        sa.Column("profile_id", sa.Uuid(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("method", sa.Text(), nullable=False, comment="how they came: api, …"),
        sa.Column(
            "custom_source", sa.Text(), nullable=True, comment="the caller's own word for it"
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "list_id"],
            ["list.account_id", "list.id"],
            name=op.f("fk_list_membership_account_id_list_id"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "profile_id"],
            ["profile.account_id", "profile.id"],
            name=op.f("fk_list_membership_account_id_profile_id"),
        ),
        sa.PrimaryKeyConstraint(
            "account_id", "list_id", "profile_id", name=op.f("pk_list_membership")
        ),
    )
    op.create_index(
        "ix_list_membership_joined",
        "list_membership",
        ["account_id", "list_id", "joined_at", "profile_id"],
        unique=False,
    )
    op.create_index(
        "ix_list_membership_profile",
        "list_membership",
        ["account_id", "profile_id", "list_id"],
        unique=False,
    )
    op.create_table(
        "subscription_request",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column(
            "id", sa.Uuid(), nullable=False, comment="in the link; another one voids older links"
        ),
        sa.Column("list_id", sa.Text(collation="C"), nullable=False),
        sa.Column("profile_id", sa.Uuid(), nullable=False),
        sa.Column(
            "email", sa.Text(collation="C"), nullable=False, comment="the address that was asked"
        ),
        sa.Column("custom_source", sa.Text(), nullable=True),
        sa.Column("message_id", sa.Uuid(), nullable=False, comment="the latest mail"),
        sa.Column("mailed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id", "list_id"],
            ["list.account_id", "list.id"],
            name=op.f("fk_subscription_request_account_id_list_id"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "profile_id"],
            ["profile.account_id", "profile.id"],
            name=op.f("fk_subscription_request_account_id_profile_id"),
        ),
        sa.PrimaryKeyConstraint(
            "account_id", "list_id", "profile_id", name=op.f("pk_subscription_request")
        ),
        sa.UniqueConstraint("account_id", "id", name=op.f("uq_subscription_request_account_id_id")),
    )
    op.create_index(
        "ix_subscription_request_message",
        "subscription_request",
        ["account_id", "message_id"],
        unique=False,
    )
    op.create_index(
        "ix_subscription_request_profile",
        "subscription_request",
        ["account_id", "profile_id"],
        unique=False,
    )
    op.create_table(
        "suppression",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("profile_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(collation="C"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="since when"),
        sa.CheckConstraint(
            "reason IN ('HARD_BOUNCE', 'INVALID_EMAIL', 'SPAM_COMPLAINT', 'UNSUBSCRIBE', "
            "'USER_SUPPRESSED')",
            name=op.f("ck_suppression_reason"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "profile_id"],
            ["profile.account_id", "profile.id"],
            name=op.f("fk_suppression_account_id_profile_id"),
        ),
        sa.PrimaryKeyConstraint("account_id", "profile_id", "reason", name=op.f("pk_suppression")),
    )
