"""Is everything done that is due: what did the jobs do last, and what waits in the outbox?"""

from __future__ import annotations

from pydantic import Field
from sqlmodel import Session
from starlette.responses import Response

from duecourse.errors import Conflict
from duecourse.models import MailboxMail
from duecourse.models.database import reading
from duecourse.notifications.setting_aside import see_to, set_aside
from duecourse.tracking.api_tokens import Scope
from duecourse.tracking.audit import record
from duecourse.web.api.caller import Calling
from duecourse.web.api.fields import Number, Shown
from duecourse.web.api.routing import api_router, for_scope
from duecourse.web.api.shapes import At
from duecourse.web.pages.health import problems_of
from duecourse.web.pages.operations import check_operates, lines_of, outbox_of

router = api_router(tags=["operations"])


class JobShown(Shown):
    """A job with the newest slot that anybody worked on."""

    name: str
    state: str
    slot: At | None
    finished_at: At | None
    attempts: int
    summary: str


class SetAsideShown(Shown):
    """A mail of the mailbox that could not be taken. It is still there, marked with a flag."""

    id: int
    mailbox: str
    number: int = Field(description="Its number in the mailbox.")
    reason: str
    set_aside_at: At
    seen_to_at: At | None
    seen_to_by: str


class Operations(Shown):
    """How the server does its work."""

    jobs: list[JobShown]
    problems: list[str] = Field(description="What keeps the server from its work, in words.")
    waiting: int = Field(description="How many notices wait in the outbox.")
    oldest: At | None
    failed: int = Field(description="How many notices could not be sent.")
    set_aside: list[SetAsideShown] = Field(description="The mails that nobody has looked after, the oldest first.")
    doubts_the_time: bool


class Trusted(Shown):
    """That the server's clock is right."""

    doubts_the_time: bool


@router.get("/operations", openapi_extra=for_scope(Scope.READ), response_model=Operations)
def read_operations(caller: Calling) -> Response:
    """Return what the jobs did and what waits; for liaisons."""
    check_operates(caller.visitor)
    site = caller.site
    outbox = outbox_of(site.engine)
    with reading(site.engine) as session:
        aside = [SetAsideShown.model_validate(mail) for mail in set_aside(session)]
    jobs = [
        JobShown(
            name=line.name,
            state=line.word,
            slot=line.entry.slot if line.entry else None,
            finished_at=line.entry.finished_at if line.entry else None,
            attempts=line.entry.attempts if line.entry else 0,
            summary=line.entry.summary if line.entry else "",
        )
        for line in lines_of(site)
    ]
    shown = Operations(
        jobs=jobs,
        problems=problems_of(site),
        waiting=outbox.waiting,
        oldest=outbox.oldest,
        failed=outbox.failed,
        set_aside=aside,
        doubts_the_time=site.embedded is not None and site.embedded.doubts_the_time,
    )
    return caller.answer(shown)


@router.post("/operations/clock", openapi_extra=for_scope(Scope.SET_UP), response_model=Trusted)
def trust_the_time(caller: Calling) -> Response:
    """Let the jobs go on although this machine's clock was set, because a liaison says that it is right."""
    check_operates(caller.visitor)
    embedded = caller.site.embedded

    def act(session: Session) -> Trusted:
        if embedded is None or not embedded.doubts_the_time:
            raise Conflict("Nobody doubts this machine's clock.")
        now = caller.site.clock.now()
        record(session, "said that the server's clock is right", actor=caller.visitor.email, now=now)
        return Trusted(doubts_the_time=False)

    answer = caller.change(None, act)
    if embedded is not None and "idempotency-replayed" not in answer.headers:
        embedded.trust_the_time()
    return answer


@router.post("/operations/mails/{mail_id}", openapi_extra=for_scope(Scope.SET_UP), response_model=SetAsideShown)
def see_to_mail(caller: Calling, mail_id: Number) -> Response:
    """Say that a liaison has looked after a mail that was set aside; twice is once."""
    check_operates(caller.visitor)

    def act(session: Session) -> SetAsideShown:
        see_to(session, mail_id, now=caller.site.clock.now(), actor=caller.visitor.email)
        return SetAsideShown.model_validate(session.get_one(MailboxMail, mail_id))

    return caller.change(None, act)
