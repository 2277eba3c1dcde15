"""How large may the body of a request be, and how slowly may it come?"""

from __future__ import annotations

import asyncio
import re

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY = 64 * 1024
MAX_BODY_WITH_FILE = 25 * 1024 * 1024
PATIENCE_SECONDS = 30
"""How long the next piece of a body may take to arrive."""

_WITH_FILE = re.compile(r"/deliverables/[^/]*/submit")


class _Refused(Exception):
    def __init__(self, status: int, says: str) -> None:
        super().__init__(says)
        self.answer = PlainTextResponse(says, status, headers={"connection": "close"})


class BodyLimit:
    """Answers 413 to a body that is too large, before anything parses it, and 408 to one that does not come."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its body counted."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        limit = MAX_BODY_WITH_FILE if _WITH_FILE.fullmatch(scope["path"]) else MAX_BODY
        body = _Body(receive, limit)
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
            await refused.answer(scope, receive, send)


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
            self.refused = _Refused(408, "The request did not arrive in time. Send it again.\n")
            raise self.refused from error
        if message["type"] == "http.request":
            self._size += len(message.get("body", b""))
            self._complete = not message.get("more_body", False)
            if self._size > self._limit:
                self.refused = self._too_large()
                raise self.refused
        return message

    def _too_large(self) -> _Refused:
        return _Refused(
            413, f"This is too large: at most {self._limit // 1024} KB can be sent here. Nothing was kept.\n"
        )
