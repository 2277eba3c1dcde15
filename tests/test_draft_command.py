"""Does ``duecourse draft`` print a contract file and its checks, and refuse what it cannot read by the right code?"""

from __future__ import annotations

from pathlib import Path

import exhibits
from command import duecourse

FACTS = (
    *("--id", "wa-drafted", "--number", "22-1174", "--title", "Home Visiting", "--funder", "DCYF"),
    *("--contractor", "Whatcom County", "--zone", "America/Los_Angeles", "--calendar", "US-WA"),
)


def test_a_workbook_becomes_a_file_that_passes_the_check(tmp_path: Path) -> None:
    exhibit, out = tmp_path / "exhibit.xlsx", tmp_path / "drafted.yaml"
    exhibit.write_bytes(exhibits.as_workbook(exhibits.county()))
    done = duecourse("draft", str(exhibit), *FACTS, "--end", "2023-07-31", "--out", str(out))
    assert "9 obligations from 43 rows" in done.stdout
    assert (
        "monthly-enrollment-report: by the 20th of the month after the month of service; 12 dates printed"
        in done.stderr
    )
    assert "drafted.yaml is right: 9 obligations" in duecourse("check", str(out)).stdout
    # What is there is never written over.
    again = duecourse("draft", str(exhibit), *FACTS, "--out", str(out), code=2)
    assert "Name a new file" in again.stderr


def test_the_draft_is_printed_and_names_what_a_person_has_to_fill_in(tmp_path: Path) -> None:
    exhibit = tmp_path / "exhibit.txt"
    exhibit.write_bytes(b"Report\tDue Date\nAnnual Plan\t7/20/2023\nSite Visit Notes\tNo Date\n")
    done = duecourse("draft", str(exhibit), "--when-closed", "following")
    assert done.stdout.startswith("# yaml-language-server") and "fill in" in done.stdout
    assert "To fill in: id, number, title, funder, contractor, zone, calendar." in done.stderr
    checks = duecourse("draft", str(exhibit), "--checks").stdout
    assert "printed: Thu Jul 20, 2023; by the rule: Thu Jul 20, 2023  agrees  (line 2)" in checks
    assert "site-visit-notes: neither a date nor a rule; kept as a check" in checks


def test_what_cannot_be_read_ends_with_the_code_of_its_error(tmp_path: Path) -> None:
    prose = tmp_path / "letter.txt"
    prose.write_text("Dear all,\nreports are due.\n")
    assert "No table of deliverables was found" in duecourse("draft", str(prose), code=2).stderr
    assert "cannot be read" in duecourse("draft", str(tmp_path / "none.pdf"), code=3).stderr
    assert "--calendar" in duecourse("draft", str(prose), "--calendar", "US-XX", code=2).stderr
    assert "--end" in duecourse("draft", str(prose), "--start", "2022-07-01", "--end", "2021-07-01", code=2).stderr
