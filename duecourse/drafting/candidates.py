"""Which rules could have printed these dates?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise

from duecourse.calendar.business_days import BusinessCalendar
from duecourse.calendar.offsets import Direction, Offset, Unit
from duecourse.calendar.periods import Every, Period, TermEnd, add_months, periods_in
from duecourse.calendar.rules import DayOfMonth, FromPeriod, LastDayOfMonth, NthBusinessDay, PeriodRule, ShortMonth
from duecourse.drafting.facts import Term

RECURRING = (Every.MONTH, Every.QUARTER, Every.HALF_YEAR, Every.YEAR)
_FURTHEST_MONTHS = 6
"""How many months after its period a report is looked for."""
_FURTHEST_DAYS = 185
_MOST_VALUES = 6


@dataclass(frozen=True, slots=True)
class Candidate:
    """A rule, how often it falls due, and how simple it is: what costs less is simpler."""

    every: Every
    rule: PeriodRule
    cost: float


@lru_cache(maxsize=256)
def periods(every: Every, term: Term, *, fiscal_year_starts: int) -> tuple[Period, ...]:
    """Return the periods of a term. They are asked for again for each rule that is tried."""
    return tuple(periods_in(every, term.starts, term.ends, fiscal_year_starts=fiscal_year_starts))


def candidates(
    printed: Mapping[Term, Sequence[date]], days: BusinessCalendar, *, fiscal_year_starts: int
) -> Iterator[Candidate]:
    """Yield the rules that fit at least one of the dates printed for each term."""
    dates = [on for found in printed.values() for on in found]
    if not dates:
        return
    gap = _usual_gap(printed)
    counted = _BusinessDays(days, min(dates) - timedelta(days=2 * _FURTHEST_DAYS), max(dates))
    for every in RECURRING:
        if not gap / 2 <= every.months <= 2 * gap:
            continue
        by_month = {
            (period.end.year, period.end.month): period
            for term, found in printed.items()
            if found
            for period in periods(every, term, fiscal_year_starts=fiscal_year_starts)
        }
        unusual = 0.0 if every.months == gap else 0.5
        for months_after in range(_FURTHEST_MONTHS + 1):
            pairs = []
            for on in dates:
                before = add_months(on.replace(day=1), -months_after)
                period = by_month.get((before.year, before.month))
                if period is not None:
                    pairs.append((on, period))
            if pairs:
                far = 0.1 if months_after == 0 else 0.15 * (months_after - 1)
                for rule, cost in _by_month(pairs, months_after, counted):
                    yield Candidate(every, rule, cost + far + unusual)
                for rule, cost in _by_offset(pairs, counted):
                    yield Candidate(every, rule, cost + unusual)


def _usual_gap(printed: Mapping[Term, Sequence[date]]) -> int:
    """Return how many months usually lie between two dates that follow each other."""
    gaps: Counter[int] = Counter()
    for found in printed.values():
        ordered = sorted(found)
        gaps.update(max(1, round((b - a).days / 30.44)) for a, b in pairwise(ordered))
    return gaps.most_common(1)[0][0] if gaps else 12


def _by_month(
    pairs: Sequence[tuple[date, Period]], months_after: int, days: _BusinessDays
) -> Iterator[tuple[PeriodRule, float]]:
    for day in _values(Counter(on.day for on, _ in pairs), reach=31):
        if day <= 28:
            yield DayOfMonth(day, months_after), 1.0
        else:
            yield DayOfMonth(day, months_after), 1.2
            yield DayOfMonth(day, months_after, ShortMonth.LAST_BUSINESS_DAY), 1.4
    yield LastDayOfMonth(months_after), 1.0
    yield LastDayOfMonth(months_after, business_day=True), 1.3
    places = Counter(days.place_in_month(on) for on, _ in pairs)
    for n in _values(places, reach=17):
        yield NthBusinessDay(n, months_after), 2.0


def _by_offset(pairs: Sequence[tuple[date, Period]], days: _BusinessDays) -> Iterator[tuple[PeriodRule, float]]:
    for anchor, extra in ((TermEnd.END, 0.0), (TermEnd.START, 1.0)):
        counted: Counter[int] = Counter()
        in_business_days: Counter[int] = Counter()
        in_months: Counter[int] = Counter()
        for on, period in pairs:
            day0 = period.end if anchor is TermEnd.END else period.start
            distance = (on - day0).days
            if not 0 <= distance <= _FURTHEST_DAYS:
                continue
            counted[distance] += 1
            in_business_days[days.after(day0, on)] += 1
            months = (on.year - day0.year) * 12 + on.month - day0.month
            if months > 0 and add_months(day0, months) == on:
                in_months[months] += 1
        for count in _values(counted, reach=_FURTHEST_DAYS, lowest=0):
            yield FromPeriod(Offset(count), anchor), (1.8 if count % 5 == 0 else 2.4) + extra
        for count in _values(in_business_days, reach=_FURTHEST_DAYS):
            yield FromPeriod(Offset(count, Unit.BUSINESS_DAYS), anchor), (2.3 if count % 5 == 0 else 2.8) + extra
        for count in _values(in_months, reach=24):
            yield FromPeriod(Offset(count, Unit.MONTHS, Direction.AFTER), anchor), 2.2 + extra


def _values(counted: Counter[int], *, reach: int, lowest: int = 1) -> list[int]:
    """Return the values worth trying: the commonest, and both ends, since a closed day moves what is printed."""
    common = [value for value, _ in counted.most_common(_MOST_VALUES)]
    ends = [min(counted), max(counted)] if counted else []
    return [value for value in dict.fromkeys((*common, *ends)) if lowest <= value <= reach]


class _BusinessDays:
    """Counts the business days between two days of a span, worked out once."""

    def __init__(self, days: BusinessCalendar, first: date, last: date) -> None:
        self._base = first.toordinal()
        self._until = [0]
        for ordinal in range(self._base, last.toordinal() + 1):
            self._until.append(self._until[-1] + days.is_business_day(date.fromordinal(ordinal)))

    def after(self, day0: date, on: date) -> int:
        """Return how many business days lie after `day0`, up to `on`."""
        return self._until[on.toordinal() - self._base + 1] - self._until[day0.toordinal() - self._base + 1]

    def place_in_month(self, on: date) -> int:
        """Return which business day of its month a date is; 0 for a closed day."""
        day_before = on - timedelta(days=1)
        return self.after(on.replace(day=1) - timedelta(days=1), on) if self.after(day_before, on) else 0
