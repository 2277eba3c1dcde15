"""What does the page of a deliverable say of more time: what was asked for, what is left, and who may do what?"""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session

from duecourse.calendar.due import due_phrase
from duecourse.calendar.lifecycle import Party, Phase
from duecourse.models import Deliverable, Extension, ExtensionState
from duecourse.tracking.boards import Item
from duecourse.tracking.desks.desk_clock import DeskClock, desk_clock
from duecourse.tracking.extensions.extension_ledger import LedgerLine, extensions_of, line_for, terms_of
from duecourse.web.forms import Posted
from duecourse.web.visitor import Visitor

_OPEN = (Phase.TO_DO, Phase.RETURNED)
_ASKED_FOR = (*_OPEN, Phase.IN, Phase.ACCEPTED)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, with its first due moment and the one that was granted, in words."""

    extension: Extension
    first: str
    until: str


@dataclass(frozen=True, slots=True)
class ExtensionPanel:
    """Everything that the page shows about more time for one deliverable; `form` is the one that came back."""

    line: LedgerLine
    clause: str
    """Empty where the contract says nothing of extensions."""
    asked: tuple[Asked, ...]
    waiting: Extension | None
    may_ask: bool
    may_decide: bool
    may_record: bool
    may_take_back: frozenset[str]
    """The uids of what this person may take back: a request that waits, or the last decision."""
    clock: DeskClock | None
    form: Posted | None


def extension_panel(session: Session, visitor: Visitor, found: Item, *, form: Posted | None) -> ExtensionPanel | None:
    """Return the panel, or None for what the funder owes: that is moved, and not extended."""
    row = found.deliverable
    if row.party != Party.CONTRACTOR:
        return None
    requests = extensions_of(session, row.id or 0, now=visitor.now)
    waiting = next((each for each in requests if each.outcome == ExtensionState.ASKED), None)
    sides, phase = visitor.parties(row.contract_id), found.facts.phase
    terms = terms_of(session, row.contract_id)
    theirs = {waiting.uid} if waiting and sides else set[str]()
    if Party.FUNDER in sides and waiting is None:
        decided = (ExtensionState.GRANTED, ExtensionState.REFUSED)
        theirs |= {each.uid for each in requests[:1] if each.outcome in decided}
    return ExtensionPanel(
        line=line_for(session, row),
        clause=terms.clause if terms else "",
        asked=tuple(_asked(each, row) for each in requests),
        waiting=waiting,
        may_ask=Party.CONTRACTOR in sides and phase in _OPEN and waiting is None,
        may_decide=Party.FUNDER in sides and waiting is not None,
        may_record=Party.FUNDER in sides and phase in _ASKED_FOR and waiting is None,
        may_take_back=frozenset(theirs),
        clock=desk_clock(session, found, now=visitor.now),
        form=form,
    )


def _asked(each: Extension, row: Deliverable) -> Asked:
    first = due_phrase(each.first_due_at, zone=row.zone, whole_day=each.first_whole_day)
    until = due_phrase(each.granted_until, zone=row.zone, whole_day=not each.cut_off) if each.granted_until else ""
    return Asked(each, first, until)
