"""How does a contractor ask for more time, and how is that refused or taken back?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func
from sqlmodel import Session, select

from duecourse.calendar import words
from duecourse.calendar.due import due_phrase
from duecourse.calendar.lifecycle import Party, Phase
from duecourse.calendar.lifecycle_words import phase_said
from duecourse.calendar.own_events import EXTENSION_REQUESTED
from duecourse.errors import BadInput, Conflict, NotAllowed, NotFound
from duecourse.language.said import say
from duecourse.models import ContractRow, Deliverable, Extension, ExtensionState
from duecourse.tracking.acting import By, locked
from duecourse.tracking.audit import record
from duecourse.tracking.desks.answering import close_duties
from duecourse.tracking.own_events import start_windows, take_windows_back
from duecourse.tracking.own_words import REQUEST_REFUSED
from duecourse.tracking.stored_definitions import contract_of

_OPEN = (Phase.TO_DO, Phase.RETURNED)


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for: when and by whom, as stated, why, and until the end of which day, if one was named."""

    asked_at: datetime
    asked_by: str
    reason: str
    wanted_on: date | None = None


def ask(session: Session, deliverable_uid: str, request: Request, *, form_key: str, now: datetime, by: By) -> Extension:
    """Record that the contractor asked for more time. The same `form_key` again returns the same request.

    Nothing moves by that. Raises BadInput when it was asked for at the due moment or later, in the future, or without a
    reason; Conflict when the report is in, or another request waits; NotAllowed for the funder's side.
    """
    row = locked(session, deliverable_uid)
    earlier = same_request(session, form_key, row)
    if earlier is not None:
        return earlier
    check_side(by, Party.CONTRACTOR, say("Only the contractor can ask for more time."))
    if row.facts.phase not in _OPEN:
        raise Conflict(
            say(
                "%(title)s, %(label)s, is “%(phase)s”: there is nothing to ask more time for.",
                title=row.title,
                label=row.label,
                phase=phase_said(row.facts.phase),
            )
        )
    made = requested(session, row, request, form_key=form_key, now=now, by=by)
    if request.asked_at >= row.facts.limit:
        raise BadInput(
            say(
                "It was due %(due)s, and more time has to be asked for before that. Ask your liaison to "
                "waive it or to move its date, and submit it as soon as you can.",
                due=_phrase(row),
            )
        )
    session.add(made)
    session.flush()
    tell_audit(session, "asked for an extension", made, by.actor, now)
    start_windows(
        session,
        row,
        EXTENSION_REQUESTED,
        at=made.asked_at,
        what=f"{row.title}, {row.label}, request {_number(session, row)}",
        now=now,
        actor=by.actor,
        extension_id=made.id,
    )
    return made


def refuse(session: Session, extension_uid: str, *, comment: str, form_key: str, now: datetime, by: By) -> Extension:
    """Refuse a request, with words why; it uses up nothing. The same `form_key` again changes nothing.

    Raises Conflict when it was decided already, BadInput without a comment, NotAllowed for the contractor's side.
    """
    made, _ = held(session, extension_uid)
    if made.decision_key == form_key:
        return made
    check_side(by, Party.FUNDER, say("Only a liaison can decide on a request."))
    check_waits(made)
    if not comment.strip():
        raise BadInput(say("Say why it is refused: whoever asked needs to know."))
    made.outcome, made.comment, made.decision_key = ExtensionState.REFUSED, comment.strip(), form_key
    made.decided_at, made.decided_by = now, by.actor
    made.decision_recorded_at, made.decision_entered_by = now, by.actor
    session.flush()
    tell_audit(session, "refused an extension", made, by.actor, now, {"comment": made.comment})
    close_duties(session, key=f"extension {form_key}", said=REQUEST_REFUSED, by=by, now=now, extension_id=made.id)
    return made


def take_back(session: Session, extension_uid: str, *, reason: str, form_key: str, now: datetime, by: By) -> Extension:
    """Take back a request that waits for a decision, with a reason. The same `form_key` again changes nothing.

    Raises Conflict when it was decided already, BadInput without a reason.
    """
    made, _ = held(session, extension_uid)
    if made.undo_key == form_key:
        return made
    check_waits(made)
    if not reason.strip():
        raise BadInput(say("Give a reason: whoever reads this later needs to know why it was taken back."))
    made.outcome, made.undo_key = ExtensionState.TAKEN_BACK, form_key
    made.decision_recorded_at, made.comment = now, reason.strip()
    made.decision_entered_by = by.actor
    session.flush()
    tell_audit(session, "took a request for an extension back", made, by.actor, now, {"reason": made.comment})
    take_windows_back(session, now=now, actor=by.actor, extension_id=made.id)
    return made


