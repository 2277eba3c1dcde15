"""Is the server alive, and is it ready to serve?"""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import JSONResponse, PlainTextResponse

from duecourse.calendar import words
from duecourse.engine import ledger
from duecourse.engine.jobs import JOBS
from duecourse.engine.ledger import SlotState
from duecourse.engine.shards import shards_for
from duecourse.language.said import say
from duecourse.models.database import reading
from duecourse.notifications.pausing import noted
from duecourse.web.site import Site, TheSite

LONGEST_WITHOUT_SCAN = timedelta(minutes=5)

router = APIRouter()


@router.get("/healthz")
def healthz() -> PlainTextResponse:
    """Say that the process answers."""
    return PlainTextResponse("alive\n")


@router.get("/readyz")
def readyz(site: TheSite) -> JSONResponse:
    """Say whether the database answers, reminders are being looked for and the jobs succeed; 503 when not."""
    problems = problems_of(site)
    return JSONResponse({"ready": not problems, "problems": problems}, 503 if problems else 200)


def problems_of(site: Site) -> list[str]:
    """Return what keeps this server from doing its work, in words; nothing when all is well."""
    return _database(site) or [*_scan(site), *_jobs(site), *_mail(site)]


def _database(site: Site) -> list[str]:
    try:
        with reading(site.engine) as session:
            session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return [say("The database does not answer.")]
    return []


def _scan(site: Site) -> list[str]:
    if site.embedded is None:
        return []
    if site.embedded.trouble:
        return [site.embedded.trouble]
    # Until the first scan has come to its end, the start counts for one.
    last = site.embedded.last_tick_at or site.started_at
    late = site.clock.now() - last > LONGEST_WITHOUT_SCAN
    return (
        [say("The last scan for reminders ended at %(at)s UTC.", at=format(last, "%Y-%m-%d %H:%M:%S"))] if late else []
    )


def _jobs(site: Site) -> list[str]:
    parts = {job: shards_for(divides=job.divides, count=site.settings.shards) for job in JOBS}
    asked = {shard.key(job.name) for job, shards in parts.items() for shard in shards}
    failed = [entry for entry in ledger.newest(site.engine) if entry.job in asked and entry.state == SlotState.FAILED]
    # Why stands on the page of operations, for liaisons alone.
    return [say("The job %(job)s failed at its last try.", job=entry.job) for entry in failed]


def _mail(site: Site) -> list[str]:
    with reading(site.engine) as session:
        found = noted(session)
    if found is None:
        return []
    stopped = say(
        "No mail can be sent, since %(since)s UTC; tried again at %(until)s.",
        since=format(found.since, "%Y-%m-%d %H:%M"),
        until=format(found.until, "%H:%M:%S"),
    )
    cure = say("Correct DUECOURSE_SMTP_USER and DUECOURSE_SMTP_PASSWORD, and start again.") if found.is_password else ""
    return [words.following(stopped, found.reply, cure)]
