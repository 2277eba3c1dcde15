"""Which notices are owed now, and which of them does the outbox not hold yet?

What is owed follows from the deliverables and the ladder; what the outbox holds is subtracted from it. Every scan
starts from the facts, so that a scan lost, late or done twice does no harm.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from duecourse.calendar.due import last_day_before
from duecourse.calendar.ladders import LIAISONS, OWNER, SENIORS, Ladder, terms_from
from duecourse.calendar.lifecycle import Party, Phase
from duecourse.calendar.standing import Facts
from duecourse.models import ContractRow, Notice, NoticeState, Person, Role, RoleName
from duecourse.notifications import ladder
from duecourse.notifications.candidates import LATEST_WITHIN, arrivals, candidates, facts_of
from duecourse.notifications.holding import USUAL_WISH, Holding, Wish, holding
from duecourse.notifications.ladder import Rung
from duecourse.notifications.messages import Mailbox
from duecourse.notifications.offices import Offices
from duecourse.notifications.readers import Reader, Why


@dataclass(frozen=True, slots=True)
class OwedTo:
    """One person to whom a rung of a deliverable is owed, the key of that notice, and the person's wishes."""

    key: str
    person_id: int
    mailbox: Mailbox
    why: Why
    because: str = ""
    is_copy: bool = False
    wish: Wish = USUAL_WISH


@dataclass(frozen=True, slots=True)
class Owed:
    """One rung of one deliverable with everybody to whom it is owed, and the names of the contract's liaisons.

    `copied_on` is the day on which the liaisons will be copied; None when they were, or never are.
    """

    deliverable_id: int
    facts: Facts
    rung: Rung
    to: tuple[OwedTo, ...]
    liaisons: tuple[str, ...]
    copied_on: date | None = None

    @property
    def keys(self) -> set[str]:
        """The keys of its notices."""
        return {to.key for to in self.to}


Chosen = Callable[[Owed, OwedTo], bool]
"""Chooses among the notices that are owed."""


def owed(session: Session, *, now: datetime, deliverable_ids: Collection[int] | None = None) -> list[Owed]:
    """Return what is owed at `now`, sent or not, by due moment: of all deliverables, or of those with the given ids.

    Five statements at most, however many contracts there are.
    """
    offices = Offices(session)
    waiting = sorted(candidates(session, now, deliverable_ids), key=lambda row: (row.due_at, row.id))
    came = arrivals(session, now, deliverable_ids)
    if not waiting and not came:
        return []
    who = holding(session, now=now)
    found = [one for row in waiting for one in _of_candidate(row, who, offices, now)]
    found += [one for row in came for one in _of_arrival(row, who, offices, now)]
    return found


def missing(session: Session, *, now: datetime, of: Chosen | None = None) -> list[tuple[Owed, set[str]]]:
    """Return what is owed at `now` and lacks a notice in the outbox, with the keys it lacks; one statement more.

    With `of`, only the notices that it chooses.
    """
    found = owed(session, now=now)
    known = _known_keys(session, now) if found else set()
    lacking = [(one, {to.key for to in one.to if of is None or of(one, to)} - known) for one in found]
    return [(one, keys) for one, keys in lacking if keys]


def contracts_without_readers(session: Session) -> list[ContractRow]:
    """Return the contracts of which nobody can be reminded: an operator must name somebody."""
    reader = select(Role.id).join(Person, col(Person.id) == Role.person_id)
    reader = reader.where(
        Role.contract_id == ContractRow.id, Role.name != RoleName.AUDITOR, col(Person.disabled_at).is_(None)
    )
    return list(
        session.exec(select(ContractRow).where(~reader.exists()).order_by(col(ContractRow.number), col(ContractRow.id)))
    )


def _of_candidate(row: Any, who: Holding, offices: Offices, now: datetime) -> Iterator[Owed]:
    terms = terms_from(row.notice_terms)
    usual = terms.of(row.obligation_id)
    rungs = _rungs(row, usual, terms.calendar, offices, now)
    own = _own_rungs(row, usual, terms.calendar, who, offices, now)
    for rung in rungs:
        readers = _readers(row, rung, who, now)
        if rung.to & OWNER and not rung.change and not rung.prepare:
            readers = [reader for reader in readers if reader.is_copy or reader.person_id not in own]
        if readers:
            yield _owed(row, rung, readers, usual, who, offices, now)
    for person, rung in own.items():
        readers = [one for one in _readers(row, rung, who, now) if one.person_id == person and not one.is_copy]
        if readers:
            yield _owed(row, rung, readers, usual, who, offices, now)


