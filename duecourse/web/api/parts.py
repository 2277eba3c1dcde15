"""What is due from a subcontractor's program to the lead, how is it handed in, and what becomes of it?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import Depends, Path
from pydantic import Field
from sqlmodel import Session
from starlette.responses import Response

from duecourse.calendar.part_lifecycle import PartAct, PartPhase
from duecourse.errors import BadInput
from duecourse.models.database import reading
from duecourse.tracking.api_tokens import Scope
from duecourse.tracking.subcontractors.part_entries import PartKey
from duecourse.tracking.subcontractors.parts import Hand, HandedIn, accept_part, hand_in, send_part_back, take_back
from duecourse.web.api.caller import Caller, Calling
from duecourse.web.api.fields import Instant, Name, Sent, Shown, Text, Uid
from duecourse.web.api.routing import TAKES_VERSION, api_router, for_scope
from duecourse.web.api.shapes import At
from duecourse.web.api.uploads import Uploaded, content_of, described, uploaded
from duecourse.web.pages.part_acts import part_file_of
from duecourse.web.pages.parts import Asked, asked_of, find_seat

router = api_router(tags=["parts of programs"])
_READ, _SUBMIT = for_scope(Scope.READ), for_scope(Scope.SUBMIT) | TAKES_VERSION
_BYTES: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
}
_HERE = "/api/v1/parts/{uid}/{program}"

Program = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,79}$", description="The program’s id.")]


class EntryShown(Shown):
    """One act on a part. Acts are only ever added."""

    uid: str
    act: PartAct
    happened_at: At
    recorded_at: At
    actor: str
    note: str
    file_name: str = Field(description="Empty when there is no file; else GET /part-files/{entry_uid}.")


class PartShown(Shown):
    """One part of a report."""

    part: str
    phase: PartPhase
    entries: list[EntryShown]


class AskedShown(Shown):
    """What one program hands in for one report of the lead."""

    deliverable_uid: str
    contract_id: str
    title: str
    label: str
    program: str
    program_name: str
    due_on: date = Field(description="The internal date, by which the lead needs it.")
    due_at: At = Field(description="The first instant that is late for the program.")
    steps: list[str] = Field(description="Why that date.")
    is_late: bool
    parts: list[PartShown]


class AskedList(Shown):
    """What is asked of the person’s programs, by internal date."""

    items: list[AskedShown]


class HandedSent(Sent):
    """Which part came in, and when the lead received it."""

    part: Name
    happened_at: Instant
    note: Text = ""
    is_same: bool = Field(default=False, description="For a combined part that is the same as the one program’s.")


class DecisionSent(Sent):
    """What becomes of a part that came in."""

    part: Name
    act: Literal[PartAct.ACCEPT, PartAct.SEND_BACK]
    note: Text = ""


class NoteSent(Sent):
    """Which part’s latest act is undone, and why."""

    part: Name
    note: Text


@router.get("/parts", openapi_extra=_READ, response_model=AskedList)
def list_parts(caller: Calling) -> Response:
    """List what is due from the person’s own programs to the lead."""
    with reading(caller.site.engine) as session:
        return caller.answer(AskedList(items=[_shown(each) for each in asked_of(session, caller.visitor)]))


@router.get("/parts/{uid}/{program}", openapi_extra=_READ, response_model=AskedShown)
def read_part(caller: Calling, uid: Uid, program: Program) -> Response:
    """Return the parts of one program for one report."""
    with reading(caller.site.engine) as session:
        return caller.answer(_current(session, caller, uid, program))


@router.post("/parts/{uid}/{program}/hand-in", openapi_extra=_SUBMIT | described(HandedSent), response_model=AskedShown)
def hand_in_part(
    caller: Calling, uid: Uid, program: Program, form: Annotated[Uploaded[HandedSent], Depends(uploaded(HandedSent))]
) -> Response:
    """Record that a part was received, with its file; the lead does so on a program's behalf."""
    hand, sent = _hand(caller, uid, program), form.details
    if len(form.files) > 1:
        raise BadInput("A part has one file. Put several into one ZIP archive.")
    stored = form.stored(caller)
    handed = HandedIn(sent.happened_at, stored[0] if stored else None, sent.note, is_same=sent.is_same)

    def act(session: Session) -> None:
        key, now = PartKey(uid, program, sent.part), caller.visitor.now
        hand_in(session, key, handed, hand=hand, form_key=caller.form_key, now=now)

    return _changed(caller, uid, program, content_of(sent, stored), act)


@router.post(
    "/parts/{uid}/{program}/decisions", openapi_extra=for_scope(Scope.DECIDE) | TAKES_VERSION, response_model=AskedShown
)
def decide_on_part(caller: Calling, uid: Uid, program: Program, sent: DecisionSent) -> Response:
    """Accept a part, or send it back to be corrected: the lead's people only."""
    hand = _hand(caller, uid, program)

    def act(session: Session) -> None:
        key, form_key, now = PartKey(uid, program, sent.part), caller.form_key, caller.visitor.now
        if sent.act is PartAct.ACCEPT:
            accept_part(session, key, hand=hand, form_key=form_key, now=now)
        else:
            send_part_back(session, key, note=sent.note, hand=hand, form_key=form_key, now=now)

    return _changed(caller, uid, program, sent, act)


@router.post("/parts/{uid}/{program}/take-back", openapi_extra=_SUBMIT, response_model=AskedShown)
def take_part_back(caller: Calling, uid: Uid, program: Program, sent: NoteSent) -> Response:
    """Undo the latest act on a part, with a reason."""
    hand = _hand(caller, uid, program)

    def act(session: Session) -> None:
        key, form_key, now = PartKey(uid, program, sent.part), caller.form_key, caller.visitor.now
        take_back(session, key, note=sent.note, hand=hand, form_key=form_key, now=now)

    return _changed(caller, uid, program, sent, act)


@router.get("/part-files/{entry_uid}", openapi_extra=_READ, responses=_BYTES, response_class=Response)
def read_part_file(caller: Calling, entry_uid: Uid) -> Response:
    """Return the file of a part, by the uid of its entry."""
    return part_file_of(caller.site, caller.visitor, entry_uid)


def _hand(caller: Caller, uid: str, program: str) -> Hand:
    with reading(caller.site.engine) as session:
        return find_seat(session, caller.visitor, uid, program).hand(caller.visitor)


def _current(session: Session, caller: Caller, uid: str, program: str) -> AskedShown:
    return _shown(find_seat(session, caller.visitor, uid, program).asked)


def _changed(caller: Caller, uid: str, program: str, sent: Any, act: Callable[[Session], None]) -> Response:
    def changing(session: Session) -> AskedShown:
        act(session)
        session.flush()
        return _current(session, caller, uid, program)

    return caller.change(
        sent,
        changing,
        location=_HERE.format(uid=uid, program=program),
        current=lambda session: _current(session, caller, uid, program),
    )


def _shown(asked: Asked) -> AskedShown:
    row, internal = asked.packet.item.deliverable, asked.packet.internal
    parts = [
        PartShown(
            part=state.need.part,
            phase=state.facts.phase,
            entries=[EntryShown.model_validate(entry) for entry in state.entries],
        )
        for state in asked.states
    ]
    return AskedShown(
        deliverable_uid=row.uid,
        contract_id=row.contract_id,
        title=row.title,
        label=row.label,
        program=asked.program,
        program_name=asked.program_name,
        due_on=internal.on,
        due_at=internal.at,
        steps=list(internal.steps),
        is_late=asked.is_late,
        parts=parts,
    )
