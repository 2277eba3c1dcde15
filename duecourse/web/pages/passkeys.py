"""How does a passkey confirm who signs in, and how is one registered, removed or reset?"""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from sqlmodel import Session
from starlette.responses import RedirectResponse, Response

from duecourse.calendar.roles import RoleName
from duecourse.errors import BadInput, Conflict, NotAllowed
from duecourse.language.said import say
from duecourse.models import Person
from duecourse.models.database import writing
from duecourse.notifications.messages import sender_of
from duecourse.notifications.passkey_notices import owe_passkey_notice
from duecourse.tracking.sign_in.passkey_protocol import Site as Home
from duecourse.tracking.sign_in.passkey_protocol import creation_options, request_options
from duecourse.tracking.sign_in.passkeys import (
    add_passkey,
    draw_challenge,
    passkeys_of,
    remove_passkey,
    reset_passkeys,
    take_challenge,
    use_passkey,
)
from duecourse.tracking.staff.people import person_by_email, roles_of
from duecourse.web.door_log import came_in, turned_away
from duecourse.web.forms import DoorForm, Form, local_path
from duecourse.web.second_factor import door_page
from duecourse.web.site import RowId, Site, TheSite, client_of
from duecourse.web.visitor import AtTheDoor, SignedIn, Visitor

router = APIRouter()

_LONGEST_ANSWER = 60_000


@router.get("/sign-in/passkey")
def ask_for_passkey(request: Request, site: TheSite, visitor: AtTheDoor, next: str = "/") -> Response:
    """Ask for a passkey, or for registering the first one."""
    if not visitor.needs_passkey:
        return RedirectResponse(local_path(next), 303)
    return door_page(request, site, visitor, next)


@router.post("/sign-in/passkey/options")
def draw_for_use(site: TheSite, visitor: AtTheDoor, _form: DoorForm) -> Response:
    """Return what the browser needs to have one of the person's passkeys sign, as JSON."""
    with writing(site.engine) as session:
        known = [passkey.credential_id for passkey in passkeys_of(session, visitor.person_id)]
        if not known:
            raise Conflict(say("You have no passkey here."))
        challenge = draw_challenge(session, visitor.session_id, now=site.clock.now())
    return _json(request_options(_home(site), challenge=challenge, known=known))


@router.post("/sign-in/passkey")
def show_passkey(request: Request, site: TheSite, visitor: AtTheDoor, form: DoorForm) -> Response:
    """Let a passkey confirm who has signed in."""
    now, answer = site.clock.now(), form.content("credential")[:_LONGEST_ANSWER]
    try:
        with writing(site.engine) as session:
            challenge = take_challenge(session, visitor.session_id, now=now)
        with writing(site.engine) as session:
            person = session.get_one(Person, visitor.person_id)
            use_passkey(session, person, visitor.session_id, answer, site=_home(site), challenge=challenge, now=now)
    except (BadInput, Conflict) as problem:
        turned_away(f"a passkey that does not hold for person {visitor.person_id}", client=client_of(request))
        return door_page(request, site, visitor, form.says("next"), problem=problem)
    came_in("confirmed with a passkey", person=visitor.person_id, client=client_of(request), token=visitor.token)
    return RedirectResponse(local_path(form.says("next")), 303)


@router.post("/me/passkeys/options")
def draw_for_new(site: TheSite, visitor: AtTheDoor, _form: DoorForm) -> Response:
    """Return what the browser needs to make a passkey, as JSON."""
    if not site.settings.can_use_passkeys:
        raise Conflict(say("Browsers allow no passkeys at this server’s address."))
    with writing(site.engine) as session:
        known = [passkey.credential_id for passkey in passkeys_of(session, visitor.person_id)]
        _check_may_add(visitor, has_one=bool(known))
        challenge = draw_challenge(session, visitor.session_id, now=site.clock.now())
    return _json(
        creation_options(
            _home(site),
            person_id=visitor.person_id,
            name=visitor.name,
            email=visitor.email,
            challenge=challenge,
            known=known,
        )
    )


