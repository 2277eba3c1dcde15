"""Do real calendar programs see each deadline at its right moment, and every change of it?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from calendar_programs import Subscriber, serving
from feed_entries import DOMAIN
from feed_scene import BASE_URL, EIGHT, NOW, Scene, set_up
from ical.calendar import Calendar
from ical.calendar_stream import IcsCalendarStream
from sqlalchemy import Engine

from duecourse.clock import Clock
from duecourse.models.database import writing
from duecourse.tracking.calendars.feeds import feed_path, rotate_feed
from duecourse.web.feed_route import feed_app

pytestmark = pytest.mark.clients

WINTER = datetime(2022, 2, 22, 16, tzinfo=UTC)
SUMMER = datetime(2022, 3, 22, 15, tzinfo=UTC)


@pytest.fixture
def scene(engine: Engine) -> Scene:
    """A feed with a cut-off on each side of the clocks' change in March, and a whole day on that in November."""
    scene = set_up(engine)
    scene.add(date(2022, 3, 22), EIGHT, uid="summer", label="February 2022", title="Invoice")
    scene.add(date(2022, 11, 6), uid="autumn", label="October 2022", title="Invoice")
    return scene


@pytest.fixture
def url(scene: Scene) -> Iterator[str]:
    """The address of the feed, served on a socket."""
    app = feed_app(scene.engine, Clock.showing(NOW), BASE_URL, DOMAIN)
    with serving(app) as server:
        yield server + feed_path(scene.token)


def home_assistant(url: str) -> Calendar:
    """Return the calendar as Home Assistant reads it."""
    answer = httpx.get(url, follow_redirects=True)
    answer.raise_for_status()
    return IcsCalendarStream.calendar_from_ics(answer.text)


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        (
            "America/Los_Angeles",
            [
                "2022-02-22 07:30 - 2022-02-22 08:00|DUE before 8:00 AM PT: Monthly Enrollment Report, January 2022",
                "2022-03-21 - 2022-03-21|DUE: Monthly Enrollment Report, February 2022",
                "2022-03-22 07:30 - 2022-03-22 08:00|DUE before 8:00 AM PT: Invoice, February 2022",
                "2022-11-06 - 2022-11-06|DUE: Invoice, October 2022",
            ],
        ),
        (
            "Asia/Tokyo",
            [
                "2022-02-23 00:30 - 2022-02-23 01:00|DUE before 8:00 AM PT: Monthly Enrollment Report, January 2022",
                "2022-03-21 - 2022-03-21|DUE: Monthly Enrollment Report, February 2022",
                "2022-03-22 23:30 - 2022-03-23 00:00|DUE before 8:00 AM PT: Invoice, February 2022",
                "2022-11-06 - 2022-11-06|DUE: Invoice, October 2022",
            ],
        ),
    ],
)
def test_khal_shows_instants_in_the_viewers_zone_and_days_as_they_are(
    url: str, tmp_path: Path, zone: str, expected: list[str]
) -> None:
    person = Subscriber(tmp_path / "person", url, zone=zone)
    person.sync()
    assert person.shows() == ["2022-01-31 - 2022-01-31|Deadlines checked on Mon Jan 31, 2022", *expected]


def test_home_assistant_sees_the_instants_and_the_days(url: str) -> None:
    events = {event.uid: event for event in home_assistant(url).events}
    assert events[f"d-winter@{DOMAIN}"].end == WINTER
    assert events[f"d-winter@{DOMAIN}"].start == WINTER - timedelta(minutes=30)
    assert events[f"d-summer@{DOMAIN}"].end == SUMMER
    assert (events[f"d-whole-day@{DOMAIN}"].start, events[f"d-whole-day@{DOMAIN}"].end) == (
        date(2022, 3, 21),
        date(2022, 3, 22),
    )
    assert events[f"d-autumn@{DOMAIN}"].start == date(2022, 11, 6)
    assert events[f"d-winter@{DOMAIN}"].summary == "DUE before 8:00 AM PT: Monthly Enrollment Report, January 2022"


