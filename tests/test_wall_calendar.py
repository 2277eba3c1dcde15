"""Does a year for the wall show every due date on its day, in type that can be read, and cut nothing off?"""

from __future__ import annotations

import io
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pdfplumber
import pytest
from command import duecourse
from county import COUNTY, WHO, track
from sqlalchemy import Engine

from duecourse.calendar.state_days import Closure
from duecourse.errors import NotFound
from duecourse.models.database import connect, reading, writing
from duecourse.tracking.deciding_dates import announce_closure
from duecourse.web.paper.wall_calendar import wall_calendar
from duecourse.web.wall_year import WallLine, WallYear, wall_year

NOW = datetime(2022, 11, 30, 17, tzinfo=UTC)
ADDRESS = "https://deadlines.example/contracts/wa-22-1174"


@pytest.fixture(scope="module")
def county(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    folder = tmp_path_factory.mktemp("wall")
    shutil.copyfile(sqlite_template, folder / "duecourse.db")
    engine = connect(f"sqlite:///{folder / 'duecourse.db'}")
    track(engine, NOW)
    storm = Closure(date(2023, 2, 6), "Storm closure", "the governor's announcement")
    with writing(engine) as session:
        announce_closure(session, "US-WA", storm, now=NOW, actor=WHO)
    return engine


@pytest.fixture(scope="module")
def year(county: Engine) -> WallYear:
    with reading(county) as session:
        return wall_year(session, COUNTY, asked=2023, now=NOW)


def pages(content: bytes) -> list[pdfplumber.page.Page]:
    return pdfplumber.open(io.BytesIO(content)).pages


def words_of(content: bytes) -> str:
    return " ".join(" ".join(page.extract_text(layout=False) for page in pages(content)).split())


def drawn(year: WallYear, paper: str = "letter") -> bytes:
    return wall_calendar(year, paper=paper, address=ADDRESS)


def test_every_due_date_of_the_year_stands_on_its_day_with_its_time(year: WallYear) -> None:
    assert [month.first for month in year.months][::11] == [date(2022, 7, 1), date(2023, 6, 1)]
    february = next(month for month in year.months if month.first == date(2023, 2, 1))
    # The 20th is Presidents' Day.
    assert (
        WallLine(date(2023, 2, 21), "Monthly Enrollment Report", "January 2023", "before 8:00 AM", False)
        in february.lines
    )
    assert february.closures == {date(2023, 2, 6): "Storm closure", date(2023, 2, 20): "Presidents' Day"}
    said = words_of(drawn(year))
    assert "before 8:00 AM" in said and "Closed: Storm closure" in said
    for month in year.months:
        for line in month.lines:
            assert line.title.split(",")[0][:24] in said, line


@pytest.mark.parametrize(("paper", "size"), [("letter", (792, 612)), ("a4", (841.9, 595.3))])
def test_the_paper_says_what_it_is_as_of_when_and_by_which_rules(
    year: WallYear, paper: str, size: tuple[float, float]
) -> None:
    found = pages(drawn(year, paper))
    assert all((round(page.width, 1), round(page.height, 1)) == size for page in found)
    for page in found:
        said = page.extract_text()
        assert "22-1174, Nurse-Family Partnership, Whatcom County" in said
        assert "FY23, July 2022 to June 2023" in said and "As of Wed Nov 30, 2022, 9:00 AM Pacific" in said
        assert "Contract file" in said and "office days of US-WA" in said and "1 announced closure" in said
        assert f"Dates may move: {ADDRESS}" in said and "offices are closed" in said and "Times are Pacific" in said


def test_the_same_year_gives_the_same_bytes_with_its_type_embedded(year: WallYear) -> None:
    content = drawn(year)
    assert content == drawn(year)
    fonts = {character["fontname"] for page in pages(content) for character in page.chars}
    # A name with a plus sign is that of a part of a font that lies in the file.
    assert fonts and all("+BitstreamVera" in name for name in fonts)


def crowded(year: WallYear, number: int) -> WallYear:
    """Return the year with so many things due in October, each by a title of its own."""
    months = list(year.months)
    lines = tuple(
        WallLine(date(2022, 10, 1) + timedelta(days=n % 31), f"Report Z{n:03d} of the Program", "", "", False)
        for n in range(number)
    )
    months[3] = replace(months[3], lines=tuple(sorted(lines, key=lambda line: line.on)))
    return replace(year, months=tuple(months))


@pytest.mark.parametrize("number", [20, 120])
def test_a_crowded_month_goes_on_elsewhere_and_says_where(year: WallYear, number: int) -> None:
    content = drawn(crowded(year, number))
    found = pages(content)
    further = " ".join(page.extract_text() for page in found[2:])
    assert "All of October is on page 3" in found[0].extract_text() and f"{number} things are due" in words_of(content)
    assert all(f"Z{n:03d}" in further for n in range(number))
    # Nothing is set smaller than can be read, and nothing lies outside of the paper or over the foot.
    for page in found:
        assert min(character["size"] for character in page.chars) > 6.99
        assert all(word["x0"] >= 0 and word["x1"] <= page.width for word in page.extract_words())
        foot = page.search("Dates may move")[0]["top"]
        assert all(word["bottom"] < foot for word in page.extract_words() if word["text"].startswith("Z"))


def test_names_in_spanish_are_set_and_what_the_type_lacks_is_named_by_its_number(year: WallYear) -> None:
    contract = year.contract.model_copy(update={"contractor": "Niñez y Familia, Peñón <b>", "name": "報告 Ítem"})
    said = words_of(drawn(replace(year, contract=contract)))
    assert "Niñez y Familia, Peñón <b>" in said
    assert "[U+5831][U+544A] Ítem" in said and "a character that this type lacks" in said


def test_what_is_no_longer_asked_for_is_not_shown_and_a_missing_contract_is_refused(county: Engine) -> None:
    with reading(county) as session:
        with pytest.raises(NotFound, match="There is no contract wa-99"):
            wall_year(session, "wa-99", asked=None, now=NOW)
        usual = wall_year(session, COUNTY, asked=None, now=NOW)
    assert usual.name == "FY23"


def test_the_command_writes_the_file_once(tmp_path: Path) -> None:
    data, out = str(tmp_path / "data"), str(tmp_path / "wall.pdf")
    duecourse("load", COUNTY, "--data", data)
    said = duecourse("calendar-pdf", COUNTY, "--year", "2023", "--paper", "a4", "--out", out, "--data", data).stdout
    assert said.startswith("FY23, July 2022 to June 2023, with ") and Path(out).read_bytes().startswith(b"%PDF-")
    assert "is there already" in duecourse("calendar-pdf", COUNTY, "--out", out, "--data", data, code=2).stderr
