"""Are recorded reasons and labels said in Spanish exactly as they would have been, and never guessed?"""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from duecourse.calendar import words
from duecourse.calendar.anchored_rules import events_of
from duecourse.calendar.due import due_phrase
from duecourse.calendar.extension_terms import request_in_words
from duecourse.calendar.occurrences import occurrences
from duecourse.calendar.schedule import Event
from duecourse.definitions.reading import find_contract, read_contract
from duecourse.language.recalling import Recalled, recalled, recognized
from duecourse.language.said import Said, in_language
from duecourse.tracking import own_words


@pytest.mark.parametrize("contract_id", ["wa-22-1174", "ct-21oechvs01abc"])
def test_every_reason_and_label_of_a_contract_is_recalled_as_it_was_made(contract_id: str) -> None:
    contract, _ = read_contract(find_contract(contract_id), today=date(2026, 11, 22))
    names = sorted({name for obligation in contract.obligations for name in events_of(obligation.rule)})
    events = [Event(name, datetime(2022, 10, 3, 17, tzinfo=UTC), "E-12") for name in names]
    said = {
        str(text): text
        for found in occurrences(contract, events)
        for text in (*found.moment.steps, found.label, found.excused)
        if isinstance(text, Said)
    }
    assert len(said) > 300
    assert {text for text in said if recognized(text) is None} == set()
    assert {text: Recalled(text).in_("es") for text in said} == {text: made.in_("es") for text, made in said.items()}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Anything at all.",
        "Rule: something that nobody says (A 1). For October 2022: Sun Nov 20, 2022.",
        "Late from 25:99 AM Pacific on Mon Nov 21, 2022.",
        "Late from 8:00 AM Pacific on Tue Nov 21, 2022.",
        "Late from 8:00 AM Martian on Mon Nov 21, 2022.",
        "All of Mon Feb 30, 2022 counts: late from midnight, Pacific time.",
        "%(day)s (%(reason)s)",
        "(" * 500 + ")" * 500 + ".",
        "x" * 5000,
    ],
)
def test_what_is_not_recognized_is_shown_as_it_was_recorded(text: str) -> None:
    assert recalled(text).startswith(text) and in_language(recalled(text), "es") == text


def test_a_day_a_time_and_a_name_come_through_unchanged() -> None:
    text = "Moved to Mon Nov 21, 2022, before 8:00 AM by lee@dcyf.example (mail of “Nov 3” (copy))."
    assert in_language(recalled(text), "es") == (
        "Trasladado al lun, 21 de nov de 2022, antes de las 8:00\u00a0a.m. por lee@dcyf.example "
        "(mail of “Nov 3” (copy))."
    )
    assert in_language(recalled(text), "en") == text


def test_what_we_record_among_the_words_of_people_is_recorded_in_english_and_said_in_the_readers_language() -> None:
    day, due = (
        date(2022, 10, 22),
        due_phrase(datetime(2022, 12, 1, 6, tzinfo=UTC), zone="America/Chicago", whole_day=True),
    )
    made = [
        own_words.DEFINITION_CHANGED,
        own_words.REQUEST_REFUSED,
        own_words.ACCEPTED_TOGETHER,
        own_words.MAILED_FROM_HERE,
        own_words.MAIL_CAME_IN,
        own_words.event_recorded("policy-renewal"),
        own_words.event_taken_back("policy-renewal"),
        own_words.version_approved("plan-1", 2),
        own_words.approval_undone("plan-1", 2),
        own_words.approval_undone_because("plan-1", "too early"),
        own_words.figures_entered(day, corrected=False),
        own_words.figures_entered(day, corrected=True),
        own_words.offices_closed(day, "Storm", "a letter"),
        own_words.extension_taken_back("Lee", "by mistake"),
        own_words.extension_granted("Robin Diaz", None),
        own_words.extension_granted("Robin Diaz", day),
        own_words.granted_until(due),
        own_words.step_written("Call them", "the manager", day),
    ]
    for each in made:
        recorded = str(each)
        assert in_language(own_words.own_words(recorded), "en") == recorded
        assert in_language(own_words.own_words(recorded), "es") == in_language(each, "es") != recorded, recorded
        late = own_words.no_longer_late(each)
        assert in_language(own_words.excuse_said(str(late)), "es") == in_language(late, "es")
    assert in_language(made[-3], "es") == "Robin Diaz concedió una prórroga el sáb, 22 de oct de 2022"
    for written in ("the carrier said so", "more time was granted", "Granted until further notice."):
        assert in_language(own_words.own_words(written), "es") == written


def test_on_what_an_extension_rests_is_said_in_its_reason_unless_people_wrote_it() -> None:
    due = due_phrase(datetime(2022, 10, 20, 15, tzinfo=UTC), zone="America/Los_Angeles", whole_day=False)
    asked = request_in_words("Ana Ruiz", words.day(date(2022, 10, 14)), due)
    reason = "Extended to Tue Nov 1, 2022 by Robin Diaz: {}."
    assert in_language(recalled(reason.format(asked)), "es") == (
        "Prorrogado hasta el mar, 1 de nov de 2022 por Robin Diaz: pedida por Ana Ruiz el vie, 14 de oct de 2022; "
        "en un principio debía entregarse antes de las 8:00\xa0a.m., hora del Pacífico, del jue, 20 de oct de 2022."
    )
    assert in_language(recalled(reason.format("Sunday")), "es").endswith("por Robin Diaz: Sunday.")
