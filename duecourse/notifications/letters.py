"""Which mail does each reader of an owed rung get, and what does the daily mail say of it?"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from duecourse.calendar import words
from duecourse.calendar.due import due_phrase
from duecourse.calendar.feed import single_deadline
from duecourse.calendar.standing import standing
from duecourse.models import ContractRow, Deliverable
from duecourse.notifications import ladder
from duecourse.notifications.messages import Kind, Letter, Mailbox, Matter, Sender, is_address, plain, reminder
from duecourse.notifications.owing import Owed, OwedTo
from duecourse.notifications.readers import Why
from duecourse.tracking.calendars.feed_bytes import entry_of

_BECAUSE = {
    Why.MANAGER: "You get this as a program manager of the contract.",
    Why.NO_MANAGER: "You get this because Duecourse knows no program manager of the contract.",
    Why.NOBODY_AT_CONTRACTOR: "You get this because Duecourse knows nobody who works for the contractor.",
    Why.LIAISON: "You get this as a liaison: the funder owes it.",
    Why.COPIED: "You get this copy as a liaison of the contract.",
    Why.CHANGED: "You get this as a liaison of the contract.",
    Why.BACKUP: "You get this as the backup of a program manager.",
    Why.SUPERVISOR: "You get this as a clinical supervisor of the contractor.",
    Why.LEADERSHIP: "You get this as the contractor’s leadership.",
}
_TO_THE_FUNDER = (Why.NOBODY_AT_CONTRACTOR, Why.ALL_AWAY, Why.LIAISON, Why.ADMIN)


def letter_for(
    one: Owed,
    why: Why,
    deliverable: Deliverable,
    contract: ContractRow,
    *,
    now: datetime,
    base_url: str,
    sender: Sender,
    because: str = "",
    comment: str = "",
    attaches: bool = False,
) -> Letter:
    """Write the mail of one rung for those who get it for the reason `why`; raises ValueError when that cannot be done.

    `because` says the reason where an absence is one, `comment` what a return asks for.
    `attaches` adds a calendar file of a deadline that is still ahead. An address that is none is
    left out of its headers.
    """
    to, cc = _usable(one, copied=False), _usable(one, copied=True)
    zone = ZoneInfo(deliverable.zone)
    names_liaisons = why not in _TO_THE_FUNDER and one.copied_on is not None
    due_on, due_at, whole_day = deliverable.asked_for
    matter = Matter(
        title=deliverable.title,
        label=deliverable.label,
        contract=f"{contract.number}, {contract.name}",
        contractor=contract.contractor,
        owed_to=deliverable.owed_to,
        channel=deliverable.channel,
        prescribed_subject=deliverable.subject,
        due=due_phrase(due_at, zone=deliverable.zone, whole_day=whole_day),
        due_on=due_on,
        steps=tuple(deliverable.steps),
        if_late="",
        link=f"{base_url.rstrip('/')}/deliverables/{deliverable.uid}",
        because=because or _BECAUSE[why],
        liaisons=one.liaisons if names_liaisons else (),
        copied_on=one.copied_on,
        returned_on=deliverable.returned_at.astimezone(zone).date() if deliverable.returned_at else None,
        comment=tuple(line for line in comment.splitlines() if line.strip()),
        came_in=words.instant(deliverable.submitted_at, deliverable.zone) if deliverable.submitted_at else "",
    )
    calendar = b""
    if attaches and now < one.facts.limit and why is not Why.COPIED:
        entry = entry_of(
            deliverable,
            (contract.number, contract.name),
            standing(one.facts, now),
            tagged=False,
            base_url=base_url,
            domain=sender.domain,
        )
        calendar = single_deadline(entry, organizer=sender.address)
    copied = cc if to else []
    return reminder(_kind(one, why, now), matter, to=to or cc, cc=copied, sender=sender, now=now, calendar=calendar)


def line_for(
    one: Owed, to: OwedTo, deliverable: Deliverable, contract: ContractRow, *, now: datetime, base_url: str
) -> dict[str, Any]:
    """Return what the daily mail says of one rung to one reader: its section, its sentences and its links, as JSON."""
    base = base_url.rstrip("/")
    due_on, due_at, whole_day = deliverable.asked_for
    section = _section(one, to, now)
    addressed = section in (_DUE, _OVERDUE)
    return {
        "section": section,
        "title": plain(deliverable.title),
        "label": plain(deliverable.label),
        "says": _says(
            one,
            deliverable,
            due_phrase(due_at, zone=deliverable.zone, whole_day=whole_day),
            is_copy=to.is_copy,
            now=now,
        ),
        "channel": plain(deliverable.channel) if addressed else "",
        "subject": plain(deliverable.subject) if addressed else "",
        "link": f"{base}/deliverables/{deliverable.uid}",
        "contract": plain(f"{contract.number}, {contract.name}"),
        "contractor": plain(contract.contractor),
        "contract_link": f"{base}/contracts/{contract.id}",
        "because": plain(to.because),
        "on": due_on.isoformat(),
        "order": due_at.isoformat(),
        "zone": to.wish.zone or deliverable.zone,
    }


_DUE, _OVERDUE, _PREPARE, _CHANGED = "due", "overdue", "prepare", "changed"


def _section(one: Owed, to: OwedTo, now: datetime) -> str:
    if to.is_copy or (one.rung.change and one.rung.change != ladder.RETURNED):
        return _CHANGED
    if one.rung.prepare:
        return _PREPARE
    return _OVERDUE if now >= one.facts.limit else _DUE


def _says(one: Owed, deliverable: Deliverable, due: str, *, is_copy: bool, now: datetime) -> str:
    rung, zone = one.rung, ZoneInfo(deliverable.zone)
    back = deliverable.returned_at
    returned = f" It was returned on {words.day(back.astimezone(zone).date())}." if back else ""
    came_in = words.instant(deliverable.submitted_at, deliverable.zone) if deliverable.submitted_at else ""
    reminded = [plain(each.mailbox.name) or each.mailbox.address for each in one.to if not each.is_copy]
    who = f" Reminded: {words.joined(reminded)}." if reminded else ""
    match rung.change:
        case ladder.RETURNED:
            return f"Returned for correction.{returned} The correction is due {due}."
        case ladder.CAME_IN:
            return f"Came in on {came_in}."
        case ladder.CAME_IN_LATE:
            return f"Came in late, on {came_in}. It was due {due}."
        case ladder.BECAME_OVERDUE:
            return f"Became overdue: it was due {due}, and there is no record that it was sent.{returned}"
    if rung.prepare:
        return f"Step: {plain(rung.prepare)}. The report itself is due {due}."
    if now >= one.facts.limit:
        unsent = "no corrected version is recorded" if returned else "there is no record that it was sent"
        return f"Overdue: it was due {due}, and {unsent}.{returned}{who if is_copy else ''}"
    return f"Due {due}.{returned}"


def _kind(one: Owed, why: Why, now: datetime) -> Kind:
    if one.rung.change == ladder.RETURNED:
        return Kind.RETURNED
    if one.rung.change in (ladder.CAME_IN, ladder.CAME_IN_LATE):
        return Kind.CAME_IN_LATE
    if why in (Why.COPIED, Why.CHANGED, Why.SUPERVISOR, Why.LEADERSHIP):
        return Kind.COPY
    if now >= one.facts.limit:
        return Kind.OVERDUE
    return Kind.ON_DAY if one.rung.offset == 0 else Kind.BEFORE


def _usable(one: Owed, *, copied: bool) -> list[Mailbox]:
    return [to.mailbox for to in one.to if to.is_copy is copied and is_address(to.mailbox.address)]