@router.post("/me/passkeys")
def register(request: Request, site: TheSite, visitor: AtTheDoor, form: DoorForm) -> Response:
    """Add the passkey that the browser has just made; the person is told by mail."""
    now, answer = site.clock.now(), form.content("credential")[:_LONGEST_ANSWER]
    name = form.line("passkey_name", at_most=60) or "Passkey"
    try:
        with writing(site.engine) as session:
            challenge = take_challenge(session, visitor.session_id, now=now)
        with writing(site.engine) as session:
            person = session.get_one(Person, visitor.person_id)
            _check_may_add(visitor, has_one=bool(passkeys_of(session, visitor.person_id)))
            home, session_id = _home(site), visitor.session_id
            add_passkey(session, person, session_id, answer, site=home, challenge=challenge, name=name, now=now)
            _tell(session, site, person, _added(name, person))
    except (BadInput, Conflict) as problem:
        if not visitor.needs_passkey:
            raise
        return door_page(request, site, visitor, form.says("next"), problem=problem)
    came_in("registered a passkey", person=visitor.person_id, client=client_of(request), token=visitor.token)
    site.wake()
    return RedirectResponse(local_path(form.says("next")) if visitor.needs_passkey else "/me?done=passkey", 303)


@router.post("/me/passkeys/{passkey_id}/remove")
def remove(request: Request, site: TheSite, visitor: SignedIn, passkey_id: RowId, _form: Form) -> Response:
    """Remove one of the person's passkeys; the person is told by mail."""
    with writing(site.engine) as session:
        person = session.get_one(Person, visitor.person_id)
        passkey = remove_passkey(session, person, passkey_id, now=site.clock.now())
        _tell(session, site, person, _removed(passkey.name, person))
    came_in("removed a passkey", person=visitor.person_id, client=client_of(request), token=visitor.token)
    site.wake()
    return RedirectResponse("/me?done=no-passkey", 303)


@router.post("/contracts/{contract_id}/passkeys/reset")
def reset(site: TheSite, visitor: SignedIn, contract_id: str, form: Form) -> Response:
    """Remove the passkeys of somebody who lost them, as an admin of every contract in which that person has a part."""
    visitor.check_sees(contract_id)
    if RoleName.ADMIN not in visitor.parts[contract_id]:
        raise NotAllowed(say("Only an admin of the contract can reset passkeys."))
    with writing(site.engine) as session:
        person = person_by_email(session, form.line("person"))
        parts = roles_of(session, person.id) if person is not None and person.id is not None else {}
        if person is None or contract_id not in parts:
            raise BadInput(say("Nobody with a part in this contract has this address."))
        if person.id == visitor.person_id:
            raise NotAllowed(say("Nobody resets their own passkeys. Remove one on the page “About me”."))
        if any(RoleName.ADMIN not in visitor.parts.get(other, ()) for other in parts):
            raise NotAllowed(
                say(
                    "%(name)s also has a part in a contract of which you are no admin. Whoever runs this "
                    "server can reset the passkeys.",
                    name=person.name,
                )
            )
        reset_passkeys(session, person, reason=form.line("reason"), now=site.clock.now(), actor=visitor.email)
        said = say(
            "%(who)s reset your passkeys. Register a new one at your next sign-in as %(email)s.",
            who=visitor.name,
            email=person.email,
        )
        _tell(session, site, person, said)
    site.wake()
    return RedirectResponse(f"/contracts/{contract_id}/people?done=reset", 303)


def _check_may_add(visitor: Visitor, *, has_one: bool) -> None:
    """Raise NotAllowed for somebody who has a passkey and has not shown it: a mail alone must not add another."""
    if visitor.needs_passkey and has_one:
        raise NotAllowed(say("Use the passkey that you have. If you lost it, ask for a reset."))


def _added(name: str, person: Person) -> str:
    return say("The passkey “%(name)s” was added for signing in as %(email)s.", name=name, email=person.email)


def _removed(name: str, person: Person) -> str:
    return say("The passkey “%(name)s” for signing in as %(email)s was removed.", name=name, email=person.email)


def _tell(session: Session, site: Site, person: Person, said: str) -> None:
    now, settings = site.clock.now(), site.settings
    owe_passkey_notice(session, person, said, now=now, base_url=settings.address, sender=sender_of(settings))


def _home(site: Site) -> Home:
    address = urlsplit(site.settings.address)
    return Home(f"{address.scheme}://{address.netloc}")


def _json(text: str) -> Response:
    return Response(text, media_type="application/json")
