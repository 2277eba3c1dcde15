"""Did one of our own pages send this request?

A browser says so with Sec-Fetch-Site, and with Origin where it does not. A request that changes something and says
neither is refused: no page of ours sends one.
"""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from duecourse.language.said import say
from duecourse.web.body_limit import Refusal

_SAYS = say("This form did not come from a page of this site. Nothing was changed: open the page and send it there.")
_SAFE = ("GET", "HEAD", "OPTIONS")
_FOR_ANYBODY = "/stop/"
"""Where mail programs press a button (RFC 8058, 3.2): the signed address is all that counts, and no cookie."""


class SameOrigin:
    """Answers 403 to every request that may change something and does not come from a page of ours."""

    def __init__(self, app: ASGIApp, *, address: str, refusal: Refusal) -> None:
        self._app = app
        self._address = address
        self._refusal = refusal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if (
            scope["type"] == "http"
            and scope["method"] not in _SAFE
            and not _is_for_anybody(scope)
            and not self._is_ours(Headers(scope=scope))
        ):
            return await self._refusal(scope, 403, _SAYS)(scope, receive, send)
        await self._app(scope, receive, send)

    def _is_ours(self, headers: Headers) -> bool:
        site, origin, host = headers.get("sec-fetch-site"), headers.get("origin"), headers.get("host", "")
        if site is not None:
            return site == "same-origin"
        return origin is not None and origin in (self._address, f"http://{host}", f"https://{host}")


def _is_for_anybody(scope: Scope) -> bool:
    return str(scope["path"]).startswith(_FOR_ANYBODY)
