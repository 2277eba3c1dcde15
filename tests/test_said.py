"""Is a text the English record everywhere, and still sayable in another language, for two readers at once?"""

from __future__ import annotations

import copy
import json
import pickle
from datetime import UTC, date, datetime, time

import pytest

from duecourse.calendar import words
from duecourse.calendar.due import due_phrase
from duecourse.calendar.words import ZONES
from duecourse.errors import BadInput
from duecourse.language.catalogue import known
from duecourse.language.choosing import asked_for
from duecourse.language.said import Phrase, in_language, say, say_count

TUESDAY = date(2022, 2, 22)
AT_EIGHT = datetime(2022, 2, 22, 16, tzinfo=UTC)


def test_a_due_moment_is_one_moment_in_both_languages_and_names_its_zone_in_each() -> None:
    whole = due_phrase(datetime(2022, 2, 23, 8, tzinfo=UTC), zone="America/Los_Angeles", whole_day=True)
    cut_off = due_phrase(AT_EIGHT, zone="America/Los_Angeles", whole_day=False)
    assert whole == "by the end of Tue Feb 22, 2022 (Pacific)"
    assert in_language(whole, "es") == "a más tardar al final del día mar, 22 de feb de 2022 (hora del Pacífico)"
    assert in_language(cut_off, "es") == "antes de las 8:00\u00a0a.m., hora del Pacífico, del mar, 22 de feb de 2022"


@pytest.mark.parametrize("zone", ZONES)
def test_every_zone_that_a_contract_may_name_is_named_in_spanish(zone: str) -> None:
    assert all(in_language(name, "es").startswith("hora de") for name in ZONES[zone])
    assert "hora de" in in_language(words.instant(AT_EIGHT, zone), "es")


def test_days_times_lists_and_numbers_follow_cldr() -> None:
    said = [words.day(TUESDAY, year=False), words.date_alone(TUESDAY), words.clock_time(time(16, 30))]
    said += [words.joined(["Ana", "Inés", words.day(TUESDAY)]), words.ordinal(3), words.day_of_month(20)]
    assert [in_language(each, "es") for each in said] == [
        "mar, 22 de feb",
        "22 feb 2022",
        "4:30\u00a0p.m.",
        "Ana, Inés y mar, 22 de feb de 2022",
        "3.er",
        "20",
    ]


def test_a_number_takes_the_form_that_goes_with_it() -> None:
    assert [in_language(words.count(n, "business day"), "es") for n in (0, 1, 2)] == [
        "0 días hábiles",
        "1 día hábil",
        "2 días hábiles",
    ]
    assert [str(words.count(n, "business day")) for n in (0, 1)] == ["0 business days", "1 business day"]


def test_what_is_recorded_is_the_english_text_and_nothing_else() -> None:
    made = say("Due %(due)s.", due=words.day(TUESDAY))
    assert made == "Due Tue Feb 22, 2022." and hash(made) == hash("Due Tue Feb 22, 2022.")
    assert json.loads(json.dumps({"steps": [made]})) == {"steps": ["Due Tue Feb 22, 2022."]}
    assert type(str(made)) is str and type(pickle.loads(pickle.dumps(made))) is str
    assert f"{made}!" == "Due Tue Feb 22, 2022.!"
    assert isinstance(copy.deepcopy(made), Phrase)


def test_two_readers_of_one_text_get_two_languages_without_anything_being_switched() -> None:
    told = {"says": [say("Due %(due)s.", due=words.day(TUESDAY))]}
    assert [in_language(told, each)["says"][0] for each in ("es", "en", "es")] == [
        "Debe entregarse mar, 22 de feb de 2022.",
        "Due Tue Feb 22, 2022.",
        "Debe entregarse mar, 22 de feb de 2022.",
    ]


def test_an_error_shows_itself_in_english_and_keeps_what_it_takes_to_say_it_again() -> None:
    error = BadInput(say("“%(said)s” is not a date. Write it like 2026-11-23.", said="5%"))
    assert str(error) == "“5%” is not a date. Write it like 2026-11-23."
    assert in_language(str(error), "es") == "«5%» no es una fecha. Escríbala así: 2026-11-23."
    assert str(BadInput("plain")) == "plain" and in_language(str(BadInput("plain")), "es") == "plain"


def test_a_message_that_no_catalogue_has_is_said_in_english() -> None:
    assert say("Nobody says %(this)s.", this="x").in_("es") == "Nobody says x."
    assert say_count("%(num)s thimble", "%(num)s thimbles", 2).in_("es") == "2 thimbles"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("es", "es"),
        ("es-MX,es;q=0.9,en;q=0.8", "es"),
        ("en-US,en;q=0.9,es;q=0.8", "en"),
        ("fr-FR,fr;q=0.9,es;q=0.4,en;q=0.2", "es"),
        ("es;q=0", "en"),
        ("es;q=nan, \x00;;;,*", "en"),
        ("de," * 100_000 + "es", "en"),
        ("ES-us", "es"),
    ],
)
def test_the_language_is_the_one_that_the_browser_likes_best(header: str, language: str) -> None:
    assert asked_for(header) == language


def test_a_language_that_duecourse_does_not_speak_is_english() -> None:
    assert [known(each) for each in ("es", "en", "", None, "../../es", "fr")] == ["es", "en", "en", "en", "en", "en"]
