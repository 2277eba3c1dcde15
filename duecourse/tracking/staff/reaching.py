"""For which open deliverables can nobody be reached, and why?

Everything is worked out from what is stored, for any number of contracts in a fixed number of statements.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session, col, select

from duecourse.calendar import words
from duecourse.calendar.lifecycle import Party, Phase
from duecourse.calendar.reaching import Days, away_until
from duecourse.calendar.roles import RoleName
from duecourse.language.said import say
from duecourse.models import Absence, ContractRow, Deliverable, Notice, NoticeState, Person, Role, SuppressedAddress
from duecourse.tracking.staff.people import is_mailbox

ENDED_AFTER = timedelta(days=60)
"""How long after a contract's end its people must still be reachable; reminders end then, too."""
_OPEN = (Phase.TO_DO, Phase.RETURNED)


class Trouble(StrEnum):
    """Why one person cannot be reached."""

    AWAY = "away"
    NO_ADDRESS = "no address"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class OutOfReach:
    """One person on the side that owes something, and why that person cannot be reached."""

    name: str
    email: str
    role: RoleName
    trouble: Trouble
    until: date | None = None

    @property
    def said(self) -> str:
        """Say it of the person."""
        match self.trouble:
            case Trouble.AWAY if self.until is not None:
                return say("%(name)s is away until %(day)s", name=self.name, day=words.day(self.until))
            case Trouble.NO_ADDRESS:
                return say("“%(address)s” of %(name)s is no email address", address=self.email, name=self.name)
            case _:
                return say("mail to %(name)s at %(address)s was refused for good", name=self.name, address=self.email)

    def __str__(self) -> str:
        return str(self.said)


@dataclass(frozen=True, slots=True)
class Unreached:
    """One side of a contract on which nobody can be reached, with what that side has open, by due moment."""

    contract: ContractRow
    party: Party
    people: tuple[OutOfReach, ...]
    deliverables: tuple[Deliverable, ...]

    @property
    def side(self) -> str:
        """The organisation of that side, by name."""
        return self.contract.contractor if self.party is Party.CONTRACTOR else self.contract.funder

    @property
    def why(self) -> str:
        """The reason in words, with the people whom it concerns."""
        if not self.people:
            return say("Nobody is named for %(side)s.", side=self.side)
        return say("%(reasons)s.", reasons=words.joined([person.said for person in self.people]))

    @property
    def cures(self) -> list[str]:
        """What to do about it, the surest first."""
        if not self.people:
            return [say("Name somebody who works for this side.")]
        found = {
            Trouble.AWAY: say("Name a backup who is there, or end an absence that is over."),
            Trouble.NO_ADDRESS: say("Add the person with an address that is right, and hand the part over."),
            Trouble.REFUSED: say(
                "Ask for another address, add the person with it, and hand the part over; or send again what was "
                "refused, once the mailbox takes mail."
            ),
        }
        troubles = {person.trouble for person in self.people}
        return [cure for trouble, cure in found.items() if trouble in troubles]

    @property
    def signature(self) -> str:
        """A short name of the reason, which changes when the reason does."""
        return "; ".join(sorted(f"{person.email}: {person.trouble}" for person in self.people)) or "nobody is named"


def unreached(session: Session, *, now: datetime, contract_ids: Collection[str] | None = None) -> list[Unreached]:
    """Return where nobody can be reached at `now`, of all contracts or of these, by the first due moment.

    A person can be reached who may come in, is there on the contract's local day, and has an address that takes mail:
    no mail to it was refused for good since one last arrived. A backup is somebody with a part on the same side, and so
    is looked at like everybody there. Four statements, and three where everything is well.
    """
    open_sides = session.execute(_sides(contract_ids)).all()
    if not open_sides:
        return []
    people, absences = _people(session, now, contract_ids)
    refused = _refused(session)
    away = {zone: away_until(absences, _today(zone, now)) for zone in {side.zone for side in open_sides}}
    found: dict[tuple[str, str], tuple[OutOfReach, ...]] = {}
    for side in open_sides:
        there = [one for one in people.get(side.contract_id, []) if RoleName(one.role).side == side.party]
        troubles = [(one, _trouble(one, away[side.zone], refused)) for one in there]
        if all(trouble is not None for _, trouble in troubles):
            found[side.contract_id, side.party] = tuple(
                OutOfReach(one.name, one.email, RoleName(one.role), trouble, away[side.zone].get(one.person_id))
                for one, trouble in _once(troubles)
                if trouble is not None
            )
    return _with_deliverables(session, found, now) if found else []


def _today(zone: str, now: datetime) -> date:
    return now.astimezone(ZoneInfo(zone)).date()


def _once(troubles: list[tuple[Any, Trouble | None]]) -> Iterable[tuple[Any, Trouble | None]]:
    """Return each person once, though the same person may have two parts on a side."""
    return {one.person_id: (one, trouble) for one, trouble in reversed(troubles)}.values()


