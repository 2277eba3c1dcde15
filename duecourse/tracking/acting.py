"""How is an act on a deliverable checked against the table of allowed changes, recorded, and its effect worked out?

Every act adds an entry. The facts on the deliverable's row are what its entries come to when they are replayed, so that
an undo leads back exactly to where things stood.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from duecourse.calendar import words
from duecourse.calendar.lifecycle import Act, Allowed, Party, Phase, allowed
from duecourse.calendar.lifecycle_words import act_said, phase_said, recorded_said, side_said
from duecourse.calendar.standing import Facts, Standing
from duecourse.errors import BadInput, Conflict, NotAllowed, NotFound
from duecourse.language.said import say
from duecourse.models import Deliverable, LifecycleEntry, Submission
from duecourse.tracking.audit import record, take_turn
from duecourse.tracking.changes import mark_changed

_ASIDE = {
    Act.WAIVE: Standing.WAIVED,
    Act.MARK_NOT_APPLICABLE: Standing.NOT_APPLICABLE,
    Act.CANCEL: Standing.CANCELLED,
}

_OTHER_USE = say("This form was sent before, for something else. What was recorded then stands.")


@dataclass(frozen=True, slots=True)
class By:
    """Who acts: an email address or a program's name, and the side it acts for.

    Without a side, the server's operator enters what either side did.
    """

    actor: str
    party: Party | None = None


def locked(session: Session, deliverable_uid: str) -> Deliverable:
    """Return a deliverable, held until the transaction ends. Raises NotFound."""
    take_turn(session)
    query = select(Deliverable).where(Deliverable.uid == deliverable_uid).with_for_update()
    # What the session read before it had to wait is out of date.
    found = session.exec(query, execution_options={"populate_existing": True}).one_or_none()
    if found is None:
        raise NotFound(say("There is no such deliverable."))
    return found


def check_may(session: Session, row: Deliverable, act: Act, *, by: By, seen: int | None = None) -> Allowed:
    """Return the table's row for an act. Raises NotAllowed for the wrong side, Conflict from the wrong phase.

    `seen` is how many acts the person had seen when deciding on this one: Conflict, too, when there are more by now.
    """
    rule, phase = allowed(act), row.facts.phase
    side = rule.by(Party(row.party))
    if by.party is not None and by.party is not side:
        raise NotAllowed(say("Only the %(side)s can %(act)s here.", side=side_said(side), act=act_said(act)))
    if phase not in rule.start:
        stands = _stands(session, row, phase)
        raise Conflict(say("%(title)s, %(label)s, %(stands)s.", title=row.title, label=row.label, stands=stands))
    if seen is not None and seen != count_of(session, row.id or 0):
        raise Conflict(
            say(
                "%(title)s, %(label)s, changed since you opened the page: it %(stands)s. Look at it again, and then "
                "decide.",
                title=row.title,
                label=row.label,
                stands=_stands(session, row, phase),
            )
        )
    return rule


def same_form(session: Session, form_key: str | None, row: Deliverable, *acts: Act) -> LifecycleEntry | None:
    """Return the entry that this form made before, so that a repeated form makes one. Call it under the lock.

    Raises Conflict when the key belongs to something else.
    """
    if form_key is None:
        return None
    earlier = session.exec(select(LifecycleEntry).where(LifecycleEntry.form_key == form_key)).one_or_none()
    if earlier is not None and (earlier.deliverable_id != row.id or earlier.act not in acts):
        raise Conflict(_OTHER_USE)
    return earlier


def instant_of(session: Session, row: Deliverable, now: datetime) -> datetime:
    """Return when an act is recorded: at `now`, or with the act before it.

    Whoever waited for the lock took `now` before the change that held it.
    """
    query = select(LifecycleEntry.recorded_at).where(LifecycleEntry.deliverable_id == row.id)
    before = session.exec(query.order_by(col(LifecycleEntry.id).desc()).limit(1)).first()
    return now if before is None else max(now, before)


def enter(
    session: Session,
    row: Deliverable,
    rule: Allowed,
    *,
    by: By,
    now: datetime,
    form_key: str | None = None,
    happened_at: datetime | None = None,
    reason: str = "",
    submission_id: int | None = None,
    again_by: datetime | None = None,
    undoes: LifecycleEntry | None = None,
    detail: dict[str, object] | None = None,
) -> LifecycleEntry:
    """Record an act that was checked, work out what it leads to, and seal it in the audit log.

    Raises BadInput when the table asks for a reason and none is given, Conflict when the key came to be used for
    something else at the same moment.
    """
    reason = reason.strip()
    if rule.reason and not reason:
        raise BadInput(
            say(
                "Give a reason: whoever reads this later needs to know why somebody chose to %(act)s.",
                act=act_said(rule.act),
            )
        )
    start, limit = row.facts.phase, row.facts.limit
    before = entries_of(session, row.id or 0)
    now = max([now, *(entry.recorded_at for entry in before[-1:])])
    entry = LifecycleEntry(
        deliverable_id=row.id or 0,
        act=str(rule.act),
        start=str(start),
        to="",
        happened_at=happened_at or now,
        recorded_at=now,
        actor=by.actor,
        reason=reason,
        submission_id=submission_id,
        again_by=again_by,
        undoes_id=undoes.id if undoes else None,
        form_key=form_key,
    )
    facts = replayed([*before, entry], due_at=row.due_at)
    row.submitted_at, row.returned_at, row.accepted_at = facts.submitted_at, facts.returned_at, facts.accepted_at
    row.again_by, row.set_aside_at = facts.again_by, facts.set_aside_at
    row.set_aside = str(facts.set_aside) if facts.set_aside else ""
    # Whatever changed later than this is still looked up when a past day is shown.
    row.changed_at = max(row.changed_at, now)
    # A calendar shows what was set aside as cancelled (RFC 5545, 3.8.1.11), and a correction on its own day.
    row.sequence += rule.act in _ASIDE or rule.act is Act.ASK_AGAIN or row.facts.limit != limit
    entry.to = str(row.facts.phase)
    add_keyed(session, entry)
    said = {"from": entry.start, "to": entry.to} | ({"reason": reason} if reason else {}) | (detail or {})
    record(
        session,
        rule.records,
        actor=by.actor,
        now=now,
        contract_id=row.contract_id,
        deliverable_id=row.id,
        detail=said,
    )
    mark_changed(session, row.contract_id)
    return entry


def add_keyed(session: Session, made: LifecycleEntry | Submission) -> None:
    """Add what carries a form's key. Raises Conflict when the key was used elsewhere at the same moment."""
    session.add(made)
    try:
        session.flush()
    except IntegrityError as error:
        raise Conflict(_OTHER_USE) from error


