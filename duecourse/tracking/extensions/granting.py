"""How is more time granted, entered when it was granted elsewhere, and taken back: what moves, and who may?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session

from duecourse.calendar import words
from duecourse.calendar.due import due_phrase, instant_at
from duecourse.calendar.extension_terms import request_in_words
from duecourse.calendar.lifecycle import Party, Phase
from duecourse.calendar.lifecycle_words import phase_said
from duecourse.errors import BadInput, Conflict
from duecourse.language.recalling import recalled
from duecourse.language.said import say, say_in
from duecourse.models import Deliverable, Extension, ExtensionState, Ruling, RulingKind
from duecourse.tracking.acting import By, locked
from duecourse.tracking.comparing import Change, ChangeKind
from duecourse.tracking.desks.answering import close_duties, reopen_duties
from duecourse.tracking.extensions.extending import (
    Request,
    check_side,
    check_waits,
    held,
    requested,
    same_request,
    tell_audit,
)
from duecourse.tracking.extensions.extension_ledger import left_for
from duecourse.tracking.in_force import in_force
from duecourse.tracking.own_words import extension_granted, extension_taken_back, granted_until
from duecourse.tracking.planning import apply
from duecourse.tracking.rehearsing import Rehearsal, rehearsed

_ASKED_FOR = (Phase.TO_DO, Phase.IN, Phase.RETURNED, Phase.ACCEPTED)
_LIAISON_ONLY = say("Only a liaison can decide on a request.")


@dataclass(frozen=True, slots=True)
class Granting:
    """Until when more time is granted: all of `on`, or before the local time `cut_off` of that day.

    `override_reason` says why it is granted although none is left, or although it was asked for too late.
    """

    on: date
    cut_off: time | None = None
    comment: str = ""
    override_reason: str = ""


@dataclass(frozen=True, slots=True)
class Granted:
    """A decided request, and what moved by it; `cause` says why, as people are told."""

    extension: Extension
    rehearsal: Rehearsal
    cause: str


def grant(session: Session, extension_uid: str, granting: Granting, *, form_key: str, now: datetime, by: By) -> Granted:
    """Grant a request, to a later due moment. The same `form_key` again changes nothing.

    The first due moment stays in the steps. Raises Conflict when it was decided already, or the report is not asked
    for; BadInput when the date is not later, is past, or none is left and no reason is named; NotAllowed for the
    contractor's side.
    """
    made, row = held(session, extension_uid)
    if made.decision_key == form_key:
        return _nothing(made)
    check_side(by, Party.FUNDER, _LIAISON_ONLY)
    check_waits(made)
    until = _until(row, granting)
    if until <= now:
        raise BadInput(say("%(on)s is past. Choose today or a later day.", on=words.day(granting.on)))
    return _grant(session, made, row, granting, until, decided_at=now, decided_by="", key=form_key, by=by, now=now)


def record_granted(
    session: Session,
    deliverable_uid: str,
    request: Request,
    granting: Granting,
    *,
    decided_at: datetime,
    decided_by: str,
    form_key: str,
    now: datetime,
    by: By,
) -> Granted:
    """Enter an extension that was asked for and granted elsewhere, also after its date, and when the report is in.

    Whether a report that is in came late is then held against the new date. The same `form_key` again changes nothing.
    Raises as `grant` does, and BadInput when it was decided before it was asked for, or in the future.
    """
    row = locked(session, deliverable_uid)
    earlier = same_request(session, form_key, row)
    if earlier is not None:
        return _nothing(earlier)
    check_side(by, Party.FUNDER, say("Only a liaison can record that an extension was granted."))
    made = requested(session, row, request, form_key=form_key, now=now, by=by)
    if not request.asked_at <= decided_at <= now:
        raise BadInput(say("It was granted after it was asked for, and not in the future. Check both days."))
    if not decided_by.strip():
        raise BadInput(say("Say who granted it."))
    if request.asked_at >= row.facts.limit and not granting.override_reason.strip():
        raise BadInput(
            say(
                "It was asked for when it was due already, %(due)s. Correct the day on which it was "
                "asked for, or give the reason for the exception.",
                due=_phrase(row),
            )
        )
    until = _until(row, granting)
    session.add(made)
    session.flush()
    return _grant(
        session, made, row, granting, until, decided_at=decided_at, decided_by=decided_by, key=form_key, by=by, now=now
    )


def undo_decision(
    session: Session, extension_uid: str, *, reason: str, form_key: str, now: datetime, by: By
) -> Granted:
    """Take back that a request was granted or refused: it waits again, and a date that was moved by it moves back.

    The same `form_key` again changes nothing. Raises Conflict when nothing was decided, BadInput without a reason.
    """
    made, row = held(session, extension_uid)
    if made.undo_key == form_key:
        return _nothing(made)
    check_side(by, Party.FUNDER, say("Only a liaison can take a decision on a request back."))
    if made.outcome not in (ExtensionState.GRANTED, ExtensionState.REFUSED):
        outcome = say_in("extension", str(made.outcome))
        raise Conflict(say("The request is “%(outcome)s”: there is no decision to take back.", outcome=outcome))
    reason = reason.strip()
    if not reason:
        raise BadInput(say("Give a reason: whoever reads this later needs to know why it was taken back."))
    was = made.outcome
    cause = extension_taken_back(by.actor, reason)
    if made.ruling_id is not None:
        session.get_one(Ruling, made.ruling_id).lifted_at = now
    made.outcome, made.undo_key, made.ruling_id = ExtensionState.ASKED, form_key, None
    made.decided_at, made.decided_by, made.decision_recorded_at = None, "", None
    made.granted_on, made.granted_until, made.cut_off = None, None, ""
    made.comment, made.override_reason, made.decision_entered_by = "", "", ""
    session.flush()
    tell_audit(session, "took the decision on an extension back", made, by.actor, now, {"was": was, "why": reason})
    moved = _move(session, row, now=now, actor=by.actor, cause=cause) if was == ExtensionState.GRANTED else ()
    reopen_duties(session, reason=reason, by=by, now=now, extension_id=made.id)
    return Granted(made, Rehearsal(row.contract_id, moved), cause)


def _grant(
    session: Session,
    made: Extension,
    row: Deliverable,
    granting: Granting,
    until: datetime,
    *,
    decided_at: datetime,
    decided_by: str,
    key: str,
    by: By,
    now: datetime,
) -> Granted:
    if row.facts.phase not in _ASKED_FOR:
        values = {"title": row.title, "label": recalled(row.label), "phase": phase_said(row.facts.phase)}
        raise Conflict(say("%(title)s, %(label)s, is “%(phase)s”: there is nothing to extend.", **values))
    left = left_for(session, made.contract_id, made.report_type)
    override = granting.override_reason.strip()
    if left is not None and left < 1 and not override:
        raise BadInput(
            say(
                "No extension is left for the report type %(report_type)s under this contract. Refuse "
                "it, or give the reason for the exception.",
                report_type=made.report_type,
            )
        )
    who = decided_by.strip() or by.actor
    first = due_phrase(made.first_due_at, zone=row.zone, whole_day=made.first_whole_day)
    asked_on = words.day(made.asked_at.astimezone(ZoneInfo(row.zone)).date())
    ruling = Ruling(
        contract_id=row.contract_id,
        obligation_id=row.obligation_id,
        occurrence=row.occurrence,
        kind=RulingKind.EXTENDED,
        on=granting.on,
        cut_off=f"{granting.cut_off:%H:%M}" if granting.cut_off else "",
        source=request_in_words(made.asked_by, asked_on, first),
        decided_by=who,
        decided_at=now,
    )
    session.add(ruling)
    session.flush()
    made.outcome, made.decision_key, made.ruling_id = ExtensionState.GRANTED, key, ruling.id
    made.decided_at, made.decided_by = decided_at, who
    made.decision_recorded_at, made.decision_entered_by = now, by.actor
    made.granted_on, made.cut_off, made.granted_until = granting.on, ruling.cut_off, until
    made.comment, made.override_reason = granting.comment.strip(), override
    session.flush()
    said: dict[str, object] = {
        "granted_on": granting.on.isoformat(),
        "cut_off": ruling.cut_off,
        "decided_at": decided_at.isoformat(),
        "decided_by": who,
        "comment": made.comment,
        "override_reason": override,
    }
    tell_audit(session, "granted an extension", made, by.actor, now, said)
    cause = extension_granted(who, decided_at.astimezone(ZoneInfo(row.zone)).date() if decided_at < now else None)
    moved = _move(session, row, now=now, actor=by.actor, cause=cause)
    done = granted_until(due_phrase(until, zone=row.zone, whole_day=granting.cut_off is None))
    close_duties(session, key=f"extension {key}", said=done, by=by, now=now, extension_id=made.id)
    return Granted(made, Rehearsal(row.contract_id, moved), cause)


def _move(session: Session, row: Deliverable, *, now: datetime, actor: str, cause: str) -> tuple[Change, ...]:
    """Bring the dates in line with what was ruled; this deliverable's own date moves also when the report is in."""
    holds = in_force(session, contract_ids=[row.contract_id])[row.contract_id]
    key = (row.obligation_id, row.occurrence)
    still = (ChangeKind.SUBMITTED, ChangeKind.NO_LONGER_LATE)
    changes = tuple(
        replace(change, kind=ChangeKind.MOVED) if change.key == key and change.kind in still else change
        for change in rehearsed(session, row.contract_id, holds, now=now).changes
    )
    apply(session, row.contract_id, changes, now=now, actor=actor, cause=cause)
    return changes


def _until(row: Deliverable, granting: Granting) -> datetime:
    if granting.cut_off is None:
        until = instant_at(granting.on + timedelta(days=1), time(0), row.zone)
    else:
        until = instant_at(granting.on, granting.cut_off, row.zone)
    if until <= row.facts.limit:
        due = _phrase(row)
        raise BadInput(say("It is due %(due)s. Name a later date: an extension gives more time, never less.", due=due))
    return until


def _nothing(made: Extension) -> Granted:
    return Granted(made, Rehearsal(made.contract_id, ()), "")


def _phrase(row: Deliverable) -> str:
    return due_phrase(row.facts.limit, zone=row.zone, whole_day=row.asked_for[2])
