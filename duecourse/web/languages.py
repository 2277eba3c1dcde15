"""In which language is this request answered?"""

from __future__ import annotations

from fastapi import Request

from duecourse.language.catalogue import LANGUAGES, known
from duecourse.language.choosing import asked_for
from duecourse.web.visitor import Visitor

COOKIE = "duecourse-language"
"""What a browser chose before anybody signed in; it holds no more than a language."""
KEPT = 365 * 24 * 60 * 60
"""How many seconds a browser keeps that choice."""


def language_of(request: Request, visitor: Visitor | None = None) -> str:
    """Return what the person chose, else what this browser chose, else what it asks for, else English."""
    if visitor is not None and visitor.language:
        return known(visitor.language)
    chosen = request.cookies.get(COOKIE, "")
    return chosen if chosen in LANGUAGES else asked_for(request.headers.get("accept-language", ""))
