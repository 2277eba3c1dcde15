"""How does a liaison amend a contract: what would change, and which lines of that are accepted?"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from duecourse.calendar.schedule import Contract
from duecourse.definitions.grammar import ContractFile
from duecourse.definitions.reading import contract_in
from duecourse.definitions.writing_out import text_of
from duecourse.errors import BadDefinition, BadInput, Conflict, Flaw, NotFound
from duecourse.language.said import say
from duecourse.models import ContractRow
from duecourse.models.database import reading, writing
from duecourse.tracking.amending import accept_amendment, rehearse_amendment
from duecourse.web.forms import DefinitionForm, Posted
from duecourse.web.rehearsal import STALE, hold, parts, rehearsal_page, tell
from duecourse.web.render import page
from duecourse.web.site import Site, TheSite
from duecourse.web.visitor import SignedIn, Visitor

_PASTED = "the text below"

router = APIRouter()


@dataclass(frozen=True, slots=True)
class _Proposed:
    """A definition that was sent: the value, its resolved form, and the file's text."""

    contract: Contract
    definition: str
    text: str
    file: str


@router.get("/contracts/{contract_id}/amend")
def ask_for_file(request: Request, site: TheSite, visitor: SignedIn, contract_id: str, edit: str = "") -> Response:
    """Show the form that takes the amended contract file; with `edit`, filled in with the definition in force."""
    _check(visitor, contract_id)
    text = _in_force(site, contract_id) if edit == "yes" else ""
    return _ask(request, site, visitor, contract_id, text=text)


@router.post("/contracts/{contract_id}/amend")
def amend(request: Request, site: TheSite, visitor: SignedIn, contract_id: str, form: DefinitionForm) -> Response:
    """Show what an amended file would change; with the seal of that, put it in force with the lines accepted."""
    _check(visitor, contract_id)
    content, file = _sent(form)
    if not content.strip():
        problem = say("Choose the amended contract file, or paste its text.")
        return _ask(request, site, visitor, contract_id, problem=problem)
    try:
        contract, definition = contract_in(content, file=file, contract_id=contract_id)
    except BadDefinition as refused:
        text = content.decode("utf-8", "replace")
        return _ask(request, site, visitor, contract_id, flaws=refused.flaws, text=text)
    proposed = _Proposed(contract, definition, content.decode("utf-8-sig"), file)
    if not form.line("seal"):
        return _show(request, site, visitor, proposed)
    try:
        _accept(site, visitor, proposed, form)
    except Conflict:
        if not _is_in_force(site, proposed):
            return _show(request, site, visitor, proposed, form=form, problem=STALE, status=409)
    except BadInput as problem:
        return _show(request, site, visitor, proposed, form=form, problem=str(problem), status=422)
    return RedirectResponse(f"/contracts/{contract_id}?done=amended", 303)


def _check(visitor: Visitor, contract_id: str) -> None:
    visitor.check_sees(contract_id)
    visitor.check_changes(contract_id)


def _sent(form: Posted) -> tuple[bytes, str]:
    upload = form.file("file")
    if upload is not None:
        return upload.file.read(), " ".join((upload.filename or "").split())[:100]
    return form.content("definition").encode("utf-8", "replace"), form.line("file_name") or _PASTED


def _accept(site: Site, visitor: Visitor, proposed: _Proposed, form: Posted) -> None:
    source, accepted = form.line("source"), frozenset(form.lines("accept"))
    if not source:
        raise BadInput(say("Say which document this rests on, such as Amendment 3, signed on May 2."))
    with writing(site.engine) as session:
        hold(session, [proposed.contract.id])
        made, _ = accept_amendment(
            session,
            proposed.contract,
            definition=proposed.definition,
            accepted=accepted,
            seal=form.line("seal"),
            source=source,
            now=visitor.now,
            actor=visitor.email,
        )
        tell(session, site, [made], cause=source, now=visitor.now)
    site.wake()


def _in_force(site: Site, contract_id: str) -> str:
    with reading(site.engine) as session:
        row = session.get(ContractRow, contract_id)
    return text_of(ContractFile.model_validate_json(row.definition)) if row is not None else ""


def _is_in_force(site: Site, proposed: _Proposed) -> bool:
    # The same form may have come twice: then what it asks for is done.
    with reading(site.engine) as session:
        row = session.get(ContractRow, proposed.contract.id)
    return row is not None and row.definition_sha256 == hashlib.sha256(proposed.definition.encode()).hexdigest()


def _show(
    request: Request,
    site: Site,
    visitor: Visitor,
    proposed: _Proposed,
    *,
    form: Posted | None = None,
    problem: str = "",
    status: int = 200,
) -> Response:
    contract_id = proposed.contract.id
    with reading(site.engine) as session:
        rehearsal = rehearse_amendment(session, proposed.contract, now=visitor.now)
        shown = parts(session, [rehearsal], contract_ids=[contract_id], by_line=True)
    choosable = [change.name for part in shown for group in part.groups if group.is_chosen for change in group.changes]
    before = frozenset(form.content("shown").splitlines()) if form else frozenset[str]()
    return rehearsal_page(
        request,
        visitor,
        parts=shown,
        seal=rehearsal.seal,
        title=say("Accept this amendment?"),
        back=(
            f"/contracts/{contract_id}/amend",
            say("%(number)s: rehearse an amendment", number=proposed.contract.number),
        ),
        action=f"/contracts/{contract_id}/amend",
        button=say("Accept the ticked lines"),
        carried={"definition": proposed.text, "file_name": proposed.file, "shown": "\n".join(choosable)},
        problem=problem,
        status=status,
        source=form.says("source") if form else "",
        asks_source=True,
        # Words may change, and checks, where no date does.
        always=not _is_in_force(site, proposed),
        by_line=bool(choosable),
        # What was unticked before stays so.
        unchosen=before - frozenset(form.lines("accept") if form else ()),
    )


def _ask(
    request: Request,
    site: Site,
    visitor: Visitor,
    contract_id: str,
    *,
    flaws: tuple[Flaw, ...] = (),
    problem: str = "",
    text: str = "",
) -> Response:
    with reading(site.engine) as session:
        row = session.get(ContractRow, contract_id)
    if row is None:
        raise NotFound(say("There is no such contract."))
    return page(
        request,
        "amend.html",
        visitor=visitor,
        status=422 if flaws or problem else 200,
        contract=row,
        flaws=flaws,
        problem=problem,
        text=text,
    )
