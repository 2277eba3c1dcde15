"""Which deadlines do the tests of the feed put into calendars, and which lines does a calendar have?"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from duecourse.calendar.due import instant_at
from duecourse.calendar.feed_text import Entry
from duecourse.calendar.standing import Standing

DOMAIN = "deadlines.example.org"
PACIFIC = "America/Los_Angeles"


def entry(name: str = "1", **values: Any) -> Entry:
    """Return a monthly report that is due before 8:00 AM Pacific on Tuesday, February 22, 2022."""
    return Entry(
        **{
            "uid": f"d-{name}@{DOMAIN}",
            "title": "Monthly Enrollment Report",
            "label": "January 2022",
            "number": "2.07",
            "contract": "22-1174, Nurse-Family Partnership",
            "tag": "",
            "due_at": datetime(2022, 2, 22, 16, tzinfo=UTC),
            "due_on": date(2022, 2, 22),
            "whole_day": False,
            "zone": PACIFIC,
            "standing": Standing.EXPECTED,
            "steps": ("Rule: the 20th of the month after.", "Offices are closed on Mon Feb 21: before 8:00 AM."),
            "clause": "SOW 14.d(1)",
            "channel": "PSRS",
            "subject": "",
            "url": f"https://duecourse.example.org/deliverables/{name}",
            "sequence": 0,
            "created_at": datetime(2021, 7, 1, 12, tzinfo=UTC),
            "changed_at": datetime(2021, 7, 2, 12, 30, 15, 250_000, tzinfo=UTC),
            "categories": ("Monthly enrollment", "22-1174"),
            **values,
        }
    )


def whole_day_entry(name: str, due_on: date, **values: Any) -> Entry:
    """Return a report that is due by the end of `due_on` in Pacific time."""
    midnight = instant_at(due_on + timedelta(days=1), time(0), PACIFIC)
    return entry(name, **{"due_on": due_on, "due_at": midnight, "whole_day": True, **values})


def unfolded(calendar: bytes) -> list[str]:
    """Return the logical lines of a calendar (RFC 5545, 3.1)."""
    return calendar.replace(b"\r\n ", b"").decode().removesuffix("\r\n").split("\r\n")


def values_of(calendar: bytes, name: str) -> list[str]:
    """Return the values of a property, as they are written, in the order of the calendar."""
    lines = (line.partition(":") for line in unfolded(calendar))
    return [value for field, _, value in lines if field.split(";")[0] == name]
