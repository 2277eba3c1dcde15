"""How do people and past submissions come in from a spreadsheet: shown line by line first, then all or nothing?"""

from __future__ import annotations

import hashlib
from typing import Annotated

from fastapi import Depends
from pydantic import Field
from sqlmodel import Session
from starlette.responses import Response

from duecourse.calendar.lifecycle import Act
from duecourse.errors import BadInput
from duecourse.models import Deliverable
from duecourse.sheets.lines import MOST_BYTES
from duecourse.tracking.acting import By
from duecourse.tracking.api_tokens import Scope
from duecourse.tracking.importing.carrying_out import Outcome, Report, finish
from duecourse.tracking.importing.submissions import ByFor
from duecourse.web.api.caller import Caller, Calling
from duecourse.web.api.fields import ContractId, Sent, Shown
from duecourse.web.api.problems import Detail, Refused
from duecourse.web.api.routing import api_router, for_scope
from duecourse.web.api.uploads import Uploaded, WithFiles, described, uploaded
from duecourse.web.bringing import check_brings, lines_of, preview
from duecourse.web.pages.tables import contract_row
from duecourse.web.people_board import PEOPLE, SUBMISSIONS

router = api_router(tags=["spreadsheets"])
_PEOPLE = for_scope(Scope.SET_UP)
_SUBMISSIONS = for_scope(Scope.SUBMIT, Scope.DECIDE)
_PREVIEW = {"x-changes": False}
_HERE = "/contracts/{contract_id}/imports"
_MOST_TROUBLES = 50


class SpreadsheetSent(Sent):
    """Nothing is said beside the file."""


class SealSent(Sent):
    """The seal of the preview: exactly what was shown is entered."""

    seal: str = Field(min_length=1, max_length=100)


class TroubleShown(Shown):
    """One thing that is wrong in a line, and its cure."""

    column: str
    problem: str
    cure: str


class LineShown(Shown):
    """What becomes of one line."""

    row: int = Field(description="As the spreadsheet counts it.")
    about: str
    outcome: Outcome
    says: list[str]
    troubles: list[TroubleShown]


class ReportShown(Shown):
    """What a spreadsheet would do, or did, line by line."""

    seal: str = Field(description="Send it back to enter exactly this.")
    is_right: bool = Field(description="Whether no line has to be corrected.")
    made: int = Field(description="How many lines enter something new.")
    lines: list[LineShown]


Previewed = Annotated[Uploaded[SpreadsheetSent], Depends(uploaded(SpreadsheetSent))]
Sealed = Annotated[Uploaded[SealSent], Depends(uploaded(SealSent))]


@router.post(
    _HERE + "/people/preview",
    openapi_extra=_PEOPLE | _PREVIEW | described(SpreadsheetSent, files=1),
    response_model=ReportShown,
)
def preview_people(caller: Calling, contract_id: ContractId, form: Previewed) -> Response:
    """Show what an XLSX or CSV file of people would do. Changes nothing.

    Its header is: name, email, part, contract, backup.
    """
    return _previewed(caller, contract_id, PEOPLE, form)


@router.post(
    _HERE + "/people",
    openapi_extra=_PEOPLE | described(SealSent, files=1),
    response_model=ReportShown,
)
def import_people(caller: Calling, contract_id: ContractId, form: Sealed) -> Response:
    """Enter every line of a file of people as it was shown, or none."""
    return _entered(caller, contract_id, PEOPLE, form)


@router.post(
    _HERE + "/submissions/preview",
    openapi_extra=_SUBMISSIONS | _PREVIEW | described(SpreadsheetSent, files=1),
    response_model=ReportShown,
)
def preview_submissions(caller: Calling, contract_id: ContractId, form: Previewed) -> Response:
    """Show what an XLSX or CSV file of past submissions, and of when they were accepted, would do. Changes nothing.

    Its header is: contract, report, period, submitted on, time, zone, submitted by, channel, reference, accepted on,
    note.
    """
    return _previewed(caller, contract_id, SUBMISSIONS, form)


@router.post(
    _HERE + "/submissions",
    openapi_extra=_SUBMISSIONS | described(SealSent, files=1),
    response_model=ReportShown,
)
def import_submissions(caller: Calling, contract_id: ContractId, form: Sealed) -> Response:
    """Enter every line of a file of past submissions as it was shown, or none.

    What was submitted takes the scope for that, and what was accepted the scope for deciding.
    """
    return _entered(caller, contract_id, SUBMISSIONS, form)


def _previewed(caller: Caller, contract_id: str, table: str, form: Uploaded[SpreadsheetSent]) -> Response:
    check_brings(caller.visitor, contract_id, table)
    file = form.one(at_most=MOST_BYTES)
    _, report = preview(
        caller.site.engine, caller.visitor, contract_id, table, file.content, by_for=_within_scopes(caller)
    )
    return caller.answer(_shown(report))


def _entered(caller: Caller, contract_id: str, table: str, form: Uploaded[SealSent]) -> Response:
    visitor, seal = caller.visitor, form.details.seal
    check_brings(visitor, contract_id, table)
    file = form.one(at_most=MOST_BYTES)

    def act(session: Session) -> ReportShown:
        row = contract_row(session, visitor, contract_id)
        report = lines_of(session, visitor, row, table, file.content, by_for=_within_scopes(caller))
        try:
            finish(session, report, what=table, file=file.name, seal=seal, now=visitor.now, actor=visitor.email)
        except BadInput as error:
            raise Refused(422, str(error), errors=_troubles(report)) from error
        return _shown(report)

    sha256 = hashlib.sha256(file.content).hexdigest()
    return caller.change(WithFiles(details={"seal": seal}, files=[f"{sha256} {file.name}"]), act)


def _within_scopes(caller: Caller) -> ByFor:
    def by_for(act: Act, deliverable: Deliverable) -> By:
        by = caller.visitor.by(act, deliverable)
        caller.check_scope(Scope.DECIDE if act is Act.ACCEPT else Scope.SUBMIT)
        return by

    return by_for


def _troubles(report: Report) -> list[Detail]:
    found = [
        f"Row {line.row}{f', {each.column}' if each.column else ''}: {each.problem} {each.cure}"
        for line in report.entries
        for each in line.troubles
    ]
    return [Detail(pointer="/file", detail=said) for said in found[:_MOST_TROUBLES]]


def _shown(report: Report) -> ReportShown:
    return ReportShown(
        seal=report.seal,
        is_right=report.is_right,
        made=len(report.of(Outcome.MADE)),
        lines=[LineShown.model_validate(entry) for entry in report.entries],
    )
