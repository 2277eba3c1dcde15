"""Does ``duecourse extend`` ask, grant, refuse and enter, and is what each side owes printed apart?"""

from __future__ import annotations

import argparse
import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from command import duecourse

from duecourse.cli.given import present

LEAD = "ct-21oechvs01abc"
DAY = ("--as-of", "2022-10-20T10:00:00-04:00")
AFTER = ("--as-of", "2022-11-03T10:00:00-04:00")


@pytest.fixture
def data(tmp_path: Path) -> str:
    folder = str(tmp_path / "data")
    duecourse("load", LEAD, "--data", folder, *DAY)
    return folder


def uid(data: str, quarter: str) -> str:
    query = "SELECT uid FROM deliverable WHERE obligation_id = 'ct-status-report' AND occurrence = ?"
    with closing(sqlite3.connect(Path(data) / "duecourse.db")) as database:
        return str(database.execute(query, [quarter]).fetchone()[0])


def extend(data: str, does: str, about: str, *more: str, day: tuple[str, str] = DAY, code: int = 0) -> str:
    who = ("--as", "robin@oec.example", "--data", data)
    done = duecourse("extend", does, about, *more, *who, *day, code=code)
    return done.stdout + done.stderr


ASKED = ("--by", "Alex Grant", "--reason", "The data system was down.")


def test_a_request_is_granted_once_for_its_type_and_then_with_a_reason_only(data: str) -> None:
    for quarter in ("2022-07-01", "2022-10-01"):
        said = extend(data, "ask", uid(data, quarter), *ASKED)
        request = re.findall(r"request ([0-9a-f-]{36})", said)[0]
        more = ("--until", "2023-03-15")
        if quarter == "2022-07-01":
            assert "by the end of Wed Mar 15, 2023 (Eastern)" in extend(data, "grant", request, *more)
    assert "No extension is left" in extend(data, "grant", request, *more, code=2)
    assert "Granted." in extend(data, "grant", request, *more, "--exception", "A flood.")


def test_a_request_is_refused_with_words(data: str) -> None:
    request = extend(data, "ask", uid(data, "2022-07-01"), *ASKED, "--wanted", "2022-11-15").split()[-1].rstrip(".")
    assert "Say why it is refused" in extend(data, "refuse", request, code=2)
    assert "The date stands" in extend(data, "refuse", request, "--comment", "The data is there.")


def test_an_extension_granted_elsewhere_is_entered_after_the_date_and_the_report_is_no_longer_overdue(
    data: str,
) -> None:
    def overdue() -> str:
        return duecourse("overdue", "--data", data, *AFTER).stdout.partition("What the funder owes")[0]

    report = "Quarterly Program Status Report, Quarter 1 of FY23"
    assert report in overdue()
    given = ("--at", "2022-10-20T09:00:00-04:00", "--granted-at", "2022-10-24T09:00:00-04:00")
    more = ("--granted-by", "Robin Diaz", "--until", "2022-11-15", "--before", "17:00")
    assert "Granted." in extend(data, "record", uid(data, "2022-07-01"), *ASKED, *given, *more, day=AFTER)
    assert report not in overdue()


def test_what_the_funder_owes_is_printed_apart(data: str) -> None:
    said = duecourse("overdue", "--data", data, *AFTER).stdout
    contractor, _, funder = said.partition("What the funder owes:")
    assert "Active Contract Management Check-in" in funder
    assert "Active Contract Management Check-in" not in contractor
    assert re.search(r"\d+ deliverables overdue as of", contractor) and "of the funder overdue." in funder


def test_every_command_that_looks_at_an_instant_looks_at_the_very_same_one() -> None:
    given = argparse.Namespace(as_of=AFTER[1])
    assert present(given) == present(given) == datetime(2022, 11, 3, 14, tzinfo=UTC)
