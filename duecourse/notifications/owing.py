"""Which notices are owed now, and which of them does the outbox not hold yet?

What is owed follows from the deliverables and the ladder; what the outbox holds is subtracted from it. Every scan
starts from the facts, so that a scan lost, late or done twice does no harm.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session, col, select

from duecourse.calendar.due import last_day_before
from duecourse.calendar.lifecycle import Party
from duecourse.calendar.reaching import Away, Days, Holder, away_until
from duecourse.calendar.standing import Facts
from duecourse.models import Absence, ContractRow, Deliverable, Notice, NoticeState, Person, Role, RoleName
from duecourse.notifications import ladder
from duecourse.notifications.ladder import Rung, Why
from duecourse.notifications.messages import Mailbox

_HORIZON = timedelta(days=2 - ladder.FIRST_OFFSET)
"""How far ahead a due moment may lie for its first rung to be reached, with room for zones and whole days."""
_LATEST_WITHIN = timedelta(days=9)
"""How long ago the latest rung was reached at most, with room: rungs are a week apart or less."""


@dataclass(frozen=True, slots=True)
class OwedTo:
    """One person to whom a rung of a deliverable is owed, and the key of that notice."""

    key: str
    person_id: int
    mailbox: Mailbox
    why: Why
    because: str = ""


@dataclass(frozen=True, slots=True)
class Owed:
    """One rung of one deliverable with everybody to whom it is owed, and the names of the contract's liaisons."""

    deliverable_id: int
    facts: Facts
    rung: Rung
    to: tuple[OwedTo, ...]
    liaisons: tuple[str, ...]

    @property
    def keys(self) -> set[str]:
        """The keys of its notices."""
        return {to.key for to in self.to}


def owed(session: Session, *, now: datetime, deliverable_ids: Collection[int] | None = None) -> list[Owed]:
    """Return what is owed at `now`, sent or not, by due moment: of all deliverables, or of those with the given ids.

    Two statements, however many contracts there are.
    """
    found = [(row, rung) for row in session.execute(_candidates(now, deliverable_ids)) if (rung := _rung(row, now))]
    if not found:
        return []
    parts, absences = _parts(session, now)
    found.sort(key=lambda pair: (pair[0].due_at, pair[0].id))
    away = {
        zone: away_until(absences, now.astimezone(ZoneInfo(zone)).date()) for zone in {row.zone for row, _ in found}
    }
    return [_owed(row, rung, parts.get(row.contract_id, []), away[row.zone], now) for row, rung in found]


def missing(session: Session, *, now: datetime) -> list[tuple[Owed, set[str]]]:
    """Return what is owed at `now` and lacks a notice in the outbox, with the keys it lacks; three statements."""
    found = owed(session, now=now)
    known = _known_keys(session, now) if found else set()
    return [(one, lacking) for one in found if (lacking := one.keys - known)]


def contracts_without_readers(session: Session) -> list[ContractRow]:
    """Return the contracts of which nobody can be reminded: an operator must name somebody."""
    reader = select(Role.id).join(Person, col(Person.id) == Role.person_id)
    reader = reader.where(
        Role.contract_id == ContractRow.id, Role.name != RoleName.AUDITOR, col(Person.disabled_at).is_(None)
    )
    return list(session.exec(select(ContractRow).where(~reader.exists()).order_by(col(ContractRow.number))))


def _candidates(now: datetime, deliverable_ids: Collection[int] | None) -> sa.CompoundSelect[Any]:
    # A net with wide meshes, which the index on open deliverables can serve; the ladder decides.
    earliest = (now - _LATEST_WITHIN).date()
    earliest_end, earliest_due = earliest - ladder.STOPS_AFTER, earliest - timedelta(days=ladder.COPIES_FROM)
    base = (
        sa.select(
            col(Deliverable.id),
            col(Deliverable.uid),
            col(Deliverable.contract_id),
            col(Deliverable.due_on),
            col(Deliverable.due_at),
            col(Deliverable.zone),
            col(Deliverable.submitted_at),
            col(Deliverable.accepted_at),
            col(Deliverable.returned_at),
            col(Deliverable.again_by),
            col(Deliverable.party),
            col(Deliverable.excused),
            col(ContractRow.notices_from),
            col(ContractRow.end_on),
        )
        .join(ContractRow, col(ContractRow.id) == Deliverable.contract_id)
        .where(
            col(Deliverable.withdrawn_at).is_(None),
            col(Deliverable.set_aside) == "",
            col(Deliverable.remind),
            col(Deliverable.due_at) < now + _HORIZON,
            sa.or_(
                col(ContractRow.end_on) >= earliest_end,
                col(Deliverable.due_on) >= earliest_due,
                col(Deliverable.again_by) >= now - _LATEST_WITHIN,
            ),
        )
    )
    if deliverable_ids is not None:
        base = base.where(col(Deliverable.id).in_(deliverable_ids))
    # Two selects, so that each can have a partial index of its own.
    return sa.union_all(
        base.where(col(Deliverable.submitted_at).is_(None)),
        base.where(col(Deliverable.submitted_at).is_not(None), col(Deliverable.returned_at).is_not(None)),
    )


