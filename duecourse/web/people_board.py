"""Which people has a contract, who stands in for each, when is each away, and whom may a visitor look after?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, select

from duecourse.calendar.roles import RoleName
from duecourse.errors import NotAllowed, NotFound
from duecourse.language.said import say
from duecourse.models import Absence, ContractRow, Person, Role
from duecourse.tracking.conditions import today_in
from duecourse.tracking.staff.absences import absences_of
from duecourse.web.visitor import Visitor

PEOPLE, SUBMISSIONS = "people", "submissions"
SHOWN = timedelta(weeks=8)
"""How far ahead absences are drawn."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One absence in the picture of the next weeks: the first day, counted from today, and the number of days."""

    x: int
    width: int


@dataclass(frozen=True, slots=True)
class Line:
    """One part of one person, with the absences to come; `is_managed` when the visitor looks after who holds it."""

    person: Person
    role: RoleName
    backup: Person | None
    absences: tuple[Absence, ...]
    bars: tuple[Bar, ...]
    is_managed: bool


@dataclass(frozen=True, slots=True)
class Board:
    """The people of a contract by part, with the day on which the picture begins."""

    lines: tuple[Line, ...]
    today: date

    @property
    def days(self) -> int:
        """How many days the picture shows."""
        return SHOWN.days

    @property
    def managed(self) -> list[Person]:
        """The people all of whose parts the visitor may look after, each once, by name."""
        others = {line.person.id for line in self.lines if not line.is_managed}
        found = {line.person.id: line.person for line in self.lines if line.person.id not in others}
        return sorted(found.values(), key=lambda person: person.name)

    def candidates(self, line: Line) -> list[Person]:
        """Return who may be named as the backup for a part, by name."""
        same = {one.person.id: one.person for one in self.lines if one.role.kind == line.role.kind}
        same.pop(line.person.id, None)
        return sorted(same.values(), key=lambda person: person.name)


def board(session: Session, visitor: Visitor, contract: ContractRow, *, now: datetime) -> Board:
    """Return the people of a contract who may still come in, in the order of the parts."""
    (found,) = boards(session, visitor, [contract], now=now)
    return found


def boards(session: Session, visitor: Visitor, contracts: Sequence[ContractRow], *, now: datetime) -> list[Board]:
    """Return the same for several contracts. Two statements, however many they are."""
    if not contracts:
        return []
    query = (
        select(Person, Role)
        .join(Role, col(Role.person_id) == Person.id)
        .where(col(Role.contract_id).in_([each.id for each in contracts]), col(Person.disabled_at).is_(None))
        .order_by(col(Person.name), col(Role.id))
    )
    held = list(session.exec(query))
    days = {each.id: today_in(each.zone, now) for each in contracts}
    people = {person.id or 0: person for person, _ in held}
    absences = absences_of(session, list(people), since=min(days.values()))
    return [
        _board([one for one in held if one[1].contract_id == each.id], visitor, absences, days[each.id])
        for each in contracts
    ]


def _board(held: list[tuple[Person, Role]], visitor: Visitor, absences: dict[int, list[Absence]], today: date) -> Board:
    people, order = {person.id: person for person, _ in held}, list(RoleName)
    lines = []
    for person, row in held:
        role = RoleName(row.name)
        away = [absence for absence in absences.get(row.person_id, []) if absence.ends_on >= today]
        is_managed = manages(visitor, row.contract_id, role)
        lines.append(Line(person, role, people.get(row.backup_id), tuple(away), tuple(_bars(away, today)), is_managed))
    return Board(tuple(sorted(lines, key=lambda line: order.index(line.role))), today)


def manages(visitor: Visitor, contract_id: str, role: RoleName) -> bool:
    """Tell whether a visitor looks after who holds a part.

    Liaisons and admins do for every part. The contractor's program managers do for the contractor's own parts: who
    works there is the contractor's to say, and nobody knows it sooner.
    """
    if contract_id in visitor.sets_up_in:
        return True
    return contract_id in visitor.manages_in and role.kind == RoleName.PROGRAM_MANAGER.kind


def offered_imports(visitor: Visitor, contract_id: str) -> list[str]:
    """Return which spreadsheets a visitor may bring: of people for those who look after some, of submissions for either
    side.
    """
    found = [PEOPLE] if any(manages(visitor, contract_id, role) for role in RoleName) else []
    return found + ([SUBMISSIONS] if visitor.parties(contract_id) else [])


def check_manages(visitor: Visitor, contract_id: str, role: RoleName) -> None:
    """Raise NotAllowed unless the visitor looks after who holds this part."""
    if not manages(visitor, contract_id, role):
        raise NotAllowed(
            say(
                "Only a liaison or an admin of the contract can change this; for the contractor’s own "
                "people, its program managers can, too."
            )
        )


def check_manages_person(session: Session, visitor: Visitor, contract_id: str | None, person: Person) -> None:
    """Raise NotAllowed unless the visitor looks after all parts of a person in a contract, or in all with None.

    Raises NotFound for somebody who has no part in the contract.
    """
    query = select(Role).where(Role.person_id == person.id)
    if contract_id is not None:
        query = query.where(Role.contract_id == contract_id)
    parts = list(session.exec(query))
    if not parts and contract_id is not None:
        raise NotFound(say("This person has no part in the contract."))
    for part in parts:
        if part.contract_id not in visitor.parts or not manages(visitor, part.contract_id, RoleName(part.name)):
            raise NotAllowed(
                say(
                    "%(name)s also has parts that you do not look after. Change the parts that are "
                    "yours; whoever looks after the others does the rest.",
                    name=person.name,
                )
            )


def _bars(absences: list[Absence], today: date) -> list[Bar]:
    found = []
    for absence in absences:
        first = max((absence.starts_on - today).days, 0)
        last = min((absence.ends_on - today).days, SHOWN.days - 1)
        if first <= last:
            found.append(Bar(first, last - first + 1))
    return found
