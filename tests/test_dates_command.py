"""Does ``duecourse dates`` print what people's spreadsheets read, and refuse in words what it cannot read?"""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from command import duecourse

HEADER = "contract,obligation,number,title,period_start,period_end,nominal_on,due_at,subject"
NOTICE = "corrective-action-notice=2022-02-01T09:00:00-05:00"


def rows(*arguments: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(duecourse("dates", *arguments, "--format", "csv").stdout)))


def test_the_columns_of_the_csv_are_stable() -> None:
    assert duecourse("dates", "wa-22-1174", "--format", "csv").stdout.splitlines()[0] == HEADER


def test_a_moved_date_is_printed_with_its_offset() -> None:
    (found,) = [row for row in rows("wa-22-1174") if row["number"] == "2.07"]
    assert found == {
        "contract": "wa-22-1174",
        "obligation": "wa-monthly-enrollment-report",
        "number": "2.07",
        "title": "Monthly Enrollment Report",
        "period_start": "2022-01-01",
        "period_end": "2022-01-31",
        "nominal_on": "2022-02-20",
        "due_at": "2022-02-22T08:00:00-08:00",
        "subject": "",
    }


def test_from_and_to_bound_the_nominal_date_and_change_nothing_else() -> None:
    whole = rows("wa-22-1174")
    window = rows("wa-22-1174", "--from", "2022-02-20", "--to", "2022-02-28")
    assert window == [row for row in whole if "2022-02-20" <= row["nominal_on"] <= "2022-02-28"]
    assert [row["number"] for row in window] == ["2.07", "4.07"]


def test_a_one_time_item_has_no_period() -> None:
    (tool,) = [row for row in rows("wa-22-1174") if row["obligation"] == "wa-self-reflection-tool"]
    assert (tool["period_start"], tool["period_end"], tool["due_at"]) == ("", "", "2021-07-21T00:00:00-07:00")


def test_a_trigger_lists_the_windows_that_it_starts() -> None:
    without = rows("ct-21oechvs01abc")
    started = [row for row in rows("ct-21oechvs01abc", "--trigger", NOTICE) if row not in without]
    # Lincoln's birthday is kept on Friday the 11th, Washington's on Monday the 21st: both are left out of the count.
    assert [(row["obligation"], row["nominal_on"], row["due_at"]) for row in started] == [
        ("ct-cap-draft", "2022-02-16", "2022-02-17T00:00:00-05:00"),
        ("ct-cap-final", "2022-02-24", "2022-02-25T00:00:00-05:00"),
    ]


def test_the_insurance_line_without_a_date_is_shown_as_waiting_and_dated_by_the_renewal() -> None:
    assert "Updated Insurance Certificate (FY22 7.00, FY23 5.00)" in duecourse("dates", "wa-22-1174").stdout
    renewed = rows("wa-22-1174", "--trigger", "policy-renewal=2022-10-03T12:00:00-07:00")
    (found,) = [row for row in renewed if row["obligation"] == "wa-insurance-certificate"]
    assert (found["number"], found["nominal_on"]) == ("5.00", "2022-10-03")


@pytest.mark.parametrize(
    ("trigger", "nominal"),
    [
        # 5 and 10 business days of Washington's offices; November 24 and 25, 2022 are Thanksgiving and the day after.
        ("data-collected=2022-11-18T10:00:00-08:00", "2022-11-29"),
        ("data-request=2022-11-18T23:30:00-08:00", "2022-12-06"),
    ],
)
def test_the_data_windows_count_the_day_of_the_event_as_day_zero(trigger: str, nominal: str) -> None:
    started = [row for row in rows("wa-22-1174", "--trigger", trigger) if not row["period_start"] and not row["number"]]
    assert nominal in [row["nominal_on"] for row in started]


def test_json_explains_each_date() -> None:
    found = json.loads(
        duecourse("dates", "wa-22-1174", "--from", "2022-02-20", "--to", "2022-02-20", "--format", "json").stdout
    )
    assert found[0]["due"] == "before 8:00 AM Pacific on Tue Feb 22, 2022"
    assert any("Presidents' Day" in step for step in found[0]["why"])


def test_a_contract_file_of_ones_own_works_like_one_that_ships(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    shipped = Path(__file__).parent.parent / "duecourse/contracts/wa-22-1174.yaml"
    mine.write_text(shipped.read_text().replace("id: wa-22-1174", "id: mine"))
    assert {row["contract"] for row in rows(str(mine))} == {"mine"}


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("nowhere",), 3, "one of: ct-21oechvs01abc, demo-county, wa-22-1174"),
        (("wa-22-1174", "--from", "2/20/2022"), 2, "--from: “2/20/2022” is not a date"),
        (("wa-22-1174", "--from", "2022-03-01", "--to", "2022-02-01"), 2, "lies before"),
        (("wa-22-1174", "--trigger", "flood=2022-02-01T09:00:00-08:00"), 2, "Its events: active-enrollment-below-85, "),
        (("wa-22-1174", "--trigger", "data-request=2022-02-01T09:00:00"), 2, "offset"),
        (("wa-22-1174", "--as-of", "yesterday"), 2, "--as-of"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(arguments: tuple[str, ...], code: int, says: str) -> None:
    refused = duecourse("dates", *arguments, code=code)
    assert says in refused.stderr
    assert "Traceback" not in refused.stderr
    assert refused.stdout == ""


def test_dates_are_printed_without_loading_a_server_a_database_or_a_workflow_engine() -> None:
    program = (
        "import sys; from duecourse.cli.main import run; run(['dates', 'wa-22-1174']); "
        "print([name for name in sys.modules if name.split('.')[0] in "
        "('prefect', 'fastapi', 'starlette', 'uvicorn', 'sqlalchemy', 'sqlmodel', 'apscheduler', 'icalendar')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("contract", ["ct-21oechvs01abc", "wa-22-1174", "demo-county"])
def test_dates_that_are_worked_out_again_are_the_same_bytes(contract: str) -> None:
    arguments = ("dates", contract, "--as-of", "2026-11-22", "--format", "json")
    first, second = (duecourse(*arguments, PYTHONHASHSEED=seed).stdout for seed in ("1", "2"))
    assert first == second
