"""Is a file that proves a submission kept as it was handed in, and given to those alone who may have it?"""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
import visits
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select
from visits import LIAISON, MANAGER, STRANGER, WA, World, submission_form

from duecourse.calendar.standing import Standing
from duecourse.errors import BadInput, NotFound
from duecourse.models import Submission, SubmissionFile
from duecourse.tracking import files
from duecourse.tracking.files import read_file, safe_name, store_file
from duecourse.web.downloads import attachment

filled, make_world, world = visits.filled, visits.make_world, visits.world


def test_a_file_comes_back_byte_for_byte_as_a_download_under_its_own_name(world: World) -> None:
    content = b"%PDF-1.7\n" + bytes(range(256)) * 5000
    visit = world.visitor(MANAGER)
    report = world.find(WA, Standing.OVERDUE)
    name = "C:\\reports\\Enrollment “October” 報告.pdf"
    file = {"file": (name, content, "application/pdf")}
    assert visit.post(f"/deliverables/{report.uid}/submit", submission_form(), files=file).status_code == 303
    (made,) = world.rows(select(Submission).where(Submission.deliverable_id == report.id))
    (file_row,) = world.rows(select(SubmissionFile).where(SubmissionFile.submission_id == made.id))
    assert (file_row.name, file_row.size) == ("Enrollment “October” 報告.pdf", len(content))
    page = world.visitor(LIAISON).get(f"/deliverables/{report.uid}").text
    assert file_row.sha256 in page and "1.2 MB" in page
    answer = world.visitor(LIAISON).get(f"/evidence/{file_row.uid}")
    assert answer.content == content
    assert answer.headers["content-type"] == "application/octet-stream"
    assert "filename*=UTF-8''Enrollment%20%E2%80%9COctober%E2%80%9D%20" in answer.headers["content-disposition"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert world.visitor(STRANGER).get(f"/evidence/{file_row.uid}").status_code == 404


def test_an_empty_file_is_refused_and_nothing_is_recorded(world: World) -> None:
    visit, report = world.visitor(MANAGER), world.find(WA, Standing.OVERDUE)
    answer = visit.post(f"/deliverables/{report.uid}/submit", submission_form(), files={"file": ("a.pdf", b"")})
    assert answer.status_code == 422 and "The file is empty" in answer.text
    assert world.find(WA, Standing.OVERDUE).uid == report.uid


def test_a_stored_file_that_was_changed_is_not_given_out(world: World) -> None:
    (made,) = world.rows(select(SubmissionFile))
    path = world.settings.data / "evidence" / made.sha256
    path.write_bytes(path.read_bytes() + b"!")
    assert world.visitor(MANAGER).get(f"/evidence/{made.uid}").status_code == 404


def test_the_same_bytes_are_stored_once_and_nothing_unfinished_stays(tmp_path: Path) -> None:
    one = store_file(tmp_path, io.BytesIO(b"report"), name="a.txt", media_type="text/plain")
    two = store_file(tmp_path, io.BytesIO(b"report"), name="b.csv", media_type="TEXT/html; charset=x")
    assert one.sha256 == two.sha256 and two.media_type == "application/octet-stream"
    assert [path.name for path in tmp_path.iterdir()] == [one.sha256]
    assert read_file(tmp_path, one.sha256) == b"report"


def test_a_file_that_is_too_large_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_FILE_SIZE", 1024**2)
    with pytest.raises(BadInput, match="too large"):
        store_file(tmp_path, io.BytesIO(b"x" * (1024**2 + 1)), name="a.txt", media_type="")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("sha256", ["", "../../etc/passwd", "A" * 64, "0" * 64])
def test_a_name_that_is_no_hash_reads_no_file(tmp_path: Path, sha256: str) -> None:
    with pytest.raises(NotFound):
        read_file(tmp_path, sha256)


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\fakepath\\report.xlsx", "report.xlsx"),
        ("invoice\u202egpj.exe", "invoicegpj.exe"),
        ("a\x00b\r\n.csv", "ab.csv"),
        ("...", "file"),
        ("", "file"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
        ("No ending", "No ending"),
    ],
)
def test_a_files_name_is_kept_without_what_could_mislead(given_name: str, kept: str) -> None:
    assert safe_name(given_name) == kept


@given(st.text())
def test_whatever_a_file_is_called_its_name_and_header_are_harmless(name: str) -> None:
    kept = safe_name(name)
    assert 0 < len(kept) <= 120 and not re.search(r"[/\\\x00-\x1f\x7f]", kept)
    header = attachment(kept)
    assert header.isascii() and header.isprintable() and header.count('"') == 2


