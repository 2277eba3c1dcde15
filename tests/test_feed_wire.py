"""Are the bytes of a feed a calendar to every program, whatever the texts in it are?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from feed_entries import entry, unfolded, values_of, whole_day_entry
from hypothesis import given, settings
from hypothesis import strategies as st
from ical.calendar_stream import IcsCalendarStream
from icalendar import Calendar

from duecourse.calendar.feed import Fragment, event, notice
from duecourse.calendar.feed_text import Entry
from duecourse.calendar.standing import Facts, Standing
from duecourse.calendar.whole_feed import assemble, day_in_utc, events, standing_in_feed

GOLDEN = Path(__file__).parent / "golden"
TODAY = date(2022, 2, 1)
DAY = timedelta(days=1)


def feed(entries: Iterable[Entry], *, name: str = "Contract deadlines", alarm: bool = False, **options: Any) -> bytes:
    written, _flawed = events(entries, alarm=alarm)
    return assemble(written, name=name, **options)


def sample() -> list[Entry]:
    """Return deadlines of every kind around the two changes of the clocks."""
    return [
        entry("cut-off-in-winter"),
        entry(
            "cut-off-in-summer",
            label="March 2022",
            due_at=datetime.fromisoformat("2022-04-21T15:00Z"),
            due_on=date(2022, 4, 21),
            sequence=1,
        ),
        whole_day_entry("whole-day", date(2021, 8, 20), label="July 2021"),
        whole_day_entry("done", date(2021, 9, 20), label="August 2021", standing=Standing.ACCEPTED),
        whole_day_entry(
            "withdrawn", date(2021, 10, 20), label="September 2021", standing=Standing.WITHDRAWN, sequence=1
        ),
        whole_day_entry("many-letters", date(2022, 5, 2), title="Señales — “Cure”; 日本語, 😀" * 4, label="C:\\new"),
    ]


@pytest.mark.parametrize(
    ("name", "calendar"),
    [
        ("deadlines.ics", lambda: feed(sample(), alarm=True, name="Nurse-Family Partnership: deadlines")),
        ("no-deadlines.ics", lambda: feed([])),
        (
            "replaced.ics",
            lambda: assemble(
                [notice("This calendar link was replaced", "Use the new one.", uid="n-1@deadlines.example.org",
                        on=TODAY, at=day_in_utc(TODAY), url="https://duecourse.example.org")],
                name="Contract deadlines",
            ),
        ),
    ],
)  # fmt: skip
def test_the_bytes_are_those_that_calendar_programs_were_tried_with(name: str, calendar: Any) -> None:
    assert calendar().decode() == (GOLDEN / name).read_bytes().decode()


def test_lines_end_with_cr_lf_have_at_most_75_octets_and_never_cut_a_letter() -> None:
    calendar = feed(sample())
    assert calendar.endswith(b"END:VCALENDAR\r\n")
    lines = calendar.removesuffix(b"\r\n").split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert not any(b"\r" in line or b"\n" in line for line in lines)
    assert not calendar.startswith(b"\xef\xbb\xbf")
    for line in lines:
        line.decode()


def test_no_property_is_empty_and_none_that_confuses_programs_is_there() -> None:
    lines = unfolded(feed(sample()))
    assert [line for line in lines if line.endswith(":")] == []
    names = {line.split(":")[0].split(";")[0] for line in lines}
    forbidden = {"METHOD", "ORGANIZER", "ATTENDEE", "LOCATION", "DURATION", "RECURRENCE-ID", "X-WR-TIMEZONE",
                 "X-ALT-DESC", "TZID"}  # fmt: skip
    assert names & forbidden == set()
    assert "BEGIN:VTODO" not in lines


def test_the_head_names_the_calendar_twice_and_asks_for_an_hourly_look() -> None:
    lines = unfolded(feed([entry()], name="Home, visiting; of Whatcom\r\nX-EVIL:1"))
    assert lines[:11] == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Duecourse//Contract deadlines//EN",
        "CALSCALE:GREGORIAN",
        "NAME:Home\\, visiting\\; of Whatcom X-EVIL:1",
        "X-WR-CALNAME:Home\\, visiting\\; of Whatcom X-EVIL:1",
        "COLOR:steelblue",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-APPLE-CALENDAR-COLOR:#4682B4",
        "X-PUBLISHED-TTL:PT1H",
        "BEGIN:VEVENT",
    ]


def test_a_feed_without_deadlines_still_has_a_component() -> None:
    calendar = feed([])
    assert b"BEGIN:VTIMEZONE\r\n" in calendar
    assert len(Calendar.from_ical(calendar).subcomponents) == 1
    assert IcsCalendarStream.calendar_from_ics(calendar.decode()).events == []


def test_the_order_of_the_rows_does_not_matter() -> None:
    assert feed(sample()) == feed(reversed(sample()))


def test_events_are_ordered_by_start_then_by_uid_each_uid_once() -> None:
    same_start = [entry("b"), entry("a"), entry("a")]
    calendar = feed(
        [*same_start, whole_day_entry("all-day", date(2022, 2, 22)), whole_day_entry("z", date(2022, 2, 21))]
    )
    names = [uid.split("@")[0] for uid in values_of(calendar, "UID")]
    assert names == ["d-z", "d-all-day", "d-a", "d-b"]


INJECTIONS = {
    "CR LF and a property": "Report\r\nX-EVIL:1",
    "LF and a property": "Report\nX-EVIL:1",
    "a lone CR": "Report\rX-EVIL:1",
    "the end of the event": "Report\r\nEND:VEVENT\r\nBEGIN:VALARM\r\nX-EVIL:1",
    "a folded line": "Report\r\n X-EVIL:1",
    "next line, line and paragraph separators": "Report\x85X-EVIL:1\u2028X-EVIL:1\u2029X-EVIL:1",
    "form feed, vertical tab, file separators": "Report\x0cX-EVIL:1\x0bX-EVIL:1\x1cX-EVIL:1\x1eX-EVIL:1",
    "NUL, ESC, DEL": "Report\x00\x1b[31m\x7fX-EVIL:1",
    "a parameter": 'Report";X-EVIL="1:X-EVIL:1',
    "separators": "a; b, c \\ d : e \\n f \\, g \" h ' i",
    "half a surrogate pair": "Report \ud83d X-EVIL:1",
    "sixty emoji": "😀" * 60,
    "a megabyte": "x" * 1_000_000,
}
TEXTS = ("title", "label", "number", "contract", "tag", "clause", "channel", "subject", "url")


@pytest.mark.parametrize("field", TEXTS)
@pytest.mark.parametrize("text", INJECTIONS.values(), ids=INJECTIONS)
def test_a_text_stays_a_text(field: str, text: str) -> None:
    calendar = feed([entry("good"), entry("bad", **{field: text}), entry("worse", steps=(text,), categories=(text,))])
    lines = calendar.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert [line for line in unfolded(calendar) if line.startswith(("X-EVIL", " X-EVIL"))] == []
    assert lines.count(b"BEGIN:VEVENT") == lines.count(b"END:VEVENT") == 3
    assert b"BEGIN:VALARM" not in lines
    by_icalendar = Calendar.from_ical(calendar)
    assert len(by_icalendar.walk("VEVENT")) == 3
    assert all("X-EVIL" not in component for component in by_icalendar.walk())
    by_ical = IcsCalendarStream.calendar_from_ics(calendar.decode())
    assert len(by_ical.events) == 3
    assert all(not found.extras or all(p.name.lower() != "x-evil" for p in found.extras) for found in by_ical.events)


@settings(deadline=None)
@given(title=st.text(), step=st.text(), category=st.text())
def test_whatever_people_type_both_parsers_read_two_events(title: str, step: str, category: str) -> None:
    typed = entry("typed", title=title, steps=(step,), categories=(category,))
    calendar = feed([typed, entry("good")], name=title)
    assert max(map(len, calendar.split(b"\r\n"))) <= 75
    assert [line for line in unfolded(calendar) if line.endswith(":") and line.count(":") == 1] == []
    assert len(Calendar.from_ical(calendar).walk("VEVENT")) == 2
    by_ical = IcsCalendarStream.calendar_from_ics(calendar.decode())
    assert {event.uid for event in by_ical.events} == {typed.uid, entry("good").uid}


@pytest.mark.parametrize("text", ["a; b, c \\ d : e \\n f \\, g \" h ' i", "😀" * 60, "Señales — “Cure”", "tab\there"])
def test_what_can_be_written_is_read_back_as_it_was(text: str) -> None:
    calendar = feed([entry(title=text, label="", channel=text)])
    (by_icalendar,) = Calendar.from_ical(calendar).walk("VEVENT")
    (by_ical,) = IcsCalendarStream.calendar_from_ics(calendar.decode()).events
    title = "DUE before 8:00 AM PT: " + " ".join(text.split())
    assert str(by_icalendar["SUMMARY"]) == by_ical.summary == title
    assert f"How to submit: {text}\n" in str(by_icalendar["DESCRIPTION"])
    assert f"How to submit: {text}\n" in str(by_ical.description)


@pytest.mark.parametrize("url", ["", "https://x.example/\r\nX-EVIL:1", "javascript:alert(1)", "https://x.example/ a"])
def test_what_is_no_web_address_is_left_out(url: str) -> None:
    calendar = feed([entry(url=url)])
    assert values_of(calendar, "URL") == []
    assert values_of(calendar, "DESCRIPTION")[0].endswith("How to submit: PSRS")


@pytest.mark.parametrize("flaw", [{"zone": "Mars/Olympus"}, {"due_at": None}, {"due_at": datetime(2022, 2, 22)}])  # noqa: DTZ001
def test_a_deadline_that_cannot_be_written_keeps_its_day_and_spares_the_others(flaw: dict[str, Any]) -> None:
    bad = entry("bad", **flaw)
    written, flawed = events([entry("good"), bad, entry("other")])
    calendar = assemble(written, name="Contract deadlines")
    assert [which.uid for which, _ in flawed] == [bad.uid]
    found = {str(e["UID"]): e for e in Calendar.from_ical(calendar).walk("VEVENT")}
    assert set(found) == {entry("good").uid, bad.uid, entry("other").uid}
    assert found[bad.uid]["DTSTART"].dt == date(2022, 2, 22)
    assert str(found[bad.uid]["SUMMARY"]).startswith("DUE: a deadline that cannot be shown")


def test_a_feed_too_large_for_calendar_programs_keeps_the_nearest_and_says_where_it_ends() -> None:
    first = date(2022, 2, 1)
    many = [whole_day_entry(f"{n:05}", first + n * DAY, steps=("Because of this. " * 60,)) for n in range(1_000)]
    whole = feed(many, largest=10_000_000)
    cut = feed(many, url="https://duecourse.example.org")
    assert len(whole) > 900_000 >= len(cut)
    uids = values_of(cut, "UID")
    kept = len(uids) - 1
    assert uids[:-1] == values_of(whole, "UID")[:kept]
    (warning,) = [e for e in Calendar.from_ical(cut).walk("VEVENT") if str(e["UID"]).startswith("more-")]
    assert warning["DTSTART"].dt == first + kept * DAY
    assert f"{1_000 - kept} deadlines" in str(warning["DESCRIPTION"])
    assert str(warning["DESCRIPTION"]).endswith("\n\nhttps://duecourse.example.org")


def test_a_single_event_larger_than_the_limit_leaves_the_warning_alone() -> None:
    huge = Fragment("20220222", "d-1@x", entry().changed_at, event(entry()).text * 2_000)
    cut = assemble([huge], name="Contract deadlines")
    assert len(cut) < 2_000
    assert values_of(cut, "UID") == ["more-d-1@x"]


def at(days: float) -> datetime:
    return day_in_utc(TODAY) + timedelta(days=days)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (Facts(at(3_000)), Standing.EXPECTED),
        (Facts(at(-90)), Standing.OVERDUE),
        (Facts(at(-90.01)), None),
        (Facts(at(-20), submitted_at=at(-21)), Standing.SUBMITTED),
        (Facts(at(-30), submitted_at=at(-40), accepted_at=at(-35)), Standing.ACCEPTED),
        (Facts(at(-30.01), submitted_at=at(-40), accepted_at=at(-1)), None),
        (Facts(at(-80), submitted_at=at(-1)), Standing.SUBMITTED_LATE),
        (Facts(at(60), submitted_at=at(-40)), Standing.SUBMITTED),
        (Facts(at(-200), submitted_at=at(-150), returned_at=at(-10)), Standing.RETURNED),
        (Facts(at(60), withdrawn_at=at(-14)), Standing.WITHDRAWN),
        (Facts(at(60), withdrawn_at=at(-14.01)), None),
        (Facts(at(60), submitted_at=at(0.9)), Standing.SUBMITTED),
    ],
)
def test_the_window_of_the_feed(facts: Facts, expected: Standing | None) -> None:
    assert standing_in_feed(facts, TODAY) is expected
