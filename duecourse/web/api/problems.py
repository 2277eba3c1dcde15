"""What does a program get when a call is refused, missing or broken? A problem as RFC 9457 describes it."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from sqlalchemy.exc import IntegrityError, OperationalError, TimeoutError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from duecourse.errors import BadDefinition, DuecourseError, NotFound

MEDIA_TYPE = "application/problem+json"
TYPES = "/api/v1/problems/"
_LONGEST_POINTER = 200

_log = logging.getLogger(__name__)

# The name of each type of problem, its usual status, its title, and what to do about it.
KINDS = {
    "not-understood": (400, "The call cannot be read", "Correct the call; the same again is refused again."),
    "no-token": (401, "No token that works", "Send “Authorization: Bearer …” with a token that has not run out."),
    "not-allowed": (403, "Not yours to do", "Ask somebody whose part it is, or use a token with the scope named."),
    "not-found": (404, "There is nothing here", "Check the address; what is another contract’s looks the same."),
    "not-here": (405, "This cannot be done here", "Look in the description which methods the address has."),
    "too-slow": (408, "This took too long", "Send the call again, with the same Idempotency-Key."),
    "conflict": (409, "Somebody was faster", "Read it again, and decide on what it is now."),
    "changed": (412, "It changed since it was read", "Read it again, and decide on what it is now."),
    "too-large": (413, "This is too large", "Send less."),
    "not-json": (415, "The wrong kind of content", "Send what the description says, with its Content-Type."),
    "not-accepted": (422, "This cannot be accepted", "Correct what “errors” or “detail” names."),
    "no-version": (428, "If-Match is missing", "Send the ETag with which it was read as If-Match."),
    "too-many": (429, "Too many calls", "Wait, then try again."),
    "broken": (500, "Something went wrong here", "It was written to the server’s log, and nothing was changed."),
    "not-ready": (503, "Not ready at the moment", "Try again in half a minute, with the same Idempotency-Key."),
}
_BY_STATUS = {status: name for name, (status, _, _) in KINDS.items()}


class Detail(BaseModel):
    """One thing that is wrong with what was sent, and where."""

    pointer: str = Field(description="A JSON Pointer into the body (RFC 6901), or “query/name” and the like.")
    detail: str


class Problem(BaseModel):
    """Why a call was refused. `type` names the kind of problem, for programs; `detail` is for people."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[Detail] = []


class Refused(Exception):
    """A call is refused for a reason of the protocol rather than of the contract."""

    def __init__(self, status: int, says: str, *, errors: list[Detail] | None = None, **headers: str) -> None:
        super().__init__(says)
        self.status, self.errors = status, errors or []
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def problem(
    status: int, says: str, *, errors: list[Detail] | None = None, headers: dict[str, str] | None = None
) -> Response:
    """Return the answer that says why a call was refused."""
    name = _BY_STATUS.get(status, "not-understood" if status < 500 else "broken")
    said = Problem(type=TYPES + name, title=KINDS[name][1], status=status, detail=says, errors=errors or [])
    retry = {"Retry-After": "30"} if status == 503 else {}
    return Response(said.model_dump_json(), status, media_type=MEDIA_TYPE, headers=retry | (headers or {}))


def install(app: FastAPI) -> None:
    """Have `app` answer every error with a problem."""

    @app.exception_handler(Refused)
    async def refused(_request: Request, error: Exception) -> Response:
        assert isinstance(error, Refused)
        return problem(error.status, str(error), errors=error.errors, headers=error.headers)

    @app.exception_handler(DuecourseError)
    async def ours(_request: Request, error: Exception) -> Response:
        assert isinstance(error, DuecourseError)
        if isinstance(error, NotFound):
            return missing()
        flaws = error.flaws if isinstance(error, BadDefinition) else ()
        errors = [
            Detail(pointer="/definition", detail=f"Line {flaw.line}, {flaw.field}: {flaw.problem} {flaw.cure}")
            for flaw in flaws
        ]
        says = "The contract file has flaws." if flaws else str(error)
        return problem(error.http_status, says, errors=errors)

    @app.exception_handler(HTTPException)
    async def theirs(_request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if error.status_code == 404:
            return missing()
        says = f"{HTTPStatus(error.status_code).phrase}."
        return problem(error.status_code, says, headers=dict(error.headers or {}))

    @app.exception_handler(RequestValidationError)
    async def not_valid(_request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        found = error.errors()
        if any(each["loc"][0] == "path" for each in found):
            return missing()
        return problem(422, "What was sent is not as it is described.", errors=[_detail(each) for each in found[:50]])

    @app.exception_handler(IntegrityError)
    async def changed_meanwhile(_request: Request, error: Exception) -> Response:
        # A constraint stopped what two people did at the same moment.
        _log.warning("refused by the database: %s", error)
        return problem(409, "Somebody changed the same thing at the same moment. Nothing of yours was kept.")

    @app.exception_handler(OperationalError)
    @app.exception_handler(TimeoutError)
    async def no_database(_request: Request, error: Exception) -> Response:
        _log.error("The database did not answer: %s", error)
        return problem(503, "The database did not answer, and nothing was changed.")

    @app.exception_handler(Exception)
    async def broken(_request: Request, _error: Exception) -> Response:
        return problem(500, "Something went wrong here, and nothing was changed.")


def missing() -> Response:
    """Return the one answer for what does not exist and for what is somebody else's."""
    return problem(404, "The address is wrong, or it leads to a contract in which you have no part.")


def _detail(error: dict[str, Any]) -> Detail:
    # What was sent is not repeated but for the names of fields: it may be anything.
    place, *names = error["loc"]
    escaped = "".join(f"/{str(name).replace('~', '~0').replace('/', '~1')}" for name in names)
    pointer = escaped if place == "body" else f"{place}{escaped}"
    return Detail(pointer=pointer[:_LONGEST_POINTER], detail=f"{error['msg'].removeprefix('Value error, ')}."[:300])
