"""Who is told that dates changed, and in which mail?

One mail to each person who has a part in a contract that a change touched: over all the contracts at once, and once.
Auditors are told nothing: they look when they audit.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from sqlmodel import Session, col, select

from duecourse.language.recalling import recalled
from duecourse.language.said import say
from duecourse.models import ContractRow, Notice, Person, RoleName
from duecourse.notifications.addressing import mailbox_of
from duecourse.notifications.messages import ChangedContract, Sender, changes_message, message_id
from duecourse.tracking.comparing import Change, ChangeKind
from duecourse.tracking.rehearsing import Rehearsal
from duecourse.tracking.staff.people import people_of

DATES_CHANGED = "dates-changed"
"""The rung of a mail that says which dates changed. It is about no single deliverable, and stays wanted."""

_TOLD = (ChangeKind.MOVED, ChangeKind.ADDED, ChangeKind.DROPPED, ChangeKind.NO_LONGER_LATE)


def owe_change_notices(
    session: Session, rehearsals: Iterable[Rehearsal], *, cause: str, now: datetime, base_url: str, sender: Sender
) -> int:
    """Put one mail into the outbox for each person whom these changes concern, and return how many people are told.

    In the transaction of the changes themselves. `cause` is what brought them about, in words.
    """
    told: dict[int, tuple[Person, list[ChangedContract]]] = {}
    seals = []
    for rehearsal in rehearsals:
        lines = [_said(change) for change in rehearsal.of(*_TOLD)]
        contract = session.exec(select(ContractRow).where(col(ContractRow.id) == rehearsal.contract_id)).one()
        if not lines:
            continue
        seals.append(rehearsal.seal)
        changed = ChangedContract(contract.number, contract.name, f"{base_url}/contracts/{contract.id}", tuple(lines))
        for person, role in people_of(session, rehearsal.contract_id):
            if role is RoleName.AUDITOR:
                continue
            assert person.id is not None
            known = told.setdefault(person.id, (person, []))[1]
            if changed not in known:
                known.append(changed)
    for person, contracts in told.values():
        session.add(_notice(person, contracts, seals, cause=cause, now=now, sender=sender))
    session.flush()
    return len(told)


def _notice(
    person: Person, contracts: list[ChangedContract], seals: list[str], *, cause: str, now: datetime, sender: Sender
) -> Notice:
    assert person.id is not None
    named = "|".join([cause, now.isoformat(), *sorted(seals)])
    key = f"{DATES_CHANGED}|{hashlib.sha256(named.encode()).hexdigest()}|{person.id}"
    identity = message_id(uuid5(NAMESPACE_URL, key), sender)
    to = mailbox_of(person)
    letter = changes_message(to, tuple(contracts), cause=cause, sender=sender, now=now)
    return Notice(
        key=key,
        person_id=person.id,
        rung=DATES_CHANGED,
        owed_at=now,
        queued_at=now,
        message_id=identity,
        to_address=person.email,
        subject=letter.subject,
        message=letter.with_id(identity),
        next_try_at=now,
    )


def _said(change: Change) -> str:
    what = say("%(title)s, %(label)s", title=change.title, label=recalled(change.label))
    match change.kind:
        case ChangeKind.ADDED:
            return say("New: %(what)s, due %(due)s.", what=what, due=change.becomes)
        case ChangeKind.DROPPED:
            return say("No longer asked for: %(what)s, which was due %(due)s.", what=what, due=change.was)
        case ChangeKind.NO_LONGER_LATE:
            return say("No longer late: %(what)s.", what=what)
        case _ if change.was:
            return say(
                "Moved: %(what)s, now due %(due)s. It was due %(before)s.",
                what=what,
                due=change.becomes,
                before=change.was,
            )
        case _:
            return say("Asked for again: %(what)s, due %(due)s.", what=what, due=change.becomes)
