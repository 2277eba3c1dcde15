"""How does a program have a contract tracked that is not tracked yet?"""

from __future__ import annotations

from sqlmodel import Session
from starlette.responses import Response

from duecourse.definitions.reading import contract_in
from duecourse.models import ContractRow
from duecourse.tracking.adding import add_contract
from duecourse.tracking.api_tokens import Scope
from duecourse.web.api.amendments import DefinitionSent
from duecourse.web.api.caller import Calling
from duecourse.web.api.contracts import ContractShown
from duecourse.web.api.routing import api_router, for_scope

router = api_router(tags=["contracts"])


@router.post("/contracts", openapi_extra=for_scope(Scope.SET_UP), response_model=ContractShown, status_code=201)
def track_contract(caller: Calling, sent: DefinitionSent) -> Response:
    """Track a contract from its file, plan it, and make the person a program liaison of it.

    A contract that is tracked already is amended.
    """
    visitor = caller.visitor
    visitor.check_adds()
    contract, definition = contract_in(sent.definition.encode("utf-8", "replace"), file="definition")

    def act(session: Session) -> ContractShown:
        add_contract(session, contract, definition=definition, person_id=visitor.person_id, now=visitor.now)
        return ContractShown.model_validate(session.get_one(ContractRow, contract.id))

    return caller.change(sent, act, status=201)
