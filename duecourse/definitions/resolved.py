"""How does a contract file become the contract, as a value?"""

from __future__ import annotations

import re

from duecourse.calendar.due import ClosedDayRule
from duecourse.calendar.mailing import Mailing
from duecourse.calendar.periods import periods_in
from duecourse.calendar.schedule import Amendment, Check, Contract, EventDay, Exhibit, Line, Obligation
from duecourse.calendar.thresholds import Threshold
from duecourse.definitions.enrollment_terms import enrollment_terms
from duecourse.definitions.grammar import CheckPart, ContractFile, ExhibitPart, ObligationPart, WhenClosed
from duecourse.definitions.ladder_grammar import notice_terms
from duecourse.definitions.values import MONTHS

NO_NUMBER = "none"
_RANGE = re.compile(r"(?P<stem>.*?)(?P<first>[0-9]+) to (?P<again>.*?)(?P<last>[0-9]+)")


def contract_from_json(definition: str) -> Contract:
    """Return the contract that a resolved definition, as `ContractFile` writes it to JSON, states."""
    return contract_from(ContractFile.model_validate_json(definition))


def contract_from(file: ContractFile) -> Contract:
    """Return the contract that a checked file states."""
    part = file.contract
    amendments = {
        name: Amendment(name, each.effective, each.executed, each.ends) for name, each in file.amendments.items()
    }
    exhibits = {name: _exhibit(name, exhibit, amendments) for name, exhibit in file.exhibits.items()}
    obligations = tuple(_obligation(obligation, exhibits, part.when_closed) for obligation in file.obligations)
    checks = tuple(_check(check) for check in file.checks)
    return Contract(
        id=part.id,
        number=part.number,
        name=part.name,
        funder=part.funder,
        contractor=part.contractor,
        start=part.starts,
        end=part.ends,
        zone=part.time_zone,
        calendar=part.calendar,
        fiscal_year_starts=MONTHS.index(part.fiscal_year_starts) + 1,
        email_subject=part.email_subject or "",
        obligations=obligations,
        checks=checks,
        enrollment=enrollment_terms(file, checks),
        extensions=file.extensions.value() if file.extensions else None,
        amendments=tuple(amendments.values()),
        event_day=EventDay(part.event_day.after_hours, part.event_day.offices_close),
        plans=tuple(plan.value(obligations) for plan in file.plans),
        programs=part.programs.value() if part.programs else None,
        notices=notice_terms(file),
    )


def line_numbers(said: str) -> tuple[str, ...]:
    """Return the numbers that a line field names: ``3.00``, ``2.01 to 2.12``, or ``none``."""
    if said == NO_NUMBER:
        return ()
    span = _RANGE.fullmatch(said)
    if span is None or span["stem"] != span["again"] or int(span["last"]) < int(span["first"]):
        return (said,)
    width = len(span["first"])
    return tuple(f"{span['stem']}{n:0{width}}" for n in range(int(span["first"]), int(span["last"]) + 1))


def line_fields(obligation: ObligationPart, exhibits: dict[str, ExhibitPart]) -> dict[str, str]:
    """Return which exhibits ask for an obligation, and what their line field says."""
    return obligation.lines if obligation.lines is not None else dict.fromkeys(exhibits, NO_NUMBER)


def count_of_periods(file: ContractFile, obligation: ObligationPart, exhibit: str) -> int:
    """Return how many months or quarters an exhibit covers."""
    part = file.exhibits[exhibit]
    starts = MONTHS.index(file.contract.fiscal_year_starts) + 1
    return sum(1 for _ in periods_in(obligation.every, part.services_from, part.services_to, fiscal_year_starts=starts))


def _exhibit(name: str, part: ExhibitPart, amendments: dict[str, Amendment]) -> Exhibit:
    amendment = amendments[part.amendment] if part.amendment else None
    return Exhibit(name, part.services_from, part.services_to, part.last_day, amendment)


def _check(part: CheckPart) -> Check:
    limit = part.threshold
    threshold = Threshold(limit.percent, limit.capacity, limit.consecutive, limit.consequence) if limit else None
    return Check(part.id, part.title, part.clause, part.says, threshold)


def _obligation(part: ObligationPart, exhibits: dict[str, Exhibit], usual: WhenClosed) -> Obligation:
    asked = part.lines if part.lines is not None else dict.fromkeys(exhibits, NO_NUMBER)
    closed = part.when_closed or usual
    return Obligation(
        id=part.id,
        title=part.title,
        flow=part.schedule,
        clause=part.clause,
        owed_by=part.owed_by,
        owed_to=part.owed_to,
        channel=part.channel,
        every=part.every,
        rule=part.due.value(),
        covers=part.covers,
        closed_day=ClosedDayRule(closed.roll, closed.cut_off, closed.clause or ""),
        lines=tuple(Line(exhibits[name], line_numbers(said)) for name, said in asked.items()),
        report_type=part.report_type or "",
        note=part.note or "",
        participant=part.participant,
        remind=part.remind,
        party=part.party,
        mail=part.mail.value() if part.mail else Mailing(),
        collected=part.parts.value() if part.parts else None,
    )
