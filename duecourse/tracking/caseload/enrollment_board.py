"""Where does the enrollment of a contract stand: its months, its quarters, its home visitors, and what follows?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from functools import cached_property
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from duecourse.calendar.caseload import Figure, Month, Result, Run, is_low, last_day, months, results, runs
from duecourse.calendar.corrections import Correction, corrections
from duecourse.calendar.enrollment import Enrollment, Measure
from duecourse.calendar.periods import fiscal_year_of
from duecourse.calendar.schedule import Contract
from duecourse.calendar.slots import HomeVisitorFacts, Slots, slots_on
from duecourse.calendar.standing import Standing, standing
from duecourse.models import ContractRow, Deliverable, EventRow
from duecourse.tracking.caseload.enrollment import review_of
from duecourse.tracking.caseload.figures import figures_of, home_visitors_of
from duecourse.tracking.stored_definitions import contract_of


@dataclass(frozen=True)
class Enrolled:
    """The enrollment of one contract as it was known at `now`."""

    contract: Contract
    terms: Enrollment
    figures: list[Figure]
    visitors: list[HomeVisitorFacts]
    now: datetime

    @property
    def today(self) -> date:
        """The local day."""
        return self.now.astimezone(ZoneInfo(self.contract.zone)).date()

    @cached_property
    def months(self) -> dict[date, Month]:
        """Every month of services, by its first day."""
        return months(self.terms, self.figures)

    @cached_property
    def results(self) -> list[Result]:
        """Each test of each quarter."""
        return results(self.terms, self.months, fiscal_year_starts=self.contract.fiscal_year_starts)

    @cached_property
    def runs(self) -> list[Run]:
        """The runs of low quarters that are complete."""
        return runs(self.results)

    @cached_property
    def corrections(self) -> list[Correction]:
        """What was corrected, the newest first."""
        return corrections(self.terms, self.figures, fiscal_year_starts=self.contract.fiscal_year_starts)

    @property
    def over(self) -> list[date]:
        """The months whose figures can be entered: their last day has come."""
        return [month for month in self.months if last_day(month) <= self.today]

    @property
    def years(self) -> list[int]:
        """The fiscal years of the services."""
        return sorted({self.year_of(month) for month in self.months})

    @property
    def usual_year(self) -> int:
        """The fiscal year that is shown where none is asked for: of the newest month that is over."""
        return self.year_of(self.over[-1] if self.over else next(iter(self.months)))

    def year_of(self, month: date) -> int:
        """Return the fiscal year of a month."""
        return fiscal_year_of(month, self.contract.fiscal_year_starts)

    def months_in(self, year: int) -> list[Month]:
        """Return the months of a fiscal year."""
        return [month for on, month in self.months.items() if self.year_of(on) == year]

    def is_low(self, month: Month) -> bool | None:
        """Tell whether a month asks for the part on improvement; None while it is not known, or none is asked for."""
        return is_low(self.terms.improvement, month) if self.terms.improvement else None

    def slots(self, on: date) -> list[Slots]:
        """Return the slots of the home visitors who are employed on a day."""
        return slots_on(self.terms.visiting, self.visitors, on) if self.terms.visiting else []

    def owed(self, month: Month, program: str | None = None) -> Fraction | None:
        """Return the slots that are owed on a month's last day; None before it has come, or where none are named."""
        if self.terms.visiting is None or not self.terms.visiting.slots or last_day(month.on) > self.today:
            return None
        theirs = self.slots(last_day(month.on))
        return sum((each.owed for each in theirs if program in (None, each.visitor.program)), Fraction(0))

    def has_more_active_than_served(self, month: Month) -> bool:
        """Tell whether a month's figures look wrong: who is enrolled was served, too."""
        served, active = month.of(Measure.SERVED), month.of(Measure.ACTIVE)
        return served is not None and active is not None and active > served


@dataclass(frozen=True, slots=True)
class Review:
    """What was recorded of two low quarters, what the funder owes since, and whether the figures still say so."""

    event: EventRow
    run: Run | None
    duties: list[tuple[Deliverable, Standing]]


@dataclass(frozen=True, slots=True)
class Consequences:
    """What the figures led to: the improvement parts by month, and the reviews."""

    parts: dict[date, tuple[Deliverable, Standing]]
    reviews: list[Review]


def enrolled(session: Session, row: ContractRow, *, now: datetime) -> Enrolled | None:
    """Return the enrollment of a contract, or None when it counts none. Two statements."""
    contract = contract_of(row)
    if contract.enrollment is None:
        return None
    figures = figures_of(session, contract_ids=[row.id], by=now).get(row.id, [])
    return Enrolled(contract, contract.enrollment, figures, home_visitors_of(session, row.id, by=now), now)


def consequences(session: Session, found: Enrolled) -> Consequences:
    """Return what the figures led to, in two statements."""
    contract, terms, now = found.contract, found.terms, found.now
    starting = {test.event for test in terms.tests if test.event}
    duties = {each.id for event in starting for each in contract.started_by(event)}
    part = terms.improvement.obligation if terms.improvement else ""
    query = select(Deliverable).where(
        Deliverable.contract_id == contract.id, col(Deliverable.obligation_id).in_([*duties, part])
    )
    rows = [
        row
        for row in session.exec(query.order_by(col(Deliverable.due_at), col(Deliverable.id)))
        if row.planned_at <= now
    ]
    recorded = session.exec(
        select(EventRow)
        .where(EventRow.contract_id == contract.id, col(EventRow.name).in_(starting), EventRow.recorded_at <= now)
        .order_by(col(EventRow.happened_at).desc(), col(EventRow.id).desc())
    ).all()
    standings = [(row, standing(row.facts, now)) for row in rows]
    return Consequences(
        {date.fromisoformat(row.occurrence): (row, is_) for row, is_ in standings if row.obligation_id == part},
        [
            Review(
                event,
                next((run for run in found.runs if review_of(run, [event]) is not None), None),
                [pair for pair in standings if _starts(event, pair[0], duties)],
            )
            for event in recorded
        ],
    )


def _starts(event: EventRow, row: Deliverable, duties: set[str]) -> bool:
    return row.obligation_id in duties and row.occurrence.startswith(f"{event.name}@{event.happened_at.isoformat()}")