def _own_rungs(
    row: Any, usual: Ladder, calendar: str, who: Holding, offices: Offices, now: datetime
) -> dict[int, Rung]:
    """Return the latest rung of each person in the contract who asked to be told on more days."""
    found = {}
    for part in who.parts.get(row.contract_id, ()):
        more = who.wish(part.person_id).more
        if more and part.person_id not in found:
            rungs = _rungs(row, usual.with_more(more), calendar, offices, now)
            mine = [rung for rung in rungs if rung.to & OWNER and not rung.change and not rung.prepare]
            if mine:
                found[part.person_id] = replace(mine[0], to=OWNER)
    return found


def _of_arrival(row: Any, who: Holding, offices: Offices, now: datetime) -> Iterator[Owed]:
    facts = facts_of(row)
    terms = terms_from(row.notice_terms)
    steps = terms.of(row.obligation_id)
    days = offices.days(terms.calendar, row.due_on) if steps.has_business_days else None
    submitted_on = facts.submitted_at.astimezone(ZoneInfo(row.zone)).date() if facts.submitted_at else row.due_on
    due_on = _due_on(row, facts)
    seniors = [s for s in steps.steps if s.to & SENIORS and s.offset > 0 and not s.prepare]
    told = any(step.on(due_on, days) <= submitted_on for step in seniors)
    rung = ladder.came_in(facts, submitted_on=submitted_on, recorded_at=row.recorded_at, told_seniors=told)
    if facts.phase is Phase.ACCEPTED:
        # The funder has seen it.
        rung = replace(rung, to=rung.to - LIAISONS)
    readers = _readers(row, rung, who, now)
    if readers:
        yield _owed(row, rung, readers, steps, who, offices, now)


def _rungs(row: Any, steps: Ladder, calendar: str, offices: Offices, now: datetime) -> list[Rung]:
    facts = facts_of(row)
    due_on = _due_on(row, facts)
    return ladder.owed_rungs(
        facts,
        due_on=due_on,
        zone=row.zone,
        notices_from=row.notices_from,
        contract_ends_on=row.end_on,
        now=now,
        ladder=steps,
        days=offices.days(calendar, due_on) if steps.has_business_days else None,
    )


def _due_on(row: Any, facts: Facts) -> date:
    return row.due_on if facts.limit == row.due_at else last_day_before(facts.limit, row.zone)


def _readers(row: Any, rung: Rung, who: Holding, now: datetime) -> list[Reader]:
    on = now.astimezone(ZoneInfo(row.zone)).date()
    return who.told(row.contract_id, rung, party=Party(row.party), on=on)


def _owed(
    row: Any, rung: Rung, readers: Sequence[Reader], steps: Ladder, who: Holding, offices: Offices, now: datetime
) -> Owed:
    facts = facts_of(row)
    parts = who.parts[row.contract_id]
    mailboxes = {part.person_id: part.mailbox for part in parts}
    to = tuple(
        OwedTo(
            ladder.notice_key(row.uid, facts, rung, person_id=reader.person_id, now=now),
            reader.person_id,
            mailboxes[reader.person_id],
            reader.why,
            reader.because,
            reader.is_copy,
            who.wish(reader.person_id),
        )
        for reader in readers
        if not (who.wish(reader.person_id).stopped and _is_extra(reader, rung))
    )
    liaisons = dict.fromkeys(part.mailbox.name for part in parts if part.role.is_liaison)
    return Owed(row.id, facts, rung, to, tuple(liaisons), _copied_on(row, facts, rung, steps, offices))


def _is_extra(reader: Reader, rung: Rung) -> bool:
    """Whether a reader who wants no daily mail goes without this: whatever comes early, and copies."""
    return reader.is_copy or bool(rung.prepare) or (rung.offset < 0 and not rung.change)


def _copied_on(row: Any, facts: Facts, rung: Rung, steps: Ladder, offices: Offices) -> date | None:
    copying = [step for step in steps.steps if step.to & LIAISONS and step.offset > 0 and not step.prepare]
    if not copying or row.party != Party.CONTRACTOR:
        return None
    due_on = _due_on(row, facts)
    calendar = terms_from(row.notice_terms).calendar
    days = offices.days(calendar, due_on) if steps.has_business_days else None
    on = min(step.on(due_on, days) for step in copying)
    return on if rung.on < on else None


def _known_keys(session: Session, now: datetime) -> set[str]:
    query = select(Notice.key).where(
        col(Notice.deliverable_id).is_not(None),
        Notice.owed_at >= now - LATEST_WITHIN,
        Notice.state != NoticeState.SUPERSEDED,
    )
    return set(session.exec(query))
