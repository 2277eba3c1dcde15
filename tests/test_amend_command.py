"""Do the commands that change dates show each line first, change nothing in a dry run, and tell each person once?"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from command import duecourse

from duecourse.definitions.reading import find_contract

DAY = ("--as-of", "2022-03-01")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    duecourse("load", "wa-22-1174", "--data", str(folder), *DAY)
    for email, role in (("jo@whatcom.example", "program manager"), ("lee@dcyf.example", "program liaison")):
        duecourse(
            "person", email, "--name", email, "--contract", "wa-22-1174", "--role", role, "--data", str(folder), *DAY
        )
    return folder


@pytest.fixture
def amended(tmp_path: Path) -> str:
    path = tmp_path / "amended.yaml"
    path.write_text(find_contract("wa-22-1174").read_text().replace("      day: 30\n", "      day: 28\n"))
    return str(path)


def asked(data: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(data / "duecourse.db")) as database:
        return database.execute(query).fetchall()


def mails(data: Path) -> list[tuple[object, ...]]:
    return asked(data, "SELECT to_address, subject FROM notice WHERE rung = 'dates-changed' ORDER BY to_address")


def dates(data: Path) -> list[tuple[object, ...]]:
    return asked(data, "SELECT uid, due_at FROM deliverable ORDER BY uid")


def test_a_dry_run_shows_each_line_and_changes_nothing(data: Path, amended: str) -> None:
    before = dates(data)
    said = duecourse("amend", amended, "--dry-run", "--data", str(data), *DAY).stdout
    assert "wa-a19-monthly-invoice/2022-02-01" in said
    assert "by the end of Wed Mar 30, 2022 (Pacific) -> by the end of Mon Mar 28, 2022 (Pacific)" in said
    assert "LATE AT ONCE" not in said
    assert "Nothing was changed." in said
    assert (dates(data), mails(data)) == (before, [])


def test_an_accepted_amendment_tells_each_person_once(data: Path, amended: str) -> None:
    said = duecourse("amend", amended, "--source", "Amendment 3", "--data", str(data), *DAY).stdout
    assert "2 people are told" in said
    assert [to for to, _ in mails(data)] == ["jo@whatcom.example", "lee@dcyf.example"]
    assert all(str(subject).endswith("dates changed: Amendment 3") for _, subject in mails(data))
    again = duecourse("amend", amended, "--source", "Amendment 3", "--data", str(data), *DAY).stdout
    assert "0 people are told" in again
    assert len(mails(data)) == 2


def test_one_line_can_be_accepted_alone(data: Path, amended: str) -> None:
    line = "wa-a19-monthly-invoice/2022-02-01"
    duecourse("amend", amended, "--source", "Amendment 3", "--accept", line, "--data", str(data), *DAY)
    moved = asked(
        data, "SELECT DISTINCT occurrence FROM due_change JOIN deliverable ON deliverable_id = deliverable.id"
    )
    assert ("2022-02-01",) in moved
    (kept,) = asked(
        data,
        "SELECT due_on FROM deliverable WHERE obligation_id = 'wa-a19-monthly-invoice' AND occurrence = '2022-03-01'",
    )
    assert kept == ("2022-05-02",)


def test_a_closure_is_rehearsed_then_announced(data: Path) -> None:
    command = (
        "close-offices",
        "US-WA",
        "2022-03-21",
        "--name",
        "Storm closure",
        "--source",
        "the governor",
        "--data",
        str(data),
    )
    rehearsed = duecourse(*command, "--dry-run", *DAY).stdout
    assert "before 8:00 AM Pacific on Mon Mar 21, 2022 -> before 8:00 AM Pacific on Tue Mar 22, 2022" in rehearsed
    assert "Nothing was changed." in rehearsed
    assert "2 people are told" in duecourse(*command, *DAY).stdout
    assert "already closed" in duecourse(*command, *DAY, code=5).stderr


def test_a_file_with_a_mistake_is_refused_and_changes_nothing(data: Path, amended: str) -> None:
    before = dates(data)
    Path(amended).write_text(Path(amended).read_text().replace("day: 28", "day: 99"))
    refused = duecourse("amend", amended, "--source", "Amendment 3", "--data", str(data), *DAY, code=2)
    assert "amended.yaml, line" in refused.stderr
    assert "99 is impossible here." in refused.stderr
    assert dates(data) == before
