"""How does a person choose the language: of this browser, or of everything that is sent to them?"""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from duecourse.errors import BadInput
from duecourse.language.catalogue import LANGUAGES
from duecourse.language.said import say
from duecourse.models import Person
from duecourse.models.database import writing
from duecourse.tracking.languages import choose_language
from duecourse.web.forms import Form, GuestForm, local_path
from duecourse.web.languages import COOKIE, KEPT
from duecourse.web.site import TheSite
from duecourse.web.visitor import SignedIn

router = APIRouter()


@router.post("/language")
def choose_for_browser(site: TheSite, form: GuestForm) -> Response:
    """Show this browser every page in a language, as long as nobody who chose another is signed in."""
    language = form.line("language")
    if language not in LANGUAGES:
        raise BadInput(say("Choose one of the languages on the page."))
    answer = RedirectResponse(local_path(form.says("back")), 303)
    answer.set_cookie(COOKIE, language, max_age=KEPT, httponly=True, samesite="lax", secure=site.is_secure)
    return answer


@router.post("/me/language")
def choose_for_me(site: TheSite, visitor: SignedIn, form: Form) -> Response:
    """Record the language of the person's mails, pages and feeds."""
    with writing(site.engine) as session:
        person = session.get_one(Person, visitor.person_id)
        choose_language(session, person, form.line("language"), now=visitor.now, actor=visitor.email)
    return RedirectResponse("/me?done=language", 303)
