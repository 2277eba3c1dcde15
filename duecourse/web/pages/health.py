"""Is the server alive, and is it ready to serve?"""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import JSONResponse, PlainTextResponse

from duecourse.models.database import reading
from duecourse.web.site import Site, TheSite

LONGEST_WITHOUT_SCAN = timedelta(minutes=5)

router = APIRouter()


@router.get("/healthz")
def healthz() -> PlainTextResponse:
    """Say that the process answers."""
    return PlainTextResponse("alive\n")


@router.get("/readyz")
def readyz(site: TheSite) -> JSONResponse:
    """Say whether the database answers and reminders are being looked for; 503 when not."""
    problems = problems_of(site)
    return JSONResponse({"ready": not problems, "problems": problems}, 503 if problems else 200)


def problems_of(site: Site) -> list[str]:
    """Return what keeps this server from doing its work, in words; nothing when all is well."""
    return [*_database(site), *_scan(site)]


def _database(site: Site) -> list[str]:
    try:
        with reading(site.engine) as session:
            session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return ["The database does not answer."]
    return []


def _scan(site: Site) -> list[str]:
    if site.embedded is None:
        return []
    # Until the first scan has come to its end, the start counts for one.
    last = site.embedded.last_tick_at or site.started_at
    late = site.clock.now() - last > LONGEST_WITHOUT_SCAN
    return [f"The last scan for reminders ended at {last:%Y-%m-%d %H:%M:%S} UTC."] if late else []
