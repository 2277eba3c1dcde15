"""Who are the people of a contract, and how is one added, replaced for a while, or followed by somebody else?"""

from __future__ import annotations

from fastapi import APIRouter, Request
from sqlmodel import Session
from starlette.responses import RedirectResponse, Response

from duecourse.calendar.roles import RoleName
from duecourse.errors import BadInput, Conflict, NotAllowed, NotFound
from duecourse.language.said import say
from duecourse.models import Absence, ContractRow, Person
from duecourse.models.database import reading, writing
from duecourse.notifications.messages import sender_of
from duecourse.notifications.people_notices import owe_handover_notices
from duecourse.tracking.staff.absences import end_absence, record_absence, set_backup
from duecourse.tracking.staff.handing_over import hand_over
from duecourse.tracking.staff.people import add_person, give_role, person_by_email, roles_of
from duecourse.tracking.staff.reaching import unreached
from duecourse.web.forms import Form, Posted
from duecourse.web.people_board import board, check_manages, check_manages_person, manages
from duecourse.web.render import page
from duecourse.web.site import RowId, Site, TheSite
from duecourse.web.visitor import SignedIn, Visitor

_DONE = {
    "added": say("The part is given. A person signs in with a link that is mailed on asking for it."),
    "backup": say("Recorded. Reminders go to the backup while the person is away."),
    "absence": say("The absence is recorded."),
    "ended": say("The absence is changed."),
    "handed": say("Handed over. The successor is told by one mail what goes over."),
    "gone": say("Handed over. The person cannot come in any more; what was submitted and decided keeps the name."),
    "reset": say("The passkeys are reset, and the person is signed out everywhere and told by mail."),
}

router = APIRouter()


@router.get("/contracts/{contract_id}/people")
def people(request: Request, site: TheSite, visitor: SignedIn, contract_id: str, done: str = "") -> Response:
    """Show the people of a contract by part, their backups and absences, with the forms that the visitor may send."""
    return _page(request, site, visitor, contract_id, done=done)


@router.post("/contracts/{contract_id}/people")
def add(request: Request, site: TheSite, visitor: SignedIn, contract_id: str, form: Form) -> Response:
    """Give a person a part; a person who is not known yet is added."""
    visitor.check_sees(contract_id)
    try:
        role = _role(form)
        check_manages(visitor, contract_id, role)
        name, email = form.line("new_name", at_most=100), form.line("new_email")
        if email.strip().lower() == visitor.email:
            raise NotAllowed(say("Nobody gives themselves a part. Ask another liaison or admin of the contract."))
        if not name:
            raise BadInput(say("Write the person’s name."))
        with writing(site.engine) as session:
            person = add_person(session, name=name, email=email, now=visitor.now, actor=visitor.email)
            give_role(session, person, contract_id, role, now=visitor.now, actor=visitor.email)
    except (BadInput, Conflict) as problem:
        return _page(request, site, visitor, contract_id, form=form, problem=("add", str(problem)))
    return _back(contract_id, "added")


@router.post("/contracts/{contract_id}/people/backup")
def name_backup(request: Request, site: TheSite, visitor: SignedIn, contract_id: str, form: Form) -> Response:
    """Name the backup of one part, or none."""
    visitor.check_sees(contract_id)
    try:
        role = _role(form)
        check_manages(visitor, contract_id, role)
        with writing(site.engine) as session:
            person = person_in(session, contract_id, form.line("person"))
            backup = person_in(session, contract_id, form.line("backup")) if form.line("backup") else None
            set_backup(session, contract_id, person, role, backup=backup, now=visitor.now, actor=visitor.email)
    except (BadInput, Conflict) as problem:
        return _page(request, site, visitor, contract_id, form=form, problem=("backup", str(problem)))
    return _back(contract_id, "backup")


@router.post("/contracts/{contract_id}/people/absences")
def enter_absence(request: Request, site: TheSite, visitor: SignedIn, contract_id: str, form: Form) -> Response:
    """Record the days on which somebody is away; everybody may do so for themselves."""
    visitor.check_sees(contract_id)
    try:
        with writing(site.engine) as session:
            person = person_in(session, contract_id, form.line("person"))
            if person.id != visitor.person_id:
                check_manages_person(session, visitor, contract_id, person)
            record_absence(
                session,
                person,
                starts_on=form.day("starts_on"),
                ends_on=form.day("ends_on"),
                note=form.line("note"),
                now=visitor.now,
                actor=visitor.email,
            )
    except (BadInput, Conflict) as problem:
        return _page(request, site, visitor, contract_id, form=form, problem=("absence", str(problem)))
    return _back(contract_id, "absence")


