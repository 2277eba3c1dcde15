"""Which page does a person see when something is refused, missing or broken?"""

from __future__ import annotations

import logging
from http import HTTPStatus
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import IntegrityError, OperationalError, TimeoutError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import RedirectResponse, Response

from duecourse.errors import DuecourseError, NotAllowed, NotFound
from duecourse.language.said import say
from duecourse.web.door_log import denied
from duecourse.web.forms import local_path
from duecourse.web.render import page
from duecourse.web.site import site_of
from duecourse.web.visitor import NeedsPasskey, NotSignedIn, Visitor, whoever

_log = logging.getLogger(__name__)

_TITLES = {
    403: say("This is not yours to change"),
    404: say("There is nothing here"),
    405: say("This cannot be done here"),
    408: say("This took too long"),
    409: say("Somebody was faster"),
    413: say("This is too large"),
    422: say("This cannot be accepted"),
    429: say("Too many tries"),
    503: say("Not ready at the moment"),
}
# One page for what is missing and for what is somebody else's.
_MISSING = say("The address is wrong, or it leads to a contract in which you have no part.")


def refuse(request: Request, status: int, says: str) -> Response:
    """Return the page that says why a request was refused."""
    title = _TITLES.get(status, say("This did not work"))
    visitor = getattr(request.state, "visitor", None)
    answer = page(request, "problem.html", visitor=visitor, status=status, title=title, says=says)
    if status == 503:
        answer.headers["Retry-After"] = "30"
    return answer


def install(app: FastAPI) -> None:
    """Have `app` show every error as a page."""

    @app.exception_handler(NotSignedIn)
    async def not_signed_in(request: Request, _error: Exception) -> Response:
        asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        back = local_path(asked) if request.method == "GET" else "/"
        return RedirectResponse(_leading_back("/sign-in", back), 303)

    @app.exception_handler(NeedsPasskey)
    async def needs_passkey(request: Request, _error: Exception) -> Response:
        asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        back = local_path(asked) if request.method == "GET" else "/"
        return RedirectResponse(_leading_back("/sign-in/passkey", back), 303)

    @app.exception_handler(DuecourseError)
    async def ours(request: Request, error: Exception) -> Response:
        assert isinstance(error, DuecourseError)
        says = _MISSING if isinstance(error, NotFound) else str(error)
        visitor = getattr(request.state, "visitor", None)
        if visitor is not None and isinstance(error, NotAllowed):
            route = getattr(request.scope.get("route"), "path", "")
            denied(f"{request.method} {route}", error.http_status, person=visitor.person_id)
        return refuse(request, error.http_status, says)

    @app.exception_handler(HTTPException)
    async def theirs(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        says = _MISSING if error.status_code == 404 else f"{HTTPStatus(error.status_code).phrase}."
        request.state.visitor = await run_in_threadpool(_visitor_of, request)
        answer = refuse(request, error.status_code, says)
        answer.headers.update(error.headers or {})
        return answer

    @app.exception_handler(RequestValidationError)
    async def not_valid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        if any(details["loc"][0] == "path" for details in error.errors()):
            return refuse(request, 404, _MISSING)
        # What was sent is not repeated: it may be anything, even what no answer can hold.
        return refuse(
            request, 422, say("The request could not be read. Open the page again, and send the form from there.")
        )

    @app.exception_handler(ClientDisconnect)
    async def gone(_request: Request, _error: Exception) -> Response:
        # A second press, or a phone without a network, broke off what was being sent. Nobody reads this.
        return Response(status_code=400)

    @app.exception_handler(IntegrityError)
    async def changed_meanwhile(request: Request, error: Exception) -> Response:
        # A constraint stopped what two people did at the same moment.
        _log.warning("refused by the database: %s", error)
        says = say(
            "Somebody changed the same thing at the same moment. Nothing of yours was kept: open the page again."
        )
        return refuse(request, 409, says)

    @app.exception_handler(OperationalError)
    @app.exception_handler(TimeoutError)
    async def no_database(request: Request, error: Exception) -> Response:
        _log.error("The database did not answer: %s", error)
        says = say("The database did not answer, and nothing was changed. Try again in half a minute.")
        return refuse(request, 503, says)

    @app.exception_handler(Exception)
    async def broken(request: Request, _error: Exception) -> Response:
        return refuse(
            request, 500, say("Something went wrong here, and nothing was changed. It was written to the server’s log.")
        )


def _visitor_of(request: Request) -> Visitor | None:
    """Return who asked for an address that leads nowhere, so that the page which says so leads on."""
    known: Visitor | None = getattr(request.state, "visitor", None)
    try:
        return known or whoever(request, site_of(request))
    except (OperationalError, TimeoutError):
        return None


def _leading_back(door: str, back: str) -> str:
    return door if back == "/" else f"{door}?next={quote(back, safe='/?=')}"
