"""Which mail does each reader of an owed rung get?"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from duecourse.calendar.due import due_phrase
from duecourse.models import ContractRow, Deliverable
from duecourse.notifications import ladder
from duecourse.notifications.ladder import Why
from duecourse.notifications.messages import Kind, Letter, Mailbox, Matter, Sender, is_address, reminder
from duecourse.notifications.owing import Owed

_BECAUSE = {
    Why.MANAGER: "You get this as a program manager of the contract.",
    Why.NO_MANAGER: "You get this because Duecourse knows no program manager of the contract.",
    Why.NOBODY_AT_CONTRACTOR: "You get this because Duecourse knows nobody who works for the contractor.",
    Why.LIAISON: "You get this as a liaison: the funder owes it.",
    Why.COPIED: "You get this copy as a liaison of the contract.",
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
) -> Letter:
    """Write the mail of one rung for those who get it for the reason `why`; raises ValueError when that cannot be done.

    `because` says the reason where an absence is one. An address that is none is left out of its headers.
    """
    to, cc = _usable(one, copied=False), _usable(one, copied=True)
    zone = ZoneInfo(deliverable.zone)
    names_liaisons = why not in _TO_THE_FUNDER and one.rung.offset < ladder.COPIES_FROM
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
        copied_on=due_on + timedelta(days=ladder.COPIES_FROM),
        returned_on=deliverable.returned_at.astimezone(zone).date() if deliverable.returned_at else None,
    )
    return reminder(_kind(one, why, now), matter, to=to or cc, cc=cc if to else [], sender=sender, now=now)


def _kind(one: Owed, why: Why, now: datetime) -> Kind:
    if why is Why.COPIED:
        return Kind.COPY
    if now >= one.facts.limit:
        return Kind.OVERDUE
    return Kind.ON_DAY if one.rung.offset == 0 else Kind.BEFORE


def _usable(one: Owed, *, copied: bool) -> list[Mailbox]:
    return [to.mailbox for to in one.to if (to.why is Why.COPIED) is copied and is_address(to.mailbox.address)]
