"""What does somebody fill in who brings people or past submissions: the templates, with what may be written?"""

from __future__ import annotations

from collections.abc import Sequence

from duecourse.calendar.lifecycle import Party
from duecourse.calendar.roles import RoleName
from duecourse.calendar.words import ZONES
from duecourse.models import ContractRow
from duecourse.sheets.lines import MOST_ROWS
from duecourse.sheets.tables import Table
from duecourse.tracking.boards import Item
from duecourse.tracking.importing import people, submissions

_LIMIT = f"At most {MOST_ROWS} rows below the header. The header has to stay exactly as it is, in the first row."
_CELLS = "Only values are read: no formulas. Other sheets of the workbook are not looked at."


def people_template(contract: ContractRow, roles: Sequence[RoleName]) -> Table:
    """Return the empty table for people, with the parts that may be given."""
    about = (
        ("What", f"People of {contract.number}, {contract.name}: one row for each part of each person"),
        ("contract", f"{contract.number} or {contract.id}, in every row"),
        ("part", "One of those on the sheet Parts"),
        ("backup", "The email address of whoever is told during an absence; empty leaves it as it is"),
        ("Rows", _LIMIT),
        ("Cells", _CELLS),
    )
    parts = Table("Parts", ("part",), [(str(role),) for role in roles])
    return Table("People", people.COLUMNS, [], about, (parts,))


def submissions_template(contract: ContractRow, found: Sequence[Item]) -> Table:
    """Return the empty table for past submissions, with the reports and periods that there are."""
    about = (
        ("What", f"Past submissions under {contract.number}, {contract.name}: one row for each"),
        ("contract", f"{contract.number} or {contract.id}, in every row"),
        ("report", "The title or the id, exactly as on the sheet Reports"),
        ("period", "As on the sheet Reports; a real date stands for the period that begins on it"),
        ("submitted on", "A real date, or year-month-day such as 2027-03-02. 02/03/2027 is refused: it is two dates."),
        ("time", "A real time, or such as 16:30 or 4:30 PM"),
        ("zone", f"Of that time: {', '.join(name for name, _ in ZONES.values())}. Empty: {ZONES[contract.zone][0]}"),
        ("channel", "How it was sent: the portal, email, paper"),
        ("accepted on", "The day on which the other side accepted it, if it did; only that side’s people may enter it"),
        ("Rows", _LIMIT),
        ("Cells", _CELLS),
    )
    rows = [
        (row.title, row.label, row.obligation_id, row.due_on, "yes" if row.submitted_at else "")
        for row in (item.deliverable for item in found)
        if row.withdrawn_at is None and row.party == Party.CONTRACTOR
    ]
    reports = Table("Reports", ("report", "period", "id", "due on", "is in"), rows)
    return Table("Submissions", submissions.COLUMNS, [], about, (reports,))
