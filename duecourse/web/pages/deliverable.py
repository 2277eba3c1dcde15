"""Where does a deliverable stand, why is it due then, and what can be done about it?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from sqlmodel import Session
from starlette.responses import Response

from duecourse.calendar.standing import Standing
from duecourse.calendar.words import ZONES
from duecourse.errors import NotFound
from duecourse.models import AuditEntry, Decision, Submission
from duecourse.models.database import reading
from duecourse.tracking.boards import Item, audit_of, history, item
from duecourse.tracking.telling import told
from duecourse.web.forms import Posted
from duecourse.web.render import page
from duecourse.web.site import Site, TheSite
from duecourse.web.told import notices_of
from duecourse.web.visitor import SignedIn, Visitor

_UID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DECIDABLE = (Standing.SUBMITTED, Standing.SUBMITTED_LATE)

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Version:
    """One version that came in, with the decision on it by the instant that is shown."""

    submission: Submission
    decision: Decision | None
    is_late: bool


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
    problem: str = "",
    done: str = "",
) -> Response:
    """Return the page; with a `problem`, the form that was sent is filled in as it was.

    `moving` is the form that moves the date, `form` any of the others.
    """
    now = visitor.now
    with reading(site.engine) as session:
        found = find(session, visitor, uid)
        assert found.deliverable.id is not None
        versions = _versions(session, found.deliverable.id, now)
        entries = _entries(session, found.deliverable.id, now)
        notices = notices_of(session, found.deliverable.id, now=now)
        sayings = [saying for saying in told(session, found.deliverable) if saying.until and saying.since <= now]
    contract_id, zone = found.contract.id, found.deliverable.zone
    return page(
        request,
        "deliverable.html",
        visitor=visitor,
        status=422 if problem else 200,
        item=found,
        late_by=found.days_late(now) if found.standing is Standing.OVERDUE else 0,
        versions=versions,
        entries=entries,
        notices=notices,
        sayings=sayings[::-1],
        may_submit=found.standing.is_open and contract_id in visitor.contractor_in,
        may_decide=found.standing in _DECIDABLE and contract_id in visitor.liaison_for,
        may_move=found.standing.is_open and contract_id in visitor.liaison_for,
        zone_name=ZONES[zone][0],
        local_now=now.astimezone(ZoneInfo(zone)),
        form=form,
        moving=moving,
        problem=problem,
        done=done if done in ("submitted", "accepted", "returned", "moved") else "",
    )


def find(session: Session, visitor: Visitor, uid: str) -> Item:
    """Return the deliverable with this uid. Raises NotFound unless the person has a part in its contract."""
    if not _UID.fullmatch(uid):
        raise NotFound("There is no such deliverable.")
    return item(session, uid, now=visitor.now, contract_ids=visitor.contract_ids)


def _versions(session: Session, deliverable_id: int, now: datetime) -> list[Version]:
    return [
        Version(
            submission,
            decision if decision is not None and decision.decided_at <= now else None,
            submission.submitted_at >= submission.due_at,
        )
        for submission, decision in history(session, deliverable_id)
        if submission.submitted_at <= now
    ]


def _entries(session: Session, deliverable_id: int, now: datetime) -> list[AuditEntry]:
    return [entry for entry in audit_of(session, deliverable_id) if entry.at <= now]
