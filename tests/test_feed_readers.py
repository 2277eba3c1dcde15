"""Do the libraries inside other calendar programs read every entry of a feed as it is meant?"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import vobject
from feed_entries import DOMAIN, entry
from feed_scene import BASE_URL, CONTRACT, EIGHT, NOW, Scene, set_up
from parts import CALENDAR_SCRIPTS, libical, node

from duecourse.calendar.feed import single_deadline
from duecourse.models.database import connect, writing
from duecourse.tracking.calendars.feeds import create_feed, revoke_feed

pytestmark = pytest.mark.clients

Read = tuple[str, str, str, str, str, int, int]
"""Of an entry: UID, title, first and last moment (a UTC instant or a day), status, sequence, number of alarms."""


@pytest.fixture
def scene(sqlite_template: Path, tmp_path: Path) -> Scene:
    """A feed with entries of every kind, around both changes of the clocks."""
    path = tmp_path / "duecourse.db"
    path.write_bytes(sqlite_template.read_bytes())
    scene = set_up(connect(f"sqlite:///{path}"), name="Señales: “Nurse-Family”; 日本語, 😀")
    scene.add(date(2022, 3, 22), EIGHT, label="After; the, clocks\n changed", uid="summer")
    scene.add(date(2022, 11, 6), uid="autumn", label="x" * 300)
    scene.add(date(2022, 2, 18), uid="done", submitted_at=NOW)
    scene.add(date(2022, 2, 24), EIGHT, uid="gone", withdrawn_at=NOW, sequence=1)
    with writing(scene.engine) as session:
        feed, scene.token = create_feed(
            session, person_id=scene.person_id, contract_id=CONTRACT, now=NOW, alarms=True, device="Phone"
        )
        assert feed.id is not None
        scene.feed_id = feed.id
    return scene


def by_script(library: str) -> Callable[[bytes], list[Read]]:
    def read(calendar: bytes) -> list[Read]:
        command = [node(), Path(__file__).with_name("read_calendar.mjs"), CALENDAR_SCRIPTS, library]
        done = subprocess.run(command, input=calendar, capture_output=True, timeout=60)
        assert done.returncode == 0, done.stderr.decode()
        return [tuple(one) for one in json.loads(done.stdout)]

    return read


def by_vobject(calendar: bytes) -> list[Read]:
    read = vobject.readOne(calendar.decode())
    read.validate(raiseException=True)

    def moment(at: date) -> str:
        return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z") if isinstance(at, datetime) else at.isoformat()

    return [
        (
            event.uid.value,
            event.summary.value,
            moment(event.dtstart.value),
            moment(event.dtend.value),
            event.status.value,
            int(event.sequence.value),
            len(event.contents.get("valarm", [])),
        )
        for event in read.vevent_list
    ]


READERS = {"ical.js": by_script("ical.js"), "node-ical": by_script("node-ical"), "vobject": by_vobject}


@pytest.mark.parametrize("reader", READERS)
def test_a_program_reads_moments_titles_states_and_alarms_as_they_are_meant(scene: Scene, reader: str) -> None:
    read = {uid.split("@")[0]: rest for uid, *rest in READERS[reader](scene.served().body)}
    report = "Monthly Enrollment Report, January 2022"
    long = read.pop("d-autumn")
    assert long[0].startswith("DUE: Monthly Enrollment Report, xxx") and long[0].endswith("…")
    assert long[1:] == ["2022-11-06", "2022-11-07", "CONFIRMED", 0, 1]
    assert read.pop("c-20220131") == [
        "Deadlines checked on Mon Jan 31, 2022", "2022-01-31", "2022-02-01", "CONFIRMED", 0, 0,
    ]  # fmt: skip
    assert read == {
        "d-winter": [
            f"DUE before 8:00 AM PT: {report}",
            "2022-02-22T15:30:00.000Z", "2022-02-22T16:00:00.000Z", "CONFIRMED", 0, 1,
        ],
        "d-summer": [
            "DUE before 8:00 AM PT: Monthly Enrollment Report, After; the, clocks changed",
            "2022-03-22T14:30:00.000Z", "2022-03-22T15:00:00.000Z", "CONFIRMED", 0, 1,
        ],
        "d-whole-day": [
            "DUE: Monthly Enrollment Report, February 2022", "2022-03-21", "2022-03-22", "CONFIRMED", 0, 1,
        ],
        "d-done": ["DONE: Monthly Enrollment Report, October 2022", "2022-02-18", "2022-02-19", "CONFIRMED", 0, 0],
        "d-gone": [
            "CANCELLED: Monthly Enrollment Report, October 2022",
            "2022-02-24T15:30:00.000Z", "2022-02-24T16:00:00.000Z", "CANCELLED", 1, 0,
        ],
    }  # fmt: skip


def complaints(calendar: bytes) -> list[str]:
    """Return what libical's check of the restrictions finds wrong."""
    command = [sys.executable, Path(__file__).with_name("check_calendar.py"), libical()]
    done = subprocess.run(command, input=calendar, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().splitlines()


def test_every_calendar_keeps_the_restrictions_that_libical_checks(scene: Scene) -> None:
    assert complaints(scene.served().body) == []
    with writing(scene.engine) as session:
        revoke_feed(session, scene.feed_id, person_id=scene.person_id, now=NOW)
    explained = scene.served().body
    assert b"This calendar link was replaced" in explained
    assert complaints(explained) == []


def test_the_calendar_file_of_a_mail_keeps_them_and_without_an_organizer_it_would_not() -> None:
    attached = single_deadline(entry(), organizer=f"deadlines@{DOMAIN}")
    assert complaints(attached) == []
    anonymous = b"\r\n".join(line for line in attached.split(b"\r\n") if not line.startswith(b"ORGANIZER"))
    assert "ORGANIZER" in complaints(anonymous)[0]
    assert BASE_URL.encode() in attached
