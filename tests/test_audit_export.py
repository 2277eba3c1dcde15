"""Is the file that an auditor gets whole and readable, and does any changed byte fail, with its place?"""

from __future__ import annotations

import csv
import io
import json
import random
import re
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from county import COUNTY, WHO, track, uid
from sqlalchemy import Engine, text

from duecourse.calendar.lifecycle import Act
from duecourse.errors import BadInput, NotFound
from duecourse.models.database import writing
from duecourse.tracking.acting import By
from duecourse.tracking.audit import record
from duecourse.tracking.deciding import decide, undo
from duecourse.tracking.proof.export_archive import archive, members
from duecourse.tracking.proof.export_checking import check_export
from duecourse.tracking.proof.signed_documents import EXPORT, RECEIPT, read_document, signed_document
from duecourse.tracking.proof.signing import new_private_key, private_key
from duecourse.tracking.submitting import Sent, submit
from duecourse.web.audit_file import audit_file

NOW = datetime(2022, 3, 1, 18, tzinfo=UTC)
KEY = private_key(new_private_key(), source="test")
ADDRESS = "https://deadlines.example"


def exported(engine: Engine, *, now: datetime = NOW) -> bytes:
    return audit_file(engine, COUNTY, now=now, by="Kim Park", key=KEY, address=ADDRESS)


@pytest.fixture
def county(engine: Engine) -> Engine:
    """The county's contract with a history, and entries of others before, between and after."""
    track(engine, datetime(2021, 12, 1, tzinfo=UTC))
    for number, at in (("2.06", datetime(2022, 1, 20, tzinfo=UTC)), ("2.07", datetime(2022, 2, 22, 16, tzinfo=UTC))):
        with writing(engine) as session:
            record(session, "signed in", actor="olu@abc.example", now=at, detail={"secret": "of somebody else"})
            sent = Sent(at, "Jo “J” Whitfield <jo>", "PSRS", note="Łódź\u2028報告")
            submit(session, uid(engine, number), sent, form_key=number, now=at, by=By(WHO))
    after = datetime(2022, 2, 24, tzinfo=UTC)
    with writing(engine) as session:
        decide(session, uid(engine, "2.06"), Act.ACCEPT, now=after, by=By("lee@dcyf.example"))
        undo(session, uid(engine, "2.06"), Act.UNDO_ACCEPTANCE, reason="too soon", now=after, by=By("lee@dcyf.example"))
        record(session, "signed out", actor="olu@abc.example", now=after)
    return engine


def test_an_export_checks_and_is_the_same_each_time(county: Engine) -> None:
    data = exported(county)
    found = check_export(data)
    assert (found.contract, found.receipts) == ("22-1174, Nurse-Family Partnership, Whatcom County", 2)
    assert found.chain > found.entries > 6
    assert exported(county) == data
    assert exported(county, now=NOW + timedelta(seconds=1)) != data
    with pytest.raises(NotFound):
        audit_file(county, "wa-99-9999", now=NOW, by="Kim Park", key=KEY, address=ADDRESS)


def test_it_holds_the_contracts_entries_receipts_lifecycle_and_rates_and_nothing_of_others(county: Engine) -> None:
    files = {name: content.decode("utf-8-sig") for name, content in members(exported(county)).items()}
    assert list(files) == [
        "manifest.json",
        "index.html",
        "audit-entries.jsonl",
        "deliverables.jsonl",
        "on-time-rates.csv",
        "receipts/000001.json",
        "receipts/000002.json",
    ]
    assert not any("somebody else" in content or "olu@abc" in content for content in files.values())
    entries = [json.loads(line) for line in files["audit-entries.jsonl"].split("\n") if line]
    assert [entry["sequence"] for entry in entries] == list(range(1, len(entries) + 1))
    assert {"signed in", "signed out"}.isdisjoint(entry.get("action") for entry in entries)
    assert sum(set(entry) == {"sequence", "sha256"} for entry in entries) >= 3
    rows = [json.loads(line) for line in files["deliverables.jsonl"].split("\n") if line]
    (january,) = [row for row in rows if row["exhibit_line"] == "2.06"]
    assert [(act["act"], act["version"], act["in_effect"]) for act in january["acts"]] == [
        ("submit", 1, True),
        ("accept", 1, False),
        ("undo the acceptance", 1, False),
    ]
    assert january["standing"] == "submitted" and january["due_at"].endswith("Z") and january["why"]
    rates = {(row["report"], row["quarter"]): row for row in csv.DictReader(io.StringIO(files["on-time-rates.csv"]))}
    counted = rates["Monthly Enrollment Report", "Q3 of FY22 (Jan–Mar 2022)"]
    # Due from January to March 1: the reports for December, in on time, and for January, on the stroke of its moment.
    assert [counted[name] for name in ("due", "on time", "late", "missing", "share on time")] == [
        "2", "1", "1", "0", "0.500",
    ]  # fmt: skip


