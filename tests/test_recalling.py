"""Are recorded reasons and labels said in Spanish exactly as they would have been, and never guessed?"""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from duecourse.calendar.anchored_rules import events_of
from duecourse.calendar.occurrences import occurrences
from duecourse.calendar.schedule import Event
from duecourse.definitions.reading import find_contract, read_contract
from duecourse.language.recalling import Recalled, recalled, recognized
from duecourse.language.said import Said, in_language


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
