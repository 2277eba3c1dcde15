"""What does a calendar show of a deadline: its time, its title, its text, its standing?"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from feed_entries import DOMAIN, entry, unfolded, values_of, whole_day_entry

from duecourse.calendar.feed import event, event_uid, single_deadline
from duecourse.calendar.feed_text import description, summary
from duecourse.calendar.standing import Standing


def said(**values: Any) -> str:
    return summary(entry(**values))


def value(name: str, **values: Any) -> str:
    (found,) = values_of(event(entry(**values)).text, name)
    return found


# Whatcom County's contract 22-1174: what is due on a closed day is due before 8:00 AM on the next business day. The
# clocks change on March 13 and November 6, 2022.
@pytest.mark.parametrize(
    ("due_at", "start", "end"),
    [
        (datetime(2022, 2, 22, 16, tzinfo=UTC), "20220222T153000Z", "20220222T160000Z"),
        (datetime(2022, 3, 14, 15, tzinfo=UTC), "20220314T143000Z", "20220314T150000Z"),
        (datetime(2022, 11, 4, 15, tzinfo=UTC), "20221104T143000Z", "20221104T150000Z"),
        (datetime(2022, 11, 7, 16, tzinfo=UTC), "20221107T153000Z", "20221107T160000Z"),
        (datetime(2022, 1, 1, 0, 15, tzinfo=UTC), "20211231T234500Z", "20220101T001500Z"),
        (datetime(2022, 2, 22, 8, tzinfo=timezone(timedelta(hours=-8))), "20220222T153000Z", "20220222T160000Z"),
    ],
)
def test_a_timed_deadline_is_the_half_hour_before_it_in_utc(due_at: datetime, start: str, end: str) -> None:
    text = event(entry(due_at=due_at)).text
    assert (values_of(text, "DTSTART"), values_of(text, "DTEND")) == ([start], [end])


@pytest.mark.parametrize(
    ("due_on", "next_day"),
    [
        (date(2022, 3, 12), "20220313"),
        (date(2022, 3, 13), "20220314"),
        (date(2022, 11, 6), "20221107"),
        (date(2021, 12, 31), "20220101"),
        (date(2024, 2, 29), "20240301"),
    ],
)
def test_a_whole_day_deadline_is_that_day_and_ends_with_it(due_on: date, next_day: str) -> None:
    lines = unfolded(event(whole_day_entry("1", due_on)).text)
    assert f"DTSTART;VALUE=DATE:{due_on:%Y%m%d}" in lines
    assert f"DTEND;VALUE=DATE:{next_day}" in lines


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        event(entry(due_at=datetime(2022, 2, 22, 8)))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("values", "title"),
    [
        ({}, "DUE before 8:00 AM PT: Monthly Enrollment Report, January 2022"),
        ({"whole_day": True}, "DUE: Monthly Enrollment Report, January 2022"),
        ({"standing": Standing.OVERDUE}, "DUE before 8:00 AM PT: Monthly Enrollment Report, January 2022"),
        ({"standing": Standing.RETURNED}, "DUE before 8:00 AM PT: Monthly Enrollment Report, January 2022"),
        ({"standing": Standing.SUBMITTED}, "DONE: Monthly Enrollment Report, January 2022"),
        ({"standing": Standing.SUBMITTED_LATE}, "DONE: Monthly Enrollment Report, January 2022"),
        ({"standing": Standing.DONE}, "DONE: Monthly Enrollment Report, January 2022"),
        ({"standing": Standing.ACCEPTED}, "DONE: Monthly Enrollment Report, January 2022"),
        ({"standing": Standing.WITHDRAWN}, "CANCELLED: Monthly Enrollment Report, January 2022"),
        ({"zone": "America/New_York"}, "DUE before 11:00 AM ET: Monthly Enrollment Report, January 2022"),
        ({"tag": "22-1174"}, "DUE before 8:00 AM PT: Monthly Enrollment Report, January 2022 (22-1174)"),
        ({"label": ""}, "DUE before 8:00 AM PT: Monthly Enrollment Report"),
        ({"title": "Two\nlines\tand a tab"}, "DUE before 8:00 AM PT: Two lines and a tab, January 2022"),
    ],
)
def test_the_title_says_first_when_it_is_due_or_that_it_is_over(values: dict[str, Any], title: str) -> None:
    assert said(**values) == title


def test_a_title_has_at_most_200_characters_and_keeps_its_beginning() -> None:
    title = said(title="Long " * 100)
    assert len(title) <= 200
    assert title.startswith("DUE before 8:00 AM PT: Long Long")
    assert title.endswith("…")


def test_the_text_says_when_why_and_how_and_ends_with_the_link() -> None:
    assert description(entry(subject="22-1174 Enrollment 1/1/22-1/31/22")) == (
        "Due before 8:00 AM Pacific on Tue Feb 22, 2022.\n"
        "\n"
        "Monthly Enrollment Report, January 2022 (deliverable 2.07)\n"
        "Contract: 22-1174, Nurse-Family Partnership\n"
        "Clause: SOW 14.d(1)\n"
        "\n"
        "Why this date:\n"
        "- Rule: the 20th of the month after.\n"
        "- Offices are closed on Mon Feb 21: before 8:00 AM.\n"
        "\n"
        "How to submit: PSRS\n"
        "Subject line that the contract asks for: 22-1174 Enrollment 1/1/22-1/31/22\n"
        "\n"
        "https://duecourse.example.org/deliverables/1"
    )


@pytest.mark.parametrize(
    ("standing", "words"),
    [
        (Standing.SUBMITTED, "not accepted it yet"),
        (Standing.SUBMITTED_LATE, "Submitted late"),
        (Standing.ACCEPTED, "Submitted and accepted."),
        (Standing.DONE, "Done."),
        (Standing.DONE_LATE, "Done late."),
        (Standing.RETURNED, "correct it and submit it again"),
        (Standing.WITHDRAWN, "no longer asked for"),
    ],
)
def test_the_text_says_what_became_of_it_and_received_is_not_accepted(standing: Standing, words: str) -> None:
    assert words in description(entry(standing=standing)).split("\n")[1]


def test_a_whole_day_deadline_names_its_zone_in_the_text() -> None:
    text = description(whole_day_entry("1", date(2021, 8, 20)))
    assert text.startswith("Due by the end of Fri Aug 20, 2021 (Pacific).")


def test_a_long_text_gives_way_to_the_link() -> None:
    text = description(entry(steps=("Because. " * 1000,)))
    assert len(text) <= 4_000
    assert text.endswith("…\n\nhttps://duecourse.example.org/deliverables/1")


def test_what_is_empty_is_left_out_of_the_text() -> None:
    bare = entry(number="", contract="", steps=(), clause="", channel="", subject="")
    assert description(bare) == (
        "Due before 8:00 AM Pacific on Tue Feb 22, 2022.\n\n"
        "Monthly Enrollment Report, January 2022\n\n"
        "https://duecourse.example.org/deliverables/1"
    )


@pytest.mark.parametrize("standing", Standing)
def test_every_standing_has_a_status_and_blocks_nobodys_time(standing: Standing) -> None:
    nobody_asks = standing is Standing.WITHDRAWN or standing.is_set_aside
    assert value("STATUS", standing=standing) == ("CANCELLED" if nobody_asks else "CONFIRMED")
    assert value("TRANSP", standing=standing) == "TRANSPARENT"
    assert value("X-MICROSOFT-CDO-BUSYSTATUS", standing=standing) == "FREE"


@pytest.mark.parametrize("standing", Standing)
def test_only_what_is_still_to_be_done_reminds_a_day_ahead_and_only_when_asked_to(standing: Standing) -> None:
    loud, silent = (event(entry(standing=standing), alarm=alarm).text for alarm in (True, False))
    assert values_of(loud, "TRIGGER") == (["-P1D"] if standing.is_open else [])
    assert values_of(loud, "ACTION") == (["DISPLAY"] if standing.is_open else [])
    assert values_of(silent, "TRIGGER") == []


def test_stamps_are_those_of_the_row_in_whole_seconds_of_utc() -> None:
    assert value("DTSTAMP") == value("LAST-MODIFIED") == "20210702T123015Z"
    assert value("CREATED") == "20210701T120000Z"


def test_identity_and_count_of_changes_are_those_of_the_row() -> None:
    assert value("UID") == event_uid("1", DOMAIN) == f"d-1@{DOMAIN}"
    assert value("SEQUENCE", sequence=3) == "3"


def test_categories_are_one_short_property_with_escaped_commas() -> None:
    found = value("CATEGORIES", categories=("Consent, list", "", "x" * 80))
    assert found == "Consent\\, list," + "x" * 49 + "…"


def test_an_event_without_categories_has_no_empty_property() -> None:
    assert "CATEGORIES" not in event(entry(categories=("", " "))).text.decode()


def test_titles_only_leaves_nothing_but_title_time_and_link() -> None:
    text = event(entry(channel="fax to J. Doe", standing=Standing.RETURNED), titles_only=True).text
    assert values_of(text, "DESCRIPTION") == ["https://duecourse.example.org/deliverables/1"]
    assert b"Doe" not in text
    assert b"comments" not in text


def test_the_same_values_give_the_same_bytes_whatever_the_rest_of_the_feed_is() -> None:
    event(entry("2"), alarm=True)
    first = event(entry()).text
    event(entry(), alarm=True)
    assert event(entry()).text == first


def test_a_mailed_deadline_is_published_by_an_organizer_and_asks_nobody_to_attend() -> None:
    mailed = single_deadline(entry(sequence=2), organizer="duecourse@example.org")
    assert values_of(mailed, "METHOD") == ["PUBLISH"]
    assert values_of(mailed, "ORGANIZER") == ["mailto:duecourse@example.org"]
    assert values_of(mailed, "ATTENDEE") == []
    assert values_of(mailed, "UID") == values_of(event(entry()).text, "UID")
    assert values_of(mailed, "SEQUENCE") == ["2"]
    assert mailed.endswith(b"END:VCALENDAR\r\n")
