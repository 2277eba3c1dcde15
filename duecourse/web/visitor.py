"""Who sends this request, in which contracts does that person have a part, and which instant is shown?"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.exc import OperationalError

from duecourse.calendar.lifecycle import Act, Party, acts, allowed
from duecourse.errors import NotAllowed, NotFound
from duecourse.language.said import say
from duecourse.models import Deliverable, RoleName
from duecourse.models.database import reading, writing
from duecourse.tracking.acting import By
from duecourse.tracking.sign_in.passkeys import is_asked_of
from duecourse.tracking.sign_in.sessions import is_to_be_noted, note_use
from duecourse.tracking.signing_in import signed_in
from duecourse.tracking.staff.people import parts_and_zone
from duecourse.tracking.subcontractors.members import programs_of
from duecourse.web.site import Site, TheSite

USUAL_ZONE = "America/New_York"
"""The zone of whoever has no contract, and of a day that a demonstration shows."""

_log = logging.getLogger(__name__)


class NotSignedIn(Exception):
    """Nobody is signed in; the answer leads to the page where one does."""


class NeedsPasskey(Exception):
    """Somebody has shown the mail, and has yet to show a passkey; the answer leads to the page for it."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """A signed-in person. `now` is the instant that every page shows: the present, or the day chosen to be shown."""

    person_id: int
    name: str
    email: str
    parts: dict[str, set[RoleName]]
    token: str
    form_token: str
    showing: datetime | None
    now: datetime
    is_changing: bool = False
    """Whether this request is to change something."""
    programs: frozenset[tuple[str, str]] = frozenset()
    """The contract and the program of each subcontractor that the person works for; not a part in the contract."""
    zone: str = USUAL_ZONE
    """The zone in which the person reads times that belong to no contract, and in which the day begins."""
    language: str = ""
    """The language that the person chose, if any."""
    session_id: int = 0
    needs_passkey: bool = False
    """Whether a passkey is still asked for, before which nothing is shown."""
    holds_passkey: bool = False
    """Whether the person had one at sign-in, or has registered one since."""

    @property
    def contract_ids(self) -> list[str]:
        """The contracts that this person may see."""
        return list(self.parts)

    @property
    def liaison_for(self) -> list[str]:
        """The contracts in which this person works for the funder."""
        return self._where(lambda role: role.side is Party.FUNDER)

    @property
    def contractor_in(self) -> list[str]:
        """The contracts in which this person works for the contractor."""
        return self._where(lambda role: role.side is Party.CONTRACTOR)

    @property
    def sets_up_in(self) -> list[str]:
        """The contracts that this person sets up, as a liaison or an admin: their people, dates and amendments."""
        return self._where(lambda role: role.sets_up)

    @property
    def manages_in(self) -> list[str]:
        """The contracts in which this person is a program manager, and so looks after the contractor's own people."""
        return self._where(lambda role: role is RoleName.PROGRAM_MANAGER)

    @property
    def audits(self) -> list[str]:
        """The contracts that this person audits. Whatever other part there is, an auditor changes nothing."""
        return [contract_id for contract_id, roles in self.parts.items() if RoleName.AUDITOR in roles]

    def _where(self, holds: Callable[[RoleName], bool]) -> list[str]:
        audits = self.audits
        return [
            contract_id
            for contract_id, roles in self.parts.items()
            if contract_id not in audits and any(holds(role) for role in roles)
        ]

    def check_reads(self, contract_id: str) -> None:
        """Raise NotFound unless the person has a part in the contract: another's and a missing one look alike."""
        if contract_id not in self.parts:
            raise NotFound(say("There is no such contract."))

    def check_sees(self, contract_id: str) -> None:
        """Raise NotFound as `check_reads` does, and NotAllowed where an auditor is about to change something."""
        self.check_reads(contract_id)
        if self.is_changing and contract_id in self.audits:
            raise NotAllowed(say("You are an auditor of this contract: you see everything of it, and change nothing."))

    def parties(self, contract_id: str) -> list[Party]:
        """Return the sides for which this person works in a contract."""
        sides = {Party.CONTRACTOR: self.contractor_in, Party.FUNDER: self.liaison_for}
        return [party for party, contracts in sides.items() if contract_id in contracts]

    def may(self, act: Act, deliverable: Deliverable) -> bool:
        """Tell whether the side of this person may do this with a deliverable, in the phase that it is in."""
        owing, phase = Party(deliverable.party), deliverable.facts.phase
        return any(act in acts(phase, owing=owing, by=party) for party in self.parties(deliverable.contract_id))

    def by(self, act: Act, deliverable: Deliverable) -> By:
        """Return this person, acting for the side whose act it is. Raises NotAllowed unless it is the person's side."""
        side = allowed(act).by(Party(deliverable.party))
        if side not in self.parties(deliverable.contract_id):
            raise NotAllowed(
                say("Only the contractor’s staff can do this. Ask the program manager of the contract.")
                if side is Party.CONTRACTOR
                else say("Only a liaison of the contract can do this.")
            )
        return By(self.email, side)

    def check_adds(self) -> None:
        """Raise NotAllowed unless the person may add contracts: whoever sets up one already, as liaison or admin."""
        if not self.sets_up_in:
            raise NotAllowed(say("Only a liaison or an admin of a contract can add another one. Ask yours."))

    def check_changes(self, contract_id: str) -> None:
        """Raise NotAllowed unless the person may change what the contract asks for and when: a liaison, or an admin."""
        if contract_id not in self.sets_up_in:
            raise NotAllowed(say("Only a liaison or an admin of the contract can move its dates or amend it."))


