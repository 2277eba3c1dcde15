"""Which is the simplest rule that names the dates that an exhibit prints, and where none does, which comes nearest?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from duecourse.calendar.business_days import BusinessCalendar, Roll
from duecourse.calendar.offsets import Unit
from duecourse.calendar.periods import Every
from duecourse.calendar.rules import FromPeriod, LastDayOfMonth, NthBusinessDay, PeriodRule
from duecourse.drafting.candidates import Candidate, candidates, periods
from duecourse.drafting.facts import Term
from duecourse.drafting.said_rules import Said

_SAID_IN_WORDS = 0.75
_ROLLS = ((None, 0.0), (Roll.FOLLOWING, 0.3), (Roll.PRECEDING, 0.35), (Roll.MODIFIED_FOLLOWING, 0.4))
_MOST_OTHERS = 2


@dataclass(frozen=True, slots=True)
class Guess:
    """A rule that was guessed. `roll` is the convention by which the exhibit prints dates that were moved already; None
    where it prints the dates that the rule names.

    `off` counts the dates that disagree; `others` are rules that fit as well.
    """

    every: Every
    rule: PeriodRule
    roll: Roll | None
    off: int
    is_said: bool = False
    others: tuple[tuple[Every, PeriodRule], ...] = ()


def guess(
    printed: Mapping[Term, Sequence[date]], said: Said, days: BusinessCalendar, *, fiscal_year_starts: int
) -> Guess | None:
    """Return the rule that fits the dates printed for each term best, the simplest of those that fit alike.

    Terms without dates do not count. None when nothing fits any date.
    """
    tried: dict[tuple[Every, PeriodRule], float] = {}
    for each in (*candidates(printed, days, fiscal_year_starts=fiscal_year_starts), *_in_words(said)):
        cost = each.cost - (_SAID_IN_WORDS if each.rule in said.rules else 0)
        name = (each.every, each.rule)
        tried[name] = min(cost, tried.get(name, cost))
    found: list[tuple[int, float, Guess]] = []
    for (every, rule), cost in tried.items():
        for roll, more in _ROLLS:
            if roll is not None and _names_open_days(rule):
                continue
            off = _off(every, rule, roll, printed, days, fiscal_year_starts)
            found.append((off, cost + more, Guess(every, rule, roll, off, rule in said.rules)))
    if not found:
        return None
    found.sort(key=lambda each: each[:2])
    off, _, best = found[0]
    others = [
        (each.every, each.rule)
        for same, _, each in found[1:]
        if same == off and each.roll == best.roll and not _alike(each.rule, best.rule)
    ]
    return Guess(best.every, best.rule, best.roll, off, best.is_said, tuple(dict.fromkeys(others))[:_MOST_OTHERS])


def _in_words(said: Said) -> list[Candidate]:
    return [Candidate(said.every, rule, 1.5) for rule in said.rules if said.every and said.every.months]


def _alike(one: PeriodRule, other: PeriodRule) -> bool:
    """Tell whether two rules are of one kind, and differ where the dates show nothing."""
    return isinstance(one, FromPeriod) and isinstance(other, FromPeriod) and one.offset == other.offset


def _names_open_days(rule: PeriodRule) -> bool:
    if isinstance(rule, FromPeriod):
        return rule.offset.unit is Unit.BUSINESS_DAYS
    return isinstance(rule, NthBusinessDay) or (isinstance(rule, LastDayOfMonth) and rule.business_day)


def _off(
    every: Every,
    rule: PeriodRule,
    roll: Roll | None,
    printed: Mapping[Term, Sequence[date]],
    days: BusinessCalendar,
    fiscal_year_starts: int,
) -> int:
    off = 0
    for term, dates in printed.items():
        if not dates:
            continue
        named = [
            rule.nominal_on(period, days) for period in periods(every, term, fiscal_year_starts=fiscal_year_starts)
        ]
        expected = Counter(named if roll is None else (days.roll(on, roll) for on in named))
        missing, printed_only = expected - Counter(dates), Counter(dates) - expected
        off += max(missing.total(), printed_only.total())
    return off
