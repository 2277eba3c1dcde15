"""What does a contract's page show of its enrollment?"""

from __future__ import annotations

from dataclasses import dataclass

from duecourse.calendar import words
from duecourse.calendar.caseload import Month, Result
from duecourse.calendar.enrollment import Measure
from duecourse.calendar.figure_words import in_words
from duecourse.language.said import Commas, say
from duecourse.tracking.caseload.enrollment_board import Enrolled
from duecourse.web.chart import Chart, chart

_HEIGHT = 190


@dataclass(frozen=True, slots=True)
class EnrollmentPanel:
    """A small chart of the newest year, and its newest known month and quarters in words."""

    chart: Chart
    month: str
    quarters: list[tuple[str, str]]


def enrollment_panel(found: Enrolled | None) -> EnrollmentPanel | None:
    """Return the panel, or None for a contract that counts no enrollment."""
    if found is None:
        return None
    known = [
        month for month in found.months.values() if any(month.of(each) is not None for each in found.terms.measures)
    ]
    newest: dict[str, Result] = {}
    for result in found.results:
        if result.mean is not None and not result.test.event:
            newest[result.test.title] = result
    return EnrollmentPanel(
        chart(found, found.year_of(known[-1].on) if known else found.usual_year, height=_HEIGHT),
        _said(found, known[-1]) if known else "",
        [
            (say("%(title)s, %(label)s", title=each.test.title, label=each.quarter.label), in_words(each))
            for each in newest.values()
        ],
    )


def _said(found: Enrolled, month: Month) -> str:
    numbers = [
        say("%(number)s served", number=month.of(measure))
        if measure is Measure.SERVED
        else say("%(number)s active on its last day", number=month.of(measure))
        for measure in found.terms.measures
    ]
    return say("%(month)s: %(numbers)s", month=words.month(month.on), numbers=Commas(tuple(numbers)))
