"""Which day does a demonstration show?"""

from __future__ import annotations

from datetime import time

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from duecourse.calendar.due import instant_at
from duecourse.errors import NotFound
from duecourse.language.said import say
from duecourse.models.database import writing
from duecourse.tracking.signing_in import show_day
from duecourse.web.forms import Form, local_path
from duecourse.web.render import SHOWN_IN
from duecourse.web.site import TheSite
from duecourse.web.visitor import SignedIn

_NOON = time(12)

router = APIRouter()


@router.post("/showing")
def show(site: TheSite, visitor: SignedIn, form: Form) -> Response:
    """Show this browser everything as of noon of a chosen day, or as of now when no day is given."""
    if not site.settings.demo:
        raise NotFound(say("Only a demonstration shows other days."))
    instant = instant_at(form.day("day"), _NOON, SHOWN_IN) if form.line("day") else None
    with writing(site.engine) as session:
        show_day(session, visitor.token, instant, now=site.clock.now())
    return RedirectResponse(local_path(form.says("back")), 303)
