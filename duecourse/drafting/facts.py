"""What does a person say about a contract that its exhibit does not, and for which services is each table?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta

from duecourse.calendar.business_days import Roll
from duecourse.calendar.periods import add_months, fiscal_year_of
from duecourse.drafting.items import Item
from duecourse.drafting.said_rules import said_rules
from duecourse.errors import BadInput
from duecourse.language.said import say


@dataclass(frozen=True, slots=True)
class Facts:
    """What a person says; whatever is not said is empty, and is asked for in the draft."""

    id: str = ""
    number: str = ""
    title: str = ""
    funder: str = ""
    contractor: str = ""
    starts: date | None = None
    ends: date | None = None
    zone: str = ""
    calendar: str = ""
    fiscal_year_starts: int | None = None
    """A month, 1 to 12."""
    roll: Roll | None = None
    cut_off: time | None = None


def checked(facts: Facts) -> Facts:
    """Return facts that can all be true at once. Raises BadInput otherwise."""
    if facts.starts and facts.ends and facts.ends <= facts.starts:
        raise BadInput(say("The contract would end before it starts. Check both dates."))
    if facts.cut_off is not None and facts.roll in (None, Roll.UNADJUSTED):
        raise BadInput(
            say("A time of day belongs to a date that moves. Say which way it moves, or leave the time out.")
        )
    return facts


@dataclass(frozen=True, slots=True)
class Term:
    """The services of one exhibit: its name and days, and whether they were only guessed from the dates."""

    name: str
    starts: date
    ends: date
    is_guessed: bool = False


WITHOUT_NAME = "Exhibit"
_LONGEST_TERM = 120
"""How many months a term may have that is guessed."""
USUAL_FISCAL_YEAR = 7
"""July: the fiscal year of 46 states, where nothing else is said."""


def terms_of(items: Sequence[Item], facts: Facts, *, fiscal_year_starts: int) -> list[Term]:
    """Return the exhibits' terms, in order of time, by the headings over the rows, or by the dates."""
    found: dict[str, Term] = {}
    for item in items:
        section = item.section
        if section is not None and section.starts and section.ends:
            found.setdefault(section.name, Term(section.name, section.starts, section.ends))
    if not found:
        return [_guessed(items, facts, fiscal_year_starts)]
    return sorted(found.values(), key=lambda term: term.starts)


def term_of(item: Item, terms: Sequence[Term]) -> Term:
    """Return the term under which a row stands: that of its heading, or of the first one that its dates follow."""
    if item.section is not None:
        for term in terms:
            if term.name == item.section.name:
                return term
    dates = item.dates
    return next((term for term in reversed(terms) if dates and term.starts <= dates[0]), terms[0])


def _guessed(items: Sequence[Item], facts: Facts, fiscal_year_starts: int) -> Term:
    """Return the term that the dates suggest: each report is owed after its month, or quarter."""
    dates = sorted(on for item in items for on in item.dates)
    first, last = (dates[0], dates[-1]) if dates else (facts.starts, facts.ends)
    if facts.starts and facts.ends:
        return Term(WITHOUT_NAME, facts.starts, min(facts.ends, add_months(facts.starts, _LONGEST_TERM)))
    if first is None or last is None:
        year = fiscal_year_of(facts.starts or facts.ends or date(2026, 7, 1), fiscal_year_starts)
        first = last = date(year, 1, 1)
    earliest = first.replace(day=1)
    for item in items:
        every = said_rules(item.frequency, item.title, item.said, item.note).every
        if item.dates and every is not None and every.months:
            earliest = min(earliest, add_months(min(item.dates).replace(day=1), -every.months))
    starts = facts.starts or earliest
    if facts.starts is None and dates:
        # A term that fits into one fiscal year is that year.
        year = fiscal_year_of(earliest, fiscal_year_starts)
        opening = date(year if fiscal_year_starts == 1 else year - 1, fiscal_year_starts, 1)
        if last < add_months(opening, 14):
            starts = opening
    ends = facts.ends
    if ends is None:
        whole = add_months(starts, 12) - timedelta(days=1)
        ends = whole if last < add_months(whole, 2) else last.replace(day=1) - timedelta(days=1)
    # One mistyped year must not make a term of decades.
    ends = min(ends, add_months(starts, _LONGEST_TERM))
    name = f"FY{ends.year % 100:02d}" if (ends - starts).days in (364, 365) else WITHOUT_NAME
    return Term(name, starts, max(ends, starts + timedelta(days=27)), is_guessed=True)
