"""What happens to a deliverable, for both parties, with proof."""

import sqlalchemy as sa
from alembic import op

import duecourse.models.columns

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "lifecycle_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("deliverable_id", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("start", sa.String(), nullable=False),
        sa.Column("to", sa.String(), nullable=False),
        sa.Column("happened_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("submission_id", sa.Integer(), nullable=True),
        sa.Column("again_by", duecourse.models.columns.UTCDateTime(timezone=True), nullable=True),
        sa.Column("undoes_id", sa.Integer(), nullable=True),
        sa.Column("form_key", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["deliverable_id"],
            ["deliverable.id"],
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submission.id"],
        ),
        sa.ForeignKeyConstraint(
            ["undoes_id"],
            ["lifecycle_entry.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("form_key"),
    )
    op.create_index(op.f("ix_lifecycle_entry_deliverable_id"), "lifecycle_entry", ["deliverable_id"], unique=False)
    op.create_table(
        "submission_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("submission_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submission.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("submission_id", "position"),
        sa.UniqueConstraint("uid"),
    )
    op.create_index(op.f("ix_submission_file_submission_id"), "submission_file", ["submission_id"], unique=False)
    op.add_column("deliverable", sa.Column("party", sa.String(), server_default="contractor", nullable=False))
    op.add_column(
        "deliverable", sa.Column("again_by", duecourse.models.columns.UTCDateTime(timezone=True), nullable=True)
    )
    op.add_column("deliverable", sa.Column("set_aside", sa.String(), server_default="", nullable=False))
    op.add_column(
        "deliverable", sa.Column("set_aside_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=True)
    )
    op.add_column(
        "event", sa.Column("announced_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=True)
    )
    op.add_column("job_slot", sa.Column("flow_run", sa.String(), server_default="", nullable=False))
    op.add_column("submission", sa.Column("is_nil", sa.Boolean(), server_default=sa.false(), nullable=False))
