"""How are the lines of a spreadsheet previewed by doing them, and then done all or not at all?

The preview is the import itself, in a transaction that is not kept: no rule is written twice, and what was previewed is
what is made.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlmodel import Session, select

from duecourse.errors import BadInput, Conflict, DuecourseError
from duecourse.language.said import say
from duecourse.models import AuditHead, ContractRow
from duecourse.sheets.lines import Line, Trouble
from duecourse.tracking.audit import record, take_turn
from duecourse.tracking.importing.choosing import chosen_contract

STALE = say("Something changed since this was shown, so nothing was done. Look at the lines again, then confirm them.")


class Outcome(StrEnum):
    """What becomes of a line."""

    MADE = "new"
    THERE = "there already"
    WRONG = "to correct"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: its row in the spreadsheet, what it is about, what becomes of it, and in words what that is."""

    row: int
    about: str
    outcome: Outcome
    says: tuple[str, ...]
    troubles: tuple[Trouble, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What a spreadsheet would do, or did, line by line. `sha256` is that of its bytes."""

    entries: tuple[Entry, ...]
    sha256: str
    contract_ids: tuple[str, ...]
    """The contracts in which something is made."""

    @property
    def seal(self) -> str:
        """A short name of these bytes and of exactly this outcome of each line."""
        said = repr((self.sha256, [(each.row, each.about, each.outcome, each.says) for each in self.entries]))
        return hashlib.sha256(said.encode()).hexdigest()[:32]

    def of(self, outcome: Outcome) -> list[Entry]:
        """Return the lines with this outcome."""
        return [entry for entry in self.entries if entry.outcome == outcome]

    def named(self, outcome: str) -> list[Entry]:
        """Return the lines with the outcome of this name, as a page asks for them."""
        return self.of(Outcome[outcome])

    @property
    def is_right(self) -> bool:
        """Whether no line has to be corrected."""
        return not self.of(Outcome.WRONG)


Step = Callable[[Line], str]
"""Does one thing of a line, and says what it did; raises a `DuecourseError`, or refuses cells of the line."""


def carry_out(
    session: Session,
    content: bytes,
    lines: Sequence[Line],
    steps: Sequence[Step],
    about: Step,
    *,
    contracts: Mapping[str, ContractRow],
) -> Report:
    """Do every step of every line, one step after the other; what a line that is wrong would do is undone.

    Whether anything is kept is for the caller to say: inside of `previewed` nothing is; else `finish` comes next.
    """
    said: dict[int, list[str]] = {line.row: [] for line in lines}
    changed: set[int] = set()
    take_turn(session)
    for step in steps:
        for line in lines:
            if line.troubles:
                continue
            before = _sequence(session)
            try:
                with session.begin_nested():
                    says = step(line)
                    if line.troubles:
                        raise BadInput(line.troubles[0].problem)
            except DuecourseError as error:
                if not line.troubles:
                    line.refuse("", str(error), say("Correct the line, or leave it out."))
                continue
            if says:
                said[line.row].append(says)
            if _sequence(session) != before:
                changed.add(line.row)
    entries = [
        Entry(line.row, about(line), _outcome(line, changed), tuple(said[line.row]), tuple(line.troubles))
        for line in lines
    ]
    # Of a copy of each line: its troubles are said already.
    named = [chosen_contract(Line(line.row, line.cells), contracts) for line in lines if line.row in changed]
    concerned = sorted({contract.id for contract in named if contract is not None})
    return Report(tuple(entries), hashlib.sha256(content).hexdigest(), tuple(concerned))


@contextmanager
def previewed(session: Session) -> Iterator[None]:
    """Keep nothing of what is done inside."""
    savepoint = session.begin_nested()
    try:
        yield
    finally:
        savepoint.rollback()
        session.expire_all()


def finish(session: Session, report: Report, *, what: str, file: str, seal: str, now: datetime, actor: str) -> None:
    """Record an import in the log of each contract that it concerns, in the transaction of what it made.

    Raises BadInput when a line has to be corrected, and Conflict unless the lines do exactly what was previewed under
    `seal`, or nothing any more: then nothing may be kept.
    """
    if not report.is_right:
        raise BadInput(say("Some lines have to be corrected first. Nothing was changed."))
    made = len(report.of(Outcome.MADE))
    if not made:
        return
    if report.seal != seal:
        raise Conflict(STALE)
    detail = {"file": file[:200], "sha256": report.sha256, "lines": len(report.entries), "made": made}
    for contract_id in report.contract_ids:
        record(session, f"imported {what}", actor=actor, now=now, contract_id=contract_id, detail=detail)


def _outcome(line: Line, changed: set[int]) -> Outcome:
    if line.troubles:
        return Outcome.WRONG
    return Outcome.MADE if line.row in changed else Outcome.THERE


def _sequence(session: Session) -> int:
    # Every change adds an entry to the audit log.
    return session.exec(select(AuditHead.sequence)).one()
