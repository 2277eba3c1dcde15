"""For whom does the token act, with which parts, and what is this person's own?"""

from __future__ import annotations

from datetime import date

from pydantic import Field
from sqlmodel import Session
from starlette.responses import Response

from duecourse.calendar.roles import RoleName
from duecourse.errors import NotFound
from duecourse.models import Absence, Person
from duecourse.models.database import reading
from duecourse.tracking.api_tokens import Scope
from duecourse.tracking.conditions import today_in
from duecourse.tracking.staff.absences import absences_of, end_absence, record_absence
from duecourse.web.api.caller import Calling
from duecourse.web.api.fields import Day, Line, Number, Sent, Shown
from duecourse.web.api.routing import api_router, for_scope
from duecourse.web.render import SHOWN_IN

router = api_router(tags=["me"])
_READ, _PERSONAL = for_scope(Scope.READ), for_scope(Scope.PERSONAL)


class Part(Shown):
    """The parts that the person has in one contract."""

    contract_id: str
    roles: list[RoleName]


class Program(Shown):
    """A subcontractor's program for which the person works."""

    contract_id: str
    program: str


class Me(Shown):
    """The person for whom the token acts, and what the token is for."""

    name: str
    email: str
    parts: list[Part]
    programs: list[Program]
    token: str = Field(description="The token’s name.")
    scopes: list[Scope]


class AbsenceShown(Shown):
    """Days on which a person is away, both ends included."""

    id: int
    starts_on: date
    ends_on: date
    note: str


class Absences(Shown):
    """The absences that run or are to come."""

    items: list[AbsenceShown]


class AbsenceSent(Sent):
    """The days on which a person is away, both ends included."""

    starts_on: Day
    ends_on: Day
    note: Line = ""


class EndSent(Sent):
    """On which day an absence ends; without a day it is cancelled."""

    last_day: Day | None = None


@router.get("/me", openapi_extra=for_scope(*Scope), response_model=Me)
def read_me(caller: Calling) -> Response:
    """Return for whom the token acts; any token may."""
    visitor = caller.visitor
    parts = [
        Part(contract_id=contract_id, roles=[role for role in RoleName if role in roles])
        for contract_id, roles in visitor.parts.items()
    ]
    programs = [Program(contract_id=each, program=program) for each, program in sorted(visitor.programs)]
    scopes = [scope for scope in Scope if scope in caller.scopes]
    shown = Me(
        name=visitor.name, email=visitor.email, parts=parts, programs=programs, token=caller.token_name, scopes=scopes
    )
    return caller.answer(shown)


@router.get("/me/absences", openapi_extra=_READ, response_model=Absences)
def list_my_absences(caller: Calling) -> Response:
    """List the person's absences that run or are to come."""
    visitor = caller.visitor
    with reading(caller.site.engine) as session:
        since = today_in(SHOWN_IN, visitor.now)
        found = absences_of(session, [visitor.person_id], since=since).get(visitor.person_id, [])
        return caller.answer(Absences(items=[AbsenceShown.model_validate(each) for each in found]))


@router.post("/me/absences", openapi_extra=_PERSONAL, response_model=AbsenceShown, status_code=201)
def add_my_absence(caller: Calling, sent: AbsenceSent) -> Response:
    """Record the days on which the person is away."""

    def act(session: Session) -> AbsenceShown:
        person = session.get_one(Person, caller.visitor.person_id)
        made = record_absence(
            session,
            person,
            starts_on=sent.starts_on,
            ends_on=sent.ends_on,
            note=sent.note,
            now=caller.visitor.now,
            actor=caller.visitor.email,
        )
        return AbsenceShown.model_validate(made)

    return caller.change(sent, act, status=201)


@router.post("/me/absences/{absence_id}/end", openapi_extra=_PERSONAL, response_model=AbsenceShown)
def end_my_absence(caller: Calling, absence_id: Number, sent: EndSent) -> Response:
    """Let an absence of the person end on an earlier day, or cancel it."""

    def act(session: Session) -> AbsenceShown:
        absence = session.get(Absence, absence_id)
        if absence is None or absence.person_id != caller.visitor.person_id:
            raise NotFound("There is no such absence.")
        end_absence(session, absence_id, last_day=sent.last_day, now=caller.visitor.now, actor=caller.visitor.email)
        return AbsenceShown.model_validate(absence)

    return caller.change(sent, act)
