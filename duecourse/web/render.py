"""How does a page become HTML: which templates, which words for instants, and what stands around every page?"""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, time
from fractions import Fraction
from functools import lru_cache
from math import ceil
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4
from zoneinfo import ZoneInfo

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from duecourse.calendar import lifecycle_words, words
from duecourse.calendar.state_days import offices, offices_of
from duecourse.drafting.places import place_said
from duecourse.language.catalogue import ENGLISH
from duecourse.language.recalling import recalled
from duecourse.language.said import opened, say, say_count
from duecourse.language.templates import speak
from duecourse.notifications.reply_words import reply_said
from duecourse.tracking.own_words import excuse_said, own_words
from duecourse.web import marks
from duecourse.web.filters import SIDES, STATES
from duecourse.web.languages import language_of
from duecourse.web.plan_words import plan_act
from duecourse.web.recorded_words import browser_said, summary_said, way_said
from duecourse.web.site import Site, site_of
from duecourse.web.visitor import USUAL_ZONE, Visitor

STATIC = Path(__file__).with_name("static")
SHOWN_IN = USUAL_ZONE
"""The zone in which the instant is named that a demonstration shows."""


def page(
    request: Request, template: str, *, visitor: Visitor | None = None, status: int = 200, **values: Any
) -> HTMLResponse:
    """Return the page that `template` makes of `values`."""
    site, language = site_of(request), language_of(request, visitor)
    zone = visitor.zone if visitor else SHOWN_IN
    around = {
        "visitor": visitor,
        "path": request.url.path,
        "here": _here(request, values.get("next", "/")),
        "back": "",
        "banner": _banner(site, visitor),
        "is_demo": site.settings.demo,
        "may_set_day": site.settings.demo and visitor is not None,
        "has_mailbox": site.settings.mails is not None,
        "form_key": str(uuid4()),
        "asset": asset,
        "shown_in": zone,
        "shown_day": (visitor.now if visitor else site.clock.now()).astimezone(ZoneInfo(zone)).date(),
    }
    answer = HTMLResponse(_templates(language).get_template(template).render(around | values), status)
    answer.headers["Content-Language"] = language
    return answer


def _here(request: Request, leads_to: str) -> str:
    """Return the address of this page, to come back to it: with its query, or with where its form would lead."""
    query = request.url.query
    if request.method == "POST":
        query = urlencode({"next": leads_to}, safe="/?=") if leads_to != "/" else ""
    return f"{request.url.path}?{query}" if query else request.url.path


def text_of(template: str, **values: Any) -> str:
    """Return the English text that `template` makes of `values`, for a file that stands alone: a record."""
    return _templates(ENGLISH).get_template(template).render(values)


@lru_cache
def asset(name: str) -> str:
    """Return the address of a file in `static`, which changes with its content."""
    return f"/static/{name}?v={hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]}"


def size(count: int) -> str:
    """Return ``812 bytes``, ``14 KB`` or ``2.5 MB``."""
    if count < 1024:
        return say_count("%(num)s byte", "%(num)s bytes", count)
    return f"{count / 1024:.0f} KB" if count < 1024**2 else f"{count / 1024**2:.1f} MB"


def date_alone(on: date) -> str:
    """Return ``Jul 1, 2021``."""
    return words.date_alone(on)


def decimal(number: Fraction) -> str:
    """Return ``44.2`` or ``47``: an exact number with at most two decimals, rounded up, since it is to be reached."""
    hundredths = ceil(number * 100)
    return f"{hundredths / 100:.2f}".rstrip("0").rstrip(".")


def local_date(at: datetime, zone: str) -> str:
    """Return the local date of an instant: ``Jul 1, 2021``."""
    return date_alone(at.astimezone(ZoneInfo(zone)).date())


def machine_time(at: datetime) -> str:
    """Return an instant as the `datetime` attribute of a time element takes it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _banner(site: Site, visitor: Visitor | None) -> str:
    if visitor is not None and visitor.showing is not None:
        return say("You are looking at %(instant)s.", instant=words.instant(visitor.showing, SHOWN_IN))
    if site.clock.is_demonstration:
        return say("This server’s clock shows %(instant)s.", instant=words.instant(site.clock.now(), SHOWN_IN))
    return ""


@lru_cache
def _templates(language: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    speak(environment, language)
    environment.filters |= {
        "date": date_alone,
        "decimal": decimal,
        "local_date": local_date,
        "day": words.day,
        "instant": words.instant,
        "size": size,
        "machine_time": machine_time,
        "count": words.count,
        "month": words.month,
        "clock_time": lambda said: words.clock_time(time.fromisoformat(said)),
        "short_month": words.short_month,
        "short_weekday": words.short_weekday,
        "opened": opened,
        "listed": words.joined,
        "extension_outcome": marks.extension_outcome,
        "rung": marks.rung,
        "plan_act": plan_act,
        "part_act": marks.part_act,
        "parts_said": marks.parts_said,
        "act_said": lifecycle_words.act_said,
        "phase_said": marks.phase_said,
        "desk_said": lifecycle_words.side_said,
        "notice_state": marks.notice_state,
        "action": marks.action,
        "offices": offices,
        "offices_of": offices_of,
        "recalled": recalled,
        "own_words": own_words,
        "reply": reply_said,
        "excuse_said": excuse_said,
        "browser": browser_said,
        "summary": summary_said,
        "way": way_said,
        "place": place_said,
    }
    environment.globals["new_key"] = lambda: str(uuid4())
    environment.globals["filter_sides"] = SIDES
    environment.globals["filter_states"] = STATES
    environment.globals["mark_of"] = marks.MARKS.__getitem__
    return environment
