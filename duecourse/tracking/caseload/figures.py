"""Which enrollment figures and home visitors were entered under a contract?"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from fractions import Fraction

from sqlmodel import Session, col, select

from duecourse.calendar.caseload import Figure
from duecourse.calendar.slots import HomeVisitorFacts
from duecourse.models import EnrollmentFigure, HomeVisitor


def figures_of(
    session: Session, *, contract_ids: Collection[str] | None = None, by: datetime | None = None
) -> dict[str, list[Figure]]:
    """Return every figure that was entered, by contract and in the order of entry; `by` leaves out what came later."""
    query = select(EnrollmentFigure).order_by(col(EnrollmentFigure.id))
    if contract_ids is not None:
        query = query.where(col(EnrollmentFigure.contract_id).in_(contract_ids))
    if by is not None:
        query = query.where(col(EnrollmentFigure.entered_at) <= by)
    found: dict[str, list[Figure]] = {}
    for row in session.exec(query):
        figure = Figure(row.month, row.program, row.source, row.served, row.active, row.entered_at)
        found.setdefault(row.contract_id, []).append(figure)
    return found


def home_visitors_of(session: Session, contract_id: str, *, by: datetime | None = None) -> list[HomeVisitorFacts]:
    """Return the home visitors of a contract as they were entered last, by program and id."""
    query = select(HomeVisitor).where(HomeVisitor.contract_id == contract_id).order_by(col(HomeVisitor.id))
    if by is not None:
        query = query.where(col(HomeVisitor.entered_at) <= by)
    newest = {row.reference: row for row in session.exec(query)}
    return [
        HomeVisitorFacts(
            row.reference, row.model, Fraction(row.fte_hundredths, 100), row.hired_on, row.left_on, row.program
        )
        for row in sorted(newest.values(), key=lambda row: (row.program, row.reference))
    ]
