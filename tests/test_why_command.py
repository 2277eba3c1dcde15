"""Does ``duecourse why`` say the steps from the clause to the instant, now and as we told people on a past day?"""

from __future__ import annotations

from pathlib import Path

import pytest
from command import duecourse

REPORT = ("wa-22-1174", "wa-monthly-enrollment-report")


@pytest.mark.parametrize("period", ["2022-01", "January 2022", "2.07", "2022-02-20"])
def test_a_date_explains_itself_by_any_name_of_its_period(period: str) -> None:
    said = duecourse("why", *REPORT, period).stdout
    assert "due before 8:00 AM Pacific on Tue Feb 22, 2022" in said
    assert "by the 20th of the month after the month of service (SOW 14.d(1)" in said
    assert "Presidents' Day" in said
    assert "14.d(5)(b)" in said
    assert "Safe by Fri Feb 18, 2022" in said
    assert "US-WA/holidays-" in said


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("ct-21oechvs01abc", "ct-rate-card-report", "FY22-Q2"), "due by the end of Sun Jan 30, 2022 (Eastern)"),
        (("wa-22-1174", "wa-data-disposition", "FY23"), "Fixed date: Thu Jul 20, 2023"),
        ((*REPORT, "2022-10"), "It cannot be late: Amendment 2"),
        (
            (
                "ct-21oechvs01abc",
                "ct-cap-draft",
                "2022-02-16",
                "--trigger",
                "corrective-action-notice=2022-02-01T09:00:00-05:00",
            ),
            "day 0 is Tue Feb 1, 2022",
        ),
    ],
)
def test_quarters_exhibits_amendments_and_events_are_explained(arguments: tuple[str, ...], says: str) -> None:
    assert says in duecourse("why", *arguments).stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("wa-22-1174", "no-such", "2022-01"), "has no obligation “no-such”"),
        ((*REPORT, "2031-01"), "has nothing for “2031-01”"),
        (("ct-21oechvs01abc", "ct-cap-draft", "2022-02-16"), "waits for an event"),
    ],
)
def test_what_is_not_there_is_said_with_what_there_is(arguments: tuple[str, ...], says: str) -> None:
    assert says in duecourse("why", *arguments, code=3).stderr


def test_a_past_day_is_answered_with_what_was_said_then(tmp_path: Path) -> None:
    data = str(tmp_path)
    duecourse("load", "wa-22-1174", "--data", data, "--as-of", "2022-03-01")
    uid = _uid(data)
    moved = ("move-date", uid, "--to", "2022-03-28", "--source", "the manager's mail", "--data", data)
    assert "LATE" not in duecourse(*moved, "--as-of", "2022-03-03", "--as", "lee@dcyf.example").stdout
    then = duecourse("why", *REPORT, "2022-02", "--data", data, "--as-of", "2022-03-02").stdout
    assert (
        "we said: Monthly Enrollment Report, February 2022, is due before 8:00 AM Pacific on Mon Mar 21, 2022" in then
    )
    assert "the manager's mail (lee@dcyf.example)" in then
    now = duecourse("why", *REPORT, "2022-02", "--data", data, "--as-of", "2022-03-04").stdout
    assert "is due by the end of Mon Mar 28, 2022" in now
    before = duecourse("why", *REPORT, "2022-02", "--data", data, "--as-of", "2022-02-01", code=3)
    assert "was not tracked yet" in before.stderr


def _uid(data: str) -> str:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(Path(data) / "duecourse.db")) as database:
        (uid,) = database.execute("SELECT uid FROM deliverable WHERE number = '2.08'").fetchone()
    return str(uid)
