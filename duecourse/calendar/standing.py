"""Where does a deliverable stand, given the facts and the present instant?

The one answer that pages, feeds, mails and the command line share. A standing is never stored: it follows from facts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from duecourse.calendar.lifecycle import Phase

SOON = timedelta(days=14)


class Standing(StrEnum):
    """The standing of a deliverable."""

    EXPECTED = "expected"
    """Not in, and due more than 14 days from now."""
    DUE_SOON = "due soon"
    """Not in, and due within 14 days."""
    OVERDUE = "overdue"
    """Not in, and its due moment is here or past: on time means strictly before it."""
    EXCUSED = "excused"
    """Not in, its due moment is past, and it cannot be late: it was asked for only after its date."""
    SUBMITTED = "submitted"
    """In on time; the funder has not decided."""
    SUBMITTED_LATE = "submitted late"
    """In, at or after the due moment; the funder has not decided."""
    RETURNED = "returned"
    """Sent back with comments; to be corrected and submitted again."""
    ACCEPTED = "accepted"
    """In, and accepted by the funder: received is not accepted."""
    DONE = "done"
    """Done in time, and nobody decides on it: what the funder itself owes."""
    DONE_LATE = "done late"
    """The same, at or after the due moment."""
    WAIVED = "waived"
    """The funder does not ask for it this time."""
    NOT_APPLICABLE = "not applicable"
    """There is nothing that it would report on."""
    CANCELLED = "cancelled"
    """It will not take place."""
    WITHDRAWN = "withdrawn"
    """No longer asked for."""

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to submit it."""
        return self in _OPEN

    @property
    def is_set_aside(self) -> bool:
        """Whether the funder decided that nobody has to submit it."""
        return self in _ASIDE


_OPEN = frozenset({Standing.EXPECTED, Standing.DUE_SOON, Standing.OVERDUE, Standing.EXCUSED, Standing.RETURNED})
_ASIDE = frozenset({Standing.WAIVED, Standing.NOT_APPLICABLE, Standing.CANCELLED})


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a deliverable; every instant is aware, and None where it did not happen."""

    due_at: datetime
    submitted_at: datetime | None = None
    """When the latest version came in."""
    accepted_at: datetime | None = None
    returned_at: datetime | None = None
    """When the latest version was returned."""
    withdrawn_at: datetime | None = None
    excused: bool = False
    """Whether it cannot be late."""
    again_by: datetime | None = None
    """The end of the fresh window that the latest return opened."""
    set_aside: Standing | None = None
    """WAIVED, NOT_APPLICABLE or CANCELLED, from `set_aside_at` on."""
    set_aside_at: datetime | None = None
    ends_when_in: bool = False
    """Whether nobody has to accept it: what the funder itself owes."""

    @property
    def limit(self) -> datetime:
        """The instant before which the version that is asked for, or the latest that came in, is on time."""
        return max(self.due_at, self.again_by) if self.again_by is not None else self.due_at

    @property
    def phase(self) -> Phase:
        """How far it has come, whatever the time."""
        if self.withdrawn_at is not None:
            return Phase.WITHDRAWN
        if self.set_aside is not None:
            return Phase(self.set_aside.value)
        if self.accepted_at is not None:
            return Phase.ACCEPTED
        if self.returned_at is not None and (self.submitted_at is None or self.returned_at >= self.submitted_at):
            return Phase.RETURNED
        return Phase.TO_DO if self.submitted_at is None else Phase.IN


def standing(facts: Facts, now: datetime) -> Standing:
    """Return the standing at `now`. Facts that lie after `now` have not happened yet."""

    def happened(at: datetime | None) -> datetime | None:
        return at if at is not None and at <= now else None

    submitted, returned = happened(facts.submitted_at), happened(facts.returned_at)
    if happened(facts.withdrawn_at):
        return Standing.WITHDRAWN
    if facts.set_aside is not None and happened(facts.set_aside_at):
        return facts.set_aside
    if happened(facts.accepted_at):
        return Standing.ACCEPTED
    if returned and (submitted is None or returned >= submitted):
        missed = facts.again_by is not None and now >= facts.limit and not facts.excused
        return Standing.OVERDUE if missed else Standing.RETURNED
    if submitted:
        in_time = submitted < facts.limit or facts.excused
        if facts.ends_when_in:
            return Standing.DONE if in_time else Standing.DONE_LATE
        return Standing.SUBMITTED if in_time else Standing.SUBMITTED_LATE
    if now >= facts.due_at:
        return Standing.EXCUSED if facts.excused else Standing.OVERDUE
    return Standing.DUE_SOON if facts.due_at - now <= SOON else Standing.EXPECTED
