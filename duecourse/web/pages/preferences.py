"""How does a person say when the mail is to come, and that a mail was seen?"""

from __future__ import annotations

import re
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from duecourse.errors import BadInput, Conflict, NotFound
from duecourse.language.said import say
from duecourse.models import Person
from duecourse.models.database import reading, writing
from duecourse.tracking.preferring import Wanted, prefer
from duecourse.tracking.seeing import acknowledge, acknowledge_mail, mail_named, message_ids, tries_of
from duecourse.tracking.staff.people import person_by_email
from duecourse.web.board_tables import about
from duecourse.web.downloads import check_ending, table_file
from duecourse.web.forms import Form
from duecourse.web.notice_ledger import ledger
from duecourse.web.pages.deliverable import find
from duecourse.web.pages.me import me_page
from duecourse.web.render import page
from duecourse.web.site import TheSite
from duecourse.web.told import notices_of
from duecourse.web.visitor import SignedIn

router = APIRouter()

# As the page writes them in each language, and without the accent that many leave out.
_OFFSET = re.compile(r"(?P<days>[0-9]{1,3}) (?:(?P<before>before|antes)|after|despu[eé]s)", re.IGNORECASE)


@router.post("/me/preferences")
def choose(request: Request, site: TheSite, visitor: SignedIn, form: Form) -> Response:
    """Record when the person's daily mail comes, on which more days, and who gets it during a pause."""
    try:
        with writing(site.engine) as session:
            person = session.get_one(Person, visitor.person_id)
            email = form.line("substitute")
            substitute = person_by_email(session, email) if email else None
            if email and substitute is None:
                raise BadInput(say("Nobody here has the address %(email)s.", email=email))
            wanted = Wanted(
                mail_hour=hour if (hour := form.number("mail_hour")) is not None else 7,
                zone=form.line("zone"),
                nothing_due_on=form.number("nothing_due_on"),
                more_offsets=offsets_from(form.line("more_offsets")),
                paused_from=form.day("paused_from") if form.line("paused_from") else None,
                paused_to=form.day("paused_to") if form.line("paused_to") else None,
                substitute=substitute,
            )
            prefer(session, person, wanted, now=visitor.now, actor=visitor.email)
    except (BadInput, Conflict) as problem:
        return me_page(request, site, visitor, chosen=form, mail_problem=str(problem))
    return RedirectResponse("/me?done=preferences", 303)


def offsets_from(said: str) -> tuple[int, ...]:
    """Return the days that a text such as ``21 before, 2 after`` names. Raises BadInput for another text."""
    found = []
    for part in filter(None, (each.strip() for each in said.split(","))):
        match = _OFFSET.fullmatch(part)
        if match is None:
            raise BadInput(
                say("“%(part)s” names no day. Write it like “21 before” or “2 after”, with commas between.", part=part)
            )
        found.append(int(match["days"]) * (-1 if match["before"] else 1))
    return tuple(found)


@router.get("/me/mails/{mail_name}")
def mail(request: Request, site: TheSite, visitor: SignedIn, mail_name: str, done: str = "") -> Response:
    """Show what one of the person's daily mails carried, with the button that says it was seen."""
    with reading(site.engine) as session:
        carrier, items = mail_named(session, visitor.person_id, _uuid(mail_name))
    return page(request, "my_mail.html", visitor=visitor, name=mail_name, carrier=carrier, items=items, done=bool(done))


@router.post("/me/mails/{mail_name}/seen")
def mail_seen(site: TheSite, visitor: SignedIn, mail_name: str, _form: Form) -> Response:
    """Record that the person has seen a daily mail and all it carried."""
    with writing(site.engine) as session:
        acknowledge_mail(session, visitor.person_id, _uuid(mail_name), now=visitor.now, actor=visitor.email)
    return RedirectResponse(f"/me/mails/{mail_name}?done=seen", 303)


@router.post("/deliverables/{uid}/seen")
def seen(site: TheSite, visitor: SignedIn, uid: str, _form: Form) -> Response:
    """Record that the person has seen the reminders of a deliverable."""
    with writing(site.engine) as session:
        found = find(session, visitor, uid)
        acknowledge(session, visitor.person_id, found.deliverable, now=visitor.now, actor=visitor.email)
    return RedirectResponse(f"/deliverables/{uid}?done=seen", 303)


@router.get("/deliverables/{uid}/notices.{ending}")
def notices_table(site: TheSite, visitor: SignedIn, uid: str, ending: str) -> Response:
    """Return who was told of a deliverable, with every try and what the mail server answered, as a table."""
    check_ending(ending)
    with reading(site.engine) as session:
        found = find(session, visitor, uid)
        row = found.deliverable
        assert row.id is not None
        notices = notices_of(session, row.id, now=visitor.now)
        tries = tries_of(session, [notice for notice, _ in notices])
        mails = message_ids(session, [notice for notice, _ in notices])
    says = about(f"Who was told of {row.title}, {row.label}", visitor, site.settings.address)
    return table_file(ledger(notices, tries, mails, about=says), f"notices-{uid}", ending)


def _uuid(name: str) -> UUID:
    try:
        return UUID(name)
    except ValueError:
        raise NotFound(say("There is no such mail.")) from None
