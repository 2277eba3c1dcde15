"""Which enrollment does the demonstration show? Every figure and every home visitor is invented."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from fractions import Fraction

from sqlmodel import Session

from duecourse.calendar.caseload import last_day, months_of
from duecourse.calendar.due import instant_at
from duecourse.calendar.enrollment import Enrollment, Measure
from duecourse.calendar.lifecycle import Party
from duecourse.calendar.slots import HomeVisitorFacts
from duecourse.models import ContractRow
from duecourse.tracking.acting import By
from duecourse.tracking.caseload.enrollment import Given, enter_figures
from duecourse.tracking.caseload.home_visitors import enter_home_visitor
from duecourse.tracking.stored_definitions import contract_of

# Families served and active, month by month from the first month of services: one low quarter, then better ones.
_SERVED = (49, 50, 50, 48, 47, 46, 45, 44, 43, 43, 45, 45, 46, 49, 50, 50, 50, 49, 48, 49, 50, 51, 50, 50)
_ACTIVE = (47, 48, 47, 46, 45, 45, 43, 42, 42, 43, 45, 45, 44, 48, 49, 48, 48, 47, 47, 48, 48, 49, 48, 48)
_PROGRAMS = {"abc": 20, "riverbend": 11, "northside": 20}
_RECENT_MONTHS = 16
_VISITORS = (
    ("HV-01", "Healthy Families America (HFA)", "1.00", "abc", 900),
    ("HV-02", "Healthy Families America (HFA)", "0.80", "abc", 800),
    ("HV-03", "Parents as Teachers (PAT)", "1.00", "abc", 75),
    ("HV-11", "Parents as Teachers (PAT)", "1.00", "riverbend", 700),
    ("HV-21", "Nurse-Family Partnership (NFP)", "0.85", "northside", 800),
)


def enter_invented_enrollment(session: Session, contract_id: str, *, manager: str, now: datetime) -> None:
    """Enter invented figures up to the present for a contract that counts enrollment."""
    row = session.get_one(ContractRow, contract_id)
    terms = contract_of(row).enrollment
    if terms is None:
        return
    by = By(manager, Party.CONTRACTOR)
    today = now.date()
    over = [month for month in months_of(terms) if last_day(month) + timedelta(days=8) < today]
    for at, month in list(enumerate(over))[-_RECENT_MONTHS:]:
        entered_at = instant_at(last_day(month) + timedelta(days=6), datetime.min.time().replace(hour=10), row.zone)
        enter_figures(
            session,
            contract_id,
            month,
            _figures(terms, at),
            form_key=f"demonstration:{contract_id}:{month:%Y-%m}",
            now=entered_at,
            by=by,
        )
    if terms.visiting is None or not terms.visiting.slots:
        return
    for reference, model, fte, program, days in _VISITORS:
        hired_on: date = today - timedelta(days=days)
        facts = HomeVisitorFacts(reference, model, Fraction(fte), hired_on, program=program)
        key = f"demonstration:{contract_id}:{reference}"
        enter_home_visitor(session, contract_id, facts, form_key=key, now=now, by=by)


def _figures(terms: Enrollment, at: int) -> list[Given]:
    if terms.programs:
        return [Given(None, _PROGRAMS.get(id, 9) + (at * 5 + len(id)) % 3 - 1, program=id) for id in terms.programs]
    served = _SERVED[at % len(_SERVED)] if Measure.SERVED in terms.measures else None
    first, *others = terms.sources or ("",)
    return [
        Given(served, _ACTIVE[at % len(_ACTIVE)], source=first),
        *(Given(0 if served is not None else None, 0, source=source) for source in others),
    ]
