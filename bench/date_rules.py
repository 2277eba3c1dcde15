"""How fast is a date rule, beside QuantLib's and numpy's in the same run?

Each figure is a ratio within one run, the median of five rounds in turn, on CPU time: this says nothing about seconds.
Run it with `make bench`.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import QuantLib as ql

from duecourse.calendar.business_days import Roll, business_calendar
from duecourse.calendar.occurrences import occurrences
from duecourse.calendar.offsets import Direction, Offset, Unit
from duecourse.definitions.reading import read_contract, shipped_contracts

CODE, FIRST, LAST = "US-WA", 2015, 2040
ROUNDS, CALLS = 5, 20_000
Question = tuple[date, int, Offset]


def questions(count: int, longest: int) -> list[Question]:
    """Return random days and offsets, the same in every run."""
    chance = random.Random(1)
    span = (date(2039, 1, 1) - date(2016, 1, 1)).days
    starts = [date(2016, 1, 1) + timedelta(chance.randrange(span)) for _ in range(count)]
    return [(on, *_offset(chance.choice((-1, 1)) * chance.randint(1, longest))) for on in starts]


def _offset(count: int) -> tuple[int, Offset]:
    return count, Offset(abs(count), Unit.BUSINESS_DAYS, Direction.AFTER if count > 0 else Direction.BEFORE)


def ours(asked: list[Question]) -> list[date]:
    """A rule as a contract states it: the calendar by its name, the convention, and the offset."""
    found = []
    for on, _, offset in asked:
        days = business_calendar(CODE, FIRST, LAST)
        found.append(offset.apply(days.roll(on, Roll.FOLLOWING), days))
    return found


def quantlibs(asked: list[Question]) -> list[date]:
    """The same with QuantLib's calendar, from date to date."""
    found = []
    for on, count, _ in asked:
        day = _QUANTLIB.advance(_QUANTLIB.adjust(ql.Date(on.day, on.month, on.year), ql.Following), count, ql.Days)
        found.append(date(day.year(), day.month(), day.dayOfMonth()))
    return found


def numpys(asked: list[Question]) -> list[date]:
    """The same with numpy, a call for each."""
    return [
        np.busday_offset(np.datetime64(on), count, roll="forward", busdaycal=_NUMPY).astype(date)
        for on, count, _ in asked
    ]


def tables(asked: list[Question]) -> list[date]:
    """The limit of Python: one index into a list that holds the answer's place."""
    return [date.fromordinal(_OPEN[_PLACE[on.toordinal() - _BASE] + count]) for on, count, _ in asked]


def cpu(work: Callable[[], object]) -> float:
    """Return the CPU seconds that `work` takes."""
    started = time.process_time()
    work()
    return time.process_time() - started


def ratio(slow: Callable[[], object], fast: Callable[[], object]) -> float:
    """Return how many times the CPU time of `fast` the other takes: the median of rounds in turn."""
    return statistics.median(cpu(slow) / cpu(fast) for _ in range(ROUNDS))


def main() -> None:
    """Print the ratios."""
    asked = questions(CALLS, 60)
    answers = ours(asked)
    for name, other in (("QuantLib", quantlibs), ("numpy, call by call", numpys), ("an index into a table", tables)):
        differ = sum(mine != theirs for mine, theirs in zip(answers, other(asked), strict=True))
        times = ratio(lambda other=other: other(asked), lambda: ours(asked))  # type: ignore[misc]
        print(f"{name:<24} takes {times:6.2f} times our CPU time; {differ} of {len(asked)} answers differ")
    near = questions(CALLS, 1)
    far = [(on, *_offset(60)) for on, _, _ in near]
    print(f"60 days instead of 1     takes {ratio(lambda: ours(far), lambda: ours(near)):6.2f} times as long")
    contract, _ = read_contract(shipped_contracts()[0], today=date(2026, 11, 22))
    alone = ratio(
        lambda: [occurrences(contract) for _ in range(20)], lambda: [occurrences(contract) for _ in range(10)]
    )
    print(f"20 contracts for 10      takes {alone:6.2f} times as long")


_DAYS = business_calendar(CODE, FIRST, LAST)
_QUANTLIB = ql.BespokeCalendar("offices")
_QUANTLIB.addWeekend(ql.Saturday)
_QUANTLIB.addWeekend(ql.Sunday)
for _on in _DAYS.closures:
    _QUANTLIB.addHoliday(ql.Date(_on.day, _on.month, _on.year))
_NUMPY = np.busdaycalendar(holidays=[np.datetime64(on) for on in _DAYS.closures])
_BASE = _DAYS.first_on.toordinal()
_OPEN: list[int] = []
_PLACE: list[int] = []
for _ordinal in range(_BASE, _DAYS.last_on.toordinal() + 1):
    _PLACE.append(len(_OPEN))
    if _DAYS.is_business_day(date.fromordinal(_ordinal)):
        _OPEN.append(_ordinal)

if __name__ == "__main__":
    main()
