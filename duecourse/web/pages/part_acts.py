"""How does a program hand in a part, and the lead accept it, send it back, or undo what was recorded?"""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter, Request
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select
from starlette.responses import RedirectResponse, Response

from duecourse.errors import BadInput, NotFound
from duecourse.language.said import say
from duecourse.models import Deliverable, PartEntry
from duecourse.models.database import reading, writing
from duecourse.tracking.files import read_file, store_file
from duecourse.tracking.subcontractors.part_entries import PartKey
from duecourse.tracking.subcontractors.parts import Hand, HandedIn, accept_part, hand_in, send_part_back, take_back
from duecourse.web.downloads import attachment
from duecourse.web.forms import Form, Posted, local_path
from duecourse.web.headers import ALONE
from duecourse.web.pages.parts import find_seat, part_page
from duecourse.web.site import Site, TheSite
from duecourse.web.visitor import SignedIn, Visitor

Act = Callable[[Session, PartKey, Hand], object]

router = APIRouter()


@router.post("/parts/{uid}/{program}/hand-in")
def hand_in_part(request: Request, site: TheSite, visitor: SignedIn, uid: str, program: str, form: Form) -> Response:
    """Record that a part was received, with its file; the lead does so on a program's behalf."""
    with reading(site.engine) as session:
        zone = find_seat(session, visitor, uid, program).asked.packet.item.deliverable.zone

    def act() -> Act:
        key, at = form.key(), form.instant("happened_on", "happened_at", zone=zone)
        upload = form.file("file")
        name, media_type = (upload.filename or "", upload.content_type or "") if upload else ("", "")
        file = store_file(site.evidence, upload.file, name=name, media_type=media_type) if upload else None
        handed = HandedIn(at, file, form.text("note"), is_same=form.line("same") == "yes")
        return lambda session, part, hand: hand_in(session, part, handed, hand=hand, form_key=key, now=visitor.now)

    return _done(request, site, visitor, uid, program, form, act, "hand-in")


@router.post("/parts/{uid}/{program}/decide")
def decide_on_part(request: Request, site: TheSite, visitor: SignedIn, uid: str, program: str, form: Form) -> Response:
    """Accept a part, or send it back to be corrected: the lead's people only."""
    said, now = form.line("act"), visitor.now

    def act() -> Act:
        key, note = form.key(), form.text("note")
        if said == "accept":
            return lambda session, part, hand: accept_part(session, part, hand=hand, form_key=key, now=now)
        if said == "send back":
            return lambda session, part, hand: send_part_back(
                session, part, note=note, hand=hand, form_key=key, now=now
            )
        raise BadInput(say("Choose to accept the part, or to send it back."))

    return _done(request, site, visitor, uid, program, form, act, said.replace(" ", "-"))


@router.post("/parts/{uid}/{program}/take-back")
def take_part_back(request: Request, site: TheSite, visitor: SignedIn, uid: str, program: str, form: Form) -> Response:
    """Undo the latest act on a part, with a reason."""

    def act() -> Act:
        key, note = form.key(), form.text("note")
        return lambda session, part, hand: take_back(session, part, note=note, hand=hand, form_key=key, now=visitor.now)

    return _done(request, site, visitor, uid, program, form, act, "take-back")


@router.get("/part-files/{entry_uid}")
def part_file(site: TheSite, visitor: SignedIn, entry_uid: str) -> Response:
    """Return the file of a part as a download: to the lead's people, and to those of the program it is from."""
    return part_file_of(site, visitor, entry_uid)


def part_file_of(site: Site, visitor: Visitor, entry_uid: str) -> Response:
    """Return the answer that holds the file of a part. Raises NotFound as for the part itself."""
    query = (
        select(PartEntry, Deliverable.uid)
        .join(Deliverable, Deliverable.id == PartEntry.deliverable_id)  # type: ignore[arg-type]
        .where(PartEntry.uid == entry_uid[:36], PartEntry.file_sha256 != "")
    )
    with reading(site.engine) as session:
        found = session.exec(query).one_or_none() if "\x00" not in entry_uid else None
        if found is None or found[0].happened_at > visitor.now or len(entry_uid) > 36:
            raise NotFound(say("There is no such part."))
        entry, uid = found
        find_seat(session, visitor, uid, entry.program)
        sha256, name = entry.file_sha256, entry.file_name
    headers = {"Content-Disposition": attachment(name), "Content-Security-Policy": ALONE}
    return Response(read_file(site.evidence, sha256), media_type="application/octet-stream", headers=headers)


def _done(
    request: Request,
    site: Site,
    visitor: Visitor,
    uid: str,
    program: str,
    form: Posted,
    act: Callable[[], Act],
    done: str,
) -> Response:
    with reading(site.engine) as session:
        hand = find_seat(session, visitor, uid, program).hand(visitor)
    try:
        key, does = PartKey(uid, program, form.line("part")), act()
        try:
            with writing(site.engine) as session:
                does(session, key, hand)
        except IntegrityError:
            # The same form may have come twice at the same moment: then its entry is there by now.
            with writing(site.engine) as session:
                does(session, key, hand)
    except BadInput as problem:
        return part_page(request, site, visitor, uid, program, form=form, problem=str(problem))
    back = local_path(form.line("back"))
    where = (
        f"/deliverables/{uid}?done=part" if back == f"/deliverables/{uid}" else f"/parts/{uid}/{program}?done={done}"
    )
    return RedirectResponse(where, 303)
