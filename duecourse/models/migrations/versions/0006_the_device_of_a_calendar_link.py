"""A calendar link says for which device it is."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what the person calls the device."""
    op.add_column("feed", sa.Column("device", sa.String(), nullable=False, server_default=""))
