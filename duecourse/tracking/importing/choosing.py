"""Which contract, report and period does a line name: exactly one, or which were meant?"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from duecourse.language.said import say
from duecourse.models import ContractRow, Deliverable
from duecourse.sheets.lines import Line

_SHOWN = 3


def near(said: str, known: Iterable[str]) -> list[str]:
    """Return the known names that are spelled most nearly like what was said, at most three."""
    folded = {name.casefold(): name for name in known}
    return [folded[name] for name in difflib.get_close_matches(said.casefold(), folded, _SHOWN, 0.5)]


def chosen_contract(line: Line, contracts: Mapping[str, ContractRow]) -> ContractRow | None:
    """Return the contract that a line names by its id or its number; None when it names none of these."""
    said = line.text("contract", at_most=100, required=True)
    found = [row for row in contracts.values() if said in (row.id, row.number)]
    if len(found) == 1:
        return found[0]
    if said:
        known = [row.number for row in contracts.values()]
        names = ", ".join((near(said, known) or known)[:_SHOWN])
        line.refuse(
            "contract",
            say("“%(said)s” stands for more than one contract.", said=said)
            if found
            else say("“%(said)s” is no contract of this import.", said=said),
            say("Write its id.") if found else say("Here it is one of these: %(names)s.", names=names),
        )
    return None


def chosen_deliverable(line: Line, rows: Sequence[Deliverable]) -> Deliverable | None:
    """Return the deliverable that a line names by report and period; None when it names none or several of `rows`.

    A report is named by its id or by its title, exactly. A period is named as on the pages, or by the date on which it
    begins: a spreadsheet makes a date of “October 2022”.
    """
    report = line.text("report", at_most=300, required=True)
    if not report:
        return None
    mine = [row for row in rows if report in (row.obligation_id, row.title)]
    if not mine:
        known = near(report, {row.title for row in rows}) or near(report, {row.obligation_id for row in rows})
        meant = ", ".join(f"“{name}”" for name in known)
        cure = say("Did you mean %(meant)s?", meant=meant) if meant else say("Copy it from the template.")
        line.refuse(
            "report",
            say("This contract has no report “%(report)s”.", report=report),
            say("%(cure)s Write the title, or the id.", cure=cure),
        )
        return None
    said, starts = _period(line)
    if not said:
        return None
    found = [row for row in mine if _is_meant(row, said, starts)]
    asked = [row for row in found if row.withdrawn_at is None] or found
    if len(asked) == 1:
        return asked[0]
    if asked:
        names = ", ".join(f"“{row.occurrence}”" for row in asked[:_SHOWN])
        line.refuse(
            "period",
            say("“%(said)s” stands for %(asked)s deliverables.", said=said, asked=len(asked)),
            say("Write one of these: %(names)s.", names=names),
        )
        return None
    labels = list(dict.fromkeys(row.label for row in mine if row.withdrawn_at is None))
    names = ", ".join(f"“{label}”" for label in (near(said, labels) or labels)[:_SHOWN])
    line.refuse(
        "period",
        say("The report is not asked for “%(said)s”.", said=said),
        say("Its periods are such as %(names)s.", names=names),
    )
    return None


def _period(line: Line) -> tuple[str, date | None]:
    value = line.cells.get("period")
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        return value.isoformat(), value
    return line.text("period", at_most=300, required=True), None


def _is_meant(row: Deliverable, said: str, starts: date | None) -> bool:
    if starts is not None:
        return row.period_start == starts
    return said in (row.label, row.occurrence)
