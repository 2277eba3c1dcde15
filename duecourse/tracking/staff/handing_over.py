"""How do a person's parts go over to somebody else, so that nothing is lost when a person leaves?"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select

from duecourse.calendar.roles import RoleName
from duecourse.errors import BadInput, Conflict
from duecourse.language.said import Commas, say
from duecourse.models import ContractRow, Feed, Person, Role, SignInSession
from duecourse.tracking.audit import record, take_turn
from duecourse.tracking.changes import mark_changed
from duecourse.tracking.staff.people import check_independent


@dataclass(frozen=True, slots=True)
class HandedOver:
    """What went over: the contracts with the parts in each; without a successor, what simply ended."""

    person: Person
    successor: Person | None
    parts: tuple[tuple[ContractRow, tuple[RoleName, ...]], ...]
    on: date
    reason: str
    has_left: bool


def hand_over(
    session: Session,
    person: Person,
    successor: Person | None,
    *,
    contract_ids: Collection[str] | None,
    on: date,
    reason: str,
    leave: bool,
    now: datetime,
    actor: str,
) -> HandedOver:
    """Move a person's parts in these contracts, or in all with None, to a successor; with `leave`, let the person go.

    Without a successor the parts end, where somebody else holds each of them. `on` is the day from which it holds, by
    now: what lies ahead is entered as an absence until it has come, so that no night passes in which a plan that was
    made long ago names somebody who has left meanwhile. Reminders that wait follow the parts by themselves: whose turn
    it is, is looked at again when they are claimed. What was submitted and decided keeps the name of who did it.

    Raises BadInput for what is missing or contradicts itself; Conflict when the person has no part there any more, or
    leaves a part to nobody.
    """
    reason = reason.strip()
    _check(person, successor, on=on, reason=reason, now=now)
    take_turn(session)
    contracts = _held_contracts(session, person, contract_ids)
    parts = list(session.exec(select(Role).where(Role.person_id == person.id).order_by(col(Role.id)).with_for_update()))
    chosen = [part for part in parts if part.contract_id in contracts]
    if not chosen and not leave:
        raise Conflict(say("%(name)s has no part there any more. Nothing was changed.", name=person.name))
    if leave and len(chosen) != len(parts):
        rest = sorted({part.contract_id for part in parts} - set(contracts))
        raise BadInput(
            say(
                "%(name)s still has a part in %(names)s. Who leaves hands over everything.",
                name=person.name,
                names=", ".join(rest),
            )
        )
    contracts = {id: row for id, row in contracts.items() if any(part.contract_id == id for part in chosen)}
    session.refresh(person)
    if person.disabled_at is not None:
        raise Conflict(say("%(name)s has left already. Nothing was changed.", name=person.name))
    if successor is None:
        _check_not_alone(session, chosen, contracts)
    for contract_id in contracts:
        # Before and after: the feeds of whoever loses a part change, and those of whoever gets one.
        mark_changed(session, contract_id)
        mine = [part for part in chosen if part.contract_id == contract_id]
        if successor is not None:
            check_independent(session, successor, contract_id, {RoleName(part.name) for part in mine})
        _move(session, mine, person, successor)
        mark_changed(session, contract_id)
    ended = _end_feeds(session, person, list(contracts), everything=leave, now=now)
    named = {
        contract_id: tuple(RoleName(p.name) for p in chosen if p.contract_id == contract_id)
        for contract_id in contracts
    }
    for contract_id, roles in named.items():
        detail = {
            "from": person.email,
            "to": successor.email if successor is not None else None,
            "roles": [str(role) for role in roles],
            "on": on.isoformat(),
            "reason": reason,
            "leaves": leave,
        }
        record(session, "handed parts over", actor=actor, now=now, contract_id=contract_id, detail=detail)
    if leave:
        _let_go(session, person, now=now)
    if leave or ended:
        said = {"email": person.email, "reason": reason, "calendar_links_ended": ended}
        action = "let a person go" if leave else "ended calendar links with a handover"
        record(session, action, actor=actor, now=now, detail=said)
    return HandedOver(
        person, successor, tuple((contracts[id], roles) for id, roles in named.items()), on, reason, leave
    )


def _check(person: Person, successor: Person | None, *, on: date, reason: str, now: datetime) -> None:
    if not reason:
        raise BadInput(say("Give a reason: whoever reads this later needs to know why."))
    if successor is not None and successor.id == person.id:
        raise BadInput(say("Nobody hands over to the same person. Choose somebody else."))
    if successor is not None and successor.disabled_at is not None:
        raise BadInput(say("%(name)s has left. Choose somebody who is there.", name=successor.name))
    # It is tomorrow somewhere already.
    if on > (now + timedelta(days=1)).date():
        raise BadInput(
            say(
                "A handover is entered when its day has come. For the days until then, enter an absence "
                "and name a backup."
            )
        )


def _held_contracts(session: Session, person: Person, contract_ids: Collection[str] | None) -> dict[str, ContractRow]:
    """Return the contracts whose parts go over, held until the transaction ends, always in the same order.

    So two people who leave the same part at once come one after the other, and the second is told to be the last.
    """
    mine = select(Role.contract_id).where(Role.person_id == person.id)
    query = select(ContractRow).where(col(ContractRow.id).in_(mine)).order_by(col(ContractRow.id))
    if contract_ids is not None:
        query = query.where(col(ContractRow.id).in_(contract_ids))
    return {row.id: row for row in session.exec(query.with_for_update(key_share=True))}


def _check_not_alone(session: Session, chosen: list[Role], contracts: dict[str, ContractRow]) -> None:
    query = (
        select(Role.contract_id, Role.name)
        .join(Person, col(Person.id) == Role.person_id)
        .where(
            col(Role.contract_id).in_(contracts),
            col(Role.person_id).not_in([part.person_id for part in chosen]),
            col(Person.disabled_at).is_(None),
        )
    )
    others = set(session.exec(query))
    # Nobody waits for an auditor.
    needed = [part for part in chosen if part.name != RoleName.AUDITOR]
    alone = [part for part in needed if (part.contract_id, part.name) not in others]
    if alone:
        said = Commas(
            tuple(
                say(
                    "%(part)s of %(contract)s",
                    part=RoleName(part.name).said,
                    contract=contracts[part.contract_id].number,
                )
                for part in alone
            )
        )
        raise Conflict(
            say("Nobody else is %(said)s. Name a successor: nothing that is open may be left to nobody.", said=said)
        )


def _move(session: Session, mine: list[Role], person: Person, successor: Person | None) -> None:
    if successor is None:
        for part in mine:
            session.delete(part)
    else:
        assert successor.id is not None
        query = select(Role).where(Role.contract_id == mine[0].contract_id, Role.person_id == successor.id)
        held = {part.name: part for part in session.exec(query)}
        for part in mine:
            if part.name in held:
                session.delete(part)
                continue
            part.person_id = successor.id
            part.backup_id = None if part.backup_id == successor.id else part.backup_id
            session.add(part)
    session.flush()
    # Whoever counted on this person as a backup counts on the successor, and nobody on the same person.
    counted = select(Role).where(Role.contract_id == mine[0].contract_id, Role.backup_id == person.id)
    for part in session.exec(counted):
        new = successor.id if successor is not None else None
        part.backup_id = None if new == part.person_id else new
        session.add(part)
    session.flush()


def _end_feeds(session: Session, person: Person, contract_ids: list[str], *, everything: bool, now: datetime) -> int:
    mine = sa.update(Feed).where(col(Feed.person_id) == person.id, col(Feed.revoked_at).is_(None))
    if not everything:
        mine = mine.where(col(Feed.contract_id).in_(contract_ids))
    return len(session.execute(mine.values(revoked_at=now).returning(col(Feed.id))).all())


def _let_go(session: Session, person: Person, *, now: datetime) -> None:
    person.disabled_at = now
    session.add(person)
    browsers = sa.update(SignInSession).where(
        col(SignInSession.person_id) == person.id, col(SignInSession.ended_at).is_(None)
    )
    session.execute(browsers.values(ended_at=now))
    session.flush()