def requested(
    session: Session, row: Deliverable, request: Request, *, form_key: str, now: datetime, by: By
) -> Extension:
    """Return a request that was checked but for its time, not yet added. Call it under the deliverable's lock."""
    if row.party != Party.CONTRACTOR:
        raise BadInput(say("What the funder owes is not extended: a liaison can move its date."))
    if not request.reason.strip():
        raise BadInput(say("Say why more time is needed."))
    if not request.asked_by.strip():
        raise BadInput(say("Say who asked for it."))
    if request.asked_at > now:
        raise BadInput(say("It cannot have been asked for in the future. Give the day and time at which it was asked."))
    if request.wanted_on is not None and request.wanted_on <= row.asked_for[0]:
        raise BadInput(
            say(
                "%(wanted_on)s is no later than its date. Name a later day, or none.",
                wanted_on=words.day(request.wanted_on),
            )
        )
    waiting = select(Extension).where(Extension.deliverable_id == row.id, Extension.outcome == ExtensionState.ASKED)
    other = session.exec(waiting).first()
    if other is not None:
        at = words.instant(other.asked_at, row.zone)
        raise Conflict(
            say(
                "More time was asked for already, by %(asked_by)s, %(at)s. That request waits for a decision.",
                asked_by=other.asked_by,
                at=at,
            )
        )
    terms = contract_of(session.get_one(ContractRow, row.contract_id)).extensions
    assert row.id is not None
    return Extension(
        deliverable_id=row.id,
        contract_id=row.contract_id,
        report_type=terms.type_of(row.obligation_id) if terms else "",
        asked_at=request.asked_at,
        asked_by=request.asked_by.strip(),
        entered_by=by.actor,
        reason=request.reason.strip(),
        wanted_on=request.wanted_on,
        recorded_at=now,
        form_key=form_key,
        first_due_at=row.facts.limit,
        first_whole_day=row.asked_for[2],
    )


def held(session: Session, extension_uid: str) -> tuple[Extension, Deliverable]:
    """Return a request and its deliverable, held until the transaction ends. Raises NotFound.

    Who holds a deliverable has the turn to write: what is left is counted while nobody else can grant.
    """
    known = session.exec(select(Extension).where(Extension.uid == extension_uid)).one_or_none()
    if known is None:
        raise NotFound(say("There is no such request."))
    row = locked(session, session.get_one(Deliverable, known.deliverable_id).uid)
    session.refresh(known)
    return known, row


def check_side(by: By, side: Party, says: str) -> None:
    """Raise NotAllowed unless it is this side that acts, or the server's operator."""
    if by.party is not None and by.party is not side:
        raise NotAllowed(says)


def check_waits(made: Extension) -> None:
    """Raise Conflict unless the request waits for a decision."""
    if made.outcome != ExtensionState.ASKED:
        who = made.decided_by or made.decision_entered_by
        raise Conflict(
            say("The request is already %(outcome)s, by %(who)s. Nothing was changed.", outcome=made.outcome, who=who)
        )


def same_request(session: Session, form_key: str, row: Deliverable) -> Extension | None:
    """Return the request that this form made before. Raises Conflict when the key belongs to another deliverable."""
    earlier = session.exec(select(Extension).where(Extension.form_key == form_key)).one_or_none()
    if earlier is not None and earlier.deliverable_id != row.id:
        raise Conflict(say("This form was sent before, for something else. What was recorded then stands."))
    return earlier


def tell_audit(
    session: Session,
    action: str,
    made: Extension,
    actor: str,
    now: datetime,
    detail: dict[str, object] | None = None,
) -> None:
    """Record in the audit log what was done with a request."""
    said: dict[str, object] = {
        "extension": made.uid,
        "report_type": made.report_type,
        "asked_at": made.asked_at.isoformat(),
        "asked_by": made.asked_by,
        "reason": made.reason,
        "wanted_on": made.wanted_on.isoformat() if made.wanted_on else None,
        "first_due_at": made.first_due_at.isoformat(),
    }
    record(
        session,
        action,
        actor=actor,
        now=now,
        contract_id=made.contract_id,
        deliverable_id=made.deliverable_id,
        detail=said | (detail or {}),
    )


def _number(session: Session, row: Deliverable) -> int:
    query = select(func.count()).select_from(Extension).where(Extension.deliverable_id == row.id)
    return session.exec(query).one()


def _phrase(row: Deliverable) -> str:
    return due_phrase(row.facts.limit, zone=row.zone, whole_day=row.asked_for[2])
