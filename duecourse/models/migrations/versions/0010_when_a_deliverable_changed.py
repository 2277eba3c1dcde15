"""What changed after an instant is found by an index: pages ask for it before anything else."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index."""
    op.create_index("deliverable_by_changed", "deliverable", ["changed_at"])
