"""By which business days are the notices of a contract counted, with the closures that were announced?"""

from __future__ import annotations

from datetime import date

from sqlmodel import Session, col, select

from duecourse.calendar.business_days import BusinessCalendar, business_calendar
from duecourse.calendar.state_days import Closure
from duecourse.models import AnnouncedClosure
from duecourse.tracking.in_force import as_closure

_USUAL = "US"
"""The calendar of a contract that names none."""


class Offices:
    """The calendars of all contracts; what was announced is read once, when it is first asked for: one statement."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._announced: list[tuple[str, Closure]] | None = None
        self._known: dict[tuple[str, int], BusinessCalendar] = {}

    def days(self, calendar: str, on: date) -> BusinessCalendar:
        """Return the calendar with this name, good for the year of `on` and the years around it."""
        key = calendar or _USUAL, on.year
        if key not in self._known:
            parts = key[0].split("+")
            closures = tuple(closure for name, closure in self._closures() if name in parts)
            self._known[key] = business_calendar(key[0], on.year, on.year, closures)
        return self._known[key]

    def _closures(self) -> list[tuple[str, Closure]]:
        if self._announced is None:
            rows = self._session.exec(select(AnnouncedClosure).order_by(col(AnnouncedClosure.id)))
            self._announced = [(row.calendar, as_closure(row)) for row in rows]
        return self._announced
