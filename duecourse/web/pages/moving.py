"""How does a liaison move one date, after seeing what that changes?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time

from fastapi import APIRouter, Request
from sqlmodel import Session, col, select
from starlette.responses import RedirectResponse, Response

from duecourse.calendar.lifecycle_words import standing_said
from duecourse.errors import BadInput, Conflict
from duecourse.language.said import say
from duecourse.models import Deliverable, Ruling, RulingKind
from duecourse.models.database import reading, writing
from duecourse.tracking.deciding_dates import move_date
from duecourse.tracking.rehearsing import Rehearsal
from duecourse.web.forms import Form, Posted
from duecourse.web.pages.deliverable import deliverable_page, find
from duecourse.web.rehearsal import STALE, hold, parts, rehearsal_page, seal_of, tell
from duecourse.web.site import Site, TheSite
from duecourse.web.visitor import SignedIn, Visitor

router = APIRouter()


@dataclass(frozen=True, slots=True)
class _Wish:
    """The date that a liaison gave for a deliverable, and what it rests on."""

    deliverable: Deliverable
    on: date
    cut_off: time | None
    source: str

    def make(self, session: Session, visitor: Visitor, *, dry_run: bool) -> Rehearsal:
        return move_date(
            session,
            self.deliverable.uid,
            on=self.on,
            cut_off=self.cut_off,
            source=self.source,
            now=visitor.now,
            actor=visitor.email,
            dry_run=dry_run,
        )

    def is_made(self, session: Session, visitor: Visitor) -> bool:
        """Whether exactly this is what this person decided last on the deliverable."""
        row = self.deliverable
        query = (
            select(Ruling)
            .where(Ruling.contract_id == row.contract_id, Ruling.obligation_id == row.obligation_id)
            .where(Ruling.occurrence == row.occurrence, col(Ruling.lifted_at).is_(None))
            .order_by(col(Ruling.id).desc())
        )
        last = session.exec(query).first()
        return last is not None and (last.kind, last.on, last.cut_off, last.source, last.decided_by) == (
            RulingKind.MOVED,
            self.on,
            f"{self.cut_off:%H:%M}" if self.cut_off else "",
            self.source,
            visitor.email,
        )


@router.post("/deliverables/{uid}/move")
def move(request: Request, site: TheSite, visitor: SignedIn, uid: str, form: Form) -> Response:
    """Show what another date would change; with the seal of that, move the date and tell the people concerned."""
    with reading(site.engine) as session:
        found = find(session, visitor, uid)
    visitor.check_changes(found.contract.id)
    if not found.standing.is_open:
        raise Conflict(
            say("It is %(standing)s: its date stays as it was decided.", standing=standing_said(found.standing))
        )
    try:
        wish = _Wish(found.deliverable, form.day("on"), form.time_of_day("cut_off"), form.line("source"))
        if not form.line("seal"):
            return _show(request, site, visitor, wish, form)
        is_made = _confirm(site, visitor, wish, form.line("seal"))
    except BadInput as problem:
        return deliverable_page(request, site, visitor, uid, moving=form, problem=str(problem))
    if not is_made:
        return _show(request, site, visitor, wish, form, problem=STALE)
    return RedirectResponse(f"/deliverables/{uid}?done=moved", 303)


def _confirm(site: Site, visitor: Visitor, wish: _Wish, seal: str) -> bool:
    with writing(site.engine) as session:
        hold(session, [wish.deliverable.contract_id])
        if wish.is_made(session, visitor):
            return True
        if seal_of([wish.make(session, visitor, dry_run=True)]) != seal:
            return False
        made = wish.make(session, visitor, dry_run=False)
        tell(session, site, [made], cause=wish.source, now=visitor.now)
    site.wake()
    return True


def _show(request: Request, site: Site, visitor: Visitor, wish: _Wish, form: Posted, *, problem: str = "") -> Response:
    row = wish.deliverable
    with reading(site.engine) as session:
        rehearsal = wish.make(session, visitor, dry_run=True)
        shown = parts(session, [rehearsal], contract_ids=[row.contract_id])
    return rehearsal_page(
        request,
        visitor,
        parts=shown,
        seal=seal_of([rehearsal]),
        title=say("Move this date?"),
        back=(f"/deliverables/{row.uid}", f"{row.title}, {row.label}"),
        action=f"/deliverables/{row.uid}/move",
        button=say("Move the date"),
        carried={name: form.line(name) for name in ("on", "cut_off", "source")},
        problem=problem,
        status=409 if problem else 200,
    )
