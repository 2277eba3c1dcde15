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
        "mail_pause",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("since", duecourse.models.columns.UTCDateTime(timezone=True), nullable=False),
        sa.Column("until", duecourse.models.columns.UTCDateTime(timezone=True), nullable=False),
        sa.Column("reply", sa.String(), nullable=False),
        sa.Column("is_password", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "server_secret",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "signing_key",
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("public_key", sa.String(), nullable=False),
        sa.Column("first_used_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint"),
    )
    op.create_table(
        "absence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("entered_by", sa.String(), nullable=False),
        sa.Column("entered_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=False),
        sa.Column("cancelled_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("absence_by_end", "absence", ["ends_on"], unique=False)
    op.create_index(op.f("ix_absence_person_id"), "absence", ["person_id"], unique=False)
    op.create_table(
        "action_plan",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("contract_id", sa.String(), nullable=False),
        sa.Column("process", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("opened_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("recorded_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.String(), nullable=False),
        sa.Column("form_key", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contract.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("contract_id", "reference"),
        sa.UniqueConstraint("form_key"),
        sa.UniqueConstraint("uid"),
    )
    op.create_index(op.f("ix_action_plan_contract_id"), "action_plan", ["contract_id"], unique=False)
    op.create_table(
        "daily_stop",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("stopped_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=False),
        sa.Column("resumed_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("person_id"),
    )
    op.create_table(
        "enrollment_figure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contract_id", sa.String(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("program", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("served", sa.Integer(), nullable=True),
        sa.Column("active", sa.Integer(), nullable=True),
        sa.Column("entered_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=False),
        sa.Column("entered_by", sa.String(), nullable=False),
        sa.Column("form_key", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contract.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("form_key", "program", "source"),
    )
    op.create_index("enrollment_figure_by_contract", "enrollment_figure", ["contract_id", "id"], unique=False)
    op.create_table(
        "home_visitor",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contract_id", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("program", sa.String(), nullable=False),
        sa.Column("fte_hundredths", sa.Integer(), nullable=False),
        sa.Column("hired_on", sa.Date(), nullable=False),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.Column("entered_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=False),
        sa.Column("entered_by", sa.String(), nullable=False),
        sa.Column("form_key", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contract.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("form_key"),
    )
    op.create_index("home_visitor_by_contract", "home_visitor", ["contract_id", "id"], unique=False)
    op.create_table(
        "person_channel",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("shown", sa.String(), nullable=False),
        sa.Column("added_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=False),
        sa.Column("removed_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_person_channel_person_id"), "person_channel", ["person_id"], unique=False)
    op.create_table(
        "preference",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("mail_hour", sa.Integer(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("nothing_due_on", sa.Integer(), nullable=True),
        sa.Column("more_offsets", sa.JSON(), nullable=False),
        sa.Column("paused_from", sa.Date(), nullable=True),
        sa.Column("paused_to", sa.Date(), nullable=True),
        sa.Column("substitute_id", sa.Integer(), nullable=True),
        sa.Column("furthest_before", sa.Integer(), nullable=False),
        sa.Column("changed_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("person_id"),
    )
    op.create_table(
        "program_member",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contract_id", sa.String(), nullable=False),
        sa.Column("program", sa.String(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contract.id"],
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("contract_id", "program", "person_id"),
    )
    op.create_index(op.f("ix_program_member_contract_id"), "program_member", ["contract_id"], unique=False)
    op.create_index(op.f("ix_program_member_person_id"), "program_member", ["person_id"], unique=False)
    op.create_table(
        "extension",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("deliverable_id", sa.Integer(), nullable=False),
        sa.Column("contract_id", sa.String(), nullable=False),
        sa.Column("report_type", sa.String(), nullable=False),
        sa.Column("asked_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("entered_by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("wanted_on", sa.Date(), nullable=True),
        sa.Column("recorded_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=False),
        sa.Column("form_key", sa.String(), nullable=False),
        sa.Column("first_due_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=False),
        sa.Column("first_whole_day", sa.Boolean(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("decided_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("decision_recorded_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=True),
        sa.Column("decision_entered_by", sa.String(), nullable=False),
        sa.Column("granted_on", sa.Date(), nullable=True),
        sa.Column("cut_off", sa.String(), nullable=False),
        sa.Column("granted_until", duecourse.models.columns.UTCDateTime(timezone=True), nullable=True),
        sa.Column("comment", sa.String(), nullable=False),
        sa.Column("override_reason", sa.String(), nullable=False),
        sa.Column("decision_key", sa.String(), nullable=True),
        sa.Column("undo_key", sa.String(), nullable=True),
        sa.Column("ruling_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contract.id"],
        ),
        sa.ForeignKeyConstraint(
            ["deliverable_id"],
            ["deliverable.id"],
        ),
        sa.ForeignKeyConstraint(
            ["ruling_id"],
            ["ruling.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("decision_key"),
        sa.UniqueConstraint("form_key"),
        sa.UniqueConstraint("uid"),
        sa.UniqueConstraint("undo_key"),
    )
    op.create_index(op.f("ix_extension_contract_id"), "extension", ["contract_id"], unique=False)
    op.create_index(op.f("ix_extension_deliverable_id"), "extension", ["deliverable_id"], unique=False)
    op.create_table(
        "part_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("deliverable_id", sa.Integer(), nullable=False),
        sa.Column("program", sa.String(), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("happened_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("by_lead", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("is_same", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("undoes_id", sa.Integer(), nullable=True),
        sa.Column("file_sha256", sa.String(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("file_type", sa.String(), nullable=False),
        sa.Column("file_size", sa.Integer(), nullable=False),
        sa.Column("form_key", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["deliverable_id"],
            ["deliverable.id"],
        ),
        sa.ForeignKeyConstraint(
            ["undoes_id"],
            ["part_entry.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("form_key"),
        sa.UniqueConstraint("uid"),
    )
    op.create_index("part_entry_of", "part_entry", ["deliverable_id", "program", "part"], unique=False)
    op.create_table(
        "plan_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("happened_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("party", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("deliverable_id", sa.Integer(), nullable=True),
        sa.Column("undoes_id", sa.Integer(), nullable=True),
        sa.Column("form_key", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["deliverable_id"],
            ["deliverable.id"],
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"],
            ["action_plan.id"],
        ),
        sa.ForeignKeyConstraint(
            ["undoes_id"],
            ["plan_entry.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("form_key"),
    )
    op.create_index(op.f("ix_plan_entry_plan_id"), "plan_entry", ["plan_id"], unique=False)
    op.create_table(
        "bounce",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("received_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=False),
        sa.Column("notice_id", sa.Integer(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("said", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("settled_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["notice_id"],
            ["notice.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("sha256"),
    )
    op.create_index(op.f("ix_bounce_notice_id"), "bounce", ["notice_id"], unique=False)
    op.create_index(op.f("ix_bounce_outcome"), "bounce", ["outcome"], unique=False)
    op.create_table(
        "channel_message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("notice_id", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("begun_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=True),
        sa.Column("arrived", sa.Boolean(), nullable=False),
        sa.Column("reply", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["channel_id"],
            ["person_channel.id"],
        ),
        sa.ForeignKeyConstraint(
            ["notice_id"],
            ["notice.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("notice_id", "channel_id"),
    )
    op.create_index(op.f("ix_channel_message_channel_id"), "channel_message", ["channel_id"], unique=False)
    op.create_index(op.f("ix_channel_message_notice_id"), "channel_message", ["notice_id"], unique=False)
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
    op.create_index("lifecycle_entry_by_time", "lifecycle_entry", ["recorded_at"], unique=False)
    op.create_table(
        "mailed_report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.Integer(), nullable=False),
        sa.Column("notice_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("is_copy", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["notice_id"],
            ["notice.id"],
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submission.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("notice_id"),
    )
    op.create_index(op.f("ix_mailed_report_submission_id"), "mailed_report", ["submission_id"], unique=False)
    op.create_table(
        "notice_try",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("notice_id", sa.Integer(), nullable=False),
        sa.Column("tried_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("to_address", sa.String(), nullable=False),
        sa.Column("reply", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["notice_id"],
            ["notice.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_notice_try_notice_id"), "notice_try", ["notice_id"], unique=False)
    op.create_table(
        "own_event",
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.Integer(), nullable=True),
        sa.Column("extension_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["event.id"],
        ),
        sa.ForeignKeyConstraint(
            ["extension_id"],
            ["extension.id"],
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submission.id"],
        ),
        sa.PrimaryKeyConstraint("event_id"),
    )
    op.create_index(op.f("ix_own_event_extension_id"), "own_event", ["extension_id"], unique=False)
    op.create_index(op.f("ix_own_event_submission_id"), "own_event", ["submission_id"], unique=False)
    op.create_table(
        "plan_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("dropped", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["plan_entry.id"],
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"],
            ["action_plan.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("uid"),
    )
    op.create_index(op.f("ix_plan_step_plan_id"), "plan_step", ["plan_id"], unique=False)
    op.create_table(
        "receipt",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("submission_id", sa.Integer(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("issued_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=False),
        sa.Column("audit_sequence", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submission.id"],
        ),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("submission_id"),
        sa.UniqueConstraint("uid"),
    )
    op.create_table(
        "received_mail",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("received_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("from_name", sa.String(), nullable=False),
        sa.Column("from_address", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("dated_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=True),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("attachments", sa.JSON(), nullable=False),
        sa.Column("matched_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("settled_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("submission_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["matched_id"],
            ["deliverable.id"],
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submission.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("sha256"),
        sa.UniqueConstraint("uid"),
    )
    op.create_index(op.f("ix_received_mail_from_address"), "received_mail", ["from_address"], unique=False)
    op.create_index(op.f("ix_received_mail_kind"), "received_mail", ["kind"], unique=False)
    op.create_index(op.f("ix_received_mail_matched_id"), "received_mail", ["matched_id"], unique=False)
    op.create_index(op.f("ix_received_mail_state"), "received_mail", ["state"], unique=False)
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
    op.create_table(
        "suppressed_address",
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("since", duecourse.models.columns.UTCDateTime(timezone=True), nullable=False),
        sa.Column("reply", sa.String(), nullable=False),
        sa.Column("notice_id", sa.Integer(), nullable=False),
        sa.Column("lifted_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["notice_id"],
            ["notice.id"],
        ),
        sa.PrimaryKeyConstraint("address"),
    )
    op.create_table(
        "received_candidate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mail_id", sa.Integer(), nullable=False),
        sa.Column("contract_id", sa.String(), nullable=False),
        sa.Column("deliverable_id", sa.Integer(), nullable=True),
        sa.Column("fit", sa.String(), nullable=False),
        sa.Column("dismissed_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contract.id"],
        ),
        sa.ForeignKeyConstraint(
            ["deliverable_id"],
            ["deliverable.id"],
        ),
        sa.ForeignKeyConstraint(
            ["mail_id"],
            ["received_mail.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("mail_id", "contract_id", "deliverable_id"),
    )
    op.create_index(op.f("ix_received_candidate_contract_id"), "received_candidate", ["contract_id"], unique=False)
    op.create_index(
        op.f("ix_received_candidate_deliverable_id"), "received_candidate", ["deliverable_id"], unique=False
    )
    op.create_index(op.f("ix_received_candidate_mail_id"), "received_candidate", ["mail_id"], unique=False)
    op.add_column("contract", sa.Column("notice_terms", sa.String(), server_default="", nullable=False))
    op.add_column("contract", sa.Column("furthest_before", sa.Integer(), server_default="14", nullable=False))
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
    op.add_column("notice", sa.Column("carrier_id", sa.Integer(), nullable=True))
    op.add_column("notice", sa.Column("deliver_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=True))
    op.add_column("notice", sa.Column("said", sa.JSON(), nullable=True))
    op.add_column(
        "notice", sa.Column("acknowledged_at", duecourse.models.columns.UTCDateTime(timezone=True), nullable=True)
    )
    op.create_index("notice_by_carrier", "notice", ["carrier_id"], unique=False)
    op.create_index("notice_by_owed", "notice", ["owed_at"], unique=False)
    op.add_column("role", sa.Column("backup_id", sa.Integer(), nullable=True))
    op.add_column("submission", sa.Column("is_nil", sa.Boolean(), server_default=sa.false(), nullable=False))
