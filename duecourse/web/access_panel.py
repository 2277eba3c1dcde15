"""What does a person see of the own passkeys and of the browsers in which that person is signed in?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from duecourse.models import Passkey, SignInSession
from duecourse.tracking.sign_in.passkeys import is_asked_of, passkeys_of
from duecourse.tracking.sign_in.recovery_codes import codes_left
from duecourse.tracking.sign_in.sessions import sessions_of
from duecourse.web.site import Site
from duecourse.web.visitor import Visitor


@dataclass(frozen=True, slots=True)
class AccessPanel:
    """The passkeys, recovery codes and sessions of a person, and whether this server asks for a passkey here."""

    passkeys: list[Passkey]
    sessions: list[SignInSession]
    can_register: bool
    is_asked: bool
    codes_left: int


def access_panel(session: Session, site: Site, visitor: Visitor, *, now: datetime) -> AccessPanel:
    """Return what the page shows, at the real `now`: sessions know of no other day. Two statements, or three."""
    passkeys = passkeys_of(session, visitor.person_id)
    is_asked = site.settings.asks_passkeys and is_asked_of(visitor.parts.values())
    return AccessPanel(
        passkeys,
        sessions_of(session, visitor.person_id, now=now),
        site.settings.can_use_passkeys,
        is_asked,
        codes_left(session, visitor.person_id) if passkeys else 0,
    )
