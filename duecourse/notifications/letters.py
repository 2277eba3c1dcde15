"""Which mail does each reader of an owed rung get, and what does the daily mail say of it?"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from duecourse.calendar import words
from duecourse.calendar.due import due_phrase
from duecourse.calendar.feed import single_deadline
from duecourse.calendar.standing import standing
from duecourse.language.catalogue import ENGLISH
from duecourse.language.recalling import recalled
from duecourse.language.said import in_language, say
from duecourse.models import ContractRow, Deliverable
from duecourse.notifications import ladder
from duecourse.notifications.messages import Kind, Letter, Mailbox, Matter, Sender, is_address, plain, reminder
from duecourse.notifications.owing import Owed, OwedTo
from duecourse.notifications.readers import Why
from duecourse.tracking.calendars.feed_bytes import entry_of

_BECAUSE = {
    Why.MANAGER: say("You get this as a program manager of the contract."),
    Why.NO_MANAGER: say("You get this because Duecourse knows no program manager of the contract."),
    Why.NOBODY_AT_CONTRACTOR: say("You get this because Duecourse knows nobody who works for the contractor."),
    Why.LIAISON: say("You get this as a liaison: the funder owes it."),
    Why.COPIED: say("You get this copy as a liaison of the contract."),
    Why.CHANGED: say("You get this as a liaison of the contract."),
    Why.BACKUP: say("You get this as the backup of a program manager."),
    Why.SUPERVISOR: say("You get this as a clinical supervisor of the contractor."),
    Why.LEADERSHIP: say("You get this as the contractor’s leadership."),
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
    language: str = ENGLISH,
) -> Letter:
    """Write the mail of one rung for those who get it for the reason `why`; raises ValueError when that cannot be done.

    `because` says the reason where an absence is one, `comment` what a return asks for.
    `attaches` adds a calendar file of a deadline that is still ahead. An address that is none is
    left out of its headers. The `language` is that of its readers.
    """
    to, cc = _usable(one, copied=False), _usable(one, copied=True)
    zone = ZoneInfo(deliverable.zone)
    names_liaisons = why not in _TO_THE_FUNDER and one.copied_on is not None
    due_on, due_at, whole_day = deliverable.asked_for
    matter = Matter(
        title=deliverable.title,
        label=recalled(deliverable.label),
        contract=f"{contract.number}, {contract.name}",
        contractor=contract.contractor,
        owed_to=deliverable.owed_to,
        channel=deliverable.channel,
        prescribed_subject=deliverable.subject,
        due=due_phrase(due_at, zone=deliverable.zone, whole_day=whole_day),
        due_on=due_on,
        steps=tuple(recalled(step) for step in deliverable.steps),
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
            language=language,
        )
        calendar = single_deadline(entry, organizer=sender.address)
    copied = cc if to else []
    kind = _kind(one, why, now)
    return reminder(kind, matter, to=to or cc, cc=copied, sender=sender, now=now, calendar=calendar, language=language)


def line_for(
    one: Owed, to: OwedTo, deliverable: Deliverable, contract: ContractRow, *, now: datetime, base_url: str
) -> dict[str, Any]:
    """Return what the daily mail says of one rung to one reader: its section, its sentences and its links, as JSON.

    In the language that the reader has chosen by then.
    """
    language = to.mailbox.language
    base = base_url.rstrip("/")
    due_on, due_at, whole_day = deliverable.asked_for
    section = _section(one, to, now)
    addressed = section in (_DUE, _OVERDUE)
    return {
        "section": section,
        "title": plain(deliverable.title),
        "label": plain(in_language(recalled(deliverable.label), language)),
        "says": in_language(
            _says(
                one,
                deliverable,
                due_phrase(due_at, zone=deliverable.zone, whole_day=whole_day),
                is_copy=to.is_copy,
                now=now,
            ),
            language,
        ),
        "channel": plain(deliverable.channel) if addressed else "",
        "subject": plain(deliverable.subject) if addressed else "",
        "link": f"{base}/deliverables/{deliverable.uid}",
        "contract": plain(f"{contract.number}, {contract.name}"),
        "contractor": plain(contract.contractor),
        "contract_link": f"{base}/contracts/{contract.id}",
        "because": plain(in_language(to.because, language)),
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
    returned = say("It was returned on %(day)s.", day=words.day(back.astimezone(zone).date())) if back else ""
    came_in = words.instant(deliverable.submitted_at, deliverable.zone) if deliverable.submitted_at else ""
    match rung.change:
        case ladder.RETURNED:
            correction = say("The correction is due %(due)s.", due=due)
            return words.following(say("Returned for correction."), returned, correction)
        case ladder.CAME_IN:
            return say("Came in on %(instant)s.", instant=came_in)
        case ladder.CAME_IN_LATE:
            return say("Came in late, on %(instant)s. It was due %(due)s.", instant=came_in, due=due)
        case ladder.BECAME_OVERDUE:
            became = say("Became overdue: it was due %(due)s, and there is no record that it was sent.", due=due)
            return words.following(became, returned)
    if rung.prepare:
        return say("Step: %(step)s. The report itself is due %(due)s.", step=plain(rung.prepare), due=due)
    if now >= one.facts.limit:
        overdue = (
            say("Overdue: it was due %(due)s, and no corrected version is recorded.", due=due)
            if returned
            else say("Overdue: it was due %(due)s, and there is no record that it was sent.", due=due)
        )
        return words.following(overdue, returned, _reminded(one) if is_copy else "")
    return words.following(say("Due %(due)s.", due=due), returned)


def _reminded(one: Owed) -> str:
    people = [plain(each.mailbox.name) or each.mailbox.address for each in one.to if not each.is_copy]
    return say("Reminded: %(people)s.", people=words.joined(people)) if people else ""


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
