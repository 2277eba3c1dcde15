"""What does a calendar event say of a deadline, in words?

Calendar programs draw an event in the zone of whoever looks at it, and show about twenty characters of its title:
so the due moment stands first, in words and in the contract's zone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from duecourse.calendar import words
from duecourse.calendar.due import due_phrase
from duecourse.calendar.standing import Standing
from duecourse.language.catalogue import ENGLISH
from duecourse.language.recalling import recalled
from duecourse.language.said import in_language, say, say_in

# Outlook cuts titles at 255 characters.
LONGEST_SUMMARY = 200
LONGEST_DESCRIPTION = 4_000
LONGEST_CATEGORY = 50

_LINE_ENDS = re.compile("\r\n|[\r\x85\u2028\u2029]")
# Control characters have no place in a calendar (RFC 5545, 3.1), halves of surrogate pairs none in UTF-8.
_UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")

_LINK = re.compile("https?://[!-~]{1,500}")

_SAID = {
    Standing.SUBMITTED: say("Submitted. The funder has not accepted it yet."),
    Standing.SUBMITTED_LATE: say("Submitted late. The funder has not accepted it yet."),
    Standing.ACCEPTED: say("Submitted and accepted."),
    Standing.DONE: say("Done."),
    Standing.DONE_LATE: say("Done late."),
    Standing.EXCUSED: say("Still to be submitted, but it cannot be late: it was asked for only after its date."),
    Standing.RETURNED: say("Returned with comments: correct it and submit it again."),
    Standing.WAIVED: say("Waived: the funder does not ask for it this time."),
    Standing.NOT_APPLICABLE: say("Not applicable: there is nothing to report."),
    Standing.CANCELLED: say("Cancelled: it will not take place."),
    Standing.WITHDRAWN: say("Withdrawn: it is no longer asked for."),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A deadline as a calendar shows it.

    `uid` is permanent and globally unique. `due_at` is the first instant that is late; `due_on` the last local day on
    which it is on time. `tag` tells deadlines of several contracts apart in one calendar, and is empty where there is
    only one contract. `sequence` counts the changes of the time and of the withdrawal; `changed_at` is the instant of
    the last change of anything said here.
    """

    uid: str
    title: str
    label: str
    number: str
    contract: str
    tag: str
    due_at: datetime
    due_on: date
    whole_day: bool
    zone: str
    standing: Standing
    steps: tuple[str, ...]
    clause: str
    channel: str
    subject: str
    url: str
    sequence: int
    created_at: datetime
    changed_at: datetime
    categories: tuple[str, ...] = ()
    language: str = ENGLISH
    """In which everything is said but what the contract itself says, and what was recorded."""

    @property
    def is_withdrawn(self) -> bool:
        """Whether it is no longer asked for."""
        return self.standing is Standing.WITHDRAWN or self.standing.is_set_aside


def summary(entry: Entry) -> str:
    """Return the title: ``DUE before 8:00 AM PT: Monthly Enrollment Report, January 2022``."""
    what = _what(entry)
    tag = f" ({entry.tag})" if entry.tag else ""
    first = in_language(_said_first(entry), entry.language)
    return shortened(one_line(f"{first}: {what}{tag}"), LONGEST_SUMMARY)


def description(entry: Entry) -> str:
    """Return the text: the due moment, the standing, what and why, how to submit, and last the link."""
    moment = due_phrase(entry.due_at, zone=entry.zone, whole_day=entry.whole_day)
    what = _what(entry)
    if entry.number:
        what = say("%(title)s (deliverable %(number)s)", title=what, number=entry.number)
    blocks: list[list[str]] = [
        [say("Due %(due)s.", due=moment), _SAID.get(entry.standing, "")],
        [
            what,
            say("Contract: %(contract)s", contract=entry.contract) if entry.contract else "",
            say("Clause: %(clause)s", clause=entry.clause) if entry.clause else "",
        ],
        [say("Why this date:"), *(f"- {in_language(recalled(step), entry.language)}" for step in entry.steps)]
        if entry.steps
        else [],
        [
            say("How to submit: %(channel)s", channel=entry.channel) if entry.channel else "",
            say("Subject line that the contract asks for: %(subject)s", subject=entry.subject) if entry.subject else "",
        ],
    ]
    said = in_language(blocks, entry.language)
    text = "\n\n".join("\n".join(line for line in block if line) for block in said if any(block))
    return with_link(text, entry.url)


def _what(entry: Entry) -> str:
    return ", ".join(part for part in (entry.title, in_language(recalled(entry.label), entry.language)) if part)


def with_link(text: str, url: str) -> str:
    """Return `text` and the link below it; a text that is too long gives way to the link."""
    room = LONGEST_DESCRIPTION - len(link(url)) - 2
    return "\n\n".join(part for part in (shortened(plain(text).strip(), room), link(url)) if part)


def link(url: str) -> str:
    """Return `url`, or nothing when it is no address that can be written into a calendar."""
    return url if _LINK.fullmatch(url) else ""


def plain(text: str) -> str:
    """Return `text` without control characters, every kind of line end being ``\\n``."""
    return _UNWRITABLE.sub("", _LINE_ENDS.sub("\n", text))


def one_line(text: str) -> str:
    """Return `text` on one line, without control characters and with single spaces."""
    return " ".join(plain(text).split())


def shortened(text: str, longest: int) -> str:
    """Return `text` with at most `longest` characters, an ellipsis standing for what was cut."""
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"


def _said_first(entry: Entry) -> str:
    if entry.is_withdrawn:
        return say_in("calendar", "CANCELLED")
    if not entry.standing.is_open:
        return say_in("calendar", "DONE")
    if entry.whole_day:
        return say_in("calendar", "DUE")
    local = entry.due_at.astimezone(ZoneInfo(entry.zone))
    return say_in(
        "calendar",
        "DUE before %(time)s %(zone)s",
        time=words.clock_time(local.time()),
        zone=words.ZONES[entry.zone][1],
    )
