"""How do people and past submissions come in from a spreadsheet: template, preview by line, then all or nothing?"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from duecourse.calendar.roles import RoleName
from duecourse.errors import BadInput, Conflict, NotAllowed, NotFound
from duecourse.language.said import say
from duecourse.models.database import reading, writing
from duecourse.sheets.lines import MOST_BYTES, MOST_ROWS
from duecourse.tracking.boards import items
from duecourse.tracking.importing.carrying_out import finish
from duecourse.web.bringing import check_brings, lines_of, preview
from duecourse.web.downloads import check_ending, table_file
from duecourse.web.forms import DefinitionForm, Posted
from duecourse.web.import_templates import people_template, submissions_template
from duecourse.web.pages.tables import contract_row
from duecourse.web.people_board import PEOPLE, SUBMISSIONS, manages, offered_imports
from duecourse.web.render import page
from duecourse.web.site import Site, TheSite
from duecourse.web.visitor import SignedIn, Visitor

router = APIRouter()


@dataclass(frozen=True, slots=True)
class _Sent:
    """A spreadsheet as it was sent: its bytes, and the name of its file."""

    content: bytes
    name: str


@router.get("/contracts/{contract_id}/import")
def choose(request: Request, site: TheSite, visitor: SignedIn, contract_id: str, done: str = "") -> Response:
    """Show which spreadsheets the person may bring, with their templates."""
    return _ask(request, site, visitor, contract_id, done=done)


@router.get("/contracts/{contract_id}/import/{table}.{ending}")
def template(site: TheSite, visitor: SignedIn, contract_id: str, table: str, ending: str) -> Response:
    """Return the template to fill in."""
    check_ending(ending)
    visitor.check_reads(contract_id)
    if table not in offered_imports(visitor, contract_id):
        raise NotFound(say("There is no such template."))
    with reading(site.engine) as session:
        row = contract_row(session, visitor, contract_id)
        if table == PEOPLE:
            made = people_template(row, [role for role in RoleName if manages(visitor, contract_id, role)])
        else:
            made = submissions_template(row, items(session, now=visitor.now, contract_ids=[contract_id]))
    return table_file(made, f"{contract_id}-{table}", ending)


@router.post("/contracts/{contract_id}/import/people")
def bring_people(
    request: Request, site: TheSite, visitor: SignedIn, contract_id: str, form: DefinitionForm
) -> Response:
    """Show what a spreadsheet of people would do; with the seal of that, do it."""
    return _bring(request, site, visitor, contract_id, form, PEOPLE)


@router.post("/contracts/{contract_id}/import/submissions")
def bring_submissions(
    request: Request, site: TheSite, visitor: SignedIn, contract_id: str, form: DefinitionForm
) -> Response:
    """Show what a spreadsheet of past submissions would do; with the seal of that, do it."""
    return _bring(request, site, visitor, contract_id, form, SUBMISSIONS)


def _bring(request: Request, site: Site, visitor: Visitor, contract_id: str, form: Posted, table: str) -> Response:
    check_brings(visitor, contract_id, table)
    try:
        sent = _sent(form)
        if not form.line("seal"):
            return _show(request, site, visitor, contract_id, table, sent)
        with writing(site.engine) as session:
            row = contract_row(session, visitor, contract_id)
            report = lines_of(session, visitor, row, table, sent.content)
            seal, now = form.line("seal"), visitor.now
            finish(session, report, what=table, file=sent.name, seal=seal, now=now, actor=visitor.email)
    except Conflict as problem:
        return _show(request, site, visitor, contract_id, table, sent, problem=problem)
    except BadInput as problem:
        return _ask(request, site, visitor, contract_id, problem=(table, str(problem)))
    return RedirectResponse(f"/contracts/{contract_id}/import?done={table}", 303)


def _sent(form: Posted) -> _Sent:
    upload = form.file("file")
    if upload is not None:
        if (upload.size or 0) > MOST_BYTES:
            raise BadInput(
                say(
                    "The file has more than %(most_bytes)s KB. Send the rows in several files.",
                    most_bytes=MOST_BYTES // 1000,
                )
            )
        return _Sent(upload.file.read(), " ".join((upload.filename or "").split())[:100])
    try:
        content = base64.b64decode(form.content("content"), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadInput(say("The file did not come back whole. Choose it again.")) from error
    if not content:
        raise BadInput(say("Choose the file that you filled in."))
    return _Sent(content, form.line("file_name"))


def _show(
    request: Request,
    site: Site,
    visitor: Visitor,
    contract_id: str,
    table: str,
    sent: _Sent,
    *,
    problem: Conflict | None = None,
) -> Response:
    row, report = preview(site.engine, visitor, contract_id, table, sent.content)
    return page(
        request,
        "import_report.html",
        visitor=visitor,
        status=problem.http_status if problem else 200 if report.is_right else 422,
        contract=row,
        table=table,
        report=report,
        file_name=sent.name,
        content=base64.b64encode(sent.content).decode(),
        problem=str(problem or ""),
    )


def _ask(
    request: Request,
    site: Site,
    visitor: Visitor,
    contract_id: str,
    *,
    problem: tuple[str, str] = ("", ""),
    done: str = "",
) -> Response:
    visitor.check_reads(contract_id)
    offered = offered_imports(visitor, contract_id)
    if not offered:
        raise NotAllowed(
            say("Only those who look after a contract’s people, or submit and decide under it, bring lists.")
        )
    with reading(site.engine) as session:
        row = contract_row(session, visitor, contract_id)
    return page(
        request,
        "import.html",
        visitor=visitor,
        status=422 if problem[1] else 200,
        contract=row,
        offered=offered,
        where=problem[0],
        problem=problem[1],
        most_rows=MOST_ROWS,
        done=done if done in offered else "",
    )
