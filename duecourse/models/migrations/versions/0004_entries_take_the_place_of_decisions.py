"""Lifecycle entries take the place of decisions, and a submission may have several files; what is proof is kept."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_KEPT = {
    "lifecycle_entry": "A lifecycle entry",
    "submission_file": "A file of a submission",
    "enrollment_figure": "An enrollment figure",
    "home_visitor": "What was entered about a home visitor",
    "mailed_report": "What was mailed",
    "notice_try": "A try to send a notice",
    "part_entry": "What was done with a part",
    "plan_entry": "An entry of a plan",
    "plan_step": "A step of a plan",
    "receipt": "A receipt",
    "signing_key": "A signing key",
}

# No role that runs Duecourse needs to change a proof. To insert a row that refers to another, PostgreSQL locks that
# other row as the owner of its table, which takes the right to update one column of it: that column keeps it, and the
# trigger refuses the update itself.
_RIGHTS = """
DO $$
DECLARE
    kept regclass;
    referenced text;
BEGIN
    FOR kept IN SELECT DISTINCT tgrelid FROM pg_trigger WHERE tgfoid = CAST('refuse_change' AS regproc) LOOP
        EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON %s FROM CURRENT_USER, PUBLIC', kept);
        FOR referenced IN
            SELECT DISTINCT quote_ident(attname) FROM pg_constraint
            JOIN pg_attribute ON attrelid = confrelid AND attnum = ANY (confkey)
            WHERE contype = 'f' AND confrelid = kept
        LOOP
            EXECUTE format('GRANT UPDATE (%s) ON %s TO CURRENT_USER', referenced, kept);
        END LOOP;
    END LOOP;
END $$
"""


def upgrade() -> None:
    """Carry over what was recorded, and have the database refuse changes to it."""
    op.execute(
        "INSERT INTO submission_file (uid, submission_id, position, name, media_type, size, sha256) "
        "SELECT uid, id, 1, file_name, file_type, file_size, file_sha256 FROM submission WHERE file_sha256 <> ''"
    )
    # In the order in which things happened: entries are replayed by their number.
    op.execute(
        'INSERT INTO lifecycle_entry (deliverable_id, act, start, "to", happened_at, recorded_at, actor, reason, '
        "submission_id, form_key) "
        "SELECT deliverable_id, act, start, outcome, happened_at, recorded_at, actor, reason, submission_id, form_key "
        "FROM (SELECT deliverable_id, 'submit' AS act, CASE version WHEN 1 THEN 'to do' ELSE 'returned' END AS start, "
        "'in' AS outcome, submitted_at AS happened_at, recorded_at, entered_by AS actor, '' AS reason, "
        "id AS submission_id, form_key, version, 0 AS after FROM submission "
        "UNION ALL SELECT s.deliverable_id, CASE d.outcome WHEN 'accepted' THEN 'accept' ELSE 'return' END, 'in', "
        "d.outcome, d.decided_at, d.decided_at, d.decided_by, d.comment, s.id, NULL, s.version, 1 "
        "FROM decision d JOIN submission s ON s.id = d.submission_id) AS acts "
        "ORDER BY deliverable_id, version, after"
    )
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    # A scan for reminders counts business days by each contract's calendar.
    calendar = (
        "json_extract(definition, '$.contract.calendar')"
        if on_sqlite
        else "(CAST(definition AS json) -> 'contract' ->> 'calendar')"
    )
    op.execute(
        f"UPDATE contract SET notice_terms = '{{\"calendar\": \"' || {calendar} || '\"}}' WHERE {calendar} IS NOT NULL"
    )
    op.drop_table("decision")
    for name in ("file_name", "file_type", "file_size", "file_sha256"):
        op.drop_column("submission", name)
    for table, thing in _KEPT.items():
        if not on_sqlite:
            op.execute(
                f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            )
            continue
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{thing} is never changed or removed.'); END"
            )
    if not on_sqlite:
        op.execute(_RIGHTS)
