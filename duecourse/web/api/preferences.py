"""When is a person’s mail to come, by which other channel, and what has the person seen?"""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field
from sqlmodel import Session
from starlette.responses import Response

from duecourse.errors import BadInput
from duecourse.models import Person
from duecourse.models.database import reading
from duecourse.notifications.second_channel import add_channel, channels_of, remove_channel
from duecourse.notifications.stopping import is_stopped, resume_daily
from duecourse.tracking.api_tokens import Scope
from duecourse.tracking.preferring import Wanted, prefer, wanted_by
from duecourse.tracking.seeing import acknowledge_mail, mail_named
from duecourse.tracking.staff.people import person_by_email
from duecourse.web.api.caller import Calling
from duecourse.web.api.deciding import Seen
from duecourse.web.api.fields import Day, Email, Line, Number, Sent, Shown, Uid
from duecourse.web.api.routing import TAKES_VERSION, api_router, for_scope
from duecourse.web.api.shapes import At

router = api_router(tags=["me"])
_READ, _PERSONAL = for_scope(Scope.READ), for_scope(Scope.PERSONAL)
_HERE = "/api/v1/me/preferences"


class Preferences(Shown):
    """When the daily mail comes, on which more days, and who gets it during a pause."""

    mail_hour: int
    zone: str = Field(description="Empty for that of the contract.")
    nothing_due_on: int | None = Field(description="The weekday, 0 for Monday, of a mail that says nothing is due.")
    more_offsets: list[int] = Field(description="More days to be told on: below 0 before the due date.")
    paused_from: date | None
    paused_to: date | None
    substitute: str | None = Field(description="The address of who gets the mail during the pause.")
    daily_stopped: bool = Field(description="Whether daily mails and early reminders were stopped by their link.")


class PreferencesSent(Sent):
    """What a person chooses, as a whole: what is left out goes back to what is usual."""

    mail_hour: int = Field(default=7, ge=0, le=23)
    zone: Line = ""
    nothing_due_on: int | None = Field(default=None, ge=0, le=6)
    more_offsets: list[Annotated[int, Field(ge=-366, le=366)]] = Field(default_factory=list, max_length=20)
    paused_from: Day | None = None
    paused_to: Day | None = None
    substitute: Email | None = None


class ChannelShown(Shown):
    """A second channel beside mail, without its secrets."""

    id: int
    shown: str
    added_at: At


class Channels(Shown):
    """The person’s channels, the oldest first."""

    items: list[ChannelShown]


class ChannelSent(Sent):
    """The address of a channel, as Apprise writes it."""

    url: str = Field(min_length=1, max_length=500, pattern=r"^[\u0021-\u007e]+$")


class MailItem(Shown):
    """One thing that a daily mail told."""

    rung: str
    subject: str
    due_at: At | None
    acknowledged_at: At | None


class DailyMail(Shown):
    """One of the person’s daily mails, with what it carried."""

    subject: str
    sent_at: At | None
    acknowledged_at: At | None
    items: list[MailItem]


@router.get("/me/preferences", openapi_extra=_READ, response_model=Preferences)
def read_preferences(caller: Calling) -> Response:
    """Return what the person chose."""
    with reading(caller.site.engine) as session:
        return caller.answer(_preferences(session, caller.visitor.person_id))


@router.post("/me/preferences", openapi_extra=_PERSONAL | TAKES_VERSION, response_model=Preferences)
def choose_preferences(caller: Calling, sent: PreferencesSent) -> Response:
    """Record what the person chooses. An If-Match is about the preferences as they were read."""
    visitor = caller.visitor

    def act(session: Session) -> Preferences:
        substitute = person_by_email(session, sent.substitute) if sent.substitute else None
        if sent.substitute and substitute is None:
            raise BadInput(f"Nobody here has the address {sent.substitute}.")
        wanted = Wanted(
            mail_hour=sent.mail_hour,
            zone=sent.zone,
            nothing_due_on=sent.nothing_due_on,
            more_offsets=tuple(sent.more_offsets),
            paused_from=sent.paused_from,
            paused_to=sent.paused_to,
            substitute=substitute,
        )
        prefer(session, session.get_one(Person, visitor.person_id), wanted, now=visitor.now, actor=visitor.email)
        session.flush()
        return _preferences(session, visitor.person_id)

    return caller.change(sent, act, location=_HERE, current=lambda session: _preferences(session, visitor.person_id))


