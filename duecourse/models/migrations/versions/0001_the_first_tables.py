"""The first tables."""

import sqlalchemy as sa
from alembic import op

import duecourse.models.columns

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "announced_closure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("calendar", sa.String(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("closes_at", sa.String(), nullable=False),
        sa.Column("announced_by", sa.String(), nullable=False),
        sa.Column("announced_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_announced_closure_calendar"), "announced_closure", ["calendar"], unique=False)
    op.create_table(
        "audit_entry",
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("contract_id", sa.String(), nullable=True),
        sa.Column("deliverable_id", sa.Integer(), nullable=True),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("previous_sha256", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("sequence"),
    )
    op.create_index(op.f("ix_audit_entry_contract_id"), "audit_entry", ["contract_id"], unique=False)
    op.create_index(op.f("ix_audit_entry_deliverable_id"), "audit_entry", ["deliverable_id"], unique=False)
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "contract",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("funder", sa.String(), nullable=False),
        sa.Column("contractor", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("start_on", sa.Date(), nullable=False),
        sa.Column("end_on", sa.Date(), nullable=False),
        sa.Column("definition", sa.String(), nullable=False),
        sa.Column("definition_sha256", sa.String(), nullable=False),
        sa.Column("is_sample", sa.Boolean(), nullable=False),
        sa.Column("loaded_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=False),
        sa.Column("notices_from", duecourse.models.columns.UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "job_slot",
        sa.Column("job", sa.String(), nullable=False),
        sa.Column("slot", duecourse.models.columns.UTCDateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("engine", sa.String(), nullable=False),
        sa.Column("claimed_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=False),
        sa.Column("lease_until", duecourse.models.columns.UTCDateTime(timezone=True), nullable=False),
        sa.Column("finished_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("job", "slot"),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("created_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_person_email"), "person", ["email"], unique=True)
    op.create_table(
        "definition_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contract_id", sa.String(), nullable=False),
        sa.Column("in_force_from", duecourse.models.columns.UTCDateTime(timezone=True), nullable=False),
        sa.Column("definition", sa.String(), nullable=False),
        sa.Column("definition_sha256", sa.String(), nullable=False),
        sa.Column("loaded_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contract.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_definition_version_contract_id"), "definition_version", ["contract_id"], unique=False)
    op.create_table(
        "deliverable",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("contract_id", sa.String(), nullable=False),
        sa.Column("obligation_id", sa.String(), nullable=False),
        sa.Column("occurrence", sa.String(), nullable=False),
        sa.Column("flow", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("clause", sa.String(), nullable=False),
        sa.Column("owed_by", sa.String(), nullable=False),
        sa.Column("owed_to", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=True),
        sa.Column("period_end", sa.Date(), nullable=True),
        sa.Column("nominal_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("due_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=False),
        sa.Column("whole_day", sa.Boolean(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("steps", sa.JSON(), nullable=False),
        sa.Column("calendar_version", sa.String(), nullable=False),
        sa.Column("safe_on", sa.Date(), nullable=False),
        sa.Column("remind", sa.Boolean(), nullable=False),
        sa.Column("excused", sa.String(), nullable=False),
        sa.Column("planned_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=True),
        sa.Column("accepted_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=True),
        sa.Column("returned_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=True),
        sa.Column("changed_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contract.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("contract_id", "obligation_id", "occurrence"),
        sa.UniqueConstraint("uid"),
    )
    op.create_index("deliverable_by_due", "deliverable", ["due_at", "id"], unique=False)
    op.create_index(
        "deliverable_open",
        "deliverable",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("submitted_at IS NULL AND withdrawn_at IS NULL"),
        postgresql_where=sa.text("submitted_at IS NULL AND withdrawn_at IS NULL"),
    )
    op.create_index(
        "deliverable_returned",
        "deliverable",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("returned_at IS NOT NULL AND withdrawn_at IS NULL"),
        postgresql_where=sa.text("returned_at IS NOT NULL AND withdrawn_at IS NULL"),
    )
    op.create_index(op.f("ix_deliverable_contract_id"), "deliverable", ["contract_id"], unique=False)
    op.create_table(
        "event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contract_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("happened_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("recorded_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contract.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("contract_id", "name", "happened_at", "reference"),
    )
    op.create_index(op.f("ix_event_contract_id"), "event", ["contract_id"], unique=False)
    op.create_table(
        "feed",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_sha256", sa.String(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("contract_id", sa.String(), nullable=True),
        sa.Column("alarms", sa.Boolean(), nullable=False),
        sa.Column("titles_only", sa.Boolean(), nullable=False),
        sa.Column("created_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("etag", sa.String(), nullable=False),
        sa.Column("modified_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=True),
        sa.Column("built_for", sa.Date(), nullable=True),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.Column("built_from", sa.Integer(), nullable=False),
        sa.Column("last_fetched_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=True),
        sa.Column("last_client", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contract.id"],
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_sha256"),
    )
    op.create_index(op.f("ix_feed_person_id"), "feed", ["person_id"], unique=False)
    op.create_table(
        "role",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contract_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contract.id"],
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("contract_id", "person_id", "name"),
    )
    op.create_index(op.f("ix_role_contract_id"), "role", ["contract_id"], unique=False)
    op.create_index(op.f("ix_role_person_id"), "role", ["person_id"], unique=False)
    op.create_table(
        "ruling",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contract_id", sa.String(), nullable=False),
        sa.Column("obligation_id", sa.String(), nullable=False),
        sa.Column("occurrence", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("on", sa.Date(), nullable=True),
        sa.Column("cut_off", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("decided_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=False),
        sa.Column("lifted_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contract.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_ruling_contract_id"), "ruling", ["contract_id"], unique=False)
    op.create_table(
        "sign_in_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_sha256", sa.String(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("created_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=False),
        sa.Column("used_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_sha256"),
    )
    op.create_index(op.f("ix_sign_in_link_person_id"), "sign_in_link", ["person_id"], unique=False)
    op.create_table(
        "sign_in_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_sha256", sa.String(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("form_token", sa.String(), nullable=False),
        sa.Column("created_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=True),
        sa.Column("showing", duecourse.models.columns.UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_sha256"),
    )
    op.create_index(op.f("ix_sign_in_session_person_id"), "sign_in_session", ["person_id"], unique=False)
    op.create_table(
        "due_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("deliverable_id", sa.Integer(), nullable=False),
        sa.Column("changed_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("nominal_on", sa.Date(), nullable=False),
        sa.Column("due_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=False),
        sa.Column("whole_day", sa.Boolean(), nullable=False),
        sa.Column("steps", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["deliverable_id"],
            ["deliverable.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_due_change_deliverable_id"), "due_change", ["deliverable_id"], unique=False)
    op.create_table(
        "notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("deliverable_id", sa.Integer(), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("rung", sa.String(), nullable=False),
        sa.Column("is_copy", sa.Boolean(), nullable=False),
        sa.Column("due_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=True),
        sa.Column("owed_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=False),
        sa.Column("queued_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("to_address", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("message", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=False),
        sa.Column("claim_token", sa.String(), nullable=False),
        sa.Column("lease_until", duecourse.models.columns.UTCDateTime(timezone=True), nullable=True),
        sa.Column("sent_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=True),
        sa.Column("reply", sa.String(), nullable=False),
        sa.Column("ambiguous", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["deliverable_id"],
            ["deliverable.id"],
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    op.create_index(op.f("ix_notice_deliverable_id"), "notice", ["deliverable_id"], unique=False)
    op.create_index(op.f("ix_notice_person_id"), "notice", ["person_id"], unique=False)
    op.create_index("notice_turn", "notice", ["state", "next_try_at"], unique=False)
    op.create_table(
        "submission",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("deliverable_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("form_key", sa.String(), nullable=False),
        sa.Column("submitted_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=False),
        sa.Column("submitted_by", sa.String(), nullable=False),
        sa.Column("entered_by", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("file_type", sa.String(), nullable=False),
        sa.Column("file_size", sa.Integer(), nullable=False),
        sa.Column("file_sha256", sa.String(), nullable=False),
        sa.Column("due_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["deliverable_id"],
            ["deliverable.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("deliverable_id", "version"),
        sa.UniqueConstraint("form_key"),
        sa.UniqueConstraint("uid"),
    )
    op.create_index(op.f("ix_submission_deliverable_id"), "submission", ["deliverable_id"], unique=False)
    op.create_table(
        "decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("comment", sa.String(), nullable=False),
        sa.Column("decided_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submission.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("submission_id"),
    )
