"""Does a receipt say what was recorded, in the same transaction, and does a single changed byte show?"""

from __future__ import annotations

import json
import os
import stat
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from county import COUNTY, WHO, track, uid
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlmodel import select

from duecourse.calendar.lifecycle import Act
from duecourse.errors import BadInput, NotReady
from duecourse.models import AuditEntry, ContractRow, Deliverable, Receipt
from duecourse.models.database import reading, writing
from duecourse.tracking.acting import By
from duecourse.tracking.audit import verify
from duecourse.tracking.deciding import decide
from duecourse.tracking.proof.receipts import content_of, verify_receipts
from duecourse.tracking.proof.signed_documents import EXPORT, RECEIPT, canonical, read_document, signed_document
from duecourse.tracking.proof.signing import new_private_key, private_key, public_key, public_keys, public_pem
from duecourse.tracking.proof.signing_keys import KEY_FILE, is_remembered, known_keys, remember_key, server_key
from duecourse.tracking.submitting import Sent, StoredFile, submit

NOW = datetime(2022, 2, 22, 15, 59, 0, 123456, tzinfo=UTC)
FILE = StoredFile("Enrollment “January”.pdf", "application/pdf", 812, "ab" * 32)
KEY = private_key(new_private_key(), source="test")


def hand_in(engine: Engine, report: str, *, key: str = "one", at: datetime = NOW, **more: object) -> None:
    sent = Sent(at, "Jo Whitfield", "PSRS", reference="R-1", note="Line one.\nLine two.", files=(FILE,), **more)  # type: ignore[arg-type]
    with writing(engine) as session:
        submit(session, report, sent, form_key=key, now=NOW, by=By(WHO))


@pytest.fixture
def report(engine: Engine) -> str:
    track(engine, datetime(2021, 12, 1, tzinfo=UTC))
    return uid(engine, "2.07")


def only_receipt(engine: Engine) -> Receipt:
    with reading(engine) as session:
        return session.exec(select(Receipt)).one()


def test_a_receipt_says_everything_that_was_recorded(engine: Engine, report: str) -> None:
    hand_in(engine, report, at=NOW - timedelta(hours=1))
    receipt = only_receipt(engine)
    with reading(engine) as session:
        contract = session.get_one(ContractRow, COUNTY)
        row = session.exec(select(Deliverable).where(Deliverable.uid == report)).one()
        entry = session.exec(select(AuditEntry).where(AuditEntry.action == "submitted")).one()
        holds = session.get_one(AuditEntry, receipt.audit_sequence)
    said = content_of(receipt)
    assert said == {
        "number": 1,
        "uid": receipt.uid,
        "contract": {
            "id": COUNTY,
            "number": contract.number,
            "name": contract.name,
            "contractor": contract.contractor,
            "funder": contract.funder,
        },
        "deliverable": {
            "uid": report,
            "report": "Monthly Enrollment Report",
            "for": "January 2022",
            "covers": ["2022-01-01", "2022-01-31"],
            "exhibit_line": "2.07",
            "clause": row.clause,
            "owed_by": row.owed_by,
            "owed_to": row.owed_to,
        },
        "submission": {
            "version": 1,
            "nothing_to_report": False,
            "submitted_at": {"utc": "2022-02-22T14:59:00.123456Z", "in_words": "Tue Feb 22, 2022, 6:59 AM Pacific"},
            "recorded_at": {"utc": "2022-02-22T15:59:00.123456Z", "in_words": "Tue Feb 22, 2022, 7:59 AM Pacific"},
            "submitted_by": "Jo Whitfield",
            "entered_by": WHO,
            "channel": "PSRS",
            "reference": "R-1",
            "note": "Line one.\nLine two.",
            "files": [{"name": "Enrollment “January”.pdf", "size": 812, "sha256": "ab" * 32}],
        },
        "due": {
            "before": {"utc": "2022-02-22T16:00:00Z", "in_words": "Tue Feb 22, 2022, 8:00 AM Pacific"},
            "in_words": "before 8:00 AM Pacific on Tue Feb 22, 2022",
            "why": row.steps,
            "on_time": True,
            "excused": "",
        },
        "rule": {"definition_sha256": contract.definition_sha256, "closures": row.calendar_version},
        "zone": {"name": "America/Los_Angeles", "in_words": "Pacific time"},
        "audit_entry": {"number": entry.sequence, "seal": entry.sha256},
    }
    assert holds.detail == {"number": 1, "uid": receipt.uid, "sha256": receipt.sha256}


