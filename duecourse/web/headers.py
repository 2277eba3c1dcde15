"""Which headers does every answer carry, and what is written down of a request?

The log names the route, never the address: addresses of sign-in links are secrets.
"""

from __future__ import annotations

import logging
from time import perf_counter

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_CONTENT_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
ALONE = "sandbox; default-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
"""The content policy of a file that somebody sent in: nothing in it runs or loads, should a browser ever show it."""
_ALWAYS = {
    "Content-Security-Policy": _CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not `no-referrer`: with it, browsers send “Origin: null” with our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}
HTTPS_ALONE = "max-age=31536000"
"""For a year a browser asks this server over HTTPS alone (RFC 6797, 6.1.1)."""

_log = logging.getLogger(__name__)


class Headers:
    """Adds the security headers that an answer does not set itself, answers HEAD as GET, and logs the request."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self._app = app
        strict = {"Strict-Transport-Security": HTTPS_ALONE} if secure else {}
        self._headers = _ALWAYS | strict

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and complete its answer."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        began, status = perf_counter(), 500
        asked = dict(scope, method="GET") if scope["method"] == "HEAD" else scope

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            elif scope["method"] == "HEAD":
                message = {**message, "body": b""}
            await send(message)

        try:
            await self._app(asked, receive, sending)
        finally:
            route = getattr(asked.get("route"), "path", "no such route")
            _log.info("%s %s %d %.0f ms", scope["method"], route, status, 1000 * (perf_counter() - began))
