"""How are a day, a time of day, a list and an ordinal written in each language?

In English as Duecourse has always recorded them; elsewhere after Unicode's CLDR.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, time
from functools import lru_cache
from typing import TYPE_CHECKING

from duecourse.language.catalogue import ENGLISH, LOCALES
from duecourse.language.said import Said, in_language

if TYPE_CHECKING:
    from babel.core import Locale


_SPANISH = "es"
# “Y” becomes “e” before the sound of an i, but not of a diphthong: padres e hijos, agua y hielo.
_WITH_E = re.compile(r"h?i(?![aeou])", re.IGNORECASE)


class Day(Said):
    """A date: ``Tue Feb 22, 2022``, ``mar, 22 de feb de 2022``; without its weekday, or its year, where not wanted."""

    on: date
    skeleton: str

    def __new__(cls, on: date, *, weekday: bool = True, year: bool = True) -> Day:
        """Write the date in English."""
        made = super().__new__(cls, (f"{on:%a} " if weekday else "") + f"{on:%b} {on.day}" + f", {on.year}" * year)
        made.on, made.skeleton = on, "y" * year + "MMM" + "E" * weekday + "d"
        return made

    def in_(self, language: str) -> str:
        """Return the date in a language."""
        return str(self) if language == ENGLISH else _day(self.on, self.skeleton, language)


class Month(Said):
    """A month of a year: ``October 2022``, ``octubre de 2022``."""

    on: date

    def __new__(cls, on: date) -> Month:
        """Write the month in English."""
        made = super().__new__(cls, f"{on:%B %Y}")
        made.on = on
        return made

    def in_(self, language: str) -> str:
        """Return the month in a language."""
        return str(self) if language == ENGLISH else _day(self.on, "yMMMM", language)


class MonthName(Said):
    """A month of any year, by its number: ``July``, ``julio``."""

    number: int

    def __new__(cls, number: int) -> MonthName:
        """Write the month in English."""
        made = super().__new__(cls, date(2000, number, 1).strftime("%B"))
        made.number = number
        return made

    def in_(self, language: str) -> str:
        """Return the month in a language."""
        if language == ENGLISH:
            return str(self)
        from babel.dates import get_month_names

        return str(get_month_names("wide", "stand-alone", _locale(language))[self.number])


class WeekdayName(Said):
    """A day of the week, 0 for Monday: ``Friday``, ``viernes``."""

    number: int

    def __new__(cls, number: int) -> WeekdayName:
        """Write the day in English."""
        made = super().__new__(cls, date(2001, 1, 1 + number).strftime("%A"))
        made.number = number
        return made

    def in_(self, language: str) -> str:
        """Return the day in a language."""
        if language == ENGLISH:
            return str(self)
        from babel.dates import get_day_names

        return str(get_day_names("wide", "stand-alone", _locale(language))[self.number])


class DatePart(Said):
    """A part of a date, for where there is little room: ``Oct``, ``Mon``, ``Oct 2022``."""

    on: date
    skeleton: str

    def __new__(cls, on: date, written: str, skeleton: str) -> DatePart:
        """Write the part in English as `strftime` does; elsewhere after a skeleton of CLDR."""
        made = super().__new__(cls, on.strftime(written))
        made.on, made.skeleton = on, skeleton
        return made

    def in_(self, language: str) -> str:
        """Return the part in a language."""
        return str(self) if language == ENGLISH else _day(self.on, self.skeleton, language)


class ShortMonths(Said):
    """From one month to another: ``Oct–Dec 2022``, ``oct–dic de 2022``."""

    start: date
    end: date

    def __new__(cls, start: date, end: date) -> ShortMonths:
        """Write the months in English."""
        made = super().__new__(cls, f"{start:%b}\N{EN DASH}{end:%b %Y}")
        made.start, made.end = start, end
        return made

    def in_(self, language: str) -> str:
        """Return the months in a language."""
        if language == ENGLISH:
            return str(self)
        return f"{_day(self.start, 'MMM', language)}\N{EN DASH}{_day(self.end, 'yMMM', language)}"


class ClockTime(Said):
    """A time of day: ``8:00 AM``, ``8:00 a.m.``."""

    at: time

    def __new__(cls, at: time) -> ClockTime:
        """Write the time in English."""
        made = super().__new__(cls, f"{at.hour % 12 or 12}:{at.minute:02d} {'AM' if at.hour < 12 else 'PM'}")
        made.at = at
        return made

    def in_(self, language: str) -> str:
        """Return the time in a language."""
        if language == ENGLISH:
            return str(self)
        from babel.dates import format_time

        # The narrow space that CLDR puts before “a.m.” is a strange sign in some fonts of mail programs.
        return format_time(self.at, "short", locale=_locale(language)).replace("\u202f", "\u00a0")

    def fitted(self, message: str, name: str, language: str) -> str:
        """Return a message with the article that the hour takes: a las 8:00, a la 1:00."""
        if language == _SPANISH and self.at.hour % 12 == 1:
            return message.replace(f"las %({name})s", f"la %({name})s")
        return message


class Listed(Said):
    """A list: ``a``, ``a and b``, ``a, b and c``."""

    parts: tuple[str, ...]

    def __new__(cls, parts: Sequence[str]) -> Listed:
        """Write the list in English."""
        said = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
        made = super().__new__(cls, said)
        made.parts = tuple(parts)
        return made

    def in_(self, language: str) -> str:
        """Return the list in a language, with each part that can be said in it."""
        if language == ENGLISH:
            return str(self)
        from babel.lists import format_list

        said = [str(in_language(part, language)) for part in self.parts]
        written = format_list(said, locale=_locale(language))
        if language == _SPANISH and len(said) > 1 and _WITH_E.match(said[-1]):
            return f"{written.removesuffix(f' y {said[-1]}')} e {said[-1]}"
        return written


class Ordinal(Said):
    """A number in a row: ``2nd``, ``2.º``; the number of a day in a month is an ordinal in English alone."""

    number: int
    is_day: bool

    def __new__(cls, number: int, *, is_day: bool = False) -> Ordinal:
        """Write the number in English."""
        suffix = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
        made = super().__new__(cls, f"{number}{suffix}")
        made.number, made.is_day = number, is_day
        return made

    def in_(self, language: str) -> str:
        """Return the number in a language."""
        if language == ENGLISH:
            return str(self)
        if self.is_day:
            return str(self.number)
        # What it counts is masculine and follows it: el 1.er día hábil, el 3.er mes, el 11.º mes.
        return f"{self.number}.{'er' if self.number % 10 in (1, 3) and self.number != 11 else 'º'}"


@lru_cache(maxsize=4096)
def _day(on: date, skeleton: str, language: str) -> str:
    from babel.dates import format_skeleton

    return format_skeleton(skeleton, on, locale=_locale(language))


@lru_cache
def _locale(language: str) -> Locale:
    from babel.core import Locale

    return Locale.parse(LOCALES[language])
