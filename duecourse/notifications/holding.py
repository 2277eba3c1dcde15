"""Who has which part in which contract, who is away or gets no mail for a while, and when does each want the mail?"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session, col

from duecourse.calendar import words
from duecourse.calendar.lifecycle import Party
from duecourse.calendar.reaching import Days, Holder, away_until
from duecourse.language.catalogue import known
from duecourse.language.said import say
from duecourse.models import Absence, ContractRow, DailyStop, Person, Preference, Role, RoleName
from duecourse.notifications.ladder import Rung
from duecourse.notifications.messages import Mailbox
from duecourse.notifications.readers import Reader, Why, readers


@dataclass(frozen=True, slots=True)
class Wish:
    """How one person wants to be told: the local hour of the daily mail, its zone (empty for that of all the person's
    contracts), more days on which to be reminded, and the pause with its substitute."""

    hour: int = 7
    zone: str = ""
    more: tuple[int, ...] = ()
    pause: Days | None = None
    substitute_id: int | None = None
    stopped: bool = False
    """Whether the person stopped daily mails and early reminders."""

    def back_on(self, now: datetime, zone: str) -> date | None:
        """Return the first day after the pause that lasts at `now`; None where there is none."""
        today = now.astimezone(ZoneInfo(zone)).date()
        if self.pause is None or not self.pause.start <= today <= self.pause.end:
            return None
        return self.pause.end + timedelta(days=1)


USUAL_WISH = Wish()


@dataclass(frozen=True, slots=True)
class Part:
    """One part of one person in a contract."""

    person_id: int
    mailbox: Mailbox
    role: RoleName
    backup_id: int | None

    @property
    def holder(self) -> Holder:
        """This part, as the rule of who is told in whose place takes it."""
        return Holder(self.person_id, self.role, self.mailbox.name, self.backup_id)


@dataclass(frozen=True, slots=True)
class Holding:
    """The parts by contract, the absences by person, and the wishes of those who have any."""

    parts: dict[str, list[Part]]
    absences: dict[int, set[Days]]
    wishes: dict[int, Wish]
    _away: dict[date, dict[int, date]] = field(default_factory=dict)

    def wish(self, person_id: int) -> Wish:
        """Return how a person wants to be told."""
        return self.wishes.get(person_id, USUAL_WISH)

    def told(self, contract_id: str, rung: Rung, *, party: Party, on: date) -> list[Reader]:
        """Return who is told of `rung` on the local day `on`: see `readers`; of who pauses, the substitute.

        A substitute who is away, pauses too, or could not open the contract's pages does not stand in: then it is as
        if the person were away.
        """
        if on not in self._away:
            self._away[on] = away_until(self.absences, on)
        away, parts = self._away[on], self.parts.get(contract_id, [])
        holders = [part.holder for part in parts]
        stand_ins, gone = self._stand_ins(holders, away, on)
        found: dict[int, Reader] = {}
        for reader in readers(holders, rung, party=party, away=gone):
            stand_in = stand_ins.get(reader.person_id)
            found.setdefault(*_told(reader, stand_in, parts))
        return list(found.values())

    def _stand_ins(
        self, holders: list[Holder], away: Mapping[int, date], on: date
    ) -> tuple[dict[int, tuple[int, date]], dict[int, date]]:
        kinds: dict[int, set[str]] = {}
        for one in holders:
            kinds.setdefault(one.person_id, set()).add(one.role.kind)
        pausing = {
            person: wish.pause.end
            for person in kinds
            if (wish := self.wish(person)).pause is not None and wish.pause.start <= on <= wish.pause.end
        }
        gone, found = dict(away), {}
        for person, end in pausing.items():
            substitute = self.wish(person).substitute_id
            free = substitute is not None and substitute not in away and substitute not in pausing
            if substitute is not None and free and kinds[person] & kinds.get(substitute, set()):
                found[person] = substitute, end
                gone.pop(person, None)
            else:
                gone[person] = max(end, gone.get(person, end))
        return found, gone


def _told(reader: Reader, stand_in: tuple[int, date] | None, parts: list[Part]) -> tuple[int, Reader]:
    if stand_in is None:
        return reader.person_id, reader
    substitute, end = stand_in
    name = next(part.mailbox.name for part in parts if part.person_id == reader.person_id)
    until = words.day(end, year=False)
    said = say("You get this in place of %(name)s, who gets no mail until %(day)s and named you.", name=name, day=until)
    why = reader.why if reader.is_copy else Why.IN_PLACE
    return substitute, replace(reader, person_id=substitute, why=why, because=said)


def holding(session: Session, *, now: datetime) -> Holding:
    """Return who has which part and may still come in, with the absences that have not ended; one statement."""
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
            col(Person.language),
            col(Absence.starts_on),
            col(Absence.ends_on),
            Preference,
            col(DailyStop.stopped_at),
            col(ContractRow.zone),
        )
        .join(Person, col(Person.id) == Role.person_id)
        .join(ContractRow, col(ContractRow.id) == Role.contract_id)
        .outerjoin(Absence, lasting)
        .outerjoin(Preference, col(Preference.person_id) == Person.id)
        .outerjoin(DailyStop, sa.and_(col(DailyStop.person_id) == Person.id, col(DailyStop.resumed_at).is_(None)))
        .where(col(Person.disabled_at).is_(None))
        .order_by(col(Person.name), col(Person.id), col(Role.name), col(Role.id))
    )
    parts: dict[str, dict[int, Part]] = {}
    absences: dict[int, set[Days]] = {}
    wishes: dict[int, Wish] = {}
    zones: dict[int, set[str]] = {}
    for row in session.execute(query):
        id, contract_id, role, backup_id, person_id, name, email, language, start, end, wanted, stopped, zone = row
        zones.setdefault(person_id, set()).add(zone)
        mailbox = Mailbox(name, email, known(language))
        parts.setdefault(contract_id, {})[id] = Part(person_id, mailbox, RoleName(role), backup_id)
        if start is not None:
            absences.setdefault(person_id, set()).add(Days(start, end))
        if wanted is not None and person_id not in wishes:
            wishes[person_id] = wish_from(wanted)
        if stopped is not None:
            wishes[person_id] = replace(wishes.get(person_id, USUAL_WISH), stopped=True)
    for person_id, several in zones.items():
        wish = wishes.get(person_id, USUAL_WISH)
        if len(several) > 1 and not wish.zone:
            # One zone, so that one person has one day.
            wishes[person_id] = replace(wish, zone=min(several))
    return Holding({contract_id: list(found.values()) for contract_id, found in parts.items()}, absences, wishes)


def wishes_of(session: Session, person_ids: Collection[int]) -> dict[int, Wish]:
    """Return the wishes of those of these people who have any, also of those without a part; one statement."""
    query = (
        sa.select(col(Person.id), Preference, col(DailyStop.stopped_at))
        .outerjoin(Preference, col(Preference.person_id) == Person.id)
        .outerjoin(DailyStop, sa.and_(col(DailyStop.person_id) == Person.id, col(DailyStop.resumed_at).is_(None)))
        .where(col(Person.id).in_(person_ids), sa.or_(col(Preference.person_id) > 0, col(DailyStop.person_id) > 0))
    )
    return {
        id: replace(wish_from(wanted) if wanted else USUAL_WISH, stopped=stopped is not None)
        for id, wanted, stopped in session.execute(query)
    }


def wish_from(row: Preference) -> Wish:
    """Return a person's wishes as they are stored."""
    pause = Days(row.paused_from, row.paused_to) if row.paused_from and row.paused_to else None
    return Wish(row.mail_hour, row.zone, tuple(row.more_offsets), pause, row.substitute_id)
