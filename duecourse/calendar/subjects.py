"""Which deliverable does the subject of a mail mean, however it was typed or forwarded?

Printed examples and past mails disagree on commas, blanks, names of reports and years. So a subject is not taken apart
at its commas: the contract is known by its number, then the report by any of its names, then its period. What stands
before the number (``Re:``, ``WG:``, ``Automatic reply:``, ``[EXTERNAL]``, the contractor's name) makes no difference in
any language.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum

from duecourse.calendar.subject_words import Days, flat, spans, where, words


class Fit(IntEnum):
    """How well a deliverable fits a subject, the best first."""

    EXACT = 1
    """Contract, report and period are those of the subject."""
    NEARLY = 2
    """The period has the right start or the right end, and no report has exactly that period."""
    REPORT = 3
    """The contract and the report are named, and no period of it."""
    PERIOD = 4
    """The contract and the period are named, and no report that we know."""


@dataclass(frozen=True, slots=True)
class Expected:
    """A deliverable that a subject may mean: its contract's number, its names, and its period.

    `names` holds what subjects call the report; `label` is what we call the period or event (``October 2022``).
    """

    uid: str
    number: str
    names: tuple[str, ...]
    label: str
    days: Days | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """A deliverable that a subject may mean, and how well it fits."""

    uid: str
    fit: Fit


def named_contracts(subject: str, numbers: Iterable[str]) -> list[str]:
    """Return the contract numbers that a subject names as whole words; of two that overlap, the longer one."""
    said = _tight(subject)
    found = [(span, number) for number in dict.fromkeys(numbers) for span in _spans_of(_tight(number), said)]
    inner = {(span, number) for span, number in found for other, _ in found if _is_inside(range(*span), range(*other))}
    return list(dict.fromkeys(number for span, number in found if (span, number) not in inner))


def recognise(subject: str, expected: Sequence[Expected], *, sent_on: date | None = None) -> list[Match]:
    """Return the deliverables that a subject means, all of one and the same fit: the best that there is.

    More than one says that the subject does not tell them apart. A report is about days that have passed: of several,
    those of which the period ends after `sent_on` (local date) are left out, if any remain.
    """
    numbers = set(named_contracts(subject, (each.number for each in expected)))
    theirs = [each for each in expected if each.number in numbers]
    said, days = words(subject), spans(subject)
    named = _said(said, ((name, each.uid) for each in theirs for name in each.names))
    labelled = _said(said, ((each.label, each.uid) for each in theirs))
    if not days:
        # Only among the reports that are named: “FY22” says nothing of those that are not.
        labelled = (labelled & named) or labelled
    found = [(each, _fit(each, each.uid in named, each.uid in labelled, days)) for each in theirs]
    best = min((fit for _, fit in found if fit is not None), default=None)
    if best is None:
        return []
    chosen = [each for each, fit in found if fit is best]
    if len(chosen) > 1 and sent_on is not None:
        chosen = [each for each in chosen if each.days is None or each.days.end <= sent_on] or chosen
    return [Match(each.uid, best) for each in chosen]


def _fit(one: Expected, is_named: bool, is_labelled: bool, days: Sequence[Days]) -> Fit | None:
    exactly = one.days in days if days else is_labelled
    if not is_named:
        return Fit.PERIOD if exactly else None
    if exactly:
        return Fit.EXACT
    if one.days is not None and any(_nearly(one.days, other) for other in days):
        return Fit.NEARLY
    return None if days else Fit.REPORT


def _nearly(ours: Days, said: Days) -> bool:
    # A year that was mistyped leaves the other day right, and the month and the day of both.
    if ours.end == said.end:
        return True
    return ours.start == said.start and (ours.end.month, ours.end.day) == (said.end.month, said.end.day)


def _said(said: tuple[str, ...], texts: Iterable[tuple[str, str]]) -> set[str]:
    """Return the deliverables of which a text is said; one inside of a longer one that is said does not count."""
    by_words: dict[tuple[str, ...], set[str]] = {}
    for text, uid in texts:
        by_words.setdefault(words(text), set()).add(uid)
    places = [(place, spelling) for spelling in by_words for place in where(spelling, said)]
    outer = [spelling for place, spelling in places if not any(_is_inside(place, other) for other, _ in places)]
    return {uid for spelling in outer for uid in by_words[spelling]}


def _is_inside(place: range, other: range) -> bool:
    return place != other and other.start <= place.start and place.stop <= other.stop


def _tight(text: str) -> str:
    return re.sub(r"\s*([-/.])\s*", r"\1", flat(text))


def _spans_of(number: str, said: str) -> list[tuple[int, int]]:
    found = re.finditer(rf"(?<![^\W_]){re.escape(number)}(?![^\W_])", said)
    return [each.span() for each in found] if number else []
