"""With which token a webhook was made, so that it can be paused when that token is revoked."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change; of webhooks that there are, the audit log alone says with which token they were made."""
    op.add_column("webhook", sa.Column("token_id", sa.Integer(), nullable=True))
