"""Which bytes does a calendar program get for a whole feed, and which deadlines are in it?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from duecourse.calendar import words
from duecourse.calendar.feed import Fragment, event, head, notice
from duecourse.calendar.feed_text import Entry
from duecourse.calendar.standing import Facts, Standing, standing
from duecourse.language.catalogue import ENGLISH
from duecourse.language.said import in_language, say, say_count

# What is overdue is still to be done, so it stays for a quarter: by then the next of its kind has come due as well.
OPEN_STAYS = timedelta(days=90)
DONE_STAYS = timedelta(days=30)
WITHDRAWN_STAYS = timedelta(days=14)
# Google refuses feeds of more than about a megabyte.
LARGEST_FEED = 900_000
_ROOM_FOR_NOTICE = 2_000
_END = b"END:VCALENDAR\r\n"

# A calendar has at least one component (RFC 5545, 3.6). This one was read rightly by every calendar program tried;
# generated time zones were not.
_ONLY_COMPONENT = b"""\
BEGIN:VTIMEZONE
TZID:America/Los_Angeles
X-LIC-LOCATION:America/Los_Angeles
BEGIN:DAYLIGHT
DTSTART:20070311T020000
RRULE:FREQ=YEARLY;BYDAY=2SU;BYMONTH=3
TZNAME:PDT
TZOFFSETFROM:-0800
TZOFFSETTO:-0700
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:20071104T020000
RRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=11
TZNAME:PST
TZOFFSETFROM:-0700
TZOFFSETTO:-0800
END:STANDARD
END:VTIMEZONE
""".replace(b"\n", b"\r\n")


def standing_in_feed(facts: Facts, day: date) -> Standing | None:
    """Return the standing that a feed built for `day` (in UTC) says, or None when the deadline is not in it.

    Open deadlines stay until 90 days after they were due or were returned; done ones until 30 days after they were
    due or came in; withdrawn ones and those set aside until 14 days after that was decided. The later instant counts.
    The future has no end.
    """
    start, end = day_in_utc(day), day_in_utc(day + timedelta(days=1))
    # What happened up to the end of the day counts: within a day the answer must not depend on the hour of the request.
    now = standing(facts, end)
    if now is Standing.WITHDRAWN:
        assert facts.withdrawn_at is not None
        return now if facts.withdrawn_at >= start - WITHDRAWN_STAYS else None
    if now.is_set_aside:
        assert facts.set_aside_at is not None
        return now if facts.set_aside_at >= start - WITHDRAWN_STAYS else None
    if now.is_open:
        return now if max(facts.limit, facts.returned_at or facts.due_at) >= start - OPEN_STAYS else None
    return now if max(facts.due_at, facts.submitted_at or facts.due_at) >= start - DONE_STAYS else None


def day_in_utc(day: date) -> datetime:
    """Return the instant at which `day` begins in UTC."""
    return datetime.combine(day, time(0), UTC)


def events(
    entries: Iterable[Entry], *, alarm: bool = False, titles_only: bool = False
) -> tuple[list[Fragment], list[tuple[Entry, Exception]]]:
    """Return the events of all deadlines, and the deadlines that could not be written as they are, with the reason.

    A deadline whose words cannot be written keeps its day in the feed: a bad item hides neither itself nor others.
    """
    written: list[Fragment] = []
    flawed: list[tuple[Entry, Exception]] = []
    for entry in entries:
        try:
            written.append(event(entry, alarm=alarm, titles_only=titles_only))
        except Exception as error:
            flawed.append((entry, error))
            written.extend(_bare_event(entry))
    return written, flawed


def assemble(
    fragments: Iterable[Fragment], *, name: str, url: str = "", largest: int = LARGEST_FEED, language: str = ENGLISH
) -> bytes:
    """Return the calendar `name` of these events, by start and UID, each UID once.

    When it would have more than `largest` bytes, the latest events are left out, and an all-day event on the day of
    the first one that is missing says so and links to `url`.
    """
    top = head(in_language(name, language)).removesuffix(_END)
    ordered = sorted({fragment.uid: fragment for fragment in fragments}.values(), key=lambda f: (f.start, f.uid))
    size = len(top) + len(_END) + sum(len(fragment.text) for fragment in ordered)
    if size > largest:
        ordered = _cut(ordered, size, largest=largest, url=url, language=language)
    return b"".join((top, *([fragment.text for fragment in ordered] or [_ONLY_COMPONENT]), _END))


def checked_on(day: date, *, domain: str, url: str = "", language: str = ENGLISH) -> Fragment:
    """Return the all-day event that says in which week this calendar was last brought up to date; `day` is in UTC.

    One stands on the Monday of each week, so that whoever misses this week's knows that the calendar program has
    stopped fetching. Within a week its bytes stay the same.
    """
    monday = day - timedelta(days=day.weekday())
    text = say(
        "Duecourse keeps this calendar up to date, and puts an entry like this one on each Monday. If the one of this "
        "week is missing, your calendar program no longer fetches the calendar: make a new link, and tell whoever "
        "keeps Duecourse."
    )
    return notice(
        say("Deadlines checked on %(day)s", day=words.day(monday)).in_(language),
        text.in_(language),
        uid=f"c-{monday:%Y%m%d}@{domain}",
        on=monday,
        at=day_in_utc(monday),
        url=url,
    )


def _cut(ordered: list[Fragment], size: int, *, largest: int, url: str, language: str) -> list[Fragment]:
    kept = len(ordered)
    while kept and size > largest - _ROOM_FOR_NOTICE:
        kept -= 1
        size -= len(ordered[kept].text)
    missing = ordered[kept]
    said = notice(
        in_language(say("This calendar is not complete from here on"), language),
        in_language(_too_large(len(ordered) - kept), language),
        uid=f"more-{missing.uid}",
        on=date.fromisoformat(missing.start[:8]),
        at=max(fragment.changed_at for fragment in ordered),
        url=url,
    )
    return [*ordered[:kept], said]


def _too_large(missing: int) -> str:
    return say_count(
        "It would be too large for calendar programs: %(num)s deadline from this day on is not in it. Duecourse shows "
        "them all.",
        "It would be too large for calendar programs: %(num)s deadlines from this day on are not in it. "
        "Duecourse shows them all.",
        missing,
    )


def _bare_event(entry: Entry) -> list[Fragment]:
    title = say("DUE: a deadline that cannot be shown here; look it up in Duecourse")
    try:
        return [
            notice(
                title.in_(entry.language),
                "",
                uid=entry.uid,
                on=entry.due_on,
                at=entry.changed_at,
                sequence=entry.sequence,
            )
        ]
    except Exception:
        return []
