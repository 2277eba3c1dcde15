"""Is everything done that is due: which jobs ran, for which slot, by whom, and what waits in the outbox?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import APIRouter, Request
from sqlalchemy import Engine, func
from sqlmodel import col, select
from starlette.responses import RedirectResponse, Response

from duecourse.engine import ledger
from duecourse.engine.jobs import JOBS, Job
from duecourse.engine.ledger import SlotState
from duecourse.errors import Conflict, NotAllowed
from duecourse.language.said import say, say_in
from duecourse.models import JobSlot, Notice, NoticeState
from duecourse.models.database import reading, writing
from duecourse.notifications.setting_aside import see_to, set_aside
from duecourse.tracking.audit import record
from duecourse.web.forms import Form
from duecourse.web.pages.health import problems_of
from duecourse.web.render import page
from duecourse.web.site import Site, TheSite
from duecourse.web.visitor import SignedIn, Visitor

router = APIRouter()

_WORDS = {
    SlotState.DONE: (say("Done"), "accepted", "✓"),
    SlotState.CLAIMED: (say("Under way"), "soon", "◷"),
    SlotState.FAILED: (say_in("job", "Failed"), "overdue", "!"),
}
_WOKEN = {
    "embedded": say("Started by the clock inside this server."),
    "prefect": say("Started by a worker of Prefect."),
    "command line": say("Started by somebody at a terminal."),
}

_NEWS = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Line:
    """A job with the newest slot that anybody worked on, for each shard that there is."""

    job: Job
    name: str
    entry: JobSlot | None
    word: str
    style: str
    sign: str
    woken: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Outbox:
    """How many notices wait, since when the oldest has, and how many could not be sent."""

    waiting: int
    oldest: datetime | None
    failed: int


@router.get("/operations")
def operations(request: Request, site: TheSite, visitor: SignedIn) -> Response:
    """Show liaisons what the jobs did, in their own words, with a link to each run's logs."""
    check_operates(visitor)
    lines = lines_of(site)
    with reading(site.engine) as session:
        aside = set_aside(session)
    return page(
        request,
        "operations.html",
        visitor=visitor,
        lines=lines,
        is_all_done=all(line.entry is not None and line.entry.state == SlotState.DONE for line in lines),
        outbox=outbox_of(site.engine),
        aside=aside,
        problems=problems_of(site),
        prefect=site.prefect,
        prefect_pages=_prefect_pages(site),
        last_tick_at=site.embedded.last_tick_at if site.embedded else None,
        doubts_the_time=site.embedded is not None and site.embedded.doubts_the_time,
        shown_now=site.clock.now(),
    )


@router.post("/operations/clock")
def trust_the_time(site: TheSite, visitor: SignedIn, form: Form) -> Response:
    """Let the jobs go on although this machine's clock was set, because a liaison says that it is right."""
    check_operates(visitor)
    if site.embedded is None or not site.embedded.doubts_the_time:
        raise Conflict(say("Nobody doubts this machine's clock."))
    with writing(site.engine) as session:
        record(session, "said that the server's clock is right", actor=visitor.email, now=site.clock.now())
    site.embedded.trust_the_time()
    return RedirectResponse("/operations", 303)


@router.post("/operations/mails/{mail_id}")
def see_to_a_mail(site: TheSite, visitor: SignedIn, form: Form, mail_id: int) -> Response:
    """Take a mail that was set aside off the page, because a liaison has looked after it."""
    check_operates(visitor)
    with writing(site.engine) as session:
        see_to(session, mail_id, now=site.clock.now(), actor=visitor.email)
    return RedirectResponse("/operations", 303)


def check_operates(visitor: Visitor) -> None:
    """Raise NotAllowed unless the person sees how the server does its work."""
    if not visitor.liaison_for:
        raise NotAllowed(say("Only a liaison sees how the server does its work."))


def lines_of(site: Site) -> list[Line]:
    """Return what each job did last, for each shard."""
    entries = ledger.newest(site.engine)
    found = []
    for job in JOBS:
        own = [entry for entry in entries if entry.job == job.name or entry.job.startswith(f"{job.name} ")]
        # What an earlier division of the contracts left behind is no news.
        since = max((entry.slot for entry in own), default=site.started_at) - _NEWS
        not_yet = Line(job, job.name, None, say("Not yet"), "expected", "·")
        found += [_line(job, entry, site) for entry in own if entry.slot >= since] or [not_yet]
    return found


def _line(job: Job, entry: JobSlot, site: Site) -> Line:
    word, style, sign = _WORDS[SlotState(entry.state)]
    pages = _prefect_pages(site)
    link = f"{pages}/runs/flow-run/{entry.flow_run}" if pages and entry.flow_run else ""
    return Line(job, entry.job, entry, word, style, sign, _WOKEN.get(entry.engine, ""), link)


def _prefect_pages(site: Site) -> str:
    if site.prefect is not None:
        return site.prefect.pages_url
    return site.settings.prefect_api_url.removesuffix("/api")


def outbox_of(engine: Engine) -> Outbox:
    """Return how many notices wait, and how many could not be sent."""
    query = select(Notice.state, func.count(), func.min(col(Notice.queued_at))).group_by(col(Notice.state))
    with reading(engine) as session:
        found = {state: (count, oldest) for state, count, oldest in session.exec(query)}
    waiting = [found[state] for state in (NoticeState.QUEUED, NoticeState.CLAIMED) if state in found]
    return Outbox(
        waiting=sum(count for count, _ in waiting),
        oldest=min((oldest for _, oldest in waiting if oldest is not None), default=None),
        failed=found.get(NoticeState.FAILED, (0, None))[0],
    )
