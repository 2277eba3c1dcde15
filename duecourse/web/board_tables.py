"""How do the boards over all contracts look as tables that spreadsheets open?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from duecourse.calendar import words
from duecourse.calendar.due import last_day_before
from duecourse.calendar.standing import Standing
from duecourse.sheets.tables import Cell, Moment, Table
from duecourse.tracking.boards import Item
from duecourse.web.marks import MARKS, notice_state, rung
from duecourse.web.shown import DueShown, OverdueShown, OwedShown
from duecourse.web.told import Unsent
from duecourse.web.visitor import Visitor

ITEM_COLUMNS = ("report", "period", "standing", "due", "due on", "late from", "days late", "channel", "clause", "page")
_CONTRACT = ("contract", "contractor", "funder")
_LATE_FROM = "The first instant that is late. What has to be in by the end of a day is late from its midnight."


def due_table(shown: DueShown, visitor: Visitor, address: str) -> Table:
    """Return what is due from a person, group by group as on the page."""
    found = shown.work
    groups = (
        ("Waiting for your decision", found.to_decide),
        ("What you owe", found.owed),
        ("Overdue", found.overdue),
        ("Sent back to correct", found.returned),
        ("Today and this week", found.this_week),
        ("Next two weeks", found.next_two_weeks),
        ("Later", found.later),
        ("Waiting on the funder", found.waiting),
        ("Asked for after their date", found.excused),
        ("Standing duties", found.duties),
        ("Never sent in, under contracts that have ended", found.ended),
    )
    rows = [
        (name, *of_contract(item), *of_item(item, visitor.now, address), _waits(item, shown.waits_for))
        for name, items in groups
        for item in items
    ]
    columns = ("group", *_CONTRACT, *ITEM_COLUMNS, "waits for")
    return Table("Due", columns, rows, about("What is due from me", visitor, address, ("Late from", _LATE_FROM)))


def overdue_table(shown: OverdueShown, visitor: Visitor, address: str) -> Table:
    """Return the overdue board, group by group as on the page, with who was told last."""
    groups = (
        ("Reports", shown.running),
        ("What the funder owes", shown.funders),
        ("Standing duties", shown.duties),
        ("Ended contracts", shown.ended),
    )
    rows: list[Sequence[Cell]] = []
    for name, items in groups:
        for item in sorted(items, key=lambda one: one.deliverable.due_at):
            told = shown.told.get(item.deliverable.id or 0)
            last = (", ".join(told.names), Moment(told.at, item.deliverable.zone)) if told and told.at else ("", None)
            waits = _waits(item, shown.waits_for)
            rows.append((name, *of_contract(item), *of_item(item, visitor.now, address), waits, *last))
    columns = ("group", *_CONTRACT, *ITEM_COLUMNS, "waits for", "last told", "told at")
    return Table("Overdue", columns, rows, about("Overdue", visitor, address, ("Late from", _LATE_FROM)))


def owed_table(shown: OwedShown, visitor: Visitor, address: str) -> Table:
    """Return what the funder owes, group by group as on the page."""
    rows: list[Sequence[Cell]] = []
    for answer in shown.answers:
        item, zone = answer.item, answer.item.deliverable.zone
        days = (Moment(answer.since, zone), answer.days, answer.business_days, *_of_duty(answer.duty, visitor.now))
        rows.append(("Waits for an answer", *of_contract(item), *of_item(item, visitor.now, address), *days, ""))
    for one in shown.decisions:
        row, asked = one.deliverable, one.extension
        said = ("Request for more time", one.contract.number, one.contract.contractor, one.contract.funder)
        of_row = (row.title, row.label, "", one.first, row.due_on, None, None, row.channel, row.clause)
        since = (Moment(asked.asked_at, row.zone), None, None, *_of_duty(one.duty, visitor.now))
        left = "No limit stated" if one.line.allowed is None else f"{one.line.left} of {one.line.allowed}"
        rows.append((*said, *of_row, page_of(address, row.uid), *since, left))
    groups = (
        ("Our own duties", shown.duties),
        ("Later", shown.later),
        ("Standing duties", shown.standing_duties),
        ("Under ended contracts", shown.ended),
    )
    nothing = (None, None, None, "", None, "")
    rows += [
        (name, *of_contract(item), *of_item(item, visitor.now, address), *nothing)
        for name, items in groups
        for item in items
    ]
    since_columns = ("waits since", "days", "business days", "answer due", "answer days late", "extensions left")
    columns = ("group", *_CONTRACT, *ITEM_COLUMNS, *since_columns)
    return Table("We owe", columns, rows, about("What we owe", visitor, address, ("Late from", _LATE_FROM)))


def unsent_table(failed: Sequence[Unsent], visitor: Visitor, address: str) -> Table:
    """Return the reminders that could not be sent, the newest first as on the page."""
    rows: list[Sequence[Cell]] = []
    for one in failed:
        notice, row = one.notice, one.deliverable
        contract = one.contract.number if one.contract else ""
        what = (row.title, row.label, rung(notice.rung)) if row else (notice.subject, "", "")
        when = Moment(notice.queued_at, row.zone if row else visitor.zone)
        page = page_of(address, row.uid) if row else ""
        who = (one.person.name, notice.to_address)
        rows.append((*who, contract, *what, when, notice_state(notice.state), notice.reply, page))
    columns = ("to", "address", "contract", "about", "period", "reminder", "when", "state", "why not", "page")
    return Table("Not sent", columns, rows, about("Reminders that could not be sent", visitor, address))


def about(what: str, visitor: Visitor, address: str, *more: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    """Return what a table says of itself: what it is, for whom, and as of when."""
    return (
        ("What", what),
        ("For", f"{visitor.name}, {visitor.email}"),
        ("As of", words.instant(visitor.now, visitor.zone)),
        ("From", address),
        *more,
        ("Dates", "Dates are dates and instants are dates with a time; the zone stands beside each time."),
    )


def of_contract(item: Item) -> tuple[str, str, str]:
    """Return what a row says of an item's contract."""
    return item.contract.number, item.contract.contractor, item.contract.funder


def of_item(item: Item, now: datetime, address: str) -> tuple[Cell, ...]:
    """Return what a row says of an item, under `ITEM_COLUMNS`."""
    row = item.deliverable
    at = item.facts.limit
    on = last_day_before(at, row.zone) if at != row.due_at else row.due_on
    late = item.days_late(now) if item.standing is Standing.OVERDUE else None
    word = MARKS[item.standing].word
    said = (row.title, row.label, word, item.phrase, on, Moment(at, row.zone), late, row.channel, row.clause)
    return *said, page_of(address, row.uid)


def _waits(item: Item, waits_for: dict[int, list[str]]) -> str:
    return ", ".join(waits_for.get(item.deliverable.id or 0, []))


def _of_duty(duty: Item | None, now: datetime) -> tuple[str, int | None]:
    if duty is None:
        return "No time is set", None
    return duty.phrase, duty.days_late(now) if duty.standing is Standing.OVERDUE else None


def page_of(address: str, uid: str) -> str:
    """Return the address of a deliverable's page."""
    return f"{address}/deliverables/{uid}"