def count_of(session: Session, deliverable_id: int) -> int:
    """Return how many acts were recorded for a deliverable."""
    query = select(func.count()).select_from(LifecycleEntry).where(LifecycleEntry.deliverable_id == deliverable_id)
    return session.exec(query).one()


def entries_of(session: Session, deliverable_id: int) -> list[LifecycleEntry]:
    """Return what was done with a deliverable, in the order in which it was recorded."""
    query = select(LifecycleEntry).where(LifecycleEntry.deliverable_id == deliverable_id)
    return list(session.exec(query.order_by(col(LifecycleEntry.id))))


def in_effect(entries: Iterable[LifecycleEntry]) -> list[LifecycleEntry]:
    """Return the entries that were not undone, without the undoing ones."""
    everything = list(entries)
    undone = {entry.undoes_id for entry in everything if entry.undoes_id is not None}
    return [entry for entry in everything if entry.undoes_id is None and (entry.id is None or entry.id not in undone)]


def replayed(entries: Iterable[LifecycleEntry], *, due_at: datetime) -> Facts:
    """Return the facts that entries come to, for a deliverable that is due at `due_at`."""
    facts = Facts(due_at)
    for entry in in_effect(entries):
        match Act(entry.act):
            case Act.SUBMIT | Act.REPORT_NOTHING:
                facts = replace(facts, submitted_at=entry.happened_at, returned_at=None)
            case Act.ACCEPT:
                facts = replace(facts, accepted_at=entry.happened_at)
            case Act.RETURN:
                facts = replace(facts, returned_at=entry.happened_at, again_by=entry.again_by)
            case aside if aside in _ASIDE:
                facts = replace(facts, set_aside=_ASIDE[aside], set_aside_at=entry.happened_at)
    return facts


def latest(session: Session, row: Deliverable, *acts: Act) -> LifecycleEntry:
    """Return the newest entry in effect of one of these acts. Raises Conflict when there is none."""
    for entry in reversed(in_effect(entries_of(session, row.id or 0))):
        if entry.act in acts:
            return entry
    nothing = say("Nothing of that kind was recorded for %(title)s, %(label)s.", title=row.title, label=row.label)
    raise Conflict(nothing)


def _stands(session: Session, row: Deliverable, phase: Phase) -> str:
    # Two people act at once: the one who comes second is told what the first one did.
    entries = entries_of(session, row.id or 0)
    if phase is Phase.WITHDRAWN:
        return say("is no longer asked for")
    if not entries:
        return say("has not come in yet")
    last = entries[-1]
    return say(
        "is now “%(phase)s” (%(what)s, by %(actor)s, %(instant)s)",
        phase=phase_said(phase),
        what=recorded_said(Act(last.act)),
        actor=last.actor,
        instant=words.instant(last.recorded_at, row.zone),
    )
