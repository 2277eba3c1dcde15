"""For which months do the figures themselves ask for the part on improvement in the monthly report?

Each month speaks for itself once its figures are known. A month that is not yet known is asked for only where somebody
recorded by hand that enrollment fell: nothing becomes overdue because a figure is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from duecourse.calendar.anchored_rules import WithDeliverable
from duecourse.calendar.caseload import Figure, is_low, last_day, low_since, months
from duecourse.calendar.periods import add_months
from duecourse.calendar.schedule import Contract, Event


def improvement_events(contract: Contract, figures: Sequence[Figure], recorded: Iterable[Event]) -> list[Event]:
    """Return what the figures add to the events that were recorded: they are derived anew each time, never stored.

    A low month begins on its last day, after which its report is due, and ends on the last day of the month after it,
    so that it asks for the part in its own report only. A month that is not low ends what was recorded by hand before.
    """
    terms = contract.enrollment
    if terms is None or terms.improvement is None or not figures:
        return []
    rule = contract.obligation(terms.improvement.obligation).rule
    assert isinstance(rule, WithDeliverable), "checked when the contract file is read"
    known = months(terms, figures)
    low = {month: is_low(terms.improvement, each) for month, each in known.items()}
    found = []
    for event in recorded:
        if event.name != rule.event:
            continue
        on = contract.day_of(event)
        recovered = next((month for month, is_so in low.items() if is_so is False and last_day(month) >= on), None)
        if recovered is not None:
            ended_at = max(_noon(last_day(recovered), contract.zone), event.at)
            found.append(Event(rule.until, ended_at, event.reference))
    for month, is_so in low.items():
        if is_so:
            name, since = f"{month:%B %Y}", low_since(terms, month, figures)
            found.append(Event(rule.event, _noon(last_day(month), contract.zone), name, since))
            found.append(Event(rule.until, _noon(last_day(add_months(month, 1)), contract.zone), name))
    return found


def _noon(on: date, zone: str) -> datetime:
    return datetime.combine(on, time(12), ZoneInfo(zone))