def test_each_version_has_a_receipt_of_its_own_with_the_due_moment_of_its_correction(
    engine: Engine, report: str
) -> None:
    hand_in(engine, report, at=NOW - timedelta(hours=2))
    with writing(engine) as session:
        again = decide(
            session, report, Act.RETURN, comment="Page 2.", now=NOW - timedelta(hours=1), by=By(WHO)
        ).again_by
    hand_in(engine, report, key="two", at=NOW)
    with reading(engine) as session:
        first, second = [content_of(each) for each in session.exec(select(Receipt).order_by(Receipt.number))]
    assert again is not None
    assert (first["number"], second["number"], second["submission"]["version"]) == (1, 2, 2)
    assert second["due"]["before"]["utc"] == again.astimezone(UTC).isoformat().replace("+00:00", "Z")
    assert second["due"]["why"][-1] == "A version was returned for correction: the correction is due by the end of " + (
        "Tue Mar 8, 2022 (Pacific)."
    )


def test_the_same_form_twice_makes_one_receipt_and_a_failed_submission_none(engine: Engine, report: str) -> None:
    hand_in(engine, report)
    hand_in(engine, report)
    assert only_receipt(engine).number == 1
    with pytest.raises(RuntimeError), writing(engine) as session:
        sent = Sent(NOW, "Jo Whitfield", "PSRS")
        submit(session, uid(engine, "2.08"), sent, form_key="two", now=NOW, by=By(WHO))
        raise RuntimeError
    assert only_receipt(engine).number == 1


def test_submissions_at_the_same_moment_are_numbered_without_a_gap(engine: Engine, report: str) -> None:
    reports = [uid(engine, f"2.0{n}") for n in range(2, 8)]
    failed: list[BaseException] = []

    def one(name: str) -> None:
        try:
            hand_in(engine, name, key=name)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=one, args=(name,)) for name in reports]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with reading(engine) as session:
        assert session.exec(select(Receipt.number).order_by(Receipt.number)).all() == [1, 2, 3, 4, 5, 6]
        assert (verify(session) > 6, verify_receipts(session)) == (True, 6)


def test_a_receipt_that_was_changed_in_the_database_or_removed_from_it_is_found(engine: Engine, report: str) -> None:
    hand_in(engine, report)
    hand_in(engine, uid(engine, "2.06"), key="two")
    unprotect(engine, "receipt")
    with engine.begin() as connection:
        connection.execute(text("UPDATE receipt SET content = replace(content, 'Jo ', 'Bo ') WHERE number = 1"))
    with reading(engine) as session, pytest.raises(BadInput, match="Receipt number 1 was changed"):
        verify_receipts(session)
    with engine.begin() as connection:
        connection.execute(text("UPDATE receipt SET content = replace(content, 'Bo ', 'Jo ') WHERE number = 1"))
        connection.execute(text("DELETE FROM receipt WHERE number = 2"))
    with reading(engine) as session, pytest.raises(BadInput, match=r"audit entry number \d+ tells of is missing"):
        verify_receipts(session)


def unprotect(engine: Engine, table: str) -> None:
    """Take away what protects a table, as somebody who owns the database could."""
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.execute(text(f"DROP TRIGGER {table}_no_update"))
            connection.execute(text(f"DROP TRIGGER {table}_no_delete"))
        else:
            connection.execute(text(f"DROP TRIGGER {table}_kept ON {table}"))


CONTENT = {"number": 7, "note": "“Łódź” \u2028 报告\n", "on_time": True, "covers": None, "files": [{"size": 0}]}
SIGNED = signed_document(RECEIPT, CONTENT, KEY)


def test_what_was_signed_is_read_back_with_the_key_that_signed_it() -> None:
    found = read_document(SIGNED, format=RECEIPT)
    assert (found.content, found.public) == (CONTENT, public_key(KEY))
    assert signed_document(RECEIPT, CONTENT, KEY) == SIGNED
    found.check_key([public_key(KEY)], whose="the key")


