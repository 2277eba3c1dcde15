"""Is every catalogue complete, as committed as extraction makes it, and true to the marks of each message?"""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po
from jinja2 import Environment

from duecourse.calendar import words
from duecourse.calendar.due import due_phrase
from duecourse.language.catalogue import ENGLISH, LANGUAGES, path_of
from duecourse.language.collecting import PACKAGE, brought_up, lacking
from duecourse.language.recalling import recalled
from duecourse.language.said import in_language
from duecourse.notifications import rendering
from duecourse.web import render

OTHERS = [language for language in LANGUAGES if language != ENGLISH]
_MARK = re.compile(r"%(?:\(\w+\)s|%|.?)")
_TAG = re.compile(r"<[^>]*>")


def messages(language: str) -> list[tuple[Message, str, str]]:
    """Return each message with each pair of an English text and its translation."""
    with path_of(language).open("rb") as file:
        found = []
        for message in read_po(file):
            if message.id:
                ids = [message.id] if isinstance(message.id, str) else list(message.id)
                strings = [message.string] if isinstance(message.string, str) else list(message.string or [])
                found += [(message, id, string) for id, string in zip(ids, strings, strict=True)]
    return found


@pytest.mark.parametrize("language", OTHERS)
def test_every_message_is_translated(language: str) -> None:
    assert lacking(language) == []


@pytest.mark.parametrize("language", OTHERS)
def test_the_catalogue_is_what_extraction_makes_of_the_code(language: str) -> None:
    # Nothing new, nothing left over, nothing written by hand: else run `make messages`.
    assert path_of(language).read_text(encoding="utf-8") == brought_up(language)


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_has_the_marks_and_the_markup_of_its_message(language: str) -> None:
    wrong = [
        (english, other)
        for _, english, other in messages(language)
        if set(_MARK.findall(english)) != set(_MARK.findall(other))
        or sorted(_TAG.findall(english)) != sorted(_TAG.findall(other))
        or english[:1].isspace() != other[:1].isspace()
        or (english[-1] in ".:?" and other[-1] != english[-1])
    ]
    assert wrong == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_mark_is_a_name_and_a_message_is_no_bare_value(language: str) -> None:
    bad = {mark for _, english, _ in messages(language) for mark in _MARK.findall(english)}
    assert {mark for mark in bad if not re.fullmatch(r"%\(\w+\)s|%%", mark)} == set()


def test_spanish_says_usted() -> None:
    familiar = re.compile(r"\b(?:tú|tus?|te|ti|contigo|tuy[oa]s?|puedes|tienes|debes|quieres)\b", re.IGNORECASE)
    assert [other for _, _, other in messages("es") if familiar.search(other)] == []


def test_spanish_has_its_own_quotation_marks_and_opens_each_question() -> None:
    wrong = [
        other
        for _, _, other in messages("es")
        for shown in [_TAG.sub("", other)]
        if re.search("[“”„\"]|(?<!\\w)'", shown)
        or shown.count("«") != shown.count("»")
        or shown.count("¿") != shown.count("?")
        or shown.count("¡") != len(re.findall("!(?!\\))", shown))
    ]
    assert wrong == []


def test_an_hour_and_an_ordinal_agree_with_the_spanish_words_around_them() -> None:
    zone = "America/Los_Angeles"
    said = {
        hour: in_language(
            due_phrase(datetime(2022, 11, 22, hour, 30, tzinfo=ZoneInfo(zone)), zone=zone, whole_day=False), "es"
        )
        for hour in (1, 8, 11, 13)
    }
    assert [said[hour][: said[hour].index(":")] for hour in said] == [
        "antes de la 1",
        "antes de las 8",
        "antes de las 11",
        "antes de la 1",
    ]
    late = recalled("Late from 1:00 PM Pacific on Tue Nov 22, 2022.")
    assert in_language(late, "es").startswith("Está atrasado desde la 1:00\xa0p.m., hora del Pacífico")
    page = render._templates("es").from_string("{{ _('from %(closes_at)s', closes_at='13:00' | clock_time) }}")
    assert page.render() == "desde la 1:00\xa0p.m."
    assert [in_language(words.ordinal(n), "es") for n in (1, 2, 3, 11, 13, 21)] == [
        "1.er",
        "2.º",
        "3.er",
        "11.º",
        "13.er",
        "21.er",
    ]
    lists = (["Ana", "Irene"], ["padres", "Hijos"], ["agua", "hielo"], ["informe"], ["a", "b", "iglesia"])
    assert [in_language(words.joined(each), "es") for each in lists] == [
        "Ana e Irene",
        "padres e Hijos",
        "agua y hielo",
        "informe",
        "a, b e iglesia",
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_template_can_be_read_in_every_language(language: str) -> None:
    environments: list[tuple[str, Environment]] = [
        ("web", render._templates(language)),
        ("notifications", rendering._templates(language)),
    ]
    for folder, environment in environments:
        for path in (PACKAGE / folder / "templates").iterdir():
            environment.get_template(path.name)


def test_english_needs_nothing_of_the_library_of_catalogues(tmp_path: Path) -> None:
    # A third of a second that `duecourse dates` does not wait for.
    program = (
        "import sys; from datetime import date; from duecourse.calendar import words; "
        "print(words.day(date(2022, 2, 22)), [name for name in sys.modules if name.startswith('babel')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.split("\n")[0] == "Tue Feb 22, 2022 []"


def test_the_catalogues_are_part_of_the_package() -> None:
    settings = (PACKAGE.parent / "pyproject.toml").read_text(encoding="utf-8")
    assert '"locale/*/LC_MESSAGES/*.po"' in settings
