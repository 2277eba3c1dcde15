"""Where does a deliverable stand, why is it due then, and what can be done about it?"""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from sqlmodel import Session
from starlette.responses import Response

from duecourse.calendar.ladders import terms_from
from duecourse.calendar.lifecycle import Act
from duecourse.calendar.standing import Standing
from duecourse.calendar.words import ZONES
from duecourse.errors import Conflict, DuecourseError, NotFound
from duecourse.language.said import say
from duecourse.models import AuditEntry
from duecourse.models.database import reading
from duecourse.tracking.action_plans.plan_links import plan_of
from duecourse.tracking.boards import Item, audit_of, history, item
from duecourse.tracking.proof.receipts import receipts_of
from duecourse.tracking.seeing import unseen_by
from duecourse.tracking.telling import told
from duecourse.web.act_panel import act_panel
from duecourse.web.extension_panel import extension_panel
from duecourse.web.forms import Posted
from duecourse.web.mail_panel import mail_panel
from duecourse.web.packet_panel import packet_for
from duecourse.web.render import page
from duecourse.web.site import Site, TheSite
from duecourse.web.told import notices_of
from duecourse.web.visitor import SignedIn, Visitor

_UID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

_DONE = {
    "submitted": say("Recorded. The receipt is below, under What came in."),
    "part": say("Recorded. The part is below, under Parts from the programs."),
    "mailed": say("It is on its way, and counts as submitted. What the mail server answers is shown below."),
    "mailed_again": say("It is tried again. What the mail server answers is shown below."),
    "seen": say("Recorded: you have seen the reminders."),
    "moved": say("The date was moved, and the people whom it concerns are told."),
    "accept": say("Recorded as accepted."),
    "return": say("Returned with your comment."),
    "waive": say("Waived. Nobody is reminded of it any more."),
    "mark_not_applicable": say("Marked as not applicable. Nobody is reminded of it any more."),
    "cancel": say("Cancelled. Nobody is reminded of it any more."),
    "undo_submission": say("The submission is taken back. It stays in the history."),
    "undo_acceptance": say("The acceptance is taken back: it waits for a decision again."),
    "undo_return": say("The return is taken back: it waits for a decision again."),
    "ask_again": say("It is asked for again."),
    "extension_asked": say("Your request is recorded. Until it is granted, the date stands."),
    "extension_grant": say("More time is granted, and the people whom it concerns are told."),
    "extension_refuse": say("The request is refused, with your comment. The date stands."),
    "extension_recorded": say("The extension is entered, and the people whom it concerns are told."),
    "extension_back": say("It is taken back. It stays in the record of changes."),
}

_ACTED = {"submitted", *(act.name.lower() for act in Act)}

router = APIRouter()


@router.get("/deliverables/{uid}")
def deliverable(request: Request, site: TheSite, visitor: SignedIn, uid: str, done: str = "") -> Response:
    """Show a deliverable with its date's reasons, its history, and the forms that its standing allows."""
    return deliverable_page(request, site, visitor, uid, done=done)


def deliverable_page(
    request: Request,
    site: Site,
    visitor: Visitor,
    uid: str,
    *,
    form: Posted | None = None,
    moving: Posted | None = None,
    mail_form: Posted | None = None,
    extending: Posted | None = None,
    problem: str | DuecourseError = "",
    done: str = "",
) -> Response:
    """Return the page; with a `problem`, the form that was sent is filled in as it was.

    After a Conflict the form gets a new key: what it asks for then is a new decision, on what happened meanwhile.
    `moving` is the form that moves the date, `mail_form` that which mails the report, `extending` one about
    more time, `form` any of the others.
    """
    now = visitor.now
    with reading(site.engine) as session:
        found = find(session, visitor, uid)
        assert found.deliverable.id is not None
        versions = history(session, found.deliverable.id, now=now)
        receipts = receipts_of(session, [version.submission.id for version in versions])
        entries = _entries(session, found.deliverable.id, now)
        notices = notices_of(session, found.deliverable.id, now=now)
        mailing = mail_panel(session, visitor, found, versions)
        acts = act_panel(session, visitor, found, versions, form=form)
        packet = packet_for(session, visitor, found)
        plan_link = plan_of(session, found.deliverable)
        more_time = extension_panel(session, visitor, found, form=extending)
        sayings = [saying for saying in told(session, found.deliverable) if saying.until and saying.since <= now]
    contract_id, zone = found.contract.id, found.deliverable.zone
    return page(
        request,
        "deliverable.html",
        visitor=visitor,
        status=problem.http_status if isinstance(problem, DuecourseError) else 422 if problem else 200,
        item=found,
        late_by=found.days_late(now) if found.standing is Standing.OVERDUE else 0,
        is_today=found.is_due_today(now),
        versions=versions,
        receipts=receipts,
        entries=entries,
        notices=notices,
        unseen=unseen_by(notices, visitor.person_id),
        ladder=terms_from(found.contract.notice_terms).of(found.deliverable.obligation_id).said(),
        mailing=mailing,
        sayings=sayings[::-1],
        packet=packet,
        plan_link=plan_link,
        acts=acts,
        more_time=more_time,
        acted=done in _ACTED,
        may_move=found.standing.is_open and contract_id in visitor.sets_up_in,
        zone_name=ZONES[zone][0],
        local_now=now.astimezone(ZoneInfo(zone)),
        form=form,
        moving=moving,
        mail_form=mail_form,
        problem=str(problem),
        conflict=isinstance(problem, Conflict),
        done=_DONE.get(done, ""),
    )


def find(session: Session, visitor: Visitor, uid: str) -> Item:
    """Return the deliverable with this uid. Raises as `Visitor.check_sees` does for its contract."""
    if not _UID.fullmatch(uid):
        raise NotFound(say("There is no such deliverable."))
    found = item(session, uid, now=visitor.now, contract_ids=visitor.contract_ids)
    visitor.check_sees(found.contract.id)
    return found


def _entries(session: Session, deliverable_id: int, now: datetime) -> list[AuditEntry]:
    return [entry for entry in audit_of(session, deliverable_id) if entry.at <= now]