def cookie_name(*, secure: bool) -> str:
    """Return the name of the cookie that holds the browser's secret.

    With HTTPS it has the prefix under which browsers take a cookie from this host alone (RFC 6265bis, 4.1.3.2).
    """
    return "__Host-duecourse" if secure else "duecourse"


def browser_cookie_name(*, secure: bool) -> str:
    """Return the name of the cookie by which a browser is known when it asks for a link, also while nobody is in."""
    return "__Host-duecourse-browser" if secure else "duecourse-browser"


def at_the_door(request: Request, site: TheSite) -> Visitor:
    """Return the person who has shown a link, a code or an agency's sign-in, perhaps without the passkey that is asked.

    Raises NotSignedIn when there is none.
    """
    token = request.cookies.get(cookie_name(secure=site.is_secure), "")
    now = site.clock.now()
    with reading(site.engine) as session:
        found = signed_in(session, token, now=now) if token else None
        if found is None:
            raise NotSignedIn
        browser, person = found
        assert person.id is not None and browser.id is not None
        showing = browser.showing if site.settings.demo else None
        parts, zone = parts_and_zone(session, person.id)
        is_asked = browser.holds_passkey or is_asked_of(parts.values())
        someone = Visitor(
            person_id=person.id,
            name=person.name,
            email=person.email,
            parts=parts,
            token=token,
            form_token=browser.form_token,
            showing=showing,
            now=showing or now,
            is_changing=request.method not in ("GET", "HEAD"),
            programs=programs_of(session, person.id),
            zone=zone or USUAL_ZONE,
            language=person.language,
            session_id=browser.id,
            needs_passkey=site.settings.asks_passkeys and is_asked and browser.second_factor_at is None,
            holds_passkey=browser.holds_passkey,
        )
        is_noted = not is_to_be_noted(browser, now=now)
    if not is_noted:
        _note(site, someone.session_id, now)
    return someone


def visitor(request: Request, at_door: AtTheDoor) -> Visitor:
    """Return the signed-in person. Raises NeedsPasskey for one who has yet to show a passkey."""
    if at_door.needs_passkey:
        raise NeedsPasskey
    # Kept for the page that an error is shown on.
    request.state.visitor = at_door
    return at_door


def whoever(request: Request, site: TheSite) -> Visitor | None:
    """Return the signed-in person on a page that is for everybody; None for one who has yet to show a passkey, too."""
    try:
        someone = at_the_door(request, site)
    except NotSignedIn:
        return None
    return None if someone.needs_passkey else someone


def _note(site: Site, session_id: int, now: datetime) -> None:
    try:
        with writing(site.engine) as session:
            note_use(session, session_id, idle=site.stay.idle, now=now)
    except OperationalError:
        # The page is shown all the same: the next one notes it.
        _log.warning("the use of a session could not be noted")


AtTheDoor = Annotated[Visitor, Depends(at_the_door)]
SignedIn = Annotated[Visitor, Depends(visitor)]
Anybody = Annotated[Visitor | None, Depends(whoever)]