def test_a_second_fetch_of_an_unchanged_feed_is_answered_without_bytes(url: str) -> None:
    with httpx.Client() as program:
        first = program.get(url)
        again = program.get(url, headers={"If-None-Match": first.headers["ETag"]})
        by_date = program.get(url, headers={"If-Modified-Since": first.headers["Last-Modified"]})
    assert [first.status_code, again.status_code, by_date.status_code] == [200, 304, 304]
    assert again.content == by_date.content == b""


def test_a_second_sync_of_an_unchanged_feed_changes_no_file(url: str, tmp_path: Path) -> None:
    person = Subscriber(tmp_path / "person", url, zone="UTC")
    person.sync()
    first = person.files()
    person.sync()
    assert person.files() == first
    # Four deadlines, and the entry that the calendar was checked.
    assert len(first) == 4 + 1


def test_a_moved_deadline_arrives_once_under_the_same_name_with_the_next_number(
    scene: Scene, url: str, tmp_path: Path
) -> None:
    person = Subscriber(tmp_path / "person", url, zone="America/Los_Angeles")
    person.sync()
    before = {event.uid: event.sequence for event in home_assistant(url).events}
    scene.change(
        "winter",
        due_at=SUMMER + timedelta(days=1),
        due_on=date(2022, 3, 23),
        sequence=1,
        changed_at=NOW + timedelta(hours=1),
    )
    person.sync()
    assert [line for line in person.shows() if "January 2022" in line] == [
        "2022-03-23 07:30 - 2022-03-23 08:00|DUE before 8:00 AM PT: Monthly Enrollment Report, January 2022"
    ]
    after = {event.uid: event.sequence for event in home_assistant(url).events}
    assert after == {**before, f"d-winter@{DOMAIN}": 1}
    (event,) = [event for event in home_assistant(url).events if event.uid == f"d-winter@{DOMAIN}"]
    assert event.end == SUMMER + timedelta(days=1)
    assert event.last_modified == event.dtstamp == NOW + timedelta(hours=1)


def test_done_and_withdrawn_deadlines_arrive_as_such(scene: Scene, url: str, tmp_path: Path) -> None:
    person = Subscriber(tmp_path / "person", url, zone="America/Los_Angeles")
    person.sync()
    scene.change("winter", submitted_at=NOW, changed_at=NOW)
    scene.change("summer", withdrawn_at=NOW, changed_at=NOW, sequence=1)
    person.sync()
    shown = [line.split("|")[1] for line in person.shows()]
    assert "DONE: Monthly Enrollment Report, January 2022" in shown
    assert "CANCELLED: Invoice, February 2022" in shown
    events = {event.uid: event for event in home_assistant(url).events}
    assert events[f"d-summer@{DOMAIN}"].status == "CANCELLED"
    assert events[f"d-winter@{DOMAIN}"].status == "CONFIRMED"


def test_a_replaced_link_takes_the_deadlines_off_the_screen_and_says_why(
    scene: Scene, url: str, tmp_path: Path
) -> None:
    person = Subscriber(tmp_path / "person", url, zone="America/Los_Angeles")
    person.sync()
    with writing(scene.engine) as session:
        rotate_feed(session, scene.feed_id, person_id=scene.person_id, now=NOW)
    person.sync()
    assert person.shows() == ["2022-02-01 - 2022-02-01|This calendar link was replaced"]
    assert [event.summary for event in home_assistant(url).events] == ["This calendar link was replaced"]


def test_a_feed_whose_last_deadline_went_is_empty_on_the_screen(scene: Scene, url: str, tmp_path: Path) -> None:
    person = Subscriber(tmp_path / "person", url, zone="America/Los_Angeles")
    person.sync()
    long_ago = datetime(2021, 2, 1, tzinfo=UTC)
    for uid in ("winter", "summer", "whole-day", "autumn"):
        scene.change(uid, withdrawn_at=long_ago, changed_at=NOW)
    answer = httpx.get(url)
    assert answer.status_code == 200
    assert [event.summary for event in home_assistant(url).events] == ["Deadlines checked on Mon Jan 31, 2022"]