def test_no_byte_of_a_receipt_can_be_changed_left_out_or_added() -> None:
    survived = []
    for at in range(len(SIGNED)):
        # Every bit by itself, and what looks alike to a reader of JSON: spaces, line ends, other letters' case.
        others = {SIGNED[at] ^ (1 << bit) for bit in range(8)} | set(b' \t\r\n"0aA')
        changed = [SIGNED[:at] + bytes([other]) + SIGNED[at + 1 :] for other in others - {SIGNED[at]}]
        changed += [SIGNED[:at] + SIGNED[at + 1 :], SIGNED[:at] + b" " + SIGNED[at:], SIGNED[:at]]
        for data in changed:
            if data == SIGNED:
                continue
            try:
                read_document(data, format=RECEIPT)
            except BadInput:
                continue
            survived.append((at, data))
    assert survived == []
    with pytest.raises(BadInput):
        read_document(SIGNED + b"\n", format=RECEIPT)


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_whatever_is_sent_for_checking_is_refused_and_breaks_nothing(data: st.DataObject) -> None:
    bytes_sent = data.draw(st.binary(max_size=300) | st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=20) | st.integers(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
            st.sampled_from(["content", "format", "signature", "value", "public_key", "sha256"]), inner, max_size=6
        ),
        max_leaves=12,
    ).map(lambda said: json.dumps(said).encode()))  # fmt: skip
    with pytest.raises(BadInput):
        read_document(bytes_sent, format=RECEIPT)


@pytest.mark.parametrize("sent", [b"[" * 100_000, b'{"content": ' + b"9" * 10_000 + b"}", b"\xff\xfe", b"null"])
def test_what_is_made_to_break_a_reader_is_refused(sent: bytes) -> None:
    with pytest.raises(BadInput, match="no receipt"):
        read_document(sent, format=RECEIPT)


def test_a_signed_document_of_another_kind_is_no_receipt() -> None:
    with pytest.raises(BadInput, match="duecourse audit export"):
        read_document(signed_document(EXPORT, CONTENT, KEY), format=RECEIPT)


def test_a_receipt_that_somebody_else_signed_is_not_ours() -> None:
    forger = private_key(new_private_key(), source="test")
    forged = read_document(signed_document(RECEIPT, CONTENT, forger), format=RECEIPT)
    with pytest.raises(BadInput, match="not signed with the key"):
        forged.check_key([public_key(KEY)], whose="the key")


def test_canonical_json_is_what_rfc_8785_asks_for() -> None:
    # From RFC 8785, 3.2.2: sorted names, no spaces, only what must be escaped is.
    said = {
        "string": "\u20ac$\u000f\nA'\u0042\u0022\\\\\"/",
        "literals": [None, True, False],
        "numbers": [333333333, 2],
    }
    assert canonical(said) == (
        '{"literals":[null,true,false],"numbers":[333333333,2],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )


def test_the_key_is_made_once_readable_by_its_owner_alone(tmp_path: Path) -> None:
    keys: list[bytes] = []
    threads = [threading.Thread(target=lambda: keys.append(public_key(server_key(tmp_path / "d")))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 8 and len(set(keys)) == 1
    assert stat.S_IMODE(os.stat(tmp_path / "d" / KEY_FILE).st_mode) == 0o600
    assert [path.name for path in (tmp_path / "d").iterdir()] == [KEY_FILE]


def test_a_key_that_cannot_sign_stops_with_the_cure(tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).write_text("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
    with pytest.raises(NotReady, match="openssl genpkey"):
        server_key(tmp_path)
    with pytest.raises(NotReady, match="DUECOURSE_SIGNING_KEY"):
        server_key(tmp_path, configured="no key")
    with pytest.raises(BadInput, match="/verify/key"):
        public_keys(b"nothing", source="server.pem")


def test_a_key_of_the_settings_goes_before_the_one_in_the_folder(tmp_path: Path) -> None:
    pem = new_private_key()
    assert public_key(server_key(tmp_path, configured=pem.decode())) == public_key(private_key(pem, source="test"))
    assert list(tmp_path.iterdir()) == []


def test_what_an_earlier_key_signed_stays_genuine(engine: Engine) -> None:
    new = private_key(new_private_key(), source="test")
    with writing(engine) as session:
        remember_key(session, KEY, now=NOW)
        remember_key(session, KEY, now=NOW + timedelta(days=1))
        remember_key(session, new, now=NOW + timedelta(days=2))
    with reading(engine) as session:
        assert is_remembered(session, KEY)
        assert known_keys(session) == [public_key(new), public_key(KEY)]
        read_document(SIGNED, format=RECEIPT).check_key(known_keys(session), whose="a key of this server")


def test_keys_are_read_from_one_file_with_words_between_them() -> None:
    other = private_key(new_private_key(), source="test")
    keys = [public_key(KEY), public_key(other)]
    text_of = "".join(f"Fingerprint {at}\n{public_pem(each)}" for at, each in enumerate(keys))
    assert public_keys(text_of.encode(), source="server.pem") == keys
