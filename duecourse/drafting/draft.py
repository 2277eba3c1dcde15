"""What would the definition of this contract be, and where does it disagree with what its exhibit prints?"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from duecourse.calendar.business_days import business_calendar
from duecourse.calendar.schedule import Contract
from duecourse.definitions.reading import contract_in
from duecourse.drafting.comparing import Checked, Printed, compare
from duecourse.drafting.duties import Duty, Undated, duties_of
from duecourse.drafting.facts import USUAL_FISCAL_YEAR, Facts, Term, terms_of
from duecourse.drafting.items import Item, items_of
from duecourse.drafting.refusing import refused
from duecourse.drafting.rows import Exhibit
from duecourse.drafting.series import series_of
from duecourse.drafting.written import written
from duecourse.errors import BadDefinition
from duecourse.language.said import say

_MOST_DUTIES = 300
_MOST_ITEMS = 3000
_MOST_FLAWS = 20
_STAND_IN_CALENDAR = "US"
_STAND_IN = Facts(
    id="draft",
    number="0",
    title="Draft",
    funder="the funder",
    contractor="the contractor",
    zone="America/New_York",
    calendar=_STAND_IN_CALENDAR,
)


@dataclass(frozen=True, slots=True)
class Draft:
    """A definition that was guessed: its obligations by id, and what a person has to say or to look at.

    `asked` names the fields that only a person can fill in; `doubts` say how the whole exhibit was read.
    """

    file: str
    facts: Facts
    terms: tuple[Term, ...]
    starts: date
    ends: date
    fiscal_year_starts: int
    duties: dict[str, Duty]
    undated: dict[str, Undated]
    asked: tuple[str, ...]
    doubts: tuple[str, ...]
    rows: int
    checked: tuple[Checked, ...] = ()

    @property
    def printed(self) -> list[Printed]:
        """Every date that the exhibit prints, with the obligation that it was read for."""
        return [
            Printed(name, each.term.name, each.on, each.number, each.where)
            for name, duty in self.duties.items()
            for each in duty.printed
        ]

    @property
    def off(self) -> int:
        """How many dates disagree."""
        return sum(each.off for each in self.checked)


def draft(exhibit: Exhibit, facts: Facts) -> Draft:
    """Return the draft of a definition from an exhibit, checked date by date.

    Raises BadExhibit when the file holds no table of deliverables.
    """
    items, doubts, starts = _read(exhibit, facts)
    terms = terms_of(items, facts, fiscal_year_starts=starts)
    dates = [on for item in items for on in item.dates] + [day for term in terms for day in (term.starts, term.ends)]
    days = business_calendar(facts.calendar or _STAND_IN_CALENDAR, min(dates).year - 1, max(dates).year + 1)
    duties: dict[str, Duty] = {}
    undated: dict[str, Undated] = {}
    groups = series_of(items, terms)
    if len(groups) > _MOST_DUTIES or len(items) > _MOST_ITEMS:
        cure = say("Send the table of one contract’s deliverables alone.")
        raise refused(exhibit.file, "", say("It holds more reports than a contract has."), cure)
    for series in groups:
        for found in duties_of(series, days, fiscal_year_starts=starts):
            name = _slug(found.title, {*duties, *undated})
            if isinstance(found, Duty):
                duties[name] = found
            else:
                undated[name] = found
    if len(duties) + len(undated) > _MOST_DUTIES or not duties:
        cure = say("Send the table alone, with the dates or the words that say when each is due.")
        raise refused(exhibit.file, "", say("It holds no table from which obligations could be drafted."), cure)
    if facts.calendar == "":
        doubts.append(
            say("Whose offices are closed when is not said yet; business days were counted by federal holidays.")
        )
    made = Draft(
        file=exhibit.file,
        facts=facts,
        terms=tuple(terms),
        starts=facts.starts or min(dates),
        ends=facts.ends or max(dates),
        fiscal_year_starts=starts,
        duties=duties,
        undated=undated,
        asked=_asked(facts),
        doubts=tuple(dict.fromkeys((*doubts, *_assumed(facts, terms, starts)))),
        rows=len(items),
    )
    try:
        return replace(made, checked=tuple(compare(_contract(made), made.printed)))
    except BadDefinition as refused_whole:
        # What is printed contradicts itself or the term that was given: it is drafted as it stands, and not checked.
        flaws = [
            say("%(problem)s %(cure)s (%(field)s)", problem=flaw.problem, cure=flaw.cure, field=flaw.field)
            for flaw in refused_whole.flaws[:_MOST_FLAWS]
        ]
        return replace(made, doubts=(*made.doubts, say("The dates could not be checked, for this reason:"), *flaws))


def _read(exhibit: Exhibit, facts: Facts) -> tuple[list[Item], list[str], int]:
    """Return the rows, how they were read, and the month in which the fiscal year starts."""
    starts = facts.fiscal_year_starts or USUAL_FISCAL_YEAR
    items, doubts = items_of(exhibit, fiscal_year_starts=starts)
    if not items:
        cure = say(
            "It needs a row with the names of the columns, such as “Deliverable” and “Due Date”, or a "
            "date in each row. Copy the table, and paste it."
        )
        raise refused(exhibit.file, "", say("No table of deliverables was found in it."), cure)
    if facts.fiscal_year_starts is None:
        months = Counter(item.section.starts.month for item in items if item.section and item.section.starts)
        if months and months.most_common(1)[0][0] != starts:
            starts = months.most_common(1)[0][0]
            items, doubts = items_of(exhibit, fiscal_year_starts=starts)
    return items, doubts, starts


def _asked(facts: Facts) -> tuple[str, ...]:
    fields = ("id", "number", "title", "funder", "contractor", "zone", "calendar")
    return tuple(name for name in fields if not getattr(facts, name))


def _assumed(facts: Facts, terms: Sequence[Term], starts: int) -> list[str]:
    found: list[str] = []
    if any(term.is_guessed for term in terms):
        found.append(
            say(
                "No heading says for which services the table is; their first and last day were guessed from its dates."
            )
        )
    if facts.starts is None or facts.ends is None:
        found.append(say("The contract’s first or last day was not given; it was taken from the exhibit."))
    if facts.fiscal_year_starts is None and any(term.is_guessed for term in terms):
        found.append(say("The month in which the fiscal year starts was not given; it was taken to be July."))
    if facts.roll is None:
        found.append(
            say("What becomes of a date on a closed day was not given; dates stand unless the exhibit shows otherwise.")
        )
    return found


def _contract(made: Draft) -> Contract:
    """Return the draft as a contract, with a stand-in for whatever a person has not said yet."""
    given = {name: getattr(made.facts, name) or getattr(_STAND_IN, name) for name in _asked(Facts())}
    contract, _ = contract_in(written(replace(made, facts=replace(made.facts, **given))).encode(), file="the draft")
    return contract


def _slug(title: str, taken: set[str]) -> str:
    plain = unicodedata.normalize("NFKD", title.lower()).encode("ascii", "ignore").decode()
    name = "-".join(re.findall(r"[a-z0-9]+", plain))[:56].strip("-") or "deliverable"
    found, n = name, 1
    while found in taken:
        n += 1
        found = f"{name}-{n}"
    return found