def test_its_page_reads_without_the_program_and_asks_nothing_of_the_network(county: Engine) -> None:
    page = members(exported(county))["index.html"].decode()
    assert page.startswith("<!doctype html>") and not re.search(r"<script|<link|<img|src=|https?://(?!deadlines)", page)
    for said in ("Kim Park", "Monthly Enrollment Report", "Undo the acceptance", "“too soon”", "duecourse verify"):
        assert said in page
    assert "<jo>" not in page


def test_any_changed_byte_of_any_member_fails_and_names_the_member(county: Engine) -> None:
    data = exported(county)
    chance = random.Random(20221130)
    for info in zipfile.ZipFile(io.BytesIO(data)).infolist():
        start = data.index(members(data)[info.filename])
        places = {start, start + info.file_size - 1, *(start + chance.randrange(info.file_size) for _ in range(60))}
        for at in places:
            changed = data[:at] + bytes([data[at] ^ (1 << chance.randrange(8))]) + data[at + 1 :]
            with pytest.raises(BadInput, match=re.escape(info.filename)):
                check_export(changed)


def test_any_changed_byte_of_the_zip_file_around_the_members_fails(county: Engine) -> None:
    data = exported(county)
    inside = set()
    for content in members(data).values():
        start = data.index(content)
        inside.update(range(start, start + len(content)))
    around = [at for at in range(len(data)) if at not in inside]
    assert len(around) > 500
    survived = []
    for at in around:
        for bit in (1, 0x80):
            try:
                check_export(data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :])
            except BadInput:
                continue
            survived.append(at)
    assert survived == []
    for changed in (data + b"\0", b"\0" + data, data[:-1], data[: len(data) // 2], b"PK", b""):
        with pytest.raises(BadInput):
            check_export(changed)


def packed_anew(data: bytes, change: Callable[[dict[str, bytes]], None], key: Any = KEY) -> bytes:
    """Return the export changed and signed again, as only the owner of the server's key could."""
    import hashlib

    files = members(data)
    change(files)
    manifest = read_document(files.pop("manifest.json"), format=EXPORT).content
    manifest["files"] = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    return archive({"manifest.json": signed_document(EXPORT, manifest, key)} | files)


def _entry(change: Callable[[list[dict[str, Any]]], None]) -> Callable[[dict[str, bytes]], None]:
    def apply(files: dict[str, bytes]) -> None:
        entries = [json.loads(line) for line in files["audit-entries.jsonl"].split(b"\n") if line]
        change(entries)
        files["audit-entries.jsonl"] = "".join(f"{json.dumps(entry)}\n" for entry in entries).encode()

    return apply


def _own(entries: list[dict[str, Any]]) -> dict[str, Any]:
    return next(entry for entry in entries if entry.get("action") == "submitted")


def _other_receipt(files: dict[str, bytes]) -> None:
    content = read_document(files["receipts/000001.json"], format=RECEIPT).content
    files["receipts/000001.json"] = signed_document(RECEIPT, content | {"number": 9}, KEY)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_entry(lambda entries: _own(entries).update(actor="nobody")), r"entry number \d+ was changed"),
        (_entry(lambda entries: _own(entries).update(sha256="0" * 64)), r"entry number \d+ was changed"),
        (_entry(lambda entries: entries.remove(_own(entries))), r"an entry is missing before number"),
        (_entry(lambda entries: entries.pop()), "entries after number"),
        (_entry(lambda entries: entries[0].update(sha256="1" * 64)), r"entry number \d+ (does not follow|was changed)"),
        (_entry(lambda entries: entries.append({"sequence": len(entries) + 1, "sha256": "2" * 64})), "entries after"),
        (lambda files: files.pop("receipts/000002.json"), "1 receipts of which the audit log tells are missing"),
        (_other_receipt, "is not the receipt that the audit log tells of"),
    ],
)
def test_even_a_signed_export_must_fit_together(
    county: Engine, change: Callable[[dict[str, bytes]], None], says: str
) -> None:
    data = exported(county)
    assert check_export(packed_anew(data, lambda files: None)).receipts == 2
    with pytest.raises(BadInput, match=says):
        check_export(packed_anew(data, change))


def test_an_entry_changed_in_the_database_shows_in_the_export(county: Engine) -> None:
    with county.begin() as connection:
        if county.dialect.name == "sqlite":
            connection.execute(text("DROP TRIGGER audit_entry_no_update"))
        else:
            connection.execute(text("DROP TRIGGER audit_entry_kept ON audit_entry"))
        connection.execute(text("UPDATE audit_entry SET actor = 'nobody' WHERE action = 'accepted'"))
    with pytest.raises(BadInput, match=r"audit-entries.jsonl: entry number \d+ was changed after it was written"):
        check_export(exported(county))
