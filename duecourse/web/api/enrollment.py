"""How many families are enrolled month by month, what follows from it, and how are figures entered?"""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field, StringConstraints
from sqlmodel import Session
from starlette.responses import Response

from duecourse.calendar.enrollment import Measure
from duecourse.calendar.slots import HomeVisitorFacts
from duecourse.errors import NotFound
from duecourse.models import ContractRow
from duecourse.models.database import reading
from duecourse.tracking.api_tokens import Scope
from duecourse.tracking.caseload.enrollment import Given, enter_figures
from duecourse.tracking.caseload.enrollment_board import Enrolled, enrolled
from duecourse.tracking.caseload.home_visitors import enter_home_visitor, fte_of
from duecourse.web.api.caller import Caller, Calling
from duecourse.web.api.fields import ContractId, Count, Day, Line, Name, Sent, Shown
from duecourse.web.api.routing import TAKES_VERSION, api_router, for_scope
from duecourse.web.pages.enrollment import acting_contractor

router = api_router(tags=["enrollment"])
_SUBMIT = for_scope(Scope.SUBMIT)
_MONTH = r"^20[0-9]{2}-(0[1-9]|1[0-2])$"


class FigureSent(Sent):
    """The figures of a month for one program and source; null for what the contract does not count."""

    program: Line = ""
    source: Line = ""
    served: Count | None = None
    active: Count | None = None


class FiguresSent(Sent):
    """The figures of one month."""

    month: Annotated[str, StringConstraints(pattern=_MONTH)]
    figures: list[FigureSent] = Field(min_length=1, max_length=100)


class FigureShown(Shown):
    """The figures that hold for one program and source."""

    program: str
    source: str
    served: int | None
    active: int | None


class MonthShown(Shown):
    """One month of services; sums are null while a figure is missing."""

    month: date = Field(description="Its first day.")
    served: int | None
    active: int | None
    is_low: bool | None = Field(description="Whether it asks for the part on improvement.")
    figures: list[FigureShown]


class QuarterShown(Shown):
    """One test of one quarter."""

    test: str
    title: str
    fiscal_year: int
    starts_on: date
    ends_on: date
    mean: str | None = Field(description="Exact, such as 133/3; null until all three months are known.")
    meets: bool | None
    award_cents: int | None


class VisitorShown(Shown):
    """A home visitor, or a team, under an opaque id."""

    reference: str
    model: str
    fte: str
    hired_on: date
    left_on: date | None
    program: str


class VisitorSent(Sent):
    """What holds of a home visitor from now on. The id is opaque: never a name."""

    reference: Name
    model: Line = ""
    fte: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,2}(\.[0-9]{1,2})?$")]
    hired_on: Day
    left_on: Day | None = None
    program: Line = ""


class EnrollmentShown(Shown):
    """The enrollment of a contract."""

    capacity: int | None
    measures: list[Measure]
    sources: list[str]
    programs: dict[str, str]
    months: list[MonthShown]
    quarters: list[QuarterShown]
    home_visitors: list[VisitorShown]


@router.get("/contracts/{contract_id}/enrollment", openapi_extra=for_scope(Scope.READ), response_model=EnrollmentShown)
def read_enrollment(caller: Calling, contract_id: ContractId) -> Response:
    """Return the figures of every month, each test of each quarter, and the home visitors."""
    caller.visitor.check_sees(contract_id)
    with reading(caller.site.engine) as session:
        return caller.answer(_enrollment(session, caller, contract_id))


@router.post(
    "/contracts/{contract_id}/enrollment", openapi_extra=_SUBMIT | TAKES_VERSION, response_model=EnrollmentShown
)
def enter_month(caller: Calling, contract_id: ContractId, sent: FiguresSent) -> Response:
    """Enter or correct the figures of a month. An If-Match is about the enrollment as it was read."""
    caller.visitor.check_sees(contract_id)
    by = acting_contractor(caller.visitor, contract_id)
    year, _, month = sent.month.partition("-")
    given = [Given(each.served, each.active, program=each.program, source=each.source) for each in sent.figures]

    def act(session: Session) -> EnrollmentShown:
        on, now = date(int(year), int(month), 1), caller.visitor.now
        # First whether anything is counted here at all.
        _enrolled(session, caller, contract_id)
        enter_figures(session, contract_id, on, given, form_key=caller.form_key, now=now, by=by)
        session.flush()
        return _enrollment(session, caller, contract_id)

    return caller.change(
        sent,
        act,
        location=f"/api/v1/contracts/{contract_id}/enrollment",
        current=lambda session: _enrollment(session, caller, contract_id),
    )


@router.post(
    "/contracts/{contract_id}/home-visitors", openapi_extra=_SUBMIT, response_model=VisitorShown, status_code=201
)
def enter_visitor_facts(caller: Calling, contract_id: ContractId, sent: VisitorSent) -> Response:
    """Enter a home visitor under an opaque id, or what changed about one."""
    caller.visitor.check_sees(contract_id)
    by = acting_contractor(caller.visitor, contract_id)
    facts = HomeVisitorFacts(sent.reference, sent.model, fte_of(sent.fte), sent.hired_on, sent.left_on, sent.program)

    def act(session: Session) -> VisitorShown:
        _enrolled(session, caller, contract_id)
        enter_home_visitor(session, contract_id, facts, form_key=caller.form_key, now=caller.visitor.now, by=by)
        return _visitor(facts)

    return caller.change(sent, act, status=201)


def _enrolled(session: Session, caller: Caller, contract_id: str) -> Enrolled:
    row = session.get(ContractRow, contract_id)
    found = enrolled(session, row, now=caller.visitor.now) if row else None
    if found is None:
        raise NotFound("This contract counts no enrollment.")
    return found


def _enrollment(session: Session, caller: Caller, contract_id: str) -> EnrollmentShown:
    found = _enrolled(session, caller, contract_id)
    return EnrollmentShown(
        capacity=found.terms.capacity,
        measures=list(found.terms.measures),
        sources=list(found.terms.sources),
        programs=found.terms.programs,
        months=[
            MonthShown(
                month=on,
                served=month.of(Measure.SERVED),
                active=month.of(Measure.ACTIVE),
                is_low=found.is_low(month),
                figures=[FigureShown.model_validate(figure) for figure in month.held.values()],
            )
            for on, month in found.months.items()
        ],
        quarters=[
            QuarterShown(
                test=result.test.id,
                title=result.test.title,
                fiscal_year=result.quarter.fiscal_year,
                starts_on=result.quarter.start,
                ends_on=result.quarter.end,
                mean=str(result.mean.value) if result.mean else None,
                meets=result.mean.meets if result.mean else None,
                award_cents=result.award,
            )
            for result in found.results
        ],
        home_visitors=[_visitor(facts) for facts in found.visitors],
    )


def _visitor(facts: HomeVisitorFacts) -> VisitorShown:
    return VisitorShown(
        reference=facts.reference,
        model=facts.model,
        fte=f"{float(facts.fte):.2f}",
        hired_on=facts.hired_on,
        left_on=facts.left_on,
        program=facts.program,
    )