@router.post("/me/daily", openapi_extra=_PERSONAL, response_model=Preferences)
def get_daily_mails_again(caller: Calling) -> Response:
    """Let the person get daily mails and early reminders again, after their link stopped them."""
    visitor = caller.visitor

    def act(session: Session) -> Preferences:
        person = session.get_one(Person, visitor.person_id)
        resume_daily(session, person, now=caller.site.clock.now(), actor=visitor.email)
        session.flush()
        return _preferences(session, visitor.person_id)

    return caller.change(None, act, location=_HERE)


@router.get("/me/channels", openapi_extra=_READ, response_model=Channels)
def list_channels(caller: Calling) -> Response:
    """List the person’s channels, without their secrets."""
    with reading(caller.site.engine) as session:
        found = channels_of(session, caller.visitor.person_id)
        return caller.answer(Channels(items=[ChannelShown.model_validate(each) for each in found]))


@router.post("/me/channels", openapi_extra=_PERSONAL, response_model=ChannelShown, status_code=201)
def add_my_channel(caller: Calling, sent: ChannelSent) -> Response:
    """Add a channel of the person’s own."""
    visitor = caller.visitor

    def act(session: Session) -> ChannelShown:
        person, demo = session.get_one(Person, visitor.person_id), caller.site.settings.demo
        now = caller.site.clock.now()
        made = add_channel(session, person, sent.url, is_demonstration=demo, now=now, actor=visitor.email)
        session.flush()
        return ChannelShown.model_validate(made)

    return caller.change(sent, act, status=201)


@router.post("/me/channels/{channel_id}/remove", openapi_extra=_PERSONAL, response_model=Channels)
def remove_my_channel(caller: Calling, channel_id: Number) -> Response:
    """Remove one of the person’s channels."""
    visitor = caller.visitor

    def act(session: Session) -> Channels:
        remove_channel(session, visitor.person_id, channel_id, now=caller.site.clock.now(), actor=visitor.email)
        session.flush()
        found = channels_of(session, visitor.person_id)
        return Channels(items=[ChannelShown.model_validate(each) for each in found])

    return caller.change(None, act)


@router.get("/me/mails/{mail_name}", openapi_extra=_READ, response_model=DailyMail)
def read_mail(caller: Calling, mail_name: Uid) -> Response:
    """Return what one of the person’s daily mails carried."""
    with reading(caller.site.engine) as session:
        carrier, items = mail_named(session, caller.visitor.person_id, UUID(mail_name))
        shown = DailyMail(
            subject=carrier.subject,
            sent_at=carrier.sent_at,
            acknowledged_at=carrier.acknowledged_at,
            items=[MailItem.model_validate(each) for each in items],
        )
    return caller.answer(shown)


@router.post("/me/mails/{mail_name}/seen", openapi_extra=_PERSONAL, response_model=Seen)
def mail_seen(caller: Calling, mail_name: Uid) -> Response:
    """Record that the person has seen a daily mail and all it carried."""
    visitor = caller.visitor

    def act(session: Session) -> Seen:
        name = UUID(mail_name)
        count = acknowledge_mail(session, visitor.person_id, name, now=visitor.now, actor=visitor.email)
        return Seen(notices=count)

    return caller.change(None, act)


def _preferences(session: Session, person_id: int) -> Preferences:
    wanted = wanted_by(session, session.get_one(Person, person_id))
    return Preferences(
        mail_hour=wanted.mail_hour,
        zone=wanted.zone,
        nothing_due_on=wanted.nothing_due_on,
        more_offsets=list(wanted.more_offsets),
        paused_from=wanted.paused_from,
        paused_to=wanted.paused_to,
        substitute=wanted.substitute.email if wanted.substitute else None,
        daily_stopped=is_stopped(session, person_id),
    )
