"""Who is told that dates changed, and in which mail?

Each person who has a part in a contract that a change touched: over all the contracts at once, and once, in the daily
mail. Where something would fall due before that, it goes at once in a mail of its own. Auditors are told nothing: they
look when they audit.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session, col, select

from duecourse.calendar.ladders import terms_from
from duecourse.language.recalling import recalled
from duecourse.language.said import in_language, say, say_count
from duecourse.models import ContractRow, RoleName
from duecourse.notifications.addressing import plain
from duecourse.notifications.carrying import MOVED, Said
from duecourse.notifications.filling import insert_keys
from duecourse.notifications.holding import Wish, holding
from duecourse.notifications.mail_days import MailDays
from duecourse.notifications.messages import ChangedContract, Mailbox, Sender, changes_message
from duecourse.notifications.notice_rows import Row
from duecourse.notifications.other_rows import row_alone, row_in_daily
from duecourse.tracking.comparing import Change, ChangeKind
from duecourse.tracking.rehearsing import Rehearsal

DATES_CHANGED = "dates-changed"
"""The rung of what says which dates changed. It is about no single deliverable, and stays wanted."""

_TOLD = (ChangeKind.MOVED, ChangeKind.ADDED, ChangeKind.DROPPED, ChangeKind.NO_LONGER_LATE)


@dataclass(slots=True)
class _Reader:
    """One person who is told, of which contracts, and the soonest moment by which something falls due now."""

    person_id: int
    to: Mailbox
    wish: Wish
    rows: list[ContractRow] = field(default_factory=list)
    contracts: list[ChangedContract] = field(default_factory=list)
    soonest: datetime | None = None


def owe_change_notices(
    session: Session, rehearsals: Iterable[Rehearsal], *, cause: str, now: datetime, base_url: str, sender: Sender
) -> int:
    """Owe each person whom these changes concern one notice of them, and return how many people are told.

    In the transaction of the changes themselves. `cause` is what brought them about, in words.
    """
    of = {rehearsal.contract_id: lines for rehearsal in rehearsals if (lines := rehearsal.of(*_TOLD))}
    if not of:
        return 0
    session.flush()
    readers = _readers(session, of, now=now, base_url=base_url)
    days = MailDays(session, now=now)
    said = [f"{each.kind}|{each.name}|{each.was}|{each.becomes}" for lines in of.values() for each in lines]
    act = hashlib.sha256("|".join([cause, now.isoformat(), *sorted(said)]).encode()).hexdigest()
    insert_keys(session, [_row(each, act, days, cause=cause, now=now, sender=sender) for each in readers])
    return len(readers)


def _readers(session: Session, of: dict[str, list[Change]], *, now: datetime, base_url: str) -> list[_Reader]:
    who = holding(session, now=now)
    rows = session.exec(select(ContractRow).where(col(ContractRow.id).in_(of)).order_by(col(ContractRow.id)))
    told: dict[int, _Reader] = {}
    for contract in rows:
        lines = of[contract.id]
        soonest = min((due for line in lines if (due := _due(line)) is not None and due > now), default=None)
        link = f"{base_url.rstrip('/')}/contracts/{contract.id}"
        changed = ChangedContract(contract.number, contract.name, link, tuple(map(_said, lines)))
        people = {part.person_id: part for part in who.parts.get(contract.id, []) if part.role is not RoleName.AUDITOR}
        for id, part in people.items():
            reader = told.setdefault(id, _Reader(id, part.mailbox, who.wish(id)))
            reader.rows.append(contract)
            reader.contracts.append(changed)
            reader.soonest = min((at for at in (reader.soonest, soonest) if at is not None), default=None)
    return list(told.values())


def _row(reader: _Reader, act: str, days: MailDays, *, cause: str, now: datetime, sender: Sender) -> Row:
    key = f"{DATES_CHANGED}|{act}|{reader.person_id}"
    zone = reader.wish.zone or min(contract.zone for contract in reader.rows)
    at = None if reader.wish.stopped else _deliver_at(reader, days, zone, now)
    if at is None:
        letter = changes_message(reader.to, reader.contracts, cause=cause, sender=sender, now=now)
        return row_alone(
            reader.person_id, reader.to, letter, key=key, rung=DATES_CHANGED, owed_at=now, now=now, sender=sender
        )
    said = _line(reader, cause=cause, zone=zone, now=now)
    return row_in_daily(
        reader.person_id,
        reader.to,
        said,
        key=key,
        rung=DATES_CHANGED,
        owed_at=now,
        deliver_at=at,
        now=now,
        sender=sender,
    )


def _deliver_at(reader: _Reader, days: MailDays, zone: str, now: datetime) -> datetime | None:
    # Who pauses reads of it afterwards; the substitute, who has a part in the contract too, is told in time.
    back_on = reader.wish.back_on(now, zone)
    return days.next_for(
        reader.person_id,
        reader.wish,
        zone=zone,
        calendar=terms_from(reader.rows[0].notice_terms).calendar,
        news_at=now,
        before=None if back_on else reader.soonest,
        from_day=back_on,
    )


def _line(reader: _Reader, *, cause: str, zone: str, now: datetime) -> Said:
    language = reader.to.language
    cleaned = [contract.cleaned(language) for contract in reader.contracts]
    count = sum(len(contract.lines) for contract in reader.contracts)
    because = in_language(cause, language)
    title = say_count("%(num)s date changed: %(cause)s", "%(num)s dates changed: %(cause)s", count, cause=because)
    return {
        "section": MOVED,
        "title": plain(title.in_(language)),
        "label": "",
        "cause": plain(because),
        "says": " ".join(line for each in cleaned for line in each["lines"]),
        "link": reader.contracts[0].link,
        "contracts": cleaned,
        "count": count,
        "order": now.isoformat(),
        "zone": zone,
    }


def _due(change: Change) -> datetime | None:
    return change.values.get("due_at") if change.kind in (ChangeKind.MOVED, ChangeKind.ADDED) else None


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
