"""How is the web application put together?"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from duecourse.clock import Clock
from duecourse.settings import Settings
from duecourse.web import refusals
from duecourse.web.api import problems
from duecourse.web.api.app import PREFIX, api_app
from duecourse.web.body_limit import BodyLimit
from duecourse.web.feed_route import feed_app
from duecourse.web.headers import Headers
from duecourse.web.pages import (
    accepting,
    agency,
    amending,
    channels,
    closures,
    contract,
    contracts,
    decisions,
    deliverable,
    due,
    enrollment,
    events,
    evidence,
    extensions,
    health,
    importing,
    languages,
    mailbox,
    mailing,
    mails,
    me,
    month,
    moving,
    my_sessions,
    new_contract,
    notices,
    operations,
    overdue,
    owed,
    part_acts,
    parts,
    passkeys,
    people,
    plan,
    plan_acts,
    plans,
    portfolio,
    preferences,
    receipts,
    received,
    recovery_codes,
    reminding,
    showing,
    sign_in,
    sign_in_code,
    static_files,
    stop,
    submissions,
    subscribe,
    tables,
    tokens,
    unreachable,
    verify,
    webhook,
    webhooks,
)
from duecourse.web.receipt_file import prepare_key
from duecourse.web.same_origin import SameOrigin
from duecourse.web.site import EmbeddedClock, LocalPrefect, Site

_PAGES = (
    health,
    static_files,
    # Before the page of a link, which would take their names for its token.
    agency,
    sign_in_code,
    passkeys,
    recovery_codes,
    sign_in,
    my_sessions,
    due,
    overdue,
    portfolio,
    month,
    accepting,
    reminding,
    owed,
    contracts,
    new_contract,
    contract,
    people,
    importing,
    tables,
    me,
    languages,
    unreachable,
    enrollment,
    events,
    amending,
    closures,
    deliverable,
    submissions,
    mailing,
    received,
    decisions,
    extensions,
    moving,
    evidence,
    receipts,
    verify,
    parts,
    part_acts,
    plans,
    preferences,
    plan,
    plan_acts,
    subscribe,
    notices,
    operations,
    mailbox,
    showing,
    stop,
    mails,
    channels,
    tokens,
    webhooks,
    webhook,
)


class WebApplication:
    """The pages, with the calendar feeds and the API in front: their callers are programs, without cookies or forms."""

    def __init__(
        self, *, feeds: ASGIApp, pages: FastAPI, guarded_pages: ASGIApp, api: FastAPI, guarded_api: ASGIApp
    ) -> None:
        self.pages = pages
        self.api = api
        self._feeds = feeds
        self._guarded_pages = guarded_pages
        self._guarded_api = guarded_api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        path = scope["path"] if scope["type"] == "http" else ""
        if path.startswith("/c/"):
            return await self._feeds(scope, receive, send)
        await (self._guarded_api if path.startswith(PREFIX) else self._guarded_pages)(scope, receive, send)


def create_app(
    *,
    engine: Engine,
    clock: Clock,
    settings: Settings,
    embedded: EmbeddedClock | None = None,
    prefect: LocalPrefect | None = None,
) -> WebApplication:
    """Return the ASGI application, which starts and stops the `embedded` clock and the local `prefect` with itself.

    Serve it without the server's own access log: that would write down the secret addresses of feeds and sign-in links.
    """
    site = Site(
        engine=engine, clock=clock, settings=settings, started_at=clock.now(), embedded=embedded, prefect=prefect
    )

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await run_in_threadpool(prepare_key, site)
        if embedded is not None:
            await run_in_threadpool(embedded.start)
        if prefect is not None:
            prefect.start()
        yield
        if prefect is not None:
            await run_in_threadpool(prefect.stop)
        if embedded is not None:
            await run_in_threadpool(embedded.stop)

    pages = FastAPI(title="Duecourse", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    pages.state.site = site
    refusals.install(pages)
    for module in _PAGES:
        # Not `include_router`, which hides the routes: the test of who may do what reads every one of them.
        pages.router.routes.extend(module.router.routes)

    def refusal(scope: Scope, status: int, says: str) -> Response:
        return refusals.refuse(Request(dict(scope, app=pages)), status, says)

    def api_refusal(_scope: Scope, status: int, says: str) -> Response:
        return problems.problem(status, says)

    api = api_app(site)
    guarded = SameOrigin(pages, address=settings.address, refusal=refusal)
    return WebApplication(
        feeds=feed_app(engine, clock, settings.address, settings.mail_domain),
        pages=pages,
        guarded_pages=Headers(BodyLimit(guarded, refusal=refusal), secure=site.is_secure),
        api=api,
        guarded_api=Headers(BodyLimit(api, refusal=api_refusal), secure=site.is_secure),
    )
