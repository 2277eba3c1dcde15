"""Which obligation does a series of rows become, and what is not certain about it?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from duecourse.calendar.anchored_rules import PrintedDates
from duecourse.calendar.business_days import BusinessCalendar, Roll
from duecourse.calendar.event_rules import FromEvent
from duecourse.calendar.offsets import Offset
from duecourse.calendar.periods import Covers, Every, Window
from duecourse.calendar.rules import PeriodRule
from duecourse.definitions.resolved import NO_NUMBER, line_numbers
from duecourse.drafting.candidates import periods
from duecourse.drafting.facts import Term
from duecourse.drafting.guessing import Guess, guess
from duecourse.drafting.printed import dates_in
from duecourse.drafting.series import PrintedDate, Series
from duecourse.language.said import Commas, say, say_count

_OR_EVENT = re.compile(r"\bor (?:up)?on\b|\bor (?:when|at)\b")
_MOST_REMARKS = 8
_NOT_PRINTED = say("No date is printed; the rule is the one in the words of the exhibit.")


@dataclass(frozen=True, slots=True)
class Duty:
    """An obligation of the draft, without its id: its rule, its lines in each exhibit, and what it was made from."""

    title: str
    series: Series
    every: Every
    rule: PeriodRule | PrintedDates | FromEvent
    lines: dict[str, str]
    printed: tuple[PrintedDate, ...] = ()
    roll: Roll | None = None
    covers: Covers = Covers.PERIOD
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Undated:
    """A row that names neither a date nor a rule: it is kept as a check, so that nothing is lost."""

    title: str
    series: Series
    numbers: str
    says: str


def duties_of(series: Series, days: BusinessCalendar, *, fiscal_year_starts: int) -> Iterator[Duty | Undated]:
    """Yield what a series becomes: mostly one obligation, several where no rule fits its dates."""
    dates = {term: [each.on for each in found] for term, found in series.printed.items()}
    most = max(map(len, dates.values()), default=0)
    found = guess(dates, series.said, days, fiscal_year_starts=fiscal_year_starts) if most else None
    if most == 0:
        yield _without_dates(series, fiscal_year_starts)
    elif most == 1:
        if found is not None and found.off == 0 and found.is_said and series.said.every:
            yield _by_rule(series, found, list(series.rows), fiscal_year_starts)
        else:
            yield from _printed(series)
    elif found is not None and _is_near(found, dates):
        yield from _by_rules(series, found, dates, days, fiscal_year_starts)
    else:
        yield from _each_date(series, found, fiscal_year_starts)


def _is_near(found: Guess, dates: Mapping[Term, Sequence[date]]) -> bool:
    return found.off <= sum(map(len, dates.values())) // 4


def _by_rules(
    series: Series,
    found: Guess,
    dates: Mapping[Term, Sequence[date]],
    days: BusinessCalendar,
    fiscal_year_starts: int,
) -> Iterator[Duty]:
    """Yield one obligation for all exhibits, or one for each where that agrees with more dates."""
    dated = [term for term in dates if dates[term]]
    if found.off and len(dated) > 1:
        own = {
            term: guess({term: dates[term]}, series.said, days, fiscal_year_starts=fiscal_year_starts) for term in dated
        }
        if all(own.values()) and sum(each.off for each in own.values() if each) < found.off:
            for index, term in enumerate(dated):
                alone = own[term]
                assert alone is not None
                others = [other for other in series.rows if other not in dated] if index == 0 else []
                yield _by_rule(series, alone, [term, *others], fiscal_year_starts, apart=True)
            return
    yield _by_rule(series, found, list(series.rows), fiscal_year_starts)


def _by_rule(
    series: Series, found: Guess, terms: Sequence[Term], fiscal_year_starts: int, *, apart: bool = False
) -> Duty:
    sample = periods(found.every, terms[0], fiscal_year_starts=fiscal_year_starts)[0]
    remarks: list[str] = []
    if found.others:
        said = Commas(
            tuple(
                say("%(rule)s, every %(period)s", rule=other.words(sample), period=every.said)
                for every, other in found.others
            ),
            "; ",
        )
        remarks.append(say("Fits the printed dates as well: %(rules)s.", rules=said))
    if series.said.rules and not found.is_said:
        remarks.append(
            say("The words of the exhibit say otherwise: %(rule)s.", rule=series.said.rules[0].words(sample))
        )
    if apart:
        remarks.append(say("No one rule fits all exhibits, so that each has its own."))
    if not any(series.printed[term] for term in terms):
        remarks.append(_NOT_PRINTED)
    covers, doubt = _covers(series, found, terms, fiscal_year_starts)
    lines = {
        term.name: _numbers(series, term, len(periods(found.every, term, fiscal_year_starts=fiscal_year_starts)))
        for term in terms
    }
    return Duty(
        f"{series.title} ({terms[0].name})" if apart else series.title,
        series,
        found.every,
        found.rule,
        lines,
        tuple(each for term in terms for each in series.printed[term]),
        found.roll,
        covers,
        (*remarks, *doubt, *series.doubts[:_MOST_REMARKS]),
    )


def _covers(
    series: Series, found: Guess, terms: Sequence[Term], fiscal_year_starts: int
) -> tuple[Covers, tuple[str, ...]]:
    """Return which days each report covers, where the exhibit prints the first and the last of them."""
    printed: list[Window] = []
    for item in series.items:
        days = [each.on for each in dates_in(item.period)]
        if len(days) == 2 and item.dates:
            printed.append(Window(days[0], days[1]))
    if not printed:
        return Covers.PERIOD, ()
    named = [each for term in terms for each in periods(found.every, term, fiscal_year_starts=fiscal_year_starts)]
    for covers in Covers if found.every is Every.QUARTER else (Covers.PERIOD,):
        if set(printed) <= {period.window(covers) for period in named}:
            return covers, ()
    return Covers.PERIOD, (say("The periods that the exhibit prints are not those after which the rule counts."),)


def _without_dates(series: Series, fiscal_year_starts: int) -> Duty | Undated:
    said, remarks = series.said, series.doubts
    terms = list(series.rows)
    lines = {term.name: _numbers(series, term, 1) for term in terms}
    if said.rules:
        every = said.every if said.every and said.every.months else Every.MONTH
        more: list[str] = []
        if not said.every:
            more.append(say("How often it is owed is not said; it was read as every month."))
        sample = periods(every, terms[0], fiscal_year_starts=fiscal_year_starts)[0]
        more += [say("Can also be read: %(rule)s.", rule=other.words(sample)) for other in said.rules[1:3]]
        more.append(_NOT_PRINTED)
        return Duty(series.title, series, every, said.rules[0], lines, remarks=(*more, *remarks))
    if said.event:
        more = [say("It has no date before something happens. Check the name of the event and the time after it.")]
        rule = FromEvent(said.event, said.offset or Offset(0))
        return Duty(series.title, series, Every.EVENT, rule, lines, remarks=(*more, *remarks))
    numbers = ", ".join(f"{name} {number}" for name, number in lines.items() if number != NO_NUMBER)
    return Undated(series.title, series, numbers, series.words or "No date is printed, and no rule.")


def _printed(series: Series) -> Iterator[Duty | Undated]:
    """Yield the obligation whose dates stand in the definition as printed, one for each exhibit."""
    dated = [term for term, found in series.printed.items() if found]
    event = series.said.event if series.said.event and _OR_EVENT.search(series.words.lower()) else ""
    remarks = list(series.doubts)
    if event:
        remarks.append(
            say("Due on the printed date or with the event, whichever comes first. Check the name of the event.")
        )
    if series.said.rules:
        remarks.append(say("The words of the exhibit name a rule, and one date is printed; the date was kept."))
    rule = PrintedDates({term.name: series.printed[term][0].on for term in dated}, event)
    lines = {term.name: _numbers(series, term, 1) for term in dated}
    printed = tuple(each for term in dated for each in series.printed[term])
    yield Duty(series.title, series, Every.ONCE, rule, lines, printed, remarks=tuple(remarks))
    for term in series.rows:
        if term not in dated:
            says = f"Exhibit {term.name} prints no date for it. {series.words}"
            yield Undated(f"{series.title} ({term.name})", series, f"{term.name} {_numbers(series, term, 1)}", says)


def _each_date(series: Series, nearest: Guess | None, fiscal_year_starts: int) -> Iterator[Duty]:
    """Yield an obligation for each date, since no rule comes near them."""
    most = max(map(len, series.printed.values()))
    for index in range(most):
        dated = {term: found[index] for term, found in series.printed.items() if index < len(found)}
        remarks: list[str] = []
        if index == 0:
            remarks.append(
                say_count(
                    "No rule fits its %(num)s date, so that it stands here as it is printed.",
                    "No rule fits its %(num)s dates, so that each stands here as it is printed.",
                    most,
                )
            )
            if nearest is not None:
                sample = periods(nearest.every, next(iter(dated)), fiscal_year_starts=fiscal_year_starts)[0]
                remarks.append(
                    say_count(
                        "The nearest rule is every %(period)s, %(rule)s: %(num)s date disagrees.",
                        "The nearest rule is every %(period)s, %(rule)s: %(num)s dates disagree.",
                        nearest.off,
                        period=nearest.every.said,
                        rule=nearest.rule.words(sample),
                    )
                )
            remarks += series.doubts[:_MOST_REMARKS]
        yield Duty(
            f"{series.title}, {index + 1} of {most}",
            series,
            Every.ONCE,
            PrintedDates({term.name: each.on for term, each in dated.items()}),
            {term.name: each.number or NO_NUMBER for term, each in dated.items()},
            tuple(dated.values()),
            remarks=tuple(remarks),
        )


def _numbers(series: Series, term: Term, count: int) -> str:
    """Return the line field of an exhibit: one number, the first to the last, or ``none``."""
    numbers = [item.number for item in series.rows[term] if item.number]
    if not numbers:
        return NO_NUMBER
    if len(numbers) == 1:
        return numbers[0]
    whole = f"{numbers[0]} to {numbers[-1]}"
    if count == len(numbers) and line_numbers(whole) == tuple(numbers):
        return whole
    return f"{numbers[0]}-{numbers[-1]}"
