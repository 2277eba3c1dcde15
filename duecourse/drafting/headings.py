"""Which column is which, and which line says for what year a table is?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from duecourse.calendar.periods import add_months
from duecourse.drafting.printed import dates_in
from duecourse.drafting.rows import Row
from duecourse.drafting.titles import is_note

# In this order: “Reporting Period” names a report, and means a period.
_COLUMNS = (
    ("number", r"#|(line|item|ref\w*\.?)?\s*(no\.?|nr\.?|number|#)|line|item"),
    (
        "due",
        r"date|when|by when|.*\b(due|deadline)\b.{0,25}"
        r"|.*\b(submit|submitted|submission|received?|delivery) (by|date)\b.*",
    ),
    ("period", r".*\b(period|month of service|service (month|period|dates?)|covers?|covered|covering|quarter)\b.*"),
    ("frequency", r".*\b(frequency|how often|occurs|recurrence)\b.*"),
    ("recipient", r".*\b(recipient|(submit|submitted|send|sent|deliver|delivered|owed|report|provide) to|to whom)\b.*"),
    ("channel", r".*\b(channel|method|submit via|sent via|via|how|format|portal|system)\b.*"),
    ("clause", r".*\b(clause|section|citation|authority|contract reference|reference)\b.*"),
    (
        "title",
        r".*\b(deliverables?|reports?|documents?|requirements?|title|tasks?|submissions?|products?|activity|what)\b.*",
    ),
    ("note", r".*\b(description|notes?|details?|comments?|instructions?|content)\b.*"),
)
_LONGEST_NAME = 70
_FISCAL_YEAR = re.compile(
    r"\b(?P<kind>(?:state |federal |s|f)?(?:fy|fiscal year)|(?:contract|program|budget|grant) year)\s*[-'’]?\s*"
    r"(?P<first>(?:19|20)?[0-9]{2})(?:\s*[-/–]\s*(?P<last>(?:19|20)?[0-9]{2}))?\b",
    re.IGNORECASE,
)
_RANGE = re.compile(r"[-–—]|\bto\b|\bthrough\b|\bthru\b|\buntil\b", re.IGNORECASE)
_LONGEST_HEADING = 160
_LATEST_START = 40
"""How far into a line its year may stand; later, it is a sentence about something else."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The places of the columns in a table. There can be several due dates in one row, side by side."""

    width: int
    due: tuple[int, ...]
    at: dict[str, int] = field(default_factory=dict)

    def cell(self, name: str, cells: Sequence[str]) -> str:
        """Return what stands in the column of this name, or an empty text."""
        place = self.at.get(name)
        return cells[place] if place is not None and place < len(cells) else ""


@dataclass(frozen=True, slots=True)
class Section:
    """The year or term for which a table is printed: its name, and its days where they are stated."""

    name: str
    starts: date | None = None
    ends: date | None = None
    is_federal: bool = False


def is_header(cells: Sequence[str]) -> bool:
    """Tell whether a row names the columns of a table of deliverables."""
    return columns_of(cells) is not None


def columns_of(cells: Sequence[str]) -> Columns | None:
    """Return the columns that a row names, or None when it is not the head of a table of deliverables."""
    at: dict[str, int] = {}
    due: list[int] = []
    for place, cell in enumerate(cells):
        said = " ".join(cell.split()).strip(" :*").lower()
        if not said:
            continue
        if len(said) > _LONGEST_NAME or dates_in(said):
            return None
        name = next((name for name, words in _COLUMNS if re.fullmatch(words, said)), "")
        if name == "due" and re.match(r"(deliverable|report|document|requirement|title)s?\b.*,", said):
            # “Deliverable Title, Due Note, Description” names what stands in one column.
            name = "title"
        if name == "due":
            due.append(place)
        elif name == "title" and "title" in at:
            at.setdefault("note", place)
        elif name:
            at.setdefault(name, place)
    if "title" not in at:
        for stand_in in ("note", "number"):
            # “Item” is a number beside a title, and a title where there is none.
            if stand_in in at and (stand_in == "note" or cells[at["number"]].strip().lower() == "item"):
                at["title"] = at.pop(stand_in)
                break
    if not due or "title" not in at:
        return None
    return Columns(len(cells), tuple(due), at)


def section_of(row: Row, *, fiscal_year_starts: int) -> Section | None:
    """Return the year that a heading names, or None when the row is no such heading.

    A fiscal year is that in whose last month it ends: FY22 ends in 2022.
    """
    text = re.sub(r"[*#_]{1,6}", " ", row.text)
    if not text or len(text) > _LONGEST_HEADING or is_note(row.text):
        return None
    dates = [found.on for found in dates_in(text)]
    days = (dates[0], dates[1]) if len(dates) == 2 and dates[0] < dates[1] and _RANGE.search(text) else None
    said = _FISCAL_YEAR.search(text)
    if said is None or (days is None and said.start() > _LATEST_START):
        if days is None or not 27 <= (days[1] - days[0]).days <= 1900:
            return None
        return Section(_name_of(*days, fiscal_year_starts), *days)
    kind = said["kind"].lower()
    year = _year(said["last"] or said["first"])
    name = f"FY{year % 100:02d}" if ("y" in kind and "year" not in kind) or "fiscal" in kind else f"Year {year}"
    is_federal = kind.startswith(("federal", "ffy"))
    if days is not None:
        return Section(name, *days, is_federal)
    starts = 10 if is_federal else fiscal_year_starts
    first = date(year if starts == 1 else year - 1, starts, 1)
    return Section(name, first, add_months(first, 12) - timedelta(days=1), is_federal)


def _name_of(starts: date, ends: date, fiscal_year_starts: int) -> str:
    if starts.month == fiscal_year_starts and 364 <= (ends - starts).days <= 365:
        return f"FY{ends.year % 100:02d}"
    return f"{starts:%b %Y} to {ends:%b %Y}"


def _year(said: str) -> int:
    return int(said) if len(said) == 4 else 2000 + int(said)
