"""Which mails that came in may a person see, and how does the person make a submission of one, or put it aside?"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from duecourse.calendar.lifecycle import Act
from duecourse.errors import BadInput, Conflict, NotFound
from duecourse.language.said import say
from duecourse.models import (
    ContractRow,
    Deliverable,
    LifecycleEntry,
    Person,
    ReceivedCandidate,
    ReceivedMail,
    ReceivedState,
    Role,
    Submission,
)
from duecourse.tracking.acting import By
from duecourse.tracking.audit import record, take_turn
from duecourse.tracking.own_words import MAIL_CAME_IN
from duecourse.tracking.submitting import Sent, StoredFile, submit

_MOST = 100


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom mails are looked up: the contracts that the person may see, and those in which it is a liaison."""

    contract_ids: Collection[str]
    liaison_for: Collection[str]


@dataclass(slots=True)
class Incoming:
    """A mail with the deliverables, and the contracts, that it may be about, as far as its reader may see them."""

    mail: ReceivedMail
    about: list[tuple[ReceivedCandidate, Deliverable | None, ContractRow]] = field(default_factory=list)

    @property
    def is_put_aside(self) -> bool:
        """Whether its reader's side said that it is none of its matters."""
        if not self.about:
            return self.mail.state == ReceivedState.NOT_OURS
        return all(candidate.dismissed_at is not None for candidate, _, _ in self.about)


def incoming(session: Session, reader: Reader, *, now: datetime, mail_uid: str | None = None) -> list[Incoming]:
    """Return the mails that a person may see, the newest first; three statements.

    Those that name a contract of the person's, and for liaisons those that name none and come from the address of
    somebody who has a part in one of their contracts.
    """
    ours = sa.exists().where(
        col(ReceivedCandidate.mail_id) == ReceivedMail.id, col(ReceivedCandidate.contract_id).in_(reader.contract_ids)
    )
    anybodys = sa.exists().where(col(ReceivedCandidate.mail_id) == ReceivedMail.id)
    known = (
        select(Person.email)
        .join(Role, col(Role.person_id) == Person.id)
        .where(col(Role.contract_id).in_(reader.liaison_for))
    )
    query = (
        select(ReceivedMail)
        .where(
            sa.or_(ours, sa.and_(~anybodys, col(ReceivedMail.from_address).in_(known))),
            col(ReceivedMail.received_at) <= now,
        )
        .order_by(col(ReceivedMail.received_at).desc(), col(ReceivedMail.id).desc())
        .limit(_MOST)
    )
    if mail_uid is not None:
        query = query.where(ReceivedMail.uid == mail_uid)
    found = {mail.id: Incoming(mail) for mail in session.exec(query)}
    about = (
        select(ReceivedCandidate, Deliverable, ContractRow)
        .join(ContractRow, col(ContractRow.id) == ReceivedCandidate.contract_id)
        .outerjoin(Deliverable, col(Deliverable.id) == ReceivedCandidate.deliverable_id)
        .where(col(ReceivedCandidate.mail_id).in_(found), col(ReceivedCandidate.contract_id).in_(reader.contract_ids))
        .order_by(col(ReceivedCandidate.id))
    )
    for candidate, row, contract in session.exec(about):
        found[candidate.mail_id].about.append((candidate, row, contract))
    return list(found.values())


def waiting_for(session: Session, deliverable_id: int, *, now: datetime) -> list[ReceivedMail]:
    """Return the mails about which nobody has said anything yet, and that may be about this deliverable alone."""
    query = (
        select(ReceivedMail)
        .join(ReceivedCandidate, col(ReceivedCandidate.mail_id) == ReceivedMail.id)
        .where(
            ReceivedMail.matched_id == deliverable_id,
            ReceivedCandidate.deliverable_id == deliverable_id,
            col(ReceivedCandidate.dismissed_at).is_(None),
            ReceivedMail.state == ReceivedState.WAITING,
            col(ReceivedMail.received_at) <= now,
        )
        .order_by(col(ReceivedMail.received_at), col(ReceivedMail.id))
    )
    return list(session.exec(query))


def confirm(
    session: Session, mail_uid: str, deliverable_uid: str, *, at: datetime, sent_by: str, now: datetime, by: By
) -> Submission:
    """Record that a deliverable was submitted at `at` by `sent_by`, with a mail as the proof; again, with one effect.

    The mail must be one that the person may see, and the deliverable too. Raises Conflict when the mail is the proof
    of another submission, or of one that was taken back, or as `submit` does; BadInput as `submit` does.
    """
    mail = _locked(session, mail_uid)
    proof = StoredFile(f"mail-{mail.uid[:8]}.eml", "message/rfc822", mail.size, mail.sha256)
    sent = Sent(at, sent_by, MAIL_CAME_IN, mail.message_id[:200], "", (proof,))
    made = submit(session, deliverable_uid, sent, form_key=f"received-{mail.uid}", now=now, by=by)
    if mail.state == ReceivedState.CONFIRMED:
        undone = select(LifecycleEntry.id).where(
            LifecycleEntry.submission_id == made.id, LifecycleEntry.act == Act.UNDO_SUBMISSION
        )
        if session.exec(undone).first() is not None:
            raise Conflict(
                say("The submission that this mail proved was taken back. Mark the report as submitted itself.")
            )
        return made
    row = session.get_one(Deliverable, made.deliverable_id)
    mail.state, mail.submission_id = ReceivedState.CONFIRMED, made.id
    mail.settled_at, mail.settled_by = now, by.actor
    session.add(mail)
    record(
        session,
        "confirmed a mail as the proof",
        actor=by.actor,
        now=now,
        contract_id=row.contract_id,
        deliverable_id=row.id,
        detail={"sha256": mail.sha256, "version": made.version},
    )
    return made


def put_aside(
    session: Session, mail_uid: str, *, contract_ids: Collection[str], reason: str, now: datetime, actor: str
) -> None:
    """Record that a mail is none of the matters of these contracts; again, it changes nothing.

    What it may be about in other contracts stays. Raises BadInput without a reason, Conflict for the proof of a
    submission.
    """
    mail = _locked(session, mail_uid)
    if not reason.strip():
        raise BadInput(say("Give a reason: whoever reads this later needs to know why the mail was put aside."))
    if mail.state == ReceivedState.CONFIRMED:
        raise Conflict(say("This mail is the proof of a submission by now. Nothing was changed."))
    candidates = session.exec(select(ReceivedCandidate).where(ReceivedCandidate.mail_id == mail.id)).all()
    ours = [each for each in candidates if each.contract_id in contract_ids and each.dismissed_at is None]
    if mail.state == ReceivedState.NOT_OURS or (candidates and not ours):
        return
    for each in ours:
        each.dismissed_at = now
        session.add(each)
    if all(each.dismissed_at is not None for each in candidates):
        mail.state, mail.settled_at, mail.settled_by, mail.reason = ReceivedState.NOT_OURS, now, actor, reason.strip()
        session.add(mail)
    session.flush()
    contracts: list[str | None] = [*sorted({each.contract_id for each in ours})]
    for contract_id in contracts or [None]:
        detail = {"sha256": mail.sha256, "reason": reason.strip()}
        record(session, "put a mail aside", actor=actor, now=now, contract_id=contract_id, detail=detail)


def _locked(session: Session, mail_uid: str) -> ReceivedMail:
    take_turn(session)
    found = session.exec(select(ReceivedMail).where(ReceivedMail.uid == mail_uid).with_for_update()).one_or_none()
    if found is None:
        raise NotFound(say("There is no such mail."))
    return found
