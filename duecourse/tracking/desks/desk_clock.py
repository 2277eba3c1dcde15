"""On which desk has a deliverable lain since its window began, and how late is it on the contractor's own desk?"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlmodel import Session

from duecourse.calendar.desks import Handover, Stay, days_on, late_in_all, stays
from duecourse.calendar.due import instant_at
from duecourse.calendar.lifecycle import Act, Party
from duecourse.models import Deliverable, LifecycleEntry
from duecourse.tracking.acting import entries_of, in_effect
from duecourse.tracking.boards import Item
from duecourse.tracking.in_force import in_force

_EVENT = re.compile(r"[a-z0-9-]+@(?P<at>[0-9T:.+-]+)")
_HANDED_IN = (Act.SUBMIT, Act.REPORT_NOTHING)


@dataclass(frozen=True, slots=True)
class DeskClock:
    """The stays on both desks in order, and their sums in days and business days."""

    opened_at: datetime
    until: datetime
    stays: tuple[Stay, ...]
    is_running: bool
    """Whether somebody still has to do something."""

    @property
    def contractor(self) -> tuple[int, int]:
        """How many days and business days it lay on the contractor's desk."""
        return days_on(Party.CONTRACTOR, self.stays)

    @property
    def funder(self) -> tuple[int, int]:
        """How many days and business days it lay on the funder's desk."""
        return days_on(Party.FUNDER, self.stays)

    @property
    def days_late(self) -> int:
        """How many days it was late on the contractor's desk; the funder's days do not count."""
        return late_in_all(self.stays)

    def share(self, at: datetime) -> float:
        """Return how far along the whole time an instant lies, from 0 to 100."""
        whole = (self.until - self.opened_at).total_seconds()
        return round(100 * max(0.0, min(1.0, (at - self.opened_at).total_seconds() / whole)), 2) if whole else 0.0


def desk_clock(session: Session, item: Item, *, now: datetime) -> DeskClock | None:
    """Return the clock of a deliverable at `now`; None for what the funder owes, and before its window has begun."""
    row = item.deliverable
    if row.party != Party.CONTRACTOR:
        return None
    entries = [each for each in in_effect(entries_of(session, row.id or 0)) if each.recorded_at <= now]
    handed_in = [each.happened_at for each in entries if each.act in _HANDED_IN]
    opened_at = min([opening_of(row), *handed_in])
    if opened_at >= now:
        return None
    # What cannot be late has no instant from which it is.
    limit = None if item.facts.excused else item.facts.due_at
    handovers = [Handover(opened_at, Party.CONTRACTOR, limit), *_handovers(entries, limit)]
    ended = handovers[-1].to is None
    until = handovers[-1].at if ended else now
    contract = in_force(session, contract_ids=[row.contract_id])[row.contract_id].contract
    calendar = contract.days(opened_at.date(), until.date())
    found = stays(handovers, item.waits, until=until, zone=row.zone, calendar=calendar)
    return DeskClock(opened_at, until, tuple(found), not ended)


def opening_of(row: Deliverable) -> datetime:
    """Return when the time for a deliverable began.

    For a period that was over before its date that is the day after it, for a window its first day, after an event the
    event; else the instant at which it was planned, or its date where that was earlier.
    """
    if row.period_start and row.period_end and row.period_end < row.due_on:
        return instant_at(row.period_end + timedelta(days=1), time(0), row.zone)
    if row.period_start and row.period_start <= row.due_on:
        return instant_at(row.period_start, time(0), row.zone)
    event = _EVENT.match(row.occurrence)
    happened = datetime.fromisoformat(event["at"]) if event else row.planned_at
    return min(happened, row.planned_at, row.due_at)


def _handovers(entries: Iterable[LifecycleEntry], first_limit: datetime | None) -> Iterable[Handover]:
    # Acts are in the order in which they were recorded; what is stated to have happened before it is taken with it.
    at: datetime | None = None
    for entry in entries:
        at = entry.happened_at if at is None else max(at, entry.happened_at)
        match Act(entry.act):
            case Act.SUBMIT | Act.REPORT_NOTHING:
                yield Handover(at, Party.FUNDER)
            case Act.RETURN:
                limit = max(first_limit, entry.again_by) if first_limit and entry.again_by else first_limit
                yield Handover(at, Party.CONTRACTOR, limit)
            case _:
                yield Handover(at, None)