KEPT = [
    ("report.pdf", b"%PDF-1.7\n"),
    ("Report.PDF", b"\x00scanner%PDF-1.4\n"),
    ("figures.xlsx", b"PK\x03\x04[Content_Types].xml"),
    ("figures.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    ("letter.doc", b"{\\rtf1 Dear"),
    ("list.csv", "\ufeffname,count\n".encode("utf-16")),
    ("note.txt", "Grüße\n".encode()),
    ("mail.eml", b"Received: from mx.example\r\n"),
    ("photo.HEIC", b"\x00\x00\x00\x18ftypheic"),
    ("photo.jpg", b"\xff\xd8\xff\xe0"),
    ("all.zip", b"PK\x05\x06"),
]
REFUSED = [
    ("setup.exe", b"MZ\x90", "cannot be kept as proof"),
    ("page.html", b"hello", "cannot be kept as proof"),
    ("drawing.svg", b"<svg", "cannot be kept as proof"),
    ("macro.xlsm", b"PK\x03\x04", "cannot be kept as proof"),
    ("report", b"%PDF-1.7", "cannot be kept as proof"),
    ("report.pdf.js", b"%PDF-1.7", "cannot be kept as proof"),
    ("report.pdf", b"MZ\x90\x00", "is a program"),
    ("list.csv", b"#!/bin/sh\n", "is a program"),
    ("list.csv", b"\x7fELF", "is a program"),
    ("note.txt", b"\xef\xbb\xbf \r\n<!DOCTYPE html>", "is a web page"),
    ("photo.png", b"<svg xmlns=", "is a web page"),
    ("note.txt", b"<ScRiPt>", "is a web page"),
    ("report.pdf", b"PK\x03\x04", "it is no PDF file"),
    ("photo.jpg", b"enrolled: 42", "it is no JPG file"),
]


@pytest.mark.parametrize(("name", "content"), KEPT, ids=[name for name, _ in KEPT])
def test_files_of_the_usual_kinds_are_kept(tmp_path: Path, name: str, content: bytes) -> None:
    kept = store_file(tmp_path, io.BytesIO(content), name=name, media_type="")
    assert (kept.name, read_file(tmp_path, kept.sha256)) == (name, content)


@pytest.mark.parametrize(("name", "content", "says"), REFUSED)
def test_programs_web_pages_and_disguised_files_are_refused_and_leave_nothing(
    tmp_path: Path, name: str, content: bytes, says: str
) -> None:
    with pytest.raises(BadInput, match=says) as refusal:
        store_file(tmp_path, io.BytesIO(content), name=name, media_type="application/pdf")
    assert "Allowed are PDF, Word, Excel" in str(refusal.value)
    assert list(tmp_path.iterdir()) == []


def test_too_many_or_too_large_files_are_refused_in_plain_words_with_the_form_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit, report = world.visitor(MANAGER), world.find(WA, Standing.OVERDUE)
    address, form = f"/deliverables/{report.uid}/submit", submission_form(reference="KEEP-ME")
    many = visit.post(address, form, files=[("file", (f"{number}.txt", b"a")) for number in range(21)])
    monkeypatch.setattr(files, "MAX_FILE_SIZE", 1024**2)
    large = visit.post(address, form, files=[("file", (f"{number}.txt", b"a" * 600_000)) for number in range(2)])
    wrong = visit.post(address, form, files=[("file", ("a.txt", b"a")), ("file", ("setup.exe", b"MZ"))])
    for answer, says in [(many, "At most 20 files"), (large, "At most 1 MB"), (wrong, "“setup.exe” cannot be kept")]:
        assert answer.status_code == 422 and says in answer.text and 'value="KEEP-ME"' in answer.text
    far_too_many = visit.post(address, form, files=[("file", (f"{number}.txt", b"a")) for number in range(41)])
    assert far_too_many.status_code == 422 and "At most 40 files can be sent at once" in far_too_many.text
    assert world.rows(select(Submission).where(Submission.deliverable_id == report.id)) == []


def test_the_page_names_the_kinds_of_files_before_one_is_chosen(world: World) -> None:
    page = world.visitor(MANAGER).get(f"/deliverables/{world.find(WA, Standing.OVERDUE).uid}").text
    assert "at most 20 files, 24 MB together: PDF, Word, Excel" in page
    assert re.search(r'accept="[^"]*\.pdf,[^"]*\.csv', page)
