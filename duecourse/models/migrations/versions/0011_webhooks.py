"""Webhooks: programs of others that are told what happens, and the messages to them."""

import sqlalchemy as sa
from alembic import op

from duecourse.models.columns import UTCDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_AT = UTCDateTime(timezone=True)


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "webhook",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("former_secret", sa.String(), nullable=False),
        sa.Column("former_until", _AT, nullable=True),
        sa.Column("contract_ids", sa.JSON(), nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("after_sequence", sa.Integer(), nullable=False),
        sa.Column("overdue_since", _AT, nullable=False),
        sa.Column("created_at", _AT, nullable=False),
        sa.Column("paused_at", _AT, nullable=True),
        sa.Column("switched_off", sa.String(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", _AT, nullable=True),
        sa.Column("taken_until", _AT, nullable=True),
        sa.Column("removed_at", _AT, nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_webhook_person_id", "webhook", ["person_id"], unique=False)
    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("webhook_id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("contract_id", sa.String(), nullable=True),
        sa.Column("deliverable_id", sa.Integer(), nullable=True),
        sa.Column("happened_at", _AT, nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("owed_at", _AT, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", _AT, nullable=True),
        sa.Column("last_try_at", _AT, nullable=True),
        sa.Column("last_status", sa.Integer(), nullable=True),
        sa.Column("last_trouble", sa.String(), nullable=False),
        sa.Column("last_milliseconds", sa.Integer(), nullable=False),
        sa.Column("ended_at", _AT, nullable=True),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhook.id"]),
        sa.ForeignKeyConstraint(["deliverable_id"], ["deliverable.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("webhook_id", "event_id"),
    )
    op.create_index("ix_webhook_delivery_deliverable_id", "webhook_delivery", ["deliverable_id"], unique=False)
    op.create_index("ix_webhook_delivery_ended_at", "webhook_delivery", ["ended_at"], unique=False)
    waiting = sa.text("state = 'waiting'")
    op.create_index(
        "webhook_delivery_waiting",
        "webhook_delivery",
        ["webhook_id", "id"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
