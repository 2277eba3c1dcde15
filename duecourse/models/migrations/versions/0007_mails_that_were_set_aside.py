"""Mails of the mailbox that could not be taken have rows of their own."""

import sqlalchemy as sa
from alembic import op

import duecourse.models.columns

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "mailbox_mail",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("mailbox", sa.String(), nullable=False),
        sa.Column("validity", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("first_tried_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("set_aside_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=True),
        sa.Column("seen_to_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=True),
        sa.Column("seen_to_by", sa.String(), nullable=False),
        sa.UniqueConstraint("mailbox", "validity", "number"),
    )
