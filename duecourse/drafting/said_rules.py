"""Which rule do the words of an exhibit state, such as “by the 20th of the following month”?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from duecourse.calendar.offsets import Direction, Offset, Unit
from duecourse.calendar.periods import Every
from duecourse.calendar.rules import DayOfMonth, FromPeriod, LastDayOfMonth, NthBusinessDay, PeriodRule, ShortMonth

_ORDINALS = [
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh",
    "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth",
    "twentieth",
]  # fmt: skip
_NUMBERS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty-five": 45, "sixty": 60, "ninety": 90,
}  # fmt: skip
_TH = r"(?P<{0}>[0-9]{{1,2}})(?:st|nd|rd|th)"
_LATER = re.compile(r"follow|after|next|succeed|subsequent")
_WORDS = re.compile(r"[a-z]+(?:-[a-z]+)?")
_BUSINESS = r"(?:business|working|work)"
_UNIT = rf"(?P<{{0}}>{_BUSINESS} days?|calendar days?|days?|months?|weeks?)"
_TO_PERIOD = (
    r"(?:(?:after|following|from)|of (?=the (?:end|close)|each (?:end|close)))"
    r" ?(?:the )?(?:(?:end|close|conclusion|last day|completion) of )?(?:the |each |every |a )?"
    r"(?:(?:reporting|service|contract|calendar|state|fiscal|program|preceding|previous) )*"
    r"(?:month|quarter|period|half-year|half year|six months|year)\b"
)
_NTH_BUSINESS = re.compile(rf"{_TH.format('n')} {_BUSINESS} day (?:of|in|after)")
_LAST_BUSINESS = re.compile(rf"last {_BUSINESS} day of")
_LAST_DAY = re.compile(r"(?:last (?:calendar )?day|end) of (?:the|each|every) (?:[a-z]+ ){0,3}month")
_DAY = re.compile(rf"{_TH.format('day')}(?: calendar)?(?: day)? (?:of|in) (?:the|each|every|a)\b")
_AFTER_PERIOD = re.compile(rf"(?P<count>[0-9]{{1,3}})(?:st|nd|rd|th)? {_UNIT.format('unit')} {_TO_PERIOD}")
_FROM_EVENT = re.compile(
    rf"(?P<count>[0-9]{{1,3}}) {_UNIT.format('unit')} (?P<side>after|following|of|from|before|prior to|in advance of) "
    r"(?P<event>[a-z][a-z /-]{2,60})"
)
_AT_EVENT = re.compile(r"(?:\bupon (?P<noun>[a-z][a-z -]{3,50})|\bwhen(?:ever)? (?P<clause>[a-z][a-z -]{3,50}))")
_EVERY = (
    (
        Every.HALF_YEAR,
        r"semi-?\s?annual|bi-?annual|half-year|half year|twice (?:a|per|each) year|every (?:six|6) months",
    ),
    (Every.QUARTER, r"quarter"),
    (Every.MONTH, r"monthly|each month|every month|month of service|per month"),
    (Every.YEAR, r"annual|yearly|each (?:fiscal |contract )?year|every year|once (?:a|per) year"),
)


@dataclass(frozen=True, slots=True)
class Said:
    """What the words of an exhibit state: rules, how often, and an event with the offset from it."""

    rules: tuple[PeriodRule, ...] = ()
    every: Every | None = None
    event: str = ""
    """The name of the event that starts it, or that brings a printed date forward."""
    offset: Offset | None = None


def said_rules(*texts: str) -> Said:
    """Return what texts state, the first ones counting for most."""
    said = " . ".join(_in_figures(text) for text in texts if text)
    every = next((found for text in texts if text and (found := _every(text.lower()))), None)
    rules = tuple(dict.fromkeys(_rules(said)))
    event, offset = ("", None) if rules else _event(said)
    return Said(rules, every, event, offset)


def _every(text: str) -> Every | None:
    return next((every for every, words in _EVERY if re.search(words, text)), None)


def _in_figures(text: str) -> str:
    said = " ".join(text.lower().split())
    said = re.sub(r"\b[a-z]+(?:-[a-z]+)? \((\d{1,3}(?:st|nd|rd|th)?)\)", r"\1", said)
    return _WORDS.sub(_figure, said)


def _figure(word: re.Match[str]) -> str:
    if word[0] in _ORDINALS:
        n = _ORDINALS.index(word[0]) + 1
        return f"{n}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(n, 'th') }"
    return str(_NUMBERS.get(word[0], word[0]))


def _rules(said: str) -> Iterator[PeriodRule]:
    for match in _NTH_BUSINESS.finditer(said):
        if 1 <= int(match["n"]) <= 17:
            for months in _months_after(said, match.end()):
                yield NthBusinessDay(int(match["n"]), months)
    last_business = list(_LAST_BUSINESS.finditer(said))
    for match in _DAY.finditer(said):
        if 1 <= int(match["day"]) <= 31:
            for months in _months_after(said, match.end()):
                short = ShortMonth.LAST_BUSINESS_DAY if last_business else ShortMonth.LAST_DAY
                yield DayOfMonth(int(match["day"]), months, short)
    for match in last_business:
        for months in _months_after(said, match.end()):
            yield LastDayOfMonth(months, business_day=True)
    for match in _LAST_DAY.finditer(said):
        for months in _months_after(said, match.start() + 4):
            yield LastDayOfMonth(months)
    for match in _AFTER_PERIOD.finditer(said):
        yield FromPeriod(_offset(match["count"], match["unit"], Direction.AFTER))


def _months_after(said: str, at: int) -> tuple[int, ...]:
    """Return how many months after the period's the month lies of which the words from `at` on speak."""
    words = said[at : at + 90].split(" . ")[0]
    if re.search(r"\b2nd month", words):
        return (2,)
    if _LATER.search(words):
        return (1,)
    return (1, 0)


def _offset(count: str, unit: str, direction: Direction) -> Offset:
    number = int(count) * (7 if unit.startswith("week") else 1)
    if unit.startswith("month"):
        return Offset(number, Unit.MONTHS, direction)
    business = re.match(_BUSINESS, unit)
    return Offset(number, Unit.BUSINESS_DAYS if business else Unit.CALENDAR_DAYS, direction)


def _event(said: str) -> tuple[str, Offset | None]:
    match = _FROM_EVENT.search(said)
    if match is not None:
        back = match["side"] in ("before", "prior to", "in advance of")
        name = _name(match["event"])
        if name:
            return name, _offset(match["count"], match["unit"], Direction.BEFORE if back else Direction.AFTER)
    match = _AT_EVENT.search(said)
    if match is None:
        return "", None
    return _name(match["noun"] or match["clause"]), None


def _name(words: str) -> str:
    plain = re.sub(r"\b(?:the|a|an|any|each|is|are|has been|have been|was|were|date)\b", " ", words)
    return "-".join(re.findall(r"[a-z0-9]+", plain)[:4])[:64]
