"""On which days were offices closed by announcement, and what would another such day change?"""

from __future__ import annotations

from fastapi import APIRouter, Request
from sqlmodel import Session, col, select
from starlette.responses import RedirectResponse, Response

from duecourse.calendar import words
from duecourse.calendar.state_days import Closure, offices
from duecourse.errors import BadInput, Conflict, NotAllowed
from duecourse.language.said import say
from duecourse.models import AnnouncedClosure, ContractRow
from duecourse.models.database import reading, writing
from duecourse.tracking.comparing import ChangeKind
from duecourse.tracking.conditions import today_in
from duecourse.tracking.deciding_dates import announce_closure
from duecourse.tracking.in_force import as_closure
from duecourse.tracking.rehearsing import Rehearsal
from duecourse.tracking.stored_definitions import contract_of
from duecourse.web.forms import Form, Posted
from duecourse.web.rehearsal import STALE, hold, parts, rehearsal_page, seal_of, tell
from duecourse.web.render import page
from duecourse.web.site import Site, TheSite
from duecourse.web.visitor import SignedIn, Visitor

_FIELDS = ("calendar", "day", "name", "source", "closes_at")

router = APIRouter()


@router.get("/closures")
def closures(request: Request, site: TheSite, visitor: SignedIn, done: str = "") -> Response:
    """List the closures that were announced for the offices of a liaison's contracts, with the form for another."""
    check_announces(visitor)
    return _list(request, site, visitor, done=done == "announced")


@router.post("/closures")
def announce(request: Request, site: TheSite, visitor: SignedIn, form: Form) -> Response:
    """Show what a closure would change over all contracts; with the seal of that, announce it and tell the people."""
    check_announces(visitor)
    try:
        closure = Closure(form.day("day"), form.line("name"), form.line("source"), form.time_of_day("closes_at"))
        calendar = form.line("calendar")
        with reading(site.engine) as session:
            if calendar not in calendars_of(session, visitor):
                raise BadInput(say("Choose one of the calendars of your contracts."))
        if not form.line("seal"):
            return _show(request, site, visitor, calendar, closure, form)
        is_made = _confirm(site, visitor, calendar, closure, form.line("seal"))
    except BadInput as problem:
        return _list(request, site, visitor, form=form, problem=str(problem))
    if not is_made:
        return _show(request, site, visitor, calendar, closure, form, problem=STALE)
    return RedirectResponse("/closures?done=announced", 303)


def check_announces(visitor: Visitor) -> None:
    """Raise NotAllowed unless the person may announce a closure."""
    if not visitor.sets_up_in:
        raise NotAllowed(say("Only a liaison or an admin can announce that offices are closed."))


def _confirm(site: Site, visitor: Visitor, calendar: str, closure: Closure, seal: str) -> bool:
    with writing(site.engine) as session:
        hold(session)
        if _is_announced(session, visitor, calendar, closure):
            return True
        if seal_of(_made(session, visitor, calendar, closure, dry_run=True)) != seal:
            return False
        made = _made(session, visitor, calendar, closure, dry_run=False)
        tell(session, site, made, cause=f"{closure.name} ({closure.source})", now=visitor.now)
    site.wake()
    return True


def _made(session: Session, visitor: Visitor, calendar: str, closure: Closure, *, dry_run: bool) -> list[Rehearsal]:
    return announce_closure(session, calendar, closure, now=visitor.now, actor=visitor.email, dry_run=dry_run)


def _is_announced(session: Session, visitor: Visitor, calendar: str, closure: Closure) -> bool:
    """Whether this person announced exactly this: the same form may have come twice."""
    query = select(AnnouncedClosure).where(AnnouncedClosure.calendar == calendar, AnnouncedClosure.on == closure.on)
    return any(as_closure(row) == closure and row.announced_by == visitor.email for row in session.exec(query))


def _show(
    request: Request,
    site: Site,
    visitor: Visitor,
    calendar: str,
    closure: Closure,
    form: Posted,
    *,
    problem: str = "",
) -> Response:
    with reading(site.engine) as session:
        try:
            rehearsals = _made(session, visitor, calendar, closure, dry_run=True)
        except Conflict as known:
            return _list(request, site, visitor, form=form, problem=str(known), status=409)
        shown = parts(session, rehearsals, contract_ids=visitor.contract_ids)
    elsewhere = [each for each in rehearsals if each.contract_id not in visitor.parts and _moves(each)]
    return rehearsal_page(
        request,
        visitor,
        parts=shown,
        seal=seal_of(rehearsals),
        title=say(
            "%(name)s: %(offices)s closed on %(day)s?",
            name=closure.name,
            offices=offices(calendar),
            day=words.day(closure.on),
        ),
        back=("/closures", say("Closures")),
        action="/closures",
        button=say("Announce the closure"),
        carried={name: form.line(name) for name in _FIELDS},
        problem=problem,
        status=409 if problem else 200,
        elsewhere=len(elsewhere),
        # A closure is kept for the dates of contracts to come, even when it moves none of today's.
        always=True,
    )


def _moves(rehearsal: Rehearsal) -> bool:
    return any(change.kind is not ChangeKind.REWORDED for change in rehearsal.changes)


def calendars_of(session: Session, visitor: Visitor) -> list[str]:
    """Return the calendars of the contracts that a person sets up."""
    rows = session.exec(select(ContractRow).where(col(ContractRow.id).in_(visitor.sets_up_in)))
    return sorted({calendar for row in rows for calendar in contract_of(row).calendar.split("+")})


def _list(
    request: Request,
    site: Site,
    visitor: Visitor,
    *,
    form: Posted | None = None,
    problem: str = "",
    status: int = 422,
    done: bool = False,
) -> Response:
    with reading(site.engine) as session:
        calendars = calendars_of(session, visitor)
        query = select(AnnouncedClosure).where(
            col(AnnouncedClosure.calendar).in_(calendars), col(AnnouncedClosure.announced_at) <= visitor.now
        )
        found = session.exec(query.order_by(col(AnnouncedClosure.calendar), col(AnnouncedClosure.on).desc())).all()
    return page(
        request,
        "closures.html",
        visitor=visitor,
        status=status if problem else 200,
        calendars=calendars,
        by_calendar=[(each, [row for row in found if row.calendar == each]) for each in calendars],
        today=today_in(visitor.zone, visitor.now),
        form=form,
        problem=problem,
        done=done,
    )
