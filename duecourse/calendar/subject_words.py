"""What does the subject of a mail say, whoever typed it: which words, and which days from when to when?

Pure. Case, blanks, kinds of dashes and brackets, “&” for “and”, plurals, and years of two or four digits make no
difference.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from itertools import pairwise
from typing import NamedTuple

LONGEST = 1000
"""The most characters of a subject that are looked at; mail programs show far fewer."""

_DASHES = re.compile("[\u002d\u058a\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_WORD = re.compile(r"[^\W_]+")
_DAY = r"(?<![\d/.-])(?:(?P<{0}m>\d{{1,2}})(?P<{0}s>[/.-])(?P<{0}d>\d{{1,2}})(?P={0}s)(?P<{0}y>\d{{4}}|\d{{2}})"
_ISO = r"|(?P<{0}Y>\d{{4}})-(?P<{0}M>\d{{2}})-(?P<{0}D>\d{{2}}))(?!\d|[/.-]\d)"
_ONE = re.compile((_DAY + _ISO).format("a"))
_BETWEEN = re.compile(r"\s*(?:-|to|through|thru|until|and)\s*")
_GLUED = re.compile(r"(?<=\d)\s*-\s*(?=\d{1,2}[/.]\d{1,2}[/.]|\d{4}-\d\d-\d\d)")


class Days(NamedTuple):
    """A first and a last day."""

    start: date
    end: date


def flat(text: str) -> str:
    """Return `text` in small letters, with one kind of dash and of blank, without what cannot be seen.

    Letters that only look different (full width, ligatures) become the usual ones (Unicode NFKC).
    """
    plain = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text[:LONGEST])).casefold()
    return " ".join(_DASHES.sub("-", plain).replace("&", " and ").split())


def words(text: str) -> tuple[str, ...]:
    """Return the words of a text as they are compared: without punctuation, and without the “s” of a plural."""
    return tuple(_singular(word) for word in _WORD.findall(flat(text)))


def where(spelling: tuple[str, ...], said: tuple[str, ...]) -> list[range]:
    """Return every place in `said` at which the words of a spelling follow one another; none for an empty one."""
    n = len(spelling)
    return [range(at, at + n) for at in range(len(said) - n + 1) if said[at : at + n] == spelling] if n else []


def spans(text: str) -> list[Days]:
    """Return every “from day to day” that a text names, as the United States write days or as ISO 8601 does.

    A year of two digits is of this century. What is no day, or ends before it starts, is left out.
    """
    # The dash between two days may look like the dashes within one.
    said = _GLUED.sub(" - ", flat(text))
    found = list(_ONE.finditer(said))
    pairs = [
        (_day(first), _day(second))
        for first, second in pairwise(found)
        if _BETWEEN.fullmatch(said, first.end(), second.start())
    ]
    return [Days(start, end) for start, end in pairs if start and end and start <= end]


def _day(found: re.Match[str]) -> date | None:
    year, month, day = found["ay"] or found["aY"], found["am"] or found["aM"], found["ad"] or found["aD"]
    try:
        return date(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day))
    except ValueError:
        return None


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
