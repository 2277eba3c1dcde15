"""How is an event recorded that starts windows?"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from duecourse.calendar.schedule import Contract
from duecourse.errors import BadInput, NotFound
from duecourse.language.said import say
from duecourse.models import ContractRow
from duecourse.models.database import writing
from duecourse.tracking.events import record_event
from duecourse.tracking.references import checked_reference
from duecourse.tracking.stored_definitions import contract_of
from duecourse.web.forms import Form, Posted
from duecourse.web.pages.contract import contract_page
from duecourse.web.site import TheSite
from duecourse.web.visitor import SignedIn

router = APIRouter()


@router.post("/contracts/{contract_id}/events")
def record(request: Request, site: TheSite, visitor: SignedIn, contract_id: str, form: Form) -> Response:
    """Record an event and plan its windows; anybody with a part in the contract may."""
    visitor.check_sees(contract_id)
    try:
        with writing(site.engine) as session:
            contract = session.get(ContractRow, contract_id)
            if contract is None:
                raise NotFound(say("There is no such contract."))
            event, happened_at = form.line("event"), form.instant("happened_on", "happened_at", zone=contract.zone)
            try:
                reference = _reference(form, contract_of(contract), event)
            except BadInput as problem:
                return contract_page(request, site, visitor, contract_id, form=form, reference_problem=str(problem))
            record_event(
                session,
                contract_id,
                event,
                happened_at=happened_at,
                reference=reference,
                now=visitor.now,
                actor=visitor.email,
            )
    except BadInput as problem:
        return contract_page(request, site, visitor, contract_id, form=form, problem=str(problem))
    return RedirectResponse(f"/contracts/{contract_id}?done=event", 303)


def _reference(form: Posted, contract: Contract, event: str) -> str:
    # Checked by the verb as well; here, so that what is wrong is said beside its field.
    return checked_reference(form.line("reference"), participant=contract.concerns_participants(event))