@router.post("/contracts/{contract_id}/people/absences/{absence_id}/end")
def shorten_absence(
    request: Request, site: TheSite, visitor: SignedIn, contract_id: str, absence_id: RowId, form: Form
) -> Response:
    """Let an absence end on an earlier day, or cancel it when no day is given."""
    visitor.check_sees(contract_id)
    try:
        with writing(site.engine) as session:
            absence = session.get(Absence, absence_id)
            person = session.get(Person, absence.person_id) if absence is not None else None
            if person is None:
                raise NotFound(say("There is no such absence."))
            if person.id != visitor.person_id:
                check_manages_person(session, visitor, contract_id, person)
            last_day = form.day("last_day") if form.line("last_day") else None
            end_absence(session, absence_id, last_day=last_day, now=visitor.now, actor=visitor.email)
    except (BadInput, Conflict) as problem:
        return _page(request, site, visitor, contract_id, form=form, problem=("ended", str(problem)))
    return _back(contract_id, "ended")


@router.post("/contracts/{contract_id}/people/hand-over")
def hand_parts_over(request: Request, site: TheSite, visitor: SignedIn, contract_id: str, form: Form) -> Response:
    """Move a person's parts to a successor: in this contract, or in all; who leaves altogether cannot come in again."""
    visitor.check_sees(contract_id)
    leaves = form.line("scope") == "leave"
    everywhere = leaves or form.line("scope") == "all"
    try:
        with writing(site.engine) as session:
            person = person_in(session, contract_id, form.line("person"))
            check_manages_person(session, visitor, contract_id, person)
            if everywhere:
                check_manages_person(session, visitor, None, person)
            successor = person_in(session, contract_id, form.line("successor")) if form.line("successor") else None
            if successor is not None and successor.id == visitor.person_id and contract_id not in visitor.sets_up_in:
                raise NotAllowed(
                    say("Nobody takes parts over by themselves. Ask a liaison or an admin of the contract.")
                )
            handed = hand_over(
                session,
                person,
                successor,
                contract_ids=None if everywhere else [contract_id],
                on=form.day("since"),
                reason=form.line("reason"),
                leave=leaves,
                now=visitor.now,
                actor=visitor.email,
            )
            sender = sender_of(site.settings)
            owe_handover_notices(session, handed, now=visitor.now, base_url=site.settings.address, sender=sender)
            is_own = person.id == visitor.person_id
    except (BadInput, Conflict) as problem:
        return _page(request, site, visitor, contract_id, form=form, problem=("hand-over", str(problem)))
    site.wake()
    if is_own:
        # Whoever has just handed everything over cannot open the contract any more.
        return RedirectResponse("/", 303)
    return _back(contract_id, "gone" if leaves else "handed")


def _role(form: Posted) -> RoleName:
    said = form.line("role")
    if said not in list(RoleName):
        raise BadInput(say("Choose one of the parts."))
    return RoleName(said)


def person_in(session: Session, contract_id: str, email: str) -> Person:
    """Return the person with an address. Raises BadInput for an address of nobody with a part in the contract.

    Whether an address is known elsewhere is nobody's business here.
    """
    found = person_by_email(session, email)
    if found is None or found.id is None or contract_id not in roles_of(session, found.id):
        raise BadInput(
            say("Nobody with a part in this contract has the address “%(email)s”. Add the person first.", email=email)
        )
    return found


def _back(contract_id: str, done: str) -> Response:
    return RedirectResponse(f"/contracts/{contract_id}/people?done={done}", 303)


def _page(
    request: Request,
    site: Site,
    visitor: Visitor,
    contract_id: str,
    *,
    form: Posted | None = None,
    problem: tuple[str, str] = ("", ""),
    done: str = "",
) -> Response:
    visitor.check_reads(contract_id)
    with reading(site.engine) as session:
        contract = session.get(ContractRow, contract_id)
        if contract is None:
            raise NotFound(say("There is no such contract."))
        shown = board(session, visitor, contract, now=visitor.now)
        without = unreached(session, now=visitor.now, contract_ids=[contract_id])
    where, says = problem
    return page(
        request,
        "people.html",
        visitor=visitor,
        status=422 if says else 200,
        contract=contract,
        board=shown,
        unreached=without,
        givable=[role for role in RoleName if manages(visitor, contract_id, role)],
        resets=RoleName.ADMIN in visitor.parts[contract_id],
        form=form,
        where=where,
        problem=says,
        done=_DONE.get(done, ""),
    )
