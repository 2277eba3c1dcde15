"""Which plans of action are there, where does each stand, and what happened in it?"""

from __future__ import annotations

from datetime import date

from pydantic import Field
from sqlmodel import Session
from starlette.responses import Response

from duecourse.calendar.plan_process import PlanAct, PlanPhase
from duecourse.errors import BadInput, NotFound
from duecourse.models import ContractRow
from duecourse.models.database import reading
from duecourse.tracking.action_plans.plan_opening import open_plan
from duecourse.tracking.action_plans.plan_story import Story, stories
from duecourse.tracking.api_tokens import Scope
from duecourse.tracking.stored_definitions import contract_of
from duecourse.web.api.caller import Caller, Calling
from duecourse.web.api.fields import ContractId, Instant, Line, Name, Sent, Shown, Text, Uid
from duecourse.web.api.routing import api_router, for_scope
from duecourse.web.api.shapes import At
from duecourse.web.pages.plan import acting_for, find_plan
from duecourse.web.plan_words import where_it_stands

router = api_router(tags=["plans of action"])
_READ = for_scope(Scope.READ)


class PlanShown(Shown):
    """One plan of corrective action or improvement."""

    uid: str
    contract_id: str
    process: str
    reference: str
    opened_at: At = Field(description="The instant of the notice: its day is day 0.")
    opened_by: str
    reason: str
    phase: PlanPhase
    version: int = Field(description="The version in force; 0 until the first approval.")
    stands: str = Field(description="Where it stands, in one sentence.")


class Plans(Shown):
    """The plans of a contract, the newest first, and the processes by which one can be opened."""

    processes: list[str]
    items: list[PlanShown]


class StageShown(Shown):
    """One stage of the process."""

    name: str
    title: str
    deliverable_uid: str | None
    reached_at: At | None


class StepShown(Shown):
    """One step of a version."""

    number: int
    title: str
    who: str
    due_on: date
    deliverable_uid: str | None
    is_overdue: bool
    is_missed: bool


class EntryShown(Shown):
    """One thing that was done with the plan. Entries are only ever added."""

    id: int
    act: PlanAct
    stage: str
    step: int | None
    happened_at: At
    recorded_at: At
    actor: str
    text: str
    undoes_id: int | None


class PlanWhole(PlanShown):
    """A plan with its stages, its steps and everything that was done."""

    stages: list[StageShown]
    steps: list[StepShown] = Field(description="Of the version in force.")
    drafted: list[StepShown] = Field(description="Of the version that is being written.")
    progress: list[str] = Field(description="The uids of the months of progress.")
    entries: list[EntryShown]


class OpeningSent(Sent):
    """By which notice a plan is opened."""

    process: Name
    notice_at: Instant
    reason: Text
    reference: Line = Field(default="", description="Made up when it is left out.")


@router.get("/contracts/{contract_id}/plans", openapi_extra=_READ, response_model=Plans)
def list_plans(caller: Calling, contract_id: ContractId) -> Response:
    """List the plans under a contract."""
    caller.visitor.check_sees(contract_id)
    with reading(caller.site.engine) as session:
        row = _row(session, contract_id)
        found = [
            PlanShown.model_validate(_values(each)) for each in stories(session, contract_id, now=caller.visitor.now)
        ]
    return caller.answer(Plans(processes=[each.id for each in contract_of(row).plans], items=found))


@router.post(
    "/contracts/{contract_id}/plans", openapi_extra=for_scope(Scope.DECIDE), response_model=PlanWhole, status_code=201
)
def open_plan_by_notice(caller: Calling, contract_id: ContractId, sent: OpeningSent) -> Response:
    """Open a plan by its notice."""
    caller.visitor.check_sees(contract_id)
    by = acting_for(caller.visitor, contract_id, PlanAct.OPEN)

    def act(session: Session) -> PlanWhole:
        known = {process.id for process in contract_of(_row(session, contract_id)).plans}
        if sent.process not in known:
            raise BadInput("Choose the process.")
        made = open_plan(
            session,
            contract_id,
            sent.process,
            notice_at=sent.notice_at,
            reason=sent.reason,
            reference=sent.reference,
            form_key=caller.form_key,
            now=caller.visitor.now,
            by=by,
        )
        session.flush()
        return current_plan(session, caller, contract_id, made.uid)

    return caller.change(sent, act, status=201)


@router.get("/contracts/{contract_id}/plans/{plan_uid}", openapi_extra=_READ, response_model=PlanWhole)
def read_plan(caller: Calling, contract_id: ContractId, plan_uid: Uid) -> Response:
    """Return a plan with everything that was done."""
    with reading(caller.site.engine) as session:
        return caller.answer(current_plan(session, caller, contract_id, plan_uid))


def current_plan(session: Session, caller: Caller, contract_id: str, plan_uid: str) -> PlanWhole:
    """Return a plan as it is now: what its ETag is the name of."""
    found = find_plan(session, caller.visitor, contract_id, plan_uid)
    stages = [
        StageShown(
            name=state.stage.name,
            title=state.stage.title,
            deliverable_uid=state.item.deliverable.uid if state.item else None,
            reached_at=state.reached_at,
        )
        for state in found.stages
    ]
    steps = [
        StepShown(
            number=state.step.number,
            title=state.step.title,
            who=state.step.who,
            due_on=state.step.due_on,
            deliverable_uid=state.item.deliverable.uid if state.item else None,
            is_overdue=state.is_overdue,
            is_missed=state.missed is not None,
        )
        for state in found.steps
    ]
    nothing_yet = {"deliverable_uid": None, "is_overdue": False, "is_missed": False}
    more = {
        "stages": stages,
        "steps": steps,
        "drafted": [StepShown.model_validate(step.model_dump() | nothing_yet) for step in found.shape.drafted.values()],
        "progress": [item.deliverable.uid for item in found.progress],
        "entries": [EntryShown.model_validate(entry) for entry in found.entries],
    }
    return PlanWhole.model_validate(_values(found) | more)


def _values(found: Story) -> dict[str, object]:
    more = {"phase": found.phase, "version": found.shape.version, "stands": where_it_stands(found)}
    return found.plan.model_dump() | more


def _row(session: Session, contract_id: str) -> ContractRow:
    row = session.get(ContractRow, contract_id)
    if row is None:
        raise NotFound("There is no such contract.")
    return row
