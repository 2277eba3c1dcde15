"""Which bytes does a calendar program get for one event, and for the head of a calendar?

The same values always give the same bytes: nothing here asks for the time of the request. This is the only file that
knows `icalendar`. Written after RFC 5545 and RFC 7986.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

from icalendar import Alarm, Calendar, Event, vText

from duecourse.calendar.feed_text import (
    LONGEST_CATEGORY,
    Entry,
    description,
    link,
    one_line,
    plain,
    shortened,
    summary,
    with_link,
)

# How often calendar programs are asked to look again. Some read it once and keep it for ever.
_REFRESH = "PT1H"
_BLOCK = timedelta(minutes=30)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Fragment:
    """The bytes of one event, with its start as it is written there, by which events are put in order."""

    start: str
    uid: str
    changed_at: datetime
    text: bytes


def event_uid(uid: str, domain: str) -> str:
    """Return the permanent name of a deliverable's event, the same in feeds and in mails."""
    return f"d-{uid}@{domain}"


def event(entry: Entry, *, alarm: bool = False, titles_only: bool = False) -> Fragment:
    """Return the event of a deadline; raises ValueError when a value cannot be written.

    `alarm` reminds a day ahead of what is still to be done. `titles_only` leaves everything out but title and link.
    """
    # The feeds of one contract hold the same events: the last few thousand are kept, one or two kilobytes each.
    return _event(entry, alarm, titles_only)


def notice(title: str, text: str, *, uid: str, on: date, at: datetime, sequence: int = 0, url: str = "") -> Fragment:
    """Return an all-day event on `on` that says something about the calendar itself; `at` is its stamp."""
    text = with_link(text, url)
    made = _vevent(uid, title, text, (on, on + _DAY), created_at=at, changed_at=at, sequence=sequence, url=url)
    return _fragment(made, at)


def single_deadline(entry: Entry, *, organizer: str) -> bytes:
    """Return a calendar file with one deadline, for a mail; `organizer` is the bare address that publishes it.

    A published event names its organizer and no attendee (RFC 5546, 3.2.1): nobody is asked for an answer.
    """
    made = _deadline(entry, alarm=False, titles_only=False)
    made.add("organizer", f"mailto:{one_line(organizer)}")
    calendar = _calendar()
    calendar.add("method", "PUBLISH")
    calendar.add_component(made)
    return _written(calendar)


def head(name: str) -> bytes:
    """Return the calendar `name` without any component yet."""
    calendar = _calendar()
    title = vText(shortened(one_line(name), 200) or "Contract deadlines")
    calendar.add("name", title)
    calendar.add("X-WR-CALNAME", title)
    calendar.add("refresh-interval", vText(_REFRESH), parameters={"VALUE": "DURATION"})
    calendar.add("X-PUBLISHED-TTL", vText(_REFRESH))
    calendar.add("color", "steelblue")
    calendar.add("X-APPLE-CALENDAR-COLOR", "#4682B4")
    return _written(calendar)


@lru_cache(maxsize=4096)
def _event(entry: Entry, alarm: bool, titles_only: bool) -> Fragment:
    return _fragment(_deadline(entry, alarm=alarm, titles_only=titles_only), entry.changed_at)


def _deadline(entry: Entry, *, alarm: bool, titles_only: bool) -> Event:
    title = summary(entry)
    made = _vevent(
        entry.uid,
        title,
        with_link("", entry.url) if titles_only else description(entry),
        _span(entry),
        created_at=entry.created_at,
        changed_at=entry.changed_at,
        sequence=entry.sequence,
        url=entry.url,
        withdrawn=entry.is_withdrawn,
    )
    categories = [shortened(one_line(category), LONGEST_CATEGORY) for category in entry.categories]
    if any(categories):
        made.add("categories", [category for category in categories if category])
    if alarm and entry.standing.is_open:
        made.add_component(_alarm(title))
    return made


def _vevent(
    uid: str,
    title: str,
    text: str,
    span: tuple[date, date],
    *,
    created_at: datetime,
    changed_at: datetime,
    sequence: int,
    url: str,
    withdrawn: bool = False,
) -> Event:
    made = Event()
    made.add("uid", one_line(uid))
    made.add("summary", one_line(title))
    # A property without a value is an error to strict parsers.
    if text:
        made.add("description", plain(text))
    if link(url):
        made.add("url", link(url))
    made.add("dtstart", span[0])
    made.add("dtend", span[1])
    made.add("dtstamp", _utc(changed_at))
    made.add("last-modified", _utc(changed_at))
    made.add("created", _utc(created_at))
    made.add("sequence", sequence)
    made.add("status", "CANCELLED" if withdrawn else "CONFIRMED")
    # A deadline does not make anybody busy; Outlook looks at its own property first.
    made.add("transp", "TRANSPARENT")
    made.add("X-MICROSOFT-CDO-BUSYSTATUS", "FREE")
    return made


def _span(entry: Entry) -> tuple[date, date]:
    # A block that ends at the deadline: nothing after it is painted as if there were still time.
    if entry.whole_day:
        return entry.due_on, entry.due_on + _DAY
    end = _utc(entry.due_at)
    return end - _BLOCK, end


def _alarm(title: str) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", title)
    alarm.add("trigger", -_DAY)
    return alarm


def _calendar() -> Calendar:
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//Duecourse//Contract deadlines//EN")
    calendar.add("calscale", "GREGORIAN")
    return calendar


def _fragment(made: Event, changed_at: datetime) -> Fragment:
    return Fragment(_written(made["DTSTART"]).decode("ascii"), str(made["UID"]), changed_at, _written(made))


def _written(part: Any) -> bytes:
    written = part.to_ical()
    assert isinstance(written, bytes)
    return written


def _utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError(f"an instant needs a time zone, and this one has none: {at!r}")
    return at.astimezone(UTC)
