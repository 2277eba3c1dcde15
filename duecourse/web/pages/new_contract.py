"""How does somebody who sets up contracts add one, from its exhibit or from a contract file?

Three steps: the exhibit, the definition with its checks, and what would be made. Nothing is kept before the last.
"""

from __future__ import annotations

from datetime import date

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from duecourse.calendar import state_days, words
from duecourse.calendar.business_days import Roll
from duecourse.calendar.words import ZONES
from duecourse.definitions.values import MONTHS
from duecourse.drafting.carried import carried, printed_in
from duecourse.drafting.draft import Draft
from duecourse.drafting.facts import Facts, checked
from duecourse.errors import BadExhibit, BadInput, Conflict
from duecourse.language.said import say
from duecourse.models.database import writing
from duecourse.tracking.adding import add_contract
from duecourse.web.definition_check import VERDICTS, DefinitionCheck, check_definition
from duecourse.web.drafted import drafted, rehearsed
from duecourse.web.forms import DefinitionForm, Posted
from duecourse.web.languages import language_of
from duecourse.web.render import page
from duecourse.web.site import Site, TheSite
from duecourse.web.visitor import SignedIn, Visitor

_FIELDS = ("id", "number", "title", "funder", "contractor")

router = APIRouter()


@router.get("/contracts/new")
def ask_for_exhibit(request: Request, visitor: SignedIn) -> Response:
    """Show the form that takes the exhibit, or a contract file."""
    visitor.check_adds()
    return _ask(request, visitor)


@router.post("/contracts/new")
def draft_from_exhibit(request: Request, visitor: SignedIn, form: DefinitionForm) -> Response:
    """Draft a definition from what was sent, and show it beside its checks. Nothing is kept."""
    visitor.check_adds()
    upload = form.file("file")
    content = upload.file.read() if upload else form.content("exhibit").encode("utf-8", "replace")
    name = (upload.filename or say("the file")) if upload else say("the text below")
    if not content.strip():
        return _ask(request, visitor, form=form, problem=say("Choose a file, or paste the table."))
    try:
        found = drafted(content, lambda: _facts(form), name=name, language=language_of(request, visitor))
    except (BadExhibit, BadInput) as refused:
        return _ask(request, visitor, form=form, problem=str(refused))
    made = found.made
    if made is None:
        return _definition(request, visitor, found.text, found.check)
    return _definition(request, visitor, found.text, found.check, printed=carried(made.printed), made=made)


@router.post("/contracts/new/check")
def check(request: Request, visitor: SignedIn, form: DefinitionForm) -> Response:
    """Show the definition again with its checks, for whoever has no scripts."""
    visitor.check_adds()
    text, printed = form.content("definition"), form.content("printed")
    found = check_definition(text.encode("utf-8", "replace"), printed_in(printed), file=say("the definition"))
    return _definition(request, visitor, text, found, printed=printed)


@router.post("/contracts/new/rehearse")
def rehearse(request: Request, visitor: SignedIn, form: DefinitionForm) -> Response:
    """Show which deliverables would be made, with the button that adds the contract."""
    visitor.check_adds()
    text, printed = form.content("definition"), form.content("printed")
    found = check_definition(text.encode("utf-8", "replace"), printed_in(printed), file=say("the definition"))
    if found.contract is None:
        return _definition(request, visitor, text, found, printed=printed, status=422)
    return _deliverables(request, visitor, text, found, printed)


@router.post("/contracts/new/add")
def add(request: Request, site: TheSite, visitor: SignedIn, form: DefinitionForm) -> Response:
    """Track the contract, plan it, and make the person a liaison of it."""
    visitor.check_adds()
    text, printed = form.content("definition"), form.content("printed")
    found = check_definition(text.encode("utf-8", "replace"), printed_in(printed), file=say("the definition"))
    if found.contract is None:
        return _definition(request, visitor, text, found, printed=printed, status=422)
    try:
        _add(site, visitor, found)
    except Conflict as taken:
        return _definition(request, visitor, text, found, printed=printed, problem=str(taken), status=409)
    site.wake()
    return RedirectResponse(f"/contracts/{found.contract.id}?done=added", 303)


@router.post("/definitions/check")
def check_while_typing(request: Request, visitor: SignedIn, form: DefinitionForm) -> Response:
    """Return the checks of a definition as a piece of a page, for the script that asks while somebody types."""
    visitor.check_adds()
    text = form.content("definition").encode("utf-8", "replace")
    printed = printed_in(form.content("printed"))
    found = check_definition(text, printed, file=say("the definition"), contract_id=form.line("contract") or None)
    return page(request, "definition_checks.html", visitor=visitor, check=found, mark_of_verdict=VERDICTS)


def _add(site: Site, visitor: Visitor, found: DefinitionCheck) -> None:
    assert found.contract is not None
    with writing(site.engine) as session:
        add_contract(session, found.contract, definition=found.definition, person_id=visitor.person_id, now=visitor.now)


def _facts(form: Posted) -> Facts:
    """Return what was said beside the exhibit. Raises BadInput for what cannot be read."""
    months = form.line("fiscal_year_starts")
    roll = form.line("roll")
    calendar, zone = form.line("calendar"), form.line("zone")
    said = Facts(
        **{name: form.line(name) for name in _FIELDS},
        starts=_day(form, "starts"),
        ends=_day(form, "ends"),
        zone=zone if zone in ZONES else "",
        calendar=calendar if calendar in state_days.known_codes() else "",
        fiscal_year_starts=MONTHS.index(months) + 1 if months in MONTHS else None,
        roll=Roll(roll) if roll in list(Roll) else None,
        cut_off=form.time_of_day("cut_off"),
    )
    return checked(said)


def _day(form: Posted, name: str) -> date | None:
    return form.day(name) if form.line(name) else None


def _ask(request: Request, visitor: Visitor, *, form: Posted | None = None, problem: str = "") -> Response:
    names = (*_FIELDS, "starts", "ends", "zone", "calendar", "fiscal_year_starts", "roll", "cut_off", "exhibit")
    return page(
        request,
        "new_contract.html",
        visitor=visitor,
        status=422 if problem else 200,
        problem=problem,
        said={name: form.says(name) if form else "" for name in names},
        zones=ZONES,
        calendars=sorted(state_days.known_codes(), key=lambda code: (code == "US", str(state_days.offices(code)))),
        months={name: words.month_name(number) for number, name in enumerate(MONTHS, 1)},
    )


def _definition(
    request: Request,
    visitor: Visitor,
    text: str,
    found: DefinitionCheck,
    *,
    printed: str = "",
    made: Draft | None = None,
    problem: str = "",
    status: int = 200,
) -> Response:
    return page(
        request,
        "new_definition.html",
        visitor=visitor,
        status=status,
        text=text,
        check=found,
        printed=printed,
        made=made,
        problem=problem,
        mark_of_verdict=VERDICTS,
    )


def _deliverables(request: Request, visitor: Visitor, text: str, found: DefinitionCheck, printed: str) -> Response:
    assert found.contract is not None
    would = rehearsed(found.contract, now=visitor.now)
    return page(
        request,
        "new_deliverables.html",
        visitor=visitor,
        contract=found.contract,
        text=text,
        printed=printed,
        check=found,
        dated=would.dated,
        past=would.past,
        mark_of_verdict=VERDICTS,
    )
