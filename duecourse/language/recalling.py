"""How is a sentence of the calendar that was recorded in English said in another language?

Reasons and labels are stored as the English sentences that were given: that is the record, and it stays. A reader of
another language gets them by their messages: a sentence is taken apart by the messages of the calendar, and counts as
recognized when these make the very same sentence again. What is not recognized (a sentence of an earlier version, say)
is shown as it was recorded. Nothing legally relevant can change: days, instants and names are carried over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from enum import Enum, auto
from functools import lru_cache

from duecourse.language.catalogue import ENGLISH, Named, recallable
from duecourse.language.cldr import ClockTime, Day, Listed, Month, Ordinal, ShortMonths
from duecourse.language.said import Phrase, Said, say

_NAMES = frozenset({"amendment", "by", "clause", "exhibit", "name", "number", "reference", "title"})
_NAMES |= {"year"}
"""The values that are names, numbers, or what people wrote: never said otherwise."""
_MAYBE = frozenset({"reason", "term", "end"})
"""The values that may be such, or words of ours."""
_MOMENTS = frozenset({"day", "due", "month"})


class Kind(Enum):
    """What a text is: one or more sentences, what a deliverable is called, or a piece of either."""

    SENTENCE = auto()
    LABEL = auto()
    PIECE = auto()

    def has(self, named: Named) -> bool:
        """Whether a message is of this kind."""
        if named.context == _LABEL:
            return self is Kind.LABEL
        return self is (Kind.SENTENCE if named.message.endswith(".") else Kind.PIECE)


_LABEL = "label"
_EVENT = "event"
_LONGEST = 1000
_MARK = re.compile(r"%\((\w+)\)s")
_DAY = re.compile(r"([A-Z][a-z]{2}) ([A-Z][a-z]{2}) (\d{1,2})(?:, (\d{4}))?")
_TIME = re.compile(r"(\d{1,2}):(\d\d) (AM|PM)")
_MONTHS = re.compile("([A-Z][a-z]{2})\N{EN DASH}([A-Z][a-z]{2}) (\\d{4})")
_ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th)")
_SENTENCE_END = re.compile(r"\. (?=[A-Z])")


class Recalled(Said):
    """A recorded English text, that says itself in another language where it is recognized."""

    def in_(self, language: str) -> str:
        """Return the text in a language, or as it was recorded."""
        if language == ENGLISH:
            return str(self)
        found = recognized(str(self))
        return found.in_(language) if found is not None else str(self)


def recalled(text: str) -> str:
    """Return a recorded text as one that can be said in another language; a text that can already stays as it is."""
    return text if isinstance(text, Said) else Recalled(text)


def by_form(text: str, forms: Sequence[Phrase]) -> str:
    """Return a recorded text as the first of these messages that makes it, each given with any values.

    Values are names, numbers, or what people wrote; but days, months and due moments are said in the language as well.
    """
    for form in forms:
        pattern = re.sub(r"%\\\((\w+)\\\)s", r"(?P<\1>.+)", re.escape(form.message))
        if found := re.fullmatch(pattern, text):
            values = {name: _moment(said) if name in _MOMENTS else said for name, said in found.groupdict().items()}
            if None not in values.values():
                return Phrase(form.message, values, context=form.context)
    return text


def _moment(text: str) -> Said | None:
    return _recognized(text, Kind.PIECE) or _recognized(text, Kind.LABEL)


def recognized(text: str) -> Said | None:
    """Return the messages with their values by which a sentence or a label is said; None for another text."""
    if len(text) > _LONGEST:
        return None
    return _recognized(text, Kind.SENTENCE if text.endswith(".") else Kind.LABEL)


@lru_cache(maxsize=8192)
def _recognized(text: str, kind: Kind) -> Said | None:
    match kind:
        case Kind.SENTENCE:
            return _sentences(text) or _phrase(text, kind)
        case Kind.LABEL:
            on = _first(text, "%B %Y")
            return (_same(Month(on), text) if on else None) or _phrase(text, kind)
        case Kind.PIECE:
            return _plain_value(text) or _phrase(text, kind) or _listed(text)


def _sentences(text: str) -> Said | None:
    for cut in _SENTENCE_END.finditer(text):
        first = _recognized(text[: cut.start() + 1], Kind.SENTENCE)
        then = _recognized(text[cut.end() :], Kind.SENTENCE) if first is not None else None
        if then is not None:
            return say("%(first)s %(then)s", first=first, then=then)
    return None


def _plain_value(text: str) -> Said | None:
    if match := _DAY.fullmatch(text):
        return _same(_day(match), text)
    if match := _TIME.fullmatch(text):
        hour = int(match[1]) % 12 + (12 if match[3] == "PM" else 0)
        return _same(ClockTime(time(hour, int(match[2]))), text) if int(match[2]) < 60 else None
    if match := _MONTHS.fullmatch(text):
        start, end = _first(f"{match[1]} {match[3]}", "%b %Y"), _first(f"{match[2]} {match[3]}", "%b %Y")
        return _same(ShortMonths(start, end), text) if start and end else None
    return None


def _day(match: re.Match[str]) -> Said | None:
    years = [int(match[4])] if match[4] else range(2000, 2028)
    for year in years:
        on = _first(f"{match[3]} {match[2]} {year}", "%d %b %Y")
        # Without a year, any in which the weekday is the right one: the year is not said.
        if on and f"{on:%a}" == match[1]:
            return Day(on, year=bool(match[4]))
    return None


def _first(text: str, form: str) -> date | None:
    try:
        return datetime.strptime(text, form).date()  # noqa: DTZ007
    except ValueError:
        return None


def _same(found: Said | None, text: str) -> Said | None:
    return found if found == text else None


def _phrase(text: str, kind: Kind) -> Said | None:
    for named in recallable():
        if kind.has(named):
            for message, num in ((named.message, 1), (named.many, 2)):
                found = _of(named, message, text, num) if message else None
                if found is not None:
                    return found
    return None


def _of(named: Named, message: str, text: str, num: int) -> Phrase | None:
    for raw in _taken_apart(message, text):
        values = {name: _value(name, said) for name, said in raw.items()}
        if all(value is not None for value in values.values()):
            counted = int(raw["num"]) if raw.get("num", "").isdigit() else num
            made = Phrase(named.message, values, many=named.many, num=counted, context=named.context)
            if made == text:
                return made
    return None


def _value(name: str, said: str) -> str | None:
    """Return a value by its name: as it is, or with what it is said by; None for one that is not recognized."""
    if match := _ORDINAL.fullmatch(said):
        return _same(Ordinal(int(match[1]), is_day=name == "day"), said)
    if name in ("num", "numbers"):
        return said if said.isdigit() else _listed(said) if name == "numbers" else None
    if name == "name" and (own := [each for each in recallable() if each.context == _EVENT and each.message == said]):
        return Phrase(said, {}, context=own[0].context)
    if name in _NAMES:
        return said if _has_whole_brackets(said) else None
    if name == "source":
        # What people wrote, unless we did: then it is a message of its own kind.
        ours = _recognized(said, Kind.PIECE)
        if isinstance(ours, Phrase) and ours.context == name:
            return ours
        return said if _has_whole_brackets(said) else None
    if name in ("period", "label"):
        return _recognized(said, Kind.LABEL)
    found = _recognized(said, Kind.PIECE)
    if name == "period_of":
        return found if isinstance(found, Phrase) and found.context == "period" else None
    return said if found is None and name in _MAYBE and _has_whole_brackets(said) else found


def _has_whole_brackets(text: str) -> bool:
    depth = 0
    for sign in text:
        depth += (sign == "(") - (sign == ")")
        if depth < 0:
            return False
    return depth == 0


def _taken_apart(message: str, text: str) -> Iterator[dict[str, str]]:
    """Yield every way in which a message makes a text: its values by name."""
    parts = _MARK.split(message)
    if not text.startswith(parts[0]):
        return
    yield from _rest(parts, 1, text[len(parts[0]) :], {})


def _rest(parts: list[str], at: int, text: str, found: dict[str, str]) -> Iterator[dict[str, str]]:
    if at >= len(parts):
        if not text:
            yield found
        return
    name, literal = parts[at], parts[at + 1]
    if not literal and at + 2 >= len(parts):
        ends = [len(text)] if text else []
    elif at + 2 >= len(parts):
        ends = [len(text) - len(literal)] if text.endswith(literal) and len(text) > len(literal) else []
    else:
        ends = [place.start() for place in re.finditer(f"(?={re.escape(literal)})", text) if place.start()]
    for end in ends:
        value = text[:end]
        if found.get(name, value) == value:
            yield from _rest(parts, at + 2, text[end + len(literal) :], {**found, name: value})


def _listed(text: str) -> Said | None:
    if " and " not in text:
        return None
    start, _, last = text.rpartition(" and ")
    raw = start.split(", ") if last.isdigit() else _comma_separated(start)
    parts = [part if part.isdigit() else _recognized(part, Kind.PIECE) for part in (*raw, last)]
    known = [part for part in parts if part is not None]
    return _same(Listed(known), text) if len(known) == len(parts) else None


def _comma_separated(text: str) -> list[str]:
    """Return the parts of a list, whose days have a comma before their year, which no part begins with."""
    return re.split(r", (?!\d)", text)
