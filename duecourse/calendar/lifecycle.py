"""What may be done with a deliverable: by which side, from which phase, to which, and what does it record?

One table, `LIFECYCLE`, from which the verbs, the pages and the tests take their answer. Whether something is late is
no phase: it follows from the facts and the clock (`standing`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Party(StrEnum):
    """One of the two sides of a contract."""

    CONTRACTOR = "contractor"
    FUNDER = "funder"

    @property
    def other(self) -> Party:
        """The other side."""
        return Party.FUNDER if self is Party.CONTRACTOR else Party.CONTRACTOR


class Phase(StrEnum):
    """How far a deliverable has come."""

    TO_DO = "to do"
    IN = "in"
    """Submitted; received is not accepted."""
    RETURNED = "returned"
    ACCEPTED = "accepted"
    WAIVED = "waived"
    """Owed, but not asked for this time."""
    NOT_APPLICABLE = "not applicable"
    """Never owed: nothing happened that it would report on."""
    CANCELLED = "cancelled"
    """It will not take place."""
    WITHDRAWN = "withdrawn"
    """The contract, as it stands now, does not ask for it."""


class Act(StrEnum):
    """Something that a person does with a deliverable."""

    SUBMIT = "submit"
    REPORT_NOTHING = "report nothing"
    """Submit a nil report: there was nothing to report in the period."""
    ACCEPT = "accept"
    RETURN = "return"
    WAIVE = "waive"
    MARK_NOT_APPLICABLE = "mark as not applicable"
    CANCEL = "cancel"
    UNDO_SUBMISSION = "undo the submission"
    UNDO_ACCEPTANCE = "undo the acceptance"
    UNDO_RETURN = "undo the return"
    ASK_AGAIN = "ask for it again"
    """Undo that it was waived, not applicable or cancelled."""

    @property
    def is_undo(self) -> bool:
        """Whether it takes another act back."""
        return self in (Act.UNDO_SUBMISSION, Act.UNDO_ACCEPTANCE, Act.UNDO_RETURN, Act.ASK_AGAIN)


class Actor(StrEnum):
    """Whose act it is."""

    OWING = "the side that owes it"
    RECEIVING = "the side that receives it"
    FUNDER = "the funder"


@dataclass(frozen=True, slots=True)
class Allowed:
    """One allowed change. `records` is the action that the audit log names; `reason` says whether words are required.

    `to` is None for an undo that leads back to where the deliverable was before.
    """

    act: Act
    actor: Actor
    start: frozenset[Phase]
    to: Phase | None
    records: str
    reason: bool = False

    def by(self, owing: Party) -> Party:
        """Return the side that may do it, for a deliverable that `owing` owes."""
        match self.actor:
            case Actor.OWING:
                return owing
            case Actor.RECEIVING:
                return owing.other
            case Actor.FUNDER:
                return Party.FUNDER


_OPEN = frozenset({Phase.TO_DO, Phase.RETURNED})
_ASIDE = frozenset({Phase.WAIVED, Phase.NOT_APPLICABLE, Phase.CANCELLED})

LIFECYCLE = (
    Allowed(Act.SUBMIT, Actor.OWING, _OPEN, Phase.IN, "submitted"),
    Allowed(Act.REPORT_NOTHING, Actor.OWING, _OPEN, Phase.IN, "reported nothing", reason=True),
    Allowed(Act.ACCEPT, Actor.RECEIVING, frozenset({Phase.IN}), Phase.ACCEPTED, "accepted"),
    Allowed(Act.RETURN, Actor.RECEIVING, frozenset({Phase.IN}), Phase.RETURNED, "returned", reason=True),
    Allowed(Act.WAIVE, Actor.FUNDER, _OPEN, Phase.WAIVED, "waived", reason=True),
    Allowed(
        Act.MARK_NOT_APPLICABLE, Actor.FUNDER, _OPEN, Phase.NOT_APPLICABLE, "marked as not applicable", reason=True
    ),
    Allowed(Act.CANCEL, Actor.FUNDER, _OPEN, Phase.CANCELLED, "cancelled", reason=True),
    Allowed(Act.UNDO_SUBMISSION, Actor.OWING, frozenset({Phase.IN}), None, "took a submission back", reason=True),
    Allowed(
        Act.UNDO_ACCEPTANCE,
        Actor.RECEIVING,
        frozenset({Phase.ACCEPTED}),
        Phase.IN,
        "took an acceptance back",
        reason=True,
    ),
    Allowed(Act.UNDO_RETURN, Actor.RECEIVING, frozenset({Phase.RETURNED}), Phase.IN, "took a return back", reason=True),
    Allowed(Act.ASK_AGAIN, Actor.FUNDER, _ASIDE, None, "asked for it again", reason=True),
)


def allowed(act: Act) -> Allowed:
    """Return the row of the table for an act."""
    return next(row for row in LIFECYCLE if row.act is act)


def acts(phase: Phase, *, owing: Party, by: Party) -> list[Act]:
    """Return what one side may do with a deliverable in `phase` that `owing` owes, in the order of the table."""
    return [row.act for row in LIFECYCLE if phase in row.start and row.by(owing) is by]
