"""What does a person see and enter about themselves: their parts, and the days on which they are away?"""

from __future__ import annotations

from fastapi import APIRouter, Request
from sqlmodel import col, select
from starlette.responses import RedirectResponse, Response

from duecourse.errors import BadInput, Conflict, NotFound
from duecourse.language.said import say
from duecourse.models import Absence, ContractRow, Person
from duecourse.models.database import reading, writing
from duecourse.tracking.conditions import today_in
from duecourse.tracking.staff.absences import absences_of, end_absence, record_absence
from duecourse.web.access_panel import access_panel
from duecourse.web.forms import Form, Posted
from duecourse.web.mails_panel import mails_panel
from duecourse.web.people_board import boards
from duecourse.web.render import page
from duecourse.web.site import RowId, Site, TheSite
from duecourse.web.visitor import SignedIn, Visitor

_DONE = {
    "absence": say("Your absence is recorded."),
    "ended": say("Your absence is changed."),
    "preferences": say("Your choices about mails are recorded."),
    "language": say("Your language is recorded: pages, mails and calendars follow it."),
    "passkey": say("The passkey is registered."),
    "no-passkey": say("The passkey is removed."),
    "sessions": say("Signed out there."),
    "recovered": say(
        "You came in with a recovery code. Register a new passkey here, and remove the one that you lost."
    ),
}

router = APIRouter()


@router.get("/me")
def me(request: Request, site: TheSite, visitor: SignedIn, done: str = "") -> Response:
    """Show the person's parts with their backups, and the absences to come, with the form for another."""
    return me_page(request, site, visitor, done=done)


@router.post("/me/absences")
def enter_my_absence(request: Request, site: TheSite, visitor: SignedIn, form: Form) -> Response:
    """Record the days on which the person is away."""
    try:
        with writing(site.engine) as session:
            record_absence(
                session,
                session.get_one(Person, visitor.person_id),
                starts_on=form.day("starts_on"),
                ends_on=form.day("ends_on"),
                note=form.line("note"),
                now=visitor.now,
                actor=visitor.email,
            )
    except (BadInput, Conflict) as problem:
        return me_page(request, site, visitor, form=form, problem=str(problem))
    return RedirectResponse("/me?done=absence", 303)


@router.post("/me/absences/{absence_id}/end")
def end_my_absence(request: Request, site: TheSite, visitor: SignedIn, absence_id: RowId, form: Form) -> Response:
    """Let one of the person's absences end on an earlier day, or cancel it when no day is given."""
    try:
        with writing(site.engine) as session:
            absence = session.get(Absence, absence_id)
            if absence is None or absence.person_id != visitor.person_id:
                raise NotFound(say("There is no such absence."))
            last_day = form.day("last_day") if form.line("last_day") else None
            end_absence(session, absence_id, last_day=last_day, now=visitor.now, actor=visitor.email)
    except (BadInput, Conflict) as problem:
        return me_page(request, site, visitor, form=form, problem=str(problem))
    return RedirectResponse("/me?done=ended", 303)


def me_page(
    request: Request,
    site: Site,
    visitor: Visitor,
    *,
    form: Posted | None = None,
    chosen: Posted | None = None,
    problem: str = "",
    mail_problem: str = "",
    done: str = "",
) -> Response:
    """Return the page; with a problem, the form that was sent (`form` or `chosen`) is filled in as it was."""
    with reading(site.engine) as session:
        mine = select(ContractRow).where(col(ContractRow.id).in_(visitor.contract_ids))
        contracts = list(session.exec(mine.order_by(col(ContractRow.end_on).desc(), col(ContractRow.id))))
        parts = [
            (contract, line)
            for contract, board in zip(contracts, boards(session, visitor, contracts, now=visitor.now), strict=True)
            for line in board.lines
            if line.person.id == visitor.person_id
        ]
        today = today_in(contracts[0].zone if contracts else visitor.zone, visitor.now)
        mails = mails_panel(session, visitor.person_id)
        # What each of the person's parts is shown with holds the absences to come already.
        absences = (
            list(parts[0][1].absences)
            if parts
            else absences_of(session, [visitor.person_id], since=today).get(visitor.person_id, [])
        )
        access = access_panel(session, site, visitor, now=site.clock.now())
    return page(
        request,
        "me.html",
        visitor=visitor,
        status=422 if problem or mail_problem else 200,
        mails=mails,
        chosen=chosen,
        mail_problem=mail_problem,
        parts=parts,
        absences=absences,
        today=today,
        form=form,
        problem=problem,
        daily_stopped=mails.stopped,
        access=access,
        done=_DONE.get(done, ""),
    )
