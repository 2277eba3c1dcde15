"""How large may the body of a request be, and how slowly may it come?"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from contextlib import suppress

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY = 64 * 1024
MAX_BODY_WITH_FILE = 25 * 1024 * 1024
MAX_BODY_WITH_DEFINITION = 2 * 1024 * 1024
"""A contract file of at most 1,000,000 bytes, with the names of the lines that are accepted; or a spreadsheet."""
PATIENCE_SECONDS = 30
"""How long the next piece of a body may take to arrive."""

_SWALLOWED = 4 * MAX_BODY_WITH_FILE
_WITH_FILE = re.compile(
    r"/deliverables/[^/]*/(submit|mail)|/contracts/new"
    r"|/api/v1/(drafts|deliverables/[^/]+/(submissions/with-files|mails)|parts/[^/]+/[^/]+/hand-in)"
)
_WITH_DEFINITION = re.compile(
    r"/contracts/[^/]*/(amend|import/[^/]*)|/contracts/new/[a-z]+|/definitions/check"
    r"|/api/v1/(contracts(/[^/]*/(amendments|imports/[a-z]+)(/preview)?)?|definitions/[a-z]+)"
)
_SLOW = "The form did not arrive in time. Send it again, perhaps with a smaller file."

Refusal = Callable[[Scope, int, str], Response]


class _Refused(Exception):
    def __init__(self, status: int, says: str) -> None:
        super().__init__(says)
        self.status = status


class BodyLimit:
    """Answers 413 to a body that is too large, before anything parses it, and 408 to one that does not come."""

    def __init__(self, app: ASGIApp, *, refusal: Refusal) -> None:
        self._app = app
        self._refusal = refusal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its body counted."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        body = _Body(receive, _limit(scope["path"]))
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            # Whoever parses a body that was cut off may call it malformed; the real reason is said instead.
            if body.refused is not None and not started:
                raise body.refused
            started = True
            await send(message)

        try:
            body.check_declared(scope)
            await self._app(scope, body.receive, sending)
        except _Refused as refused:
            answer = self._refusal(scope, refused.status, str(refused))
            answer.headers["Connection"] = "close"
            await _answer(answer, body, send)


def _limit(path: str) -> int:
    if _WITH_FILE.fullmatch(path):
        return MAX_BODY_WITH_FILE
    return MAX_BODY_WITH_DEFINITION if _WITH_DEFINITION.fullmatch(path) else MAX_BODY


class _Body:
    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._limit = limit
        self._size = 0
        self._complete = False
        self.refused: _Refused | None = None

    def check_declared(self, scope: Scope) -> None:
        for name, value in scope["headers"]:
            if name == b"content-length" and (not value.isdigit() or int(value[:20]) > self._limit):
                raise self._too_large()

    async def receive(self) -> Message:
        if self._complete:
            return await self._receive()
        try:
            message = await asyncio.wait_for(self._receive(), PATIENCE_SECONDS)
        except TimeoutError as error:
            self.refused = _Refused(408, _SLOW)
            raise self.refused from error
        if message["type"] == "http.request":
            self._size += len(message.get("body", b""))
            self._complete = not message.get("more_body", False)
            if self._size > self._limit:
                self.refused = self._too_large()
                raise self.refused
        return message

    async def swallow(self) -> None:
        """Take in what is still coming and forget it, up to a bound."""
        while not self._complete and self._size < _SWALLOWED:
            message = await asyncio.wait_for(self._receive(), PATIENCE_SECONDS)
            self._size += len(message.get("body", b""))
            self._complete = not message.get("more_body", False)

    def _too_large(self) -> _Refused:
        at_most = f"{self._limit // 1024**2} MB" if self._limit >= 1024**2 else f"{self._limit // 1024} KB"
        return _Refused(
            413, f"At most {at_most} can be sent here. Nothing was kept. Choose a smaller file, or send none."
        )


async def _answer(answer: Response, body: _Body, send: Send) -> None:
    # The answer goes out at once; but a browser shows it only if its upload was not torn off.
    await send({"type": "http.response.start", "status": answer.status_code, "headers": answer.raw_headers})
    await send({"type": "http.response.body", "body": bytes(answer.body), "more_body": True})
    if answer.status_code == 413:
        with suppress(TimeoutError):
            await body.swallow()
    await send({"type": "http.response.body", "body": b""})