def _trouble(one: Any, away: dict[int, date], refused: Collection[tuple[int, str]]) -> Trouble | None:
    if not is_mailbox(one.email):
        return Trouble.NO_ADDRESS
    if (one.person_id, one.email) in refused:
        return Trouble.REFUSED
    return Trouble.AWAY if one.person_id in away else None


def _is_open() -> sa.ColumnElement[bool]:
    submitted, returned = col(Deliverable.submitted_at), col(Deliverable.returned_at)
    return sa.and_(
        col(Deliverable.withdrawn_at).is_(None),
        col(Deliverable.set_aside) == "",
        col(Deliverable.accepted_at).is_(None),
        sa.or_(submitted.is_(None), returned >= submitted),
    )


def _sides(contract_ids: Collection[str] | None) -> Any:
    query = (
        sa.select(col(Deliverable.contract_id), col(Deliverable.party), col(ContractRow.zone))
        .join(ContractRow, col(ContractRow.id) == Deliverable.contract_id)
        .where(_is_open())
        .group_by(col(Deliverable.contract_id), col(Deliverable.party), col(ContractRow.zone))
    )
    return query if contract_ids is None else query.where(col(Deliverable.contract_id).in_(contract_ids))


def _people(
    session: Session, now: datetime, contract_ids: Collection[str] | None
) -> tuple[dict[str, list[Any]], dict[int, set[Days]]]:
    # A day earlier than in UTC, since some zones lag behind it.
    last = (now - timedelta(days=1)).date()
    lasting = sa.and_(
        col(Absence.person_id) == Person.id, col(Absence.cancelled_at).is_(None), col(Absence.ends_on) >= last
    )
    query: sa.Select[Any] = (
        sa.select(
            col(Role.contract_id),
            col(Role.name).label("role"),
            col(Person.id).label("person_id"),
            col(Person.name),
            col(Person.email),
            col(Absence.starts_on),
            col(Absence.ends_on),
        )
        .join(Person, col(Person.id) == Role.person_id)
        .outerjoin(Absence, lasting)
        .where(col(Person.disabled_at).is_(None))
        .order_by(col(Role.name), col(Person.name), col(Role.id))
    )
    if contract_ids is not None:
        query = query.where(col(Role.contract_id).in_(contract_ids))
    people: dict[str, list[Any]] = {}
    absences: dict[int, set[Days]] = {}
    for row in session.execute(query):
        people.setdefault(row.contract_id, []).append(row)
        if row.starts_on is not None:
            absences.setdefault(row.person_id, set()).add(Days(row.starts_on, row.ends_on))
    return people, absences


def _refused(session: Session) -> set[tuple[int, str]]:
    """Return the people and addresses to which the last mail that was settled was refused for good."""
    arrived = sa.orm.aliased(Notice)
    since = sa.select(col(arrived.id)).where(
        col(arrived.person_id) == Notice.person_id,
        col(arrived.to_address) == Notice.to_address,
        col(arrived.state) == NoticeState.SENT,
        # When it was tried last: a failure has no instant of its own.
        col(arrived.sent_at) > Notice.next_try_at,
    )
    # A number that begins with 5 is for good (RFC 5321, 4.2.1). What ran out of tries may yet arrive.
    query = (
        sa.select(col(Notice.person_id), col(Notice.to_address))
        .where(col(Notice.state) == NoticeState.FAILED, col(Notice.reply).like("5__ %"), ~since.exists())
        .distinct()
    )
    # What came back after it was taken counts until a person lifts it, whatever was taken since.
    came_back = (
        sa.select(col(Person.id), col(Person.email))
        .join(SuppressedAddress, col(SuppressedAddress.address) == sa.func.lower(col(Person.email)))
        .where(col(SuppressedAddress.lifted_at).is_(None))
    )
    found: sa.CompoundSelect[Any] = sa.union(query, came_back)
    return {(person_id, address) for person_id, address in session.execute(found)}


def _with_deliverables(
    session: Session, found: dict[tuple[str, str], tuple[OutOfReach, ...]], now: datetime
) -> list[Unreached]:
    query = (
        select(Deliverable, ContractRow)
        .join(ContractRow, col(ContractRow.id) == Deliverable.contract_id)
        .where(_is_open(), sa.tuple_(col(Deliverable.contract_id), col(Deliverable.party)).in_(list(found)))
        .order_by(col(Deliverable.due_at), col(Deliverable.id))
    )
    sides: dict[tuple[str, str], tuple[ContractRow, list[Deliverable]]] = {}
    for row, contract in session.exec(query):
        if row.facts.phase in _OPEN and not _is_over(row, contract, now):
            sides.setdefault((contract.id, row.party), (contract, []))[1].append(row)
    return [Unreached(contract, Party(key[1]), found[key], tuple(rows)) for key, (contract, rows) in sides.items()]


def _is_over(row: Deliverable, contract: ContractRow, now: datetime) -> bool:
    """Whether nobody is asked for it any more: its contract ended long ago, and its own date is past, too."""
    today = _today(contract.zone, now)
    return today > contract.end_on + ENDED_AFTER and today > row.asked_for[0] + timedelta(days=3)
