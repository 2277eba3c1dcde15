"""How can one text be said in English and in another language, long after it was made?

What is recorded stays in English. A text that a person may read in another language is made by `say`: it *is* the
English text, everywhere where a text is expected, and remembers from which words and values it was made. Whoever shows
it says it in the reader's language, by `in_language`. So no function hands a language down, no global names one, and
two readers of one run get two languages. Joining such a text to others by ``+`` or an f-string makes plain English of
it: give it to `say` as a value.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from duecourse.language.catalogue import ENGLISH, texts


class Said(str):
    """An English text that can say itself in another language as well."""

    def in_(self, language: str) -> str:
        """Return the text in a language."""
        raise NotImplementedError

    def fitted(self, message: str, name: str, language: str) -> str:
        """Return a message so that its words around the value `name`, which this is, agree with it in a language."""
        del name, language
        return message

    def __copy__(self) -> Said:
        return self

    def __deepcopy__(self, _memo: object) -> Said:
        return self

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        # What leaves the process is a record, and records are in English.
        return str, (str(self),)


class Phrase(Said):
    """A message of the catalogue, filled in; its values may be such texts themselves."""

    message: str
    values: Mapping[str, object]
    many: str
    num: int
    context: str

    def __new__(
        cls, message: str, values: Mapping[str, object], *, many: str = "", num: int = 1, context: str = ""
    ) -> Phrase:
        """Fill in the English message; with `many`, the one of the two that fits the number."""
        made = super().__new__(cls, (many if many and num != 1 else message) % values)
        made.message, made.values, made.many, made.num, made.context = message, values, many, num, context
        return made

    def in_(self, language: str) -> str:
        """Return the text in a language, and with it every value that can be said in it."""
        if language == ENGLISH:
            return str(self)
        known = texts(language)
        found = (
            known.plural(self.message, self.many, self.num, self.context)
            if self.many
            else known.text(self.message, self.context)
        )
        return filled(found, self.values, language)


class Opened(Said):
    """A text as the beginning of a sentence, or of a line: ``Due soon``."""

    text: str

    def __new__(cls, text: str) -> Opened:
        """Write it with a capital letter."""
        made = super().__new__(cls, text[:1].upper() + text[1:])
        made.text = text
        return made

    def in_(self, language: str) -> str:
        """Return the text in a language."""
        found = str(in_language(self.text, language))
        return found[:1].upper() + found[1:]


class Cut(Said):
    """A text, cut where it is longer than its place in each language: ``The monthly progress…``."""

    text: str
    longest: int

    def __new__(cls, text: str, longest: int) -> Cut:
        """Cut it to at most `longest` characters."""
        made = super().__new__(cls, _cut(text, longest))
        made.text, made.longest = text, longest
        return made

    def in_(self, language: str) -> str:
        """Return the text in a language, cut there."""
        return _cut(str(in_language(self.text, language)), self.longest)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


class Commas(Said):
    """Texts with commas, or something else, between them: ``capacity 52, 85% = 44.2``."""

    parts: tuple[str, ...]
    between: str

    def __new__(cls, parts: tuple[str, ...], between: str = ", ") -> Commas:
        """Join them."""
        made = super().__new__(cls, between.join(parts))
        made.parts, made.between = parts, between
        return made

    def in_(self, language: str) -> str:
        """Return the texts in a language."""
        return self.between.join(in_language(self.parts, language))


def opened(text: str) -> str:
    """Return a text as the beginning of a sentence, in every language."""
    return Opened(text)


def say(message: str, /, **values: object) -> Phrase:
    """Say a message of the catalogue: ``say("Due %(due)s.", due=due)``. A percent sign is written twice."""
    return Phrase(message, values)


def say_in(context: str, message: str, /, **values: object) -> Phrase:
    """Say a short message that other languages say differently in another `context`: ``say_in("zone", "Pacific")``."""
    return Phrase(message, values, context=context)


def say_count(one: str, many: str, num: int, /, **values: object) -> Phrase:
    """Say how many there are: ``say_count("%(num)s day", "%(num)s days", 3)``."""
    return Phrase(one, {"num": num, **values}, many=many, num=num)


def noted_count(one: str, many: str) -> tuple[str, str]:
    """Name a message for the catalogues that `say_count` says elsewhere."""
    return one, many


def fitted(message: str, values: Mapping[str, object], language: str) -> str:
    """Return a message with its words around each value as they agree with it."""
    for name, value in values.items():
        if isinstance(value, Said):
            message = value.fitted(message, name, language)
    return message


def filled(message: str, values: Mapping[str, object], language: str) -> str:
    """Return a message of a language with its values, each said in it where it can be."""
    said = {name: in_language(value, language) for name, value in values.items()}
    return fitted(message, values, language) % said


def in_language(value: Any, language: str) -> Any:
    """Return a value as it is said in a language: such texts, also in lists, tuples and dicts; all else as it is."""
    if isinstance(value, Said):
        return value.in_(language)
    if type(value) in (list, tuple):
        return type(value)(in_language(each, language) for each in value)
    if type(value) is dict:
        return {name: in_language(each, language) for name, each in value.items()}
    return value
