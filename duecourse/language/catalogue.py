"""Which languages are there, and how does each say a message of ours?

The English text is the name of the message. The catalogues are read as translators write them (gettext's .po), once in
a process and when somebody first reads in that language: nothing has to be compiled, wherever Duecourse is installed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

_CALENDAR = "duecourse/calendar/"
_MARK = re.compile(r"%\(\w+\)s")
ENGLISH = "en"
LANGUAGES = {ENGLISH: "English", "es": "Español"}
"""The languages by their tag (RFC 5646), each with its own name for itself."""
LOCALES = {ENGLISH: "en_US", "es": "es_US"}
"""From which of CLDR's locales dates, times and lists are written."""
FOLDER = Path(__file__).parent.parent / "locale"


@dataclass(frozen=True, slots=True)
class Texts:
    """The messages of one language, by context and English text; a message that is missing is said in English."""

    messages: dict[tuple[str, str], tuple[str, ...]]
    form_of: Callable[[int], int]
    """Which form of a plural goes with a number."""

    def text(self, message: str, context: str = "") -> str:
        """Return a message, with the marks for its values still in it."""
        return self.messages.get((context, message), (message,))[0]

    def plural(self, one: str, many: str, num: int, context: str = "") -> str:
        """Return the form of a message that goes with a number."""
        found = self.messages.get((context, one))
        if found is None or len(found) < 2:
            return one if num == 1 else many
        return found[self.form_of(num)]


@dataclass(frozen=True, slots=True)
class Named:
    """A message by its names: the English text, of many where it has a plural, and the context."""

    message: str
    many: str = ""
    context: str = ""


def known(language: str | None) -> str:
    """Return the language, or English for one that Duecourse does not speak, and for none."""
    return language if language in LANGUAGES else ENGLISH


def path_of(language: str) -> Path:
    """Return the file with the messages of a language."""
    return FOLDER / language / "LC_MESSAGES" / "duecourse.po"


@lru_cache
def recallable() -> tuple[Named, ...]:
    """Return the messages of which the recorded sentences and labels of the calendar are made."""
    from babel.messages.pofile import read_po

    found = []
    for language in LANGUAGES:
        if language == ENGLISH:
            continue
        with path_of(language).open("rb") as file:
            for message in read_po(file):
                if any(str(where[0]).startswith(_CALENDAR) for where in message.locations):
                    one, many = (message.id, "") if isinstance(message.id, str) else (message.id[0], message.id[1])
                    found.append(Named(one, many, message.context or ""))
    # The more of a text a message says itself, the sooner it is tried.
    return tuple(sorted(dict.fromkeys(found), key=lambda named: -len(_MARK.sub("", named.message))))


@lru_cache
def texts(language: str) -> Texts:
    """Return the messages of a language; none for English, which is the name of each."""
    if language == ENGLISH:
        return Texts({}, lambda num: int(num != 1))
    # Not at the top: most commands speak English alone, and this takes a third of a second.
    from gettext import c2py

    from babel.messages.pofile import read_po

    with path_of(language).open("rb") as file:
        catalogue = read_po(file)
    found = {}
    for message in catalogue:
        forms = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
        if message.id and not message.fuzzy and all(forms):
            one = message.id if isinstance(message.id, str) else message.id[0]
            found[message.context or "", one] = forms
    return Texts(found, c2py(catalogue.plural_expr))
