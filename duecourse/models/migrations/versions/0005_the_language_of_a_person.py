"""In which language a person wants mails, pages and feeds."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.add_column("person", sa.Column("language", sa.String(), server_default="", nullable=False))
