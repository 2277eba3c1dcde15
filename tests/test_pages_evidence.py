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
from duecourse.web.pages.evidence import attachment

filled, make_world, world = visits.filled, visits.make_world, visits.world


def test_a_file_comes_back_byte_for_byte_as_a_download_under_its_own_name(world: World) -> None:
    content = bytes(range(256)) * 5000
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
    one = store_file(tmp_path, io.BytesIO(b"report"), name="a.pdf", media_type="application/pdf")
    two = store_file(tmp_path, io.BytesIO(b"report"), name="b.pdf", media_type="TEXT/html; charset=x")
    assert one.sha256 == two.sha256 and two.media_type == "application/octet-stream"
    assert [path.name for path in tmp_path.iterdir()] == [one.sha256]
    assert read_file(tmp_path, one.sha256) == b"report"


def test_a_file_that_is_too_large_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_FILE_SIZE", 1024**2)
    with pytest.raises(BadInput, match="too large"):
        store_file(tmp_path, io.BytesIO(b"x" * (1024**2 + 1)), name="a", media_type="")
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
