"""Which words do the three templates of a mail make of values?"""

from __future__ import annotations

import textwrap
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from duecourse.calendar import words
from duecourse.language.said import in_language
from duecourse.language.templates import speak

_WIDTH = 76


def rendered(template: str, values: dict[str, object], language: str) -> tuple[str, str, str]:
    """Return the subject, the text and the HTML of the mail with this name; a value that is missing is an error."""
    # Said at once, so that filters and macros get what stands in the mail.
    said = in_language(values, language)
    subject, text, html = (
        _templates(language).get_template(f"{template}.{part}").render(said) for part in ("subject", "txt", "html")
    )
    return subject, text, html


def encoding_of(text: str) -> str:
    """Return the transfer encoding in which a text crosses every mail server unchanged (RFC 5322, 2.1.1)."""
    return "7bit" if text.isascii() and max(map(len, text.splitlines())) < 990 else "quoted-printable"


def _wrapped(text: str, first: str = "", following: str = "") -> str:
    return textwrap.fill(
        " ".join(text.split()), _WIDTH, initial_indent=first, subsequent_indent=following, break_on_hyphens=False
    )


@lru_cache
def _templates(language: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        extensions=["jinja2.ext.i18n"],
    )
    speak(environment, language)
    environment.filters["wrap"] = _wrapped
    environment.filters["joined"] = lambda names: in_language(words.joined(list(names)), language)
    return environment
