"""What is there to say of a definition that somebody is writing, and how do its dates look as a picture?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from duecourse.calendar.periods import add_months, fiscal_year_of
from duecourse.calendar.schedule import Contract
from duecourse.definitions.reading import contract_in
from duecourse.drafting.comparing import Checked, Line, Printed, Verdict, compare
from duecourse.errors import BadDefinition, Flaw
from duecourse.language.said import say
from duecourse.web.marks import Mark

VERDICTS = {
    Verdict.DIFFERS: Mark("≠", say("The rule names another date"), "overdue"),
    Verdict.NOT_NAMED: Mark("?", say("Printed, and no rule names it"), "overdue"),
    Verdict.NOT_PRINTED: Mark("∅", say("By the rule, and not printed"), "returned"),
    Verdict.MOVES: Mark("→", say("Agrees, and moves: offices are closed"), "soon"),
    Verdict.AGREES: Mark("✓", say("Printed date and rule agree"), "accepted"),
    Verdict.DERIVED: Mark("·", say("By the rule alone"), "expected"),
}
_STAND_INS = {
    "id": "draft",
    "number": "0",
    "name": "Draft",
    "funder": "the funder",
    "contractor": "the contractor",
    "time_zone": "America/New_York",
    "calendar": "US",
}
"""What takes the place of what nobody filled in yet, so that the dates can be drawn meanwhile."""
_MOST_YEARS = 6
_MOST_LINES = 60


class GridRow(NamedTuple):
    """One report in one fiscal year: what falls into each of its months."""

    title: str
    rule: str
    cells: tuple[tuple[Line, ...], ...]


class Grid(NamedTuple):
    """One fiscal year; `months` are first days."""

    name: str
    months: tuple[date, ...]
    rows: tuple[GridRow, ...]


@dataclass(frozen=True, slots=True)
class DefinitionCheck:
    """What was found in a definition. Without a flaw there is the contract, and its resolved definition as JSON."""

    flaws: tuple[Flaw, ...]
    contract: Contract | None
    definition: str
    checked: tuple[Checked, ...]
    grids: tuple[Grid, ...]

    @property
    def off(self) -> int:
        """How many dates disagree."""
        return sum(each.off for each in self.checked)

    @property
    def printed(self) -> int:
        """How many printed dates were looked at."""
        return sum(line.printed_on is not None for each in self.checked for line in each.lines)

    @property
    def dated(self) -> int:
        """How many deliverables have a date."""
        return sum(line.due_on is not None for each in self.checked for line in each.lines)

    @property
    def disagreements(self) -> list[tuple[Checked, Line]]:
        """The lines that disagree, as many as one can read."""
        return [(each, line) for each in self.checked for line in each.lines if line.verdict.is_disagreement][
            :_MOST_LINES
        ]

    @property
    def moves(self) -> list[tuple[Checked, Line]]:
        """The lines that agree with their rule, and move since offices are closed."""
        return [(each, line) for each in self.checked for line in each.lines if line.verdict is Verdict.MOVES][
            :_MOST_LINES
        ]

    @property
    def marks(self) -> list[Mark]:
        """The signs that occur."""
        found = {line.verdict for each in self.checked for line in each.lines}
        return [mark for verdict, mark in VERDICTS.items() if verdict in found]


def check_definition(
    content: bytes, printed: Sequence[Printed], *, file: str, contract_id: str | None = None
) -> DefinitionCheck:
    """Return what is to be said of a definition's text, and of the dates that the exhibit prints."""
    try:
        contract, definition = contract_in(content, file=file, contract_id=contract_id)
        checked = compare(contract, printed)
    except BadDefinition as refused:
        return _without(refused.flaws, content, printed)
    return DefinitionCheck((), contract, definition, tuple(checked), tuple(_grids(contract, checked)))


def _without(flaws: tuple[Flaw, ...], content: bytes, printed: Sequence[Printed]) -> DefinitionCheck:
    """Return the flaws, with the dates as they would be where all that is wrong is what nobody filled in yet."""
    lines = content.decode("utf-8-sig", "replace").splitlines()
    for flaw in flaws:
        name = flaw.field.removeprefix("contract.")
        line = lines[flaw.line - 1] if flaw.line <= len(lines) else ""
        if name in _STAND_INS and re.fullmatch(rf"\s*{name}:\s*(#.*)?", line):
            lines[flaw.line - 1] = f"  {name}: {_STAND_INS[name]}"
    try:
        contract, _ = contract_in("\n".join(lines).encode(), file="")
        checked = compare(contract, printed)
    except BadDefinition:
        return DefinitionCheck(flaws, None, "", (), ())
    return DefinitionCheck(flaws, None, "", tuple(checked), tuple(_grids(contract, checked)))


def _grids(contract: Contract, checked: Sequence[Checked]) -> list[Grid]:
    starts = contract.fiscal_year_starts
    years = sorted({fiscal_year_of(line.on, starts) for each in checked for line in each.lines})
    return [_grid(year, starts, checked) for year in years[:_MOST_YEARS]]


def _grid(year: int, starts: int, checked: Sequence[Checked]) -> Grid:
    opening = date(year if starts == 1 else year - 1, starts, 1)
    months = tuple(add_months(opening, n) for n in range(12))
    rows = []
    for each in checked:
        own = [line for line in each.lines if fiscal_year_of(line.on, starts) == year]
        if own:
            cells = tuple(tuple(line for line in own if line.on.replace(day=1) == month) for month in months)
            rows.append(GridRow(each.title, each.rule, cells))
    return Grid(f"FY{year % 100:02d}", months, tuple(rows))
