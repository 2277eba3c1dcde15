"""By which side, and when, is an act on a plan of action done, and what is answered to it?

Each answer is the plan as it is afterwards. An If-Match is about the plan as it was read.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlmodel import Session
from starlette.responses import Response

from duecourse.calendar.lifecycle import Party
from duecourse.calendar.plan_process import PlanAct
from duecourse.models.database import reading
from duecourse.tracking.acting import By
from duecourse.tracking.action_plans.plan_story import Story
from duecourse.tracking.api_tokens import Scope
from duecourse.tracking.rehearsing import Rehearsal
from duecourse.web.api.caller import Caller
from duecourse.web.api.fields import Instant, Sent, Text
from duecourse.web.api.plans import PlanWhole, current_plan
from duecourse.web.api.routing import TAKES_VERSION, for_scope
from duecourse.web.pages.plan import acting_for, find_plan
from duecourse.web.pages.plan_acts import When
from duecourse.web.rehearsal import tell

PLAN = "/contracts/{contract_id}/plans/{plan_uid}"
EITHER = for_scope(Scope.SUBMIT, Scope.DECIDE) | TAKES_VERSION
DECIDE = for_scope(Scope.DECIDE) | TAKES_VERSION
_SCOPES = {Party.CONTRACTOR: Scope.SUBMIT, Party.FUNDER: Scope.DECIDE}


class HappenedSent(Sent):
    """When something happened, and what is to be said of it."""

    happened_at: Instant
    text: Text = ""


class ReasonSent(Sent):
    """Why."""

    reason: Text


def found_plan(caller: Caller, contract_id: str, plan_uid: str) -> Story:
    """Return a plan. Raises NotFound unless the person has a part in its contract."""
    with reading(caller.site.engine) as session:
        return find_plan(session, caller.visitor, contract_id, plan_uid)


def acting(caller: Caller, contract_id: str, act: PlanAct, side: Party | None = None) -> By:
    """Return the person, acting for the side whose act it is, with a token for what that side does."""
    by = acting_for(caller.visitor, contract_id, act, side=side)
    assert by.party is not None
    # The contractor's acts are what “submit” is for, the funder's what “decide” is for.
    caller.check_scope(_SCOPES[by.party])
    return by


def when(caller: Caller, sent: HappenedSent, by: By) -> When:
    """Return what every act says: when it happened, by whom, and the call's key."""
    return When(happened_at=sent.happened_at, form_key=caller.form_key, now=caller.visitor.now, by=by)


def tell_of(session: Session, caller: Caller, changed: Rehearsal, cause: str) -> None:
    """Tell the people whom changed dates concern."""
    tell(session, caller.site, [changed], cause=cause, now=caller.visitor.now)


def changed_plan(caller: Caller, found: Story, sent: Sent, act: Callable[[Session], None]) -> Response:
    """Make a change, and return the plan as it is afterwards."""
    contract_id, plan_uid = found.contract.id, found.plan.uid

    def changing(session: Session) -> PlanWhole:
        act(session)
        session.flush()
        return current_plan(session, caller, contract_id, plan_uid)

    return caller.change(
        sent,
        changing,
        location=f"/api/v1/contracts/{contract_id}/plans/{plan_uid}",
        current=lambda session: current_plan(session, caller, contract_id, plan_uid),
    )
