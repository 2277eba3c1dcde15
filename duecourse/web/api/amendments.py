"""How is a contract amended: what would change, and which lines of that are accepted?"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints
from sqlmodel import Session
from starlette.responses import Response

from duecourse.calendar.schedule import Contract
from duecourse.definitions.reading import contract_in
from duecourse.errors import BadInput
from duecourse.models.database import reading
from duecourse.tracking.amending import accept_amendment, rehearse_amendment
from duecourse.tracking.api_tokens import Scope
from duecourse.web.api.caller import Caller, Calling
from duecourse.web.api.fields import ContractId, Name, Sent
from duecourse.web.api.rehearsals import RehearsalShown, rehearsal_shown
from duecourse.web.api.routing import api_router, for_scope
from duecourse.web.rehearsal import hold, tell

router = api_router(tags=["amendments"])
_SET_UP = for_scope(Scope.SET_UP)

LineName = Annotated[str, StringConstraints(max_length=300)]


class DefinitionSent(Sent):
    """The whole contract file as it is to be."""

    definition: str = Field(min_length=1, max_length=1_000_000)


class AmendmentSent(DefinitionSent):
    """The file with the document it rests on, the seal of what was shown, and the lines that are accepted."""

    source: Name
    seal: str = Field(max_length=100)
    accept: list[LineName] | None = Field(
        default=None, max_length=5000, description="The names of lines; all of them when it is left out."
    )


@router.post(
    "/contracts/{contract_id}/amendments/preview",
    openapi_extra=_SET_UP | {"x-changes": False},
    response_model=RehearsalShown,
)
def preview_amendment(caller: Calling, contract_id: ContractId, sent: DefinitionSent) -> Response:
    """Show what an amended file would change. Changes nothing."""
    contract, _ = _read(caller, contract_id, sent)
    with reading(caller.site.engine) as session:
        found = rehearse_amendment(session, contract, now=caller.visitor.now)
    return caller.answer(rehearsal_shown([found], contract_ids=[contract_id], seal=found.seal))


@router.post(
    "/contracts/{contract_id}/amendments", openapi_extra=_SET_UP, response_model=RehearsalShown, status_code=201
)
def amend_contract(caller: Calling, contract_id: ContractId, sent: AmendmentSent) -> Response:
    """Put an amended file in force with the lines accepted, as they were shown, and tell the people concerned."""
    contract, definition = _read(caller, contract_id, sent)
    if not sent.source:
        raise BadInput("Say which document this rests on, such as Amendment 3, signed on May 2.")

    def act(session: Session) -> RehearsalShown:
        hold(session, [contract_id])
        made, _ = accept_amendment(
            session,
            contract,
            definition=definition,
            accepted=None if sent.accept is None else frozenset(sent.accept),
            seal=sent.seal,
            source=sent.source,
            now=caller.visitor.now,
            actor=caller.visitor.email,
        )
        tell(session, caller.site, [made], cause=sent.source, now=caller.visitor.now)
        return rehearsal_shown([made], contract_ids=[contract_id], seal=sent.seal)

    return caller.change(sent, act, status=201)


def _read(caller: Caller, contract_id: str, sent: DefinitionSent) -> tuple[Contract, str]:
    caller.visitor.check_sees(contract_id)
    caller.visitor.check_changes(contract_id)
    return contract_in(sent.definition.encode("utf-8", "replace"), file="definition", contract_id=contract_id)
