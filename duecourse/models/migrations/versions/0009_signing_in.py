"""A link belongs to the browser that asked, a session can be seen and ended, and passkeys confirm who it is."""

import sqlalchemy as sa
from alembic import op

from duecourse.models.columns import UTCDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_AT = UTCDateTime(timezone=True)


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "passkey",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("credential_id", sa.String(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_at", _AT, nullable=False),
        sa.Column("last_used_at", _AT, nullable=True),
        sa.Column("removed_at", _AT, nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("credential_id"),
    )
    op.create_index("ix_passkey_person_id", "passkey", ["person_id"], unique=False)
    op.create_table(
        "sign_in_rate",
        sa.Column("key_sha256", sa.String(), nullable=False),
        sa.Column("empty_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key_sha256"),
    )
    op.create_index("ix_sign_in_rate_empty_at", "sign_in_rate", ["empty_at"], unique=False)
    op.create_table(
        "agency_sign_in",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("state_sha256", sa.String(), nullable=False),
        sa.Column("browser_sha256", sa.String(), nullable=False),
        sa.Column("leads_to", sa.String(), nullable=False),
        sa.Column("created_at", _AT, nullable=False),
        sa.Column("expires_at", _AT, nullable=False),
        sa.Column("used_at", _AT, nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("state_sha256"),
    )
    for name in ("asked_sha256", "code_sha256"):
        op.add_column("sign_in_link", sa.Column(name, sa.String(), nullable=False, server_default=""))
    op.add_column("sign_in_link", sa.Column("code_tries", sa.Integer(), nullable=False, server_default="0"))
    op.create_index("ix_sign_in_link_asked_sha256", "sign_in_link", ["asked_sha256"], unique=False)
    for name in ("browser_sha256", "way", "device", "network", "challenge"):
        op.add_column("sign_in_session", sa.Column(name, sa.String(), nullable=False, server_default=""))
    for name in ("last_seen_at", "idle_until", "second_factor_at", "challenge_until"):
        op.add_column("sign_in_session", sa.Column(name, _AT, nullable=True))
    op.add_column(
        "sign_in_session", sa.Column("holds_passkey", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.create_index("ix_sign_in_session_browser_sha256", "sign_in_session", ["browser_sha256"], unique=False)
