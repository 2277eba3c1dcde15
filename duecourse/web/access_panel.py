"""What does a person see of the own passkeys and of the browsers in which that person is signed in?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from duecourse.models import Passkey, SignInSession
from duecourse.tracking.sign_in.passkeys import is_asked_of, passkeys_of
from duecourse.tracking.sign_in.sessions import sessions_of
from duecourse.web.site import Site
from duecourse.web.visitor import Visitor


@dataclass(frozen=True, slots=True)
class AccessPanel:
    """The passkeys and sessions of a person, and whether this server asks that person for a passkey."""

    passkeys: list[Passkey]
    sessions: list[SignInSession]
    can_register: bool
    is_asked: bool


def access_panel(session: Session, site: Site, visitor: Visitor, *, now: datetime) -> AccessPanel:
    """Return what the page shows, at the real `now`: sessions know of no other day that is shown. Two statements."""
    is_asked = site.settings.asks_passkeys and is_asked_of(visitor.parts.values())
    return AccessPanel(
        passkeys_of(session, visitor.person_id),
        sessions_of(session, visitor.person_id, now=now),
        site.settings.can_use_passkeys,
        is_asked,
    )
