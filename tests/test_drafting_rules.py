"""Whatever rule printed an exhibit, does the draft name the same dates?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

import exhibits
from exhibits import Year
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from duecourse.calendar.business_days import Roll, business_calendar
from duecourse.calendar.offsets import Offset, Unit
from duecourse.calendar.periods import Every, periods_in
from duecourse.calendar.rules import DayOfMonth, FromPeriod, LastDayOfMonth, NthBusinessDay, PeriodRule, ShortMonth
from duecourse.definitions.reading import contract_in
from duecourse.drafting.comparing import compare
from duecourse.drafting.draft import draft
from duecourse.drafting.facts import Facts
from duecourse.drafting.kinds import read_exhibit
from duecourse.drafting.written import written

DAYS = business_calendar("US-WA", 2021, 2025)
MONTHS_AFTER = st.integers(0, 3)
RULES: st.SearchStrategy[PeriodRule] = st.one_of(
    st.builds(DayOfMonth, st.integers(1, 31), MONTHS_AFTER, st.sampled_from(ShortMonth)),
    st.builds(LastDayOfMonth, MONTHS_AFTER, st.booleans()),
    st.builds(NthBusinessDay, st.integers(1, 17), MONTHS_AFTER),
    st.builds(FromPeriod, st.builds(Offset, st.integers(0, 120))),
    st.builds(FromPeriod, st.builds(Offset, st.integers(1, 60), st.just(Unit.BUSINESS_DAYS))),
    st.builds(FromPeriod, st.builds(Offset, st.integers(1, 4), st.just(Unit.MONTHS))),
)
DATES = (exhibits.long, exhibits.slashes, exhibits.with_weekday, date.isoformat, lambda on: f"{on:%d-%b-%y}")
LAYOUTS: dict[str, Callable[[Sequence[Year], Callable[[date], str]], bytes]] = {
    "text": exhibits.as_text,
    "columns": exhibits.as_columns,
    "csv": lambda years, say: exhibits.as_csv(years, separator=","),
}
TERMS = [(date(2022, starts, 1), starts) for starts in (1, 7, 10)]


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(
    rule=RULES,
    every=st.sampled_from([Every.MONTH, Every.QUARTER, Every.HALF_YEAR]),
    roll=st.sampled_from(Roll),
    term=st.sampled_from(TERMS),
    layout=st.sampled_from(sorted(LAYOUTS)),
    say=st.sampled_from(DATES),
)
def test_the_drafted_rule_names_the_dates_that_were_printed(
    rule: PeriodRule,
    every: Every,
    roll: Roll,
    term: tuple[date, int],
    layout: str,
    say: Callable[[date], str],
) -> None:
    first, starts = term
    last = date(first.year + (starts > 1), (starts + 10) % 12 + 1, {1: 31, 7: 30, 10: 30}[starts])
    named = [rule.nominal_on(each, DAYS) for each in periods_in(every, first, last, fiscal_year_starts=starts)]
    dates = [DAYS.roll(on, roll) for on in named]
    note(f"{rule} {roll}: {dates}")
    years = exhibits.of_dates("Program Report", dates, exhibits.months_heading(first, last))
    facts = Facts("c", "1", "A", "F", "C", zone="America/Los_Angeles", calendar="US-WA", fiscal_year_starts=starts)
    made = draft(read_exhibit(LAYOUTS[layout](years, say), name="exhibit"), facts)
    note(written(made))
    contract, _ = contract_in(written(made).encode(), file="draft.yaml")
    (checked,) = compare(contract, made.printed)
    assert checked.off == 0
    # One obligation for all of them: the rows have become a rule.
    assert [line.printed_on for line in checked.lines] == sorted(set(dates))
    assert {line.due_on for line in checked.lines} == set(dates)
