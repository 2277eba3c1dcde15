"""Can the role that runs the server change what was recorded, on PostgreSQL, where roles have rights?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from county import WHO, track, uid
from sqlalchemy import Engine, make_url, text
from sqlalchemy.exc import DBAPIError, ProgrammingError

from duecourse.calendar.lifecycle import Act
from duecourse.models.database import connect, reading, upgrade, writing
from duecourse.tracking.acting import By
from duecourse.tracking.audit import verify
from duecourse.tracking.deciding import decide, undo
from duecourse.tracking.proof.receipts import verify_receipts
from duecourse.tracking.proof.signing import new_private_key, private_key
from duecourse.tracking.proof.signing_keys import remember_key
from duecourse.tracking.submitting import Sent, StoredFile, submit

NOW = datetime(2022, 2, 22, 15, 59, tzinfo=UTC)
GUIDE = Path(__file__).parent.parent / "docs/running-a-server.md"
KEPT = ["audit_entry", "lifecycle_entry", "submission", "submission_file", "receipt", "signing_key"]
CHANGES = [
    "UPDATE {table} SET {column} = {column}",
    "DELETE FROM {table}",
    "TRUNCATE {table} CASCADE",
]
FIRST = {"audit_entry": "actor", "lifecycle_entry": "actor", "submission": "note", "submission_file": "name",
         "receipt": "content", "signing_key": "public_key"}  # fmt: skip


@pytest.fixture
def role_urls(fresh_postgres_database: Callable[[], str]) -> Iterator[Callable[[str], str]]:
    """A database that is owned by a role that is no superuser; call it for the URL of that role, or of another."""
    url = make_url(fresh_postgres_database())
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as connection:
        for role in ("duecourse_owner", "duecourse_app"):
            connection.execute(f"DROP ROLE IF EXISTS {role}")
            connection.execute(f"CREATE ROLE {role} LOGIN")
        connection.execute(f"ALTER DATABASE {url.database} OWNER TO duecourse_owner")
        connection.execute("ALTER SCHEMA public OWNER TO duecourse_owner")
    yield lambda role: url.set(username=role).render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("DROP OWNED BY duecourse_app, duecourse_owner CASCADE")


def work(engine: Engine) -> None:
    """Do everything that leaves a proof."""
    with writing(engine) as session:
        remember_key(session, private_key(new_private_key(), source="test"), now=NOW)
    report, by = uid(engine, "2.07"), By(WHO)
    sent = Sent(NOW, "Jo Whitfield", "PSRS", files=(StoredFile("a.txt", "text/plain", 1, "ab" * 32),))
    with writing(engine) as session:
        submit(session, report, sent, form_key="one", now=NOW, by=by)
    for act in (Act.ACCEPT, Act.RETURN):
        with writing(engine) as session:
            decide(session, report, act, comment="Page 2.", now=NOW + timedelta(hours=1), by=by)
        if act is Act.ACCEPT:
            with writing(engine) as session:
                undo(session, report, Act.UNDO_ACCEPTANCE, reason="too soon", now=NOW + timedelta(hours=1), by=by)
    with writing(engine) as session:
        submit(session, report, sent, form_key="two", now=NOW + timedelta(hours=2), by=by)
    with reading(engine) as session:
        assert (verify(session) > 6, verify_receipts(session)) == (True, 2)


def refusals(engine: Engine) -> dict[str, str]:
    """Return the reason for which each change of each proof is refused."""
    found = {}
    for table in KEPT:
        for change in CHANGES:
            statement = change.format(table=table, column=FIRST[table])
            with pytest.raises(DBAPIError) as refused, engine.begin() as connection:
                connection.execute(text(statement))
            found[statement] = str(refused.value.orig)
    return found


def test_the_role_that_owns_the_tables_has_no_right_to_change_what_was_recorded(
    role_urls: Callable[[str], str],
) -> None:
    upgrade(role_urls("duecourse_owner"))
    owner = connect(role_urls("duecourse_owner"))
    track(owner, datetime(2021, 12, 1, tzinfo=UTC))
    work(owner)
    # The right is what is lacking: the trigger, which the owner could drop, is not even asked.
    assert {said.partition(" for ")[0] for said in refusals(owner).values()} == {"permission denied"}
    # The key column keeps the right, without which no reference could be checked; there the trigger refuses.
    with pytest.raises(DBAPIError, match="never changed or removed"), owner.begin() as connection:
        connection.execute(text("UPDATE submission SET id = id"))
    owner.dispose()


def test_without_the_revoked_rights_the_trigger_still_refuses_and_without_both_a_change_is_made(
    role_urls: Callable[[str], str],
) -> None:
    upgrade(role_urls("duecourse_owner"))
    owner = connect(role_urls("duecourse_owner"))
    track(owner, datetime(2021, 12, 1, tzinfo=UTC))
    work(owner)
    with owner.begin() as connection:
        # All of them: a TRUNCATE reaches what refers to a table, too.
        kept = text("SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE tgfoid = 'refuse_change'::regproc")
        for table in connection.execute(kept).scalars().all():
            connection.execute(text(f"GRANT UPDATE, DELETE, TRUNCATE ON {table} TO duecourse_owner"))
    assert {re.sub(r"of \w+ is", "of ... is", said.splitlines()[0]) for said in refusals(owner).values()} == {
        "A row of ... is never changed or removed."
    }
    with owner.begin() as connection:
        connection.execute(text("DROP TRIGGER submission_kept ON submission"))
        assert connection.execute(text("UPDATE submission SET note = 'another'")).rowcount == 2
    owner.dispose()


def test_the_two_roles_of_the_guide_work_and_the_one_that_serves_can_neither_change_proof_nor_regain_the_right(
    role_urls: Callable[[str], str],
) -> None:
    upgrade(role_urls("duecourse_owner"))
    blocks = re.findall(r"```sql\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    (grants,) = [block for block in blocks if "GRANT SELECT" in block]
    address = make_url(role_urls("duecourse_owner")).set(drivername="postgresql")
    with psycopg.connect(address.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute(grants.encode())
    # At the newest version there is nothing to bring up to date, so the server starts without a right to do so.
    upgrade(role_urls("duecourse_app"))
    app = connect(role_urls("duecourse_app"))
    track(app, datetime(2021, 12, 1, tzinfo=UTC))
    work(app)
    assert {said.partition(" for ")[0] for said in refusals(app).values()} == {"permission denied"}
    for statement in (
        "GRANT UPDATE ON submission TO duecourse_app",
        "DROP TRIGGER submission_kept ON submission",
        "ALTER TABLE submission DISABLE TRIGGER ALL",
        "DROP FUNCTION refuse_change CASCADE",
        "UPDATE submission SET id = id",
        "SET session_replication_role = replica",
    ):
        if statement.startswith("GRANT"):
            with app.begin() as connection:
                connection.execute(text(statement))
            assert refusals(app)["UPDATE submission SET note = note"].startswith("permission denied")
            continue
        with pytest.raises(ProgrammingError, match=r"must be owner|permission denied"), app.begin() as connection:
            connection.execute(text(statement))
    app.dispose()