def _facts(row: Any) -> Facts:
    return Facts(
        row.due_at,
        row.submitted_at,
        row.accepted_at,
        row.returned_at,
        excused=bool(row.excused),
        again_by=row.again_by,
    )


def _rung(row: Any, now: datetime) -> Rung | None:
    facts = _facts(row)
    return ladder.owed_rung(
        facts,
        due_on=row.due_on if facts.limit == row.due_at else last_day_before(facts.limit, row.zone),
        zone=row.zone,
        notices_from=row.notices_from,
        contract_ends_on=row.end_on,
        now=now,
    )


def _owed(row: Any, rung: Rung, parts: Sequence[_Part], away: Away, now: datetime) -> Owed:
    facts = _facts(row)
    mailboxes = {part.person_id: part.mailbox for part in parts}
    to = tuple(
        OwedTo(
            ladder.notice_key(row.uid, facts, rung, person_id=reader.person_id, now=now),
            reader.person_id,
            mailboxes[reader.person_id],
            reader.why,
            reader.because,
        )
        for reader in ladder.readers([part.holder for part in parts], rung, party=Party(row.party), away=away)
    )
    liaisons = dict.fromkeys(part.mailbox.name for part in parts if part.role.is_liaison)
    return Owed(row.id, facts, rung, to, tuple(liaisons))


@dataclass(frozen=True, slots=True)
class _Part:
    person_id: int
    mailbox: Mailbox
    role: RoleName
    backup_id: int | None

    @property
    def holder(self) -> Holder:
        """This part, as the rule of who is told in whose place takes it."""
        return Holder(self.person_id, self.role, self.mailbox.name, self.backup_id)


def _parts(session: Session, now: datetime) -> tuple[dict[str, list[_Part]], dict[int, set[Days]]]:
    """Return the parts by contract, and the absences that have not ended by person; one statement."""
    # A day earlier than in UTC, since some zones lag behind it.
    last = (now - timedelta(days=1)).date()
    lasting = sa.and_(
        col(Absence.person_id) == Person.id, col(Absence.cancelled_at).is_(None), col(Absence.ends_on) >= last
    )
    query = (
        sa.select(
            col(Role.id),
            col(Role.contract_id),
            col(Role.name),
            col(Role.backup_id),
            col(Person.id),
            col(Person.name),
            col(Person.email),
            col(Absence.starts_on),
            col(Absence.ends_on),
        )
        .join(Person, col(Person.id) == Role.person_id)
        .outerjoin(Absence, lasting)
        .where(col(Person.disabled_at).is_(None))
        .order_by(col(Person.name), col(Person.id), col(Role.name), col(Role.id))
    )
    parts: dict[str, dict[int, _Part]] = {}
    absences: dict[int, set[Days]] = {}
    for id, contract_id, role, backup_id, person_id, name, email, start, end in session.execute(query):
        part = _Part(person_id, Mailbox(name, email), RoleName(role), backup_id)
        parts.setdefault(contract_id, {})[id] = part
        if start is not None:
            absences.setdefault(person_id, set()).add(Days(start, end))
    return {contract_id: list(found.values()) for contract_id, found in parts.items()}, absences


def _known_keys(session: Session, now: datetime) -> set[str]:
    query = (
        select(Notice.key)
        .join(Deliverable, col(Deliverable.id) == Notice.deliverable_id)
        .where(
            Notice.owed_at >= now - _LATEST_WITHIN,
            Notice.state != NoticeState.SUPERSEDED,
            Deliverable.due_at < now + _HORIZON,
            col(Deliverable.withdrawn_at).is_(None),
            col(Deliverable.remind),
            sa.or_(col(Deliverable.submitted_at).is_(None), col(Deliverable.returned_at).is_not(None)),
        )
    )
    return set(session.exec(query))
