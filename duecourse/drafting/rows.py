"""What does an exhibit hold, whatever kind of file it came in: which rows of cells, and where does each stand?"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

MOST_ROWS = 5000
MOST_COLUMNS = 100
MOST_CHARACTERS = 1_500_000

_SPACES = re.compile(r"[^\S\n]+")
_BREAKS = re.compile(r" ?\n ?")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table, or one line of text, which has one cell. `where` names its place for a person."""

    where: str
    cells: tuple[str, ...]

    @property
    def filled(self) -> list[str]:
        """The cells that hold something."""
        return [cell for cell in self.cells if cell]

    @property
    def text(self) -> str:
        """The one text of a row that holds no other: a line, or a cell merged across the table. Empty otherwise."""
        found = set(self.filled)
        return found.pop() if len(found) == 1 else ""


@dataclass(frozen=True, slots=True)
class Exhibit:
    """Everything that a file holds, in order. `doubts` say how something was read that can be read otherwise.

    `from_1904` says from which epoch a spreadsheet counts its days.
    """

    file: str
    rows: tuple[Row, ...]
    from_1904: bool = False
    doubts: tuple[str, ...] = ()


def clean(text: str) -> str:
    """Return a cell's text without what nobody can see, its spaces made single and its line breaks kept."""
    plain = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n").replace("\x0b", "\n"))
    seen = "".join(
        each
        if each == "\n" or unicodedata.category(each) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
        else _instead(each)
        for each in plain
    )
    return _BREAKS.sub("\n", _SPACES.sub(" ", seen)).strip()


def _instead(unseen: str) -> str:
    return " " if unseen == "\t" else ""
