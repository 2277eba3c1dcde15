"""What does the form about a person's mails show?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time

from sqlmodel import Session

from duecourse.calendar.words import ZONES, clock_time
from duecourse.language.said import Commas, say
from duecourse.models import Person, Preference
from duecourse.notifications.stopping import chosen_by
from duecourse.tracking.preferring import substitutes_for

_ON = (say("On Mondays"), say("On Tuesdays"), say("On Wednesdays"), say("On Thursdays"), say("On Fridays"))


@dataclass(frozen=True, slots=True)
class MailsPanel:
    """The present choices, and what can be chosen."""

    hour: int
    zone: str
    weekday: int | None
    more: str
    paused_from: str
    paused_to: str
    substitute: str
    substitutes: list[Person]
    hours: list[tuple[int, str]]
    zones: list[tuple[str, str]]
    weekdays: list[tuple[int, str]]
    stopped: bool
    """Whether no daily mails go to the person."""


def mails_panel(session: Session, person_id: int) -> MailsPanel:
    """Return what the form shows to a person."""
    row, stopped = chosen_by(session, person_id)
    substitutes = substitutes_for(session, person_id)
    named = session.get(Person, row.substitute_id) if row and row.substitute_id else None
    return MailsPanel(
        hour=row.mail_hour if row else 7,
        zone=row.zone if row else "",
        weekday=row.nothing_due_on if row else None,
        more=_said(row),
        paused_from=row.paused_from.isoformat() if row and row.paused_from else "",
        paused_to=row.paused_to.isoformat() if row and row.paused_to else "",
        substitute=named.email if named else "",
        substitutes=substitutes,
        hours=[(hour, clock_time(time(hour))) for hour in range(24)],
        zones=[(zone, name) for zone, (name, _) in ZONES.items()],
        weekdays=list(enumerate(_ON)),
        stopped=stopped,
    )


def _said(row: Preference | None) -> str:
    offsets = row.more_offsets if row else []
    return Commas(
        tuple(
            say("%(days)s before", days=-offset) if offset < 0 else say("%(days)s after", days=offset)
            for offset in offsets
        )
    )
