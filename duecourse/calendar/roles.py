"""Which parts can a person have in a contract, for which side is each, and what may it do?"""

from __future__ import annotations

from enum import StrEnum

from duecourse.calendar.lifecycle import Party
from duecourse.language.said import say_in


class RoleName(StrEnum):
    """A person's part in a contract. The first four work for the contractor, the liaisons for the funder.

    An admin sets a contract up: its people, its dates, its amendments, closures of offices. An admin submits and
    decides nothing: whoever names the people must not also be the one who accepts their reports. An auditor sees
    everything of a contract and changes nothing.
    """

    PROGRAM_MANAGER = "program manager"
    CLINICAL_SUPERVISOR = "clinical supervisor"
    FISCAL_STAFF = "fiscal staff"
    LEADERSHIP = "leadership"
    PROGRAM_LIAISON = "program liaison"
    FISCAL_LIAISON = "fiscal/contract support liaison"
    ADMIN = "admin"
    AUDITOR = "auditor"

    @property
    def said(self) -> str:
        """The part as it is said to people."""
        return _SAID[self]

    @property
    def side(self) -> Party | None:
        """The side for which the person submits and decides; None for one who does neither."""
        if self in (RoleName.ADMIN, RoleName.AUDITOR):
            return None
        return Party.FUNDER if self.is_liaison else Party.CONTRACTOR

    @property
    def kind(self) -> str:
        """The side, or the name of a part that is of neither side: who has a part of the same kind can be a backup."""
        return str(self.side or self)

    @property
    def is_liaison(self) -> bool:
        """Whether the person works for the funder on this contract."""
        return self in (RoleName.PROGRAM_LIAISON, RoleName.FISCAL_LIAISON)

    @property
    def sets_up(self) -> bool:
        """Whether the person may say what the contract asks for, when, and who its people are."""
        return self.is_liaison or self is RoleName.ADMIN


_SAID = {
    RoleName.PROGRAM_MANAGER: say_in("part", "program manager"),
    RoleName.CLINICAL_SUPERVISOR: say_in("part", "clinical supervisor"),
    RoleName.FISCAL_STAFF: say_in("part", "fiscal staff"),
    RoleName.LEADERSHIP: say_in("part", "leadership"),
    RoleName.PROGRAM_LIAISON: say_in("part", "program liaison"),
    RoleName.FISCAL_LIAISON: say_in("part", "fiscal/contract support liaison"),
    RoleName.ADMIN: say_in("part", "admin"),
    RoleName.AUDITOR: say_in("part", "auditor"),
}
