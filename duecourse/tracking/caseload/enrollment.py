"""How are a month's enrollment figures entered and corrected, and what follows from them?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from duecourse.calendar import words
from duecourse.calendar.caseload import Figure, Run, last_day, months, months_of, results, runs
from duecourse.calendar.enrollment import Enrollment, Measure
from duecourse.calendar.lifecycle import Party
from duecourse.calendar.periods import Period
from duecourse.calendar.schedule import Contract
from duecourse.errors import BadInput, Conflict, NotAllowed, NotFound
from duecourse.language.said import say
from duecourse.models import ContractRow, EnrollmentFigure, EventRow
from duecourse.tracking.acting import By
from duecourse.tracking.audit import record, take_turn
from duecourse.tracking.caseload.figures import figures_of
from duecourse.tracking.events import record_event
from duecourse.tracking.own_words import figures_entered
from duecourse.tracking.planning import Planned, plan
from duecourse.tracking.stored_definitions import contract_of

_MOST = 100_000


@dataclass(frozen=True, slots=True)
class Given:
    """The figures of a month for one program and source; None for what the contract does not count."""

    served: int | None
    active: int | None
    program: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Entered:
    """What an entry changed: how many figures, what was planned, and the quarters with which a review was opened."""

    changed: int
    planned: Planned = field(default_factory=Planned)
    opened: tuple[str, ...] = ()


def enter_figures(
    session: Session,
    contract_id: str,
    month: date,
    given: Sequence[Given],
    *,
    form_key: str,
    now: datetime,
    by: By,
) -> Entered:
    """Enter the figures of a month, plan what follows from them, and open a review where a run of quarters is full.

    Figures that were entered before are kept, and the newest holds. The same `form_key` again, and the same figures
    again, change nothing. Raises NotAllowed for the funder's side, BadInput for a month that is not over or lies
    outside the services, and for figures that cannot be, Conflict when the form's key belongs to something else.
    """
    row, contract, terms = locked_contract(session, contract_id, by=by)
    month = month.replace(day=1)
    earlier = session.exec(select(EnrollmentFigure).where(EnrollmentFigure.form_key == form_key)).first()
    if earlier is not None:
        if (earlier.contract_id, earlier.month) != (contract_id, month):
            raise Conflict(say("This form was sent before, for something else. What was recorded then stands."))
        return Entered(0)
    _check(terms, month, given, today=now.astimezone(ZoneInfo(row.zone)).date())
    held = months(terms, figures_of(session, contract_ids=[contract_id]).get(contract_id, []))[month].held
    fresh = [each for each in given if _differs(each, held.get((each.program, each.source)))]
    if not fresh:
        return Entered(0)
    for each in fresh:
        session.add(
            EnrollmentFigure(
                contract_id=contract_id,
                month=month,
                program=each.program,
                source=each.source,
                served=each.served,
                active=each.active,
                entered_at=now,
                entered_by=by.actor,
                form_key=form_key,
            )
        )
    said = [_said(each, held.get((each.program, each.source))) for each in fresh]
    corrects = any("was" in each for each in said)
    record(
        session,
        "corrected enrollment figures" if corrects else "entered enrollment figures",
        actor=by.actor,
        now=now,
        contract_id=contract_id,
        detail={"month": f"{month:%Y-%m}", "figures": said},
    )
    cause = figures_entered(month, corrected=bool(corrects))
    planned = Planned()
    if terms.improvement is not None:
        flow = contract.obligation(terms.improvement.obligation).flow
        planned = plan(session, now=now, actor=by.actor, contract_id=contract_id, flow=flow, cause=cause)
    opened = _open_reviews(session, contract_id, contract, terms, now=now, actor=by.actor)
    return Entered(len(fresh), planned, opened)


def locked_contract(session: Session, contract_id: str, *, by: By) -> tuple[ContractRow, Contract, Enrollment]:
    """Return a contract that counts enrollment, held until the transaction ends.

    Raises NotFound when there is none or it counts nothing, NotAllowed for the funder's side: figures are the
    contractor's word.
    """
    take_turn(session)
    # Others may still insert rows that refer to the contract: only a second entry waits.
    query = select(ContractRow).where(ContractRow.id == contract_id).with_for_update(key_share=True)
    row = session.exec(query).one_or_none()
    if row is None:
        raise NotFound(f"There is no contract {contract_id}.")
    contract = contract_of(row)
    if contract.enrollment is None:
        raise NotFound(f"{contract_id} counts no enrollment: its contract file says nothing about it.")
    if by.party is Party.FUNDER:
        raise NotAllowed(say("Only the contractor’s staff can enter figures. Ask the program manager of the contract."))
    return row, contract, contract.enrollment


def quarter_name(quarter: Period) -> str:
    """Return what a quarter is called in the reference of an event: ``Quarter 2 of FY23``."""
    return quarter.label.split(" (")[0]


def review_of(run: Run, events: Sequence[EventRow]) -> EventRow | None:
    """Return the event that was recorded for a run of low quarters, with whichever of its quarters it became full."""
    at = run.quarters.index(run.complete)
    names = {quarter_name(result.quarter) for result in run.quarters[at:]}
    return next((event for event in events if event.name == run.test.event and event.reference in names), None)


def _open_reviews(
    session: Session, contract_id: str, contract: Contract, terms: Enrollment, *, now: datetime, actor: str
) -> tuple[str, ...]:
    figures = figures_of(session, contract_ids=[contract_id]).get(contract_id, [])
    found = results(terms, months(terms, figures), fiscal_year_starts=contract.fiscal_year_starts)
    full = [run for run in runs(found) if run.test.event]
    if not full:
        return ()
    names = {run.test.event for run in full}
    query = select(EventRow).where(EventRow.contract_id == contract_id, col(EventRow.name).in_(names))
    recorded = session.exec(query).all()
    opened = []
    for run in full:
        if review_of(run, recorded) is not None:
            continue
        # It happens when it comes to be known: nobody's time runs before the figures are in.
        reference = quarter_name(run.complete.quarter)
        record_event(session, contract_id, run.test.event, happened_at=now, reference=reference, now=now, actor=actor)
        opened.append(reference)
    return tuple(opened)


def _check(terms: Enrollment, month: date, given: Sequence[Given], *, today: date) -> None:
    allowed = months_of(terms)
    if month not in allowed:
        raise BadInput(
            say(
                "%(month)s lies outside the services, %(first)s to %(last)s. Choose another month.",
                month=words.month(month),
                first=words.month(allowed[0]),
                last=words.month(allowed[-1]),
            )
        )
    if last_day(month) > today:
        raise BadInput(
            say("%(month)s is not over. Its figures can be entered from its last day on.", month=words.month(month))
        )
    if not given:
        raise BadInput(say("Give the figures of at least one source."))
    cells = [(each.program, each.source) for each in given]
    if len(set(cells)) != len(cells) or not set(cells) <= set(terms.cells):
        raise BadInput(say("Give figures once for each program and source that the contract names."))
    for each in given:
        for measure in Measure:
            number = each.served if measure is Measure.SERVED else each.active
            if (number is not None) != (measure in terms.measures):
                named = words.joined([f"“{one}”" for one in terms.measures])
                raise BadInput(
                    say("The contract counts %(named)s: give a number for each, 0 where there was nobody.", named=named)
                )
            if number is not None and not 0 <= number <= _MOST:
                raise BadInput(say("%(number)s families cannot be right. Check the number.", number=number))


def _differs(given: Given, held: Figure | None) -> bool:
    return held is None or (held.served, held.active) != (given.served, given.active)


def _said(given: Given, held: Figure | None) -> dict[str, object]:
    said: dict[str, object] = {"served": given.served, "active": given.active}
    named = {"program": given.program, "source": given.source}
    was = {"was": {"served": held.served, "active": held.active}} if held else {}
    return {name: value for name, value in named.items() if value} | said | was
