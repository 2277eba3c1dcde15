"""How is a calendar feed served over HTTP?

A bare ASGI application that stands in front of the pages: no cookies, no redirects, no compression, no page in place of
a calendar. A calendar program takes whatever else it gets for an empty calendar and shows no deadlines any more, or
switches the calendar off; so everybody with a valid link gets a calendar or a 304.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, MutableMapping
from email.utils import format_datetime
from functools import partial
from typing import Any

import anyio.to_thread
from anyio import CapacityLimiter
from sqlalchemy import Engine

from duecourse.calendar.feed_text import one_line
from duecourse.clock import Clock
from duecourse.tracking.calendars.feed_desk import FeedDesk
from duecourse.tracking.calendars.feed_serving import Answer, Served, at_once, served
from duecourse.web.client_copy import ClientCopy
from duecourse.web.headers import ALONE, HTTPS_ALONE
from duecourse.web.wrong_addresses import WrongAddresses

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

FILE_NAME = "contract-deadlines.ics"

# The link is a secret: it goes to no search engine and to no page that the browser opens next.
_ALWAYS = [
    (b"referrer-policy", b"no-referrer"),
    (b"x-robots-tag", b"noindex, nofollow"),
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", ALONE.encode()),
]
_CALENDAR = [(b"cache-control", b"private, max-age=0, must-revalidate"), *_ALWAYS]
_PLAIN = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store"), *_ALWAYS]

_TOO_MANY = b"Too many wrong calendar addresses came from here. Try again in a minute.\n"
_REFUSALS: dict[Answer, tuple[int, str, Headers]] = {
    Answer.UNKNOWN: (404, "There is no calendar at this address. Copy the link from Duecourse again, whole.\n", []),
    Answer.GONE: (410, "This calendar link was replaced. Copy the new one from Duecourse.\n", []),
    Answer.UNAVAILABLE: (503, "This calendar cannot be shown right now.\n", [(b"retry-after", b"300")]),
}


def feed_app(engine: Engine, clock: Clock, base_url: str, domain: str) -> Application:
    """Return the application that answers ``/c/{token}/contract-deadlines.ics``, and 404 to every other path.

    `base_url` is where the events' links lead; `domain` ends the events' permanent names and must never change.
    """
    return _FeedApp(engine, clock, base_url, domain)


class _FeedApp:
    def __init__(self, engine: Engine, clock: Clock, base_url: str, domain: str) -> None:
        self._engine = engine
        self._clock = clock
        self._serve = partial(served, engine, base_url=base_url, domain=domain)
        self._is_secure = base_url.startswith("https://")
        self._wrong = WrongAddresses()
        self._desk = FeedDesk(engine) if engine.dialect.name == "sqlite" else None
        # Threads of their own: slow pages do not keep calendars waiting. Building takes one at a time, since it needs
        # the processor alone, and feeds of one contract share the events that the first of them built.
        self._reading = CapacityLimiter(8)
        self._building = CapacityLimiter(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        send = partial(_over_https, send) if self._is_secure else send
        token = _token_in(scope["path"])
        # Servers log the path when they answer; from here on nothing outside knows the token any more.
        scope["path"] = f"/c/hidden/{FILE_NAME}"
        scope["raw_path"] = scope["path"].encode()
        if scope["method"] not in ("GET", "HEAD"):
            # Calendar programs probe with OPTIONS and PROPFIND; a sign-in in reply would be a wrong password to them.
            text = "A calendar is only read here.\n"
            await _send(send, 405, [(b"allow", b"GET, HEAD"), *_PLAIN], text.encode())
            return
        answer = await self._answer(token, scope["headers"])
        if answer.answer is Answer.UNKNOWN and self._wrong.are_too_many(_client_of(scope), now=self._clock.now()):
            await _send(send, 429, [(b"retry-after", b"60"), *_PLAIN], _TOO_MANY, with_body=scope["method"] == "GET")
            return
        status, headers, body = _as_http(answer)
        await _send(send, status, headers, body, with_body=scope["method"] == "GET")

    async def _answer(self, token: str, headers: Headers) -> Served:
        now = self._clock.now()
        copy = ClientCopy.said_in(headers, now=now)
        if self._desk is not None and (answer := _without_a_thread(self._desk, token, copy)) is not None:
            return answer
        client = next((value.decode("latin-1") for name, value in headers if name == b"user-agent"), "")
        serve = partial(self._serve, token, now=now, has=copy.has, client=one_line(client)[:200])
        answer = await anyio.to_thread.run_sync(partial(serve, may_build=False), limiter=self._reading)
        if answer.answer is Answer.TO_BUILD:
            answer = await anyio.to_thread.run_sync(serve, limiter=self._building)
        return answer


def _without_a_thread(desk: FeedDesk, token: str, copy: ClientCopy) -> Served | None:
    try:
        state = desk.look_up(token)
    except sqlite3.Error:
        desk.close()
        return None
    if state is not None and state.fetch_is_worth_noting(copy.now):
        return None
    return at_once(state, now=copy.now, has=copy.has)


def _client_of(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else ""


def _token_in(path: str) -> str:
    folder, token, name = ["", "", "", *path.split("/")][-3:]
    return token if (folder, name) == ("c", FILE_NAME) else ""


def _as_http(answer: Served) -> tuple[int, Headers, bytes]:
    if answer.answer not in (Answer.CALENDAR, Answer.UNCHANGED):
        status, text, headers = _REFUSALS[answer.answer]
        return status, [*_PLAIN, *headers], text.encode()
    assert answer.modified_at is not None
    headers = [
        (b"etag", f'"{answer.etag}"'.encode()),
        (b"last-modified", format_datetime(answer.modified_at, usegmt=True).encode()),
        *_CALENDAR,
    ]
    if answer.answer is Answer.UNCHANGED:
        return 304, headers, b""
    named = f'inline; filename="{FILE_NAME}"'.encode()
    calendar = [(b"content-type", b"text/calendar; charset=utf-8"), (b"content-disposition", named)]
    return 200, [*calendar, *headers], answer.body


async def _over_https(send: Send, message: MutableMapping[str, Any]) -> None:
    if message["type"] == "http.response.start":
        message["headers"] = [*message["headers"], (b"strict-transport-security", HTTPS_ALONE.encode())]
    await send(message)


async def _send(send: Send, status: int, headers: Headers, body: bytes, *, with_body: bool = True) -> None:
    if status != 304:
        headers = [*headers, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body if with_body else b""})
