"""How does a program draft a contract from its exhibit, have a definition checked, and see what would be made?

Nothing is kept of what is sent here. `POST /contracts` tracks the contract in the end.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from pydantic import Field
from starlette.responses import Response

from duecourse.definitions.reading import contract_in
from duecourse.drafting.facts import Facts, checked
from duecourse.drafting.kinds import LARGEST
from duecourse.language.said import say
from duecourse.tracking.api_tokens import Scope
from duecourse.web.api.caller import Calling
from duecourse.web.api.definition_sent import CheckSent, FactsSent
from duecourse.web.api.definition_shapes import (
    DefinitionChecks,
    DraftShown,
    RehearsedShown,
    draft_shown,
    rehearsed_shown,
    shown_checks,
)
from duecourse.web.api.routing import api_router, for_scope
from duecourse.web.api.uploads import Uploaded, described, uploaded
from duecourse.web.definition_check import check_definition
from duecourse.web.drafted import drafted, rehearsed

router = api_router(tags=["new contracts"])
_SET_UP = for_scope(Scope.SET_UP) | {"x-changes": False}


class CheckOfSent(CheckSent):
    """A definition to check; `contract_id` names the contract whose amendment it would be."""

    contract_id: str | None = Field(default=None, pattern=r"^[a-z0-9][a-z0-9-]{0,79}$")


@router.post("/drafts", openapi_extra=_SET_UP | described(FactsSent, files=1), response_model=DraftShown)
def draft_contract(caller: Calling, form: Annotated[Uploaded[FactsSent], Depends(uploaded(FactsSent))]) -> Response:
    """Draft a contract file from its exhibit: text, CSV, XLSX, DOCX or PDF. Each printed date is checked.

    The details are what the exhibit does not say. A contract file is not drafted, but checked.
    """
    caller.visitor.check_adds()
    file, said = form.one(at_most=LARGEST), form.details
    facts = Facts(**{name: getattr(said, name) for name in FactsSent.model_fields})
    return caller.answer(draft_shown(drafted(file.content, lambda: checked(facts), name=file.name or say("the file"))))


@router.post("/definitions/check", openapi_extra=_SET_UP, response_model=DefinitionChecks)
def check_contract_file(caller: Calling, sent: CheckOfSent) -> Response:
    """Say what is wrong in a contract file, and where its rules and the printed dates of its draft disagree."""
    caller.visitor.check_adds()
    if sent.contract_id is not None:
        caller.visitor.check_sees(sent.contract_id)
    found = check_definition(
        _content(sent), sent.printed_dates(), file=say("the definition"), contract_id=sent.contract_id
    )
    return caller.answer(shown_checks(found))


@router.post("/definitions/rehearse", openapi_extra=_SET_UP, response_model=RehearsedShown)
def rehearse_contract(caller: Calling, sent: CheckSent) -> Response:
    """Show which deliverables would be made if this contract were tracked, and its checks. Changes nothing."""
    caller.visitor.check_adds()
    contract, _ = contract_in(_content(sent), file="definition")
    found = check_definition(_content(sent), sent.printed_dates(), file="definition")
    return caller.answer(rehearsed_shown(contract, rehearsed(contract, now=caller.visitor.now), found))


def _content(sent: CheckSent) -> bytes:
    return sent.definition.encode("utf-8", "replace")
