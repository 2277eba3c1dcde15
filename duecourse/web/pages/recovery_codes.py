"""How does a person get recovery codes, and come in with one when the passkey is lost?"""

from __future__ import annotations

from fastapi import APIRouter, Request
from sqlmodel import Session
from starlette.responses import RedirectResponse, Response

from duecourse.errors import BadInput, Conflict
from duecourse.language.said import say, say_count
from duecourse.models import Person
from duecourse.models.database import reading, writing
from duecourse.notifications.messages import sender_of
from duecourse.notifications.passkey_notices import owe_passkey_notice
from duecourse.tracking.sign_in.passkeys import passkeys_of
from duecourse.tracking.sign_in.recovery_codes import HOW_MANY, make_codes, use_code
from duecourse.web.door import missed
from duecourse.web.door_log import came_in
from duecourse.web.forms import DoorForm, Form
from duecourse.web.render import page
from duecourse.web.second_factor import door_page
from duecourse.web.site import Site, TheSite, client_of
from duecourse.web.visitor import AtTheDoor, SignedIn

router = APIRouter()


@router.post("/sign-in/recovery")
def come_in_by_recovery_code(request: Request, site: TheSite, visitor: AtTheDoor, form: DoorForm) -> Response:
    """Let a recovery code confirm who has signed in, and tell the person by mail that one was used."""
    if not visitor.needs_passkey:
        raise Conflict(say("No passkey is asked of you here, so no code is needed."))
    now, typed = site.clock.now(), form.line("code", at_most=50)
    try:
        with writing(site.engine) as session:
            if not passkeys_of(session, visitor.person_id):
                raise Conflict(say("You have no passkey here."))
            person = session.get_one(Person, visitor.person_id)
            left = use_code(session, person, visitor.session_id, typed, now=now)
            _tell(session, site, person, _used(left, person))
    except BadInput as problem:
        refusal = missed(request, f"a recovery code that does not work for person {visitor.person_id}", site=site)
        return refusal or door_page(request, site, visitor, form.says("next"), problem=problem, is_code=True)
    came_in("confirmed with a recovery code", person=visitor.person_id, client=client_of(request), token=visitor.token)
    site.wake()
    # Not where the person was going: the lost passkey comes first.
    return RedirectResponse("/me?done=recovered#passkeys", 303)


@router.post("/me/recovery-codes")
def make_my_recovery_codes(request: Request, site: TheSite, visitor: SignedIn, form: Form) -> Response:
    """Make ten recovery codes, show them this once, and end those before; the person is told by mail."""
    key = form.key()
    with reading(site.engine) as session:
        if not passkeys_of(session, visitor.person_id):
            raise Conflict(say("Register a passkey first: recovery codes stand in for a lost one."))

    def make() -> str:
        with writing(site.engine) as session:
            person = session.get_one(Person, visitor.person_id)
            codes = make_codes(session, person, visitor.session_id, now=site.clock.now())
            said = say("New recovery codes for signing in as %(email)s were made.", email=person.email)
            _tell(session, site, person, said)
        came_in("made recovery codes", person=visitor.person_id, client=client_of(request), token=visitor.token)
        return " ".join(codes)

    made = site.feed_links.get_or_make(f"recovery {visitor.token} {key}", make, now=site.clock.now())
    site.wake()
    return page(request, "recovery_codes.html", visitor=visitor, codes=made.split(), how_many=HOW_MANY)


def _used(left: int, person: Person) -> str:
    return say_count(
        "A recovery code was used in place of your passkey for signing in as %(email)s. %(num)s code is left.",
        "A recovery code was used in place of your passkey for signing in as %(email)s. %(num)s codes are left.",
        left,
        email=person.email,
    )


def _tell(session: Session, site: Site, person: Person, said: str) -> None:
    now, settings = site.clock.now(), site.settings
    owe_passkey_notice(session, person, said, now=now, base_url=settings.address, sender=sender_of(settings))
