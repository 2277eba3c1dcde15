"""In which browsers am I signed in, and how do I end one from here?"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from duecourse.errors import NotFound
from duecourse.language.said import say
from duecourse.models import Person
from duecourse.models.database import writing
from duecourse.tracking.sign_in.sessions import end_sessions
from duecourse.web.door_log import came_in
from duecourse.web.forms import Form
from duecourse.web.site import RowId, Site, TheSite, client_of
from duecourse.web.visitor import SignedIn, Visitor

router = APIRouter()


@router.post("/me/sessions/end-others")
def end_others(request: Request, site: TheSite, visitor: SignedIn, _form: Form) -> Response:
    """End every session of the person but the one of this browser."""
    _end(request, site, visitor, but=visitor.session_id)
    return RedirectResponse("/me?done=sessions", 303)


@router.post("/me/sessions/{session_id}/end")
def end_one(request: Request, site: TheSite, visitor: SignedIn, session_id: RowId, _form: Form) -> Response:
    """End one of the person's sessions."""
    if not _end(request, site, visitor, only=session_id):
        raise NotFound(say("There is no such session."))
    return RedirectResponse("/me?done=sessions", 303)


def _end(request: Request, site: Site, visitor: Visitor, **which: int) -> int:
    with writing(site.engine) as session:
        person = session.get_one(Person, visitor.person_id)
        ended = end_sessions(session, person, **which, now=site.clock.now(), actor=visitor.email)
    came_in(f"ended {ended} sessions", person=visitor.person_id, client=client_of(request), token=visitor.token)
    return ended
