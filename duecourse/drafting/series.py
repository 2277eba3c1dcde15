"""Which rows of an exhibit are one report that repeats, and what do they say of it together?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from duecourse.drafting.facts import Term, term_of
from duecourse.drafting.items import Item
from duecourse.drafting.places import place_said
from duecourse.drafting.printed import dates_in
from duecourse.drafting.said_rules import Said, said_rules
from duecourse.drafting.titles import key, stem
from duecourse.language.said import say

_BY = re.compile(r"\b(?:by|on|before|due|than|:)\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PrintedDate:
    """One date that the exhibit prints: for which row and exhibit, and where it stands in the file."""

    on: date
    term: Term
    number: str
    where: str
    title: str


@dataclass(frozen=True, slots=True)
class Series:
    """The rows of one report, under each exhibit that asks for it."""

    title: str
    rows: dict[Term, tuple[Item, ...]]
    printed: dict[Term, tuple[PrintedDate, ...]]
    said: Said
    doubts: tuple[str, ...] = ()

    @property
    def items(self) -> list[Item]:
        """Every row, in order."""
        return [item for rows in self.rows.values() for item in rows]

    @property
    def words(self) -> str:
        """What the rows say besides names and dates."""
        return " ".join(dict.fromkeys(word for item in self.items for word in (item.said, item.note) if word))

    def usual(self, name: str) -> str:
        """Return what most rows say in a column such as ``channel``, or an empty text."""
        found = Counter(said for item in self.items if (said := getattr(item, name)))
        return found.most_common(1)[0][0] if found else ""


def series_of(items: Iterable[Item], terms: Sequence[Term]) -> list[Series]:
    """Return the series, in the order in which their first rows stand."""
    groups: dict[str, list[Item]] = {}
    for item in items:
        groups.setdefault(key(item.title), []).append(item)
    return [_series(group, terms) for group in groups.values()]


def _series(items: list[Item], terms: Sequence[Term]) -> Series:
    rows: dict[Term, list[Item]] = {}
    printed: dict[Term, list[PrintedDate]] = {}
    doubts: list[str] = []
    for item in items:
        term = term_of(item, terms)
        rows.setdefault(term, []).append(item)
        in_words = _in_words(item)
        dates = item.dates or in_words[:1]
        if item.dates and in_words and in_words[0] not in item.dates:
            doubts.append(
                say(
                    "%(where)s: the words say %(named)s, and the column %(printed)s.",
                    where=place_said(item.where),
                    named=in_words[0],
                    printed=item.dates[0],
                )
            )
        doubts += [say("%(where)s: %(doubt)s", where=place_said(item.where), doubt=doubt) for doubt in item.doubts]
        for on in dates:
            entry = PrintedDate(on, term, item.number, item.where, item.title)
            found = printed.setdefault(term, [])
            if any(other.on == on and other.number == item.number for other in found):
                doubts.append(
                    say("%(where)s: %(on)s is printed twice; it was read once.", where=place_said(item.where), on=on)
                )
            else:
                found.append(entry)
    titles = [item.title for item in items]
    same = len({title.lower() for title in titles}) == 1
    texts = [item.frequency for item in items] + [item.said for item in items] + [item.note for item in items]
    said = said_rules(*dict.fromkeys(texts), *dict.fromkeys(titles))
    ordered = sorted(rows, key=lambda term: term.starts)
    return Series(
        titles[0] if same or len(items) == 1 else stem(titles[0]),
        {term: tuple(rows[term]) for term in ordered},
        {term: tuple(sorted(printed.get(term, ()), key=lambda each: each.on)) for term in ordered},
        said,
        tuple(dict.fromkeys(doubts)),
    )


def _in_words(item: Item) -> tuple[date, ...]:
    text = f"{item.said} {item.note}"
    return tuple(found.on for found in dates_in(text) if _BY.search(text[: found.start]))
