"""Does a feed remind, and does it hold its details back, only where the person asked for that?"""

from __future__ import annotations

from datetime import date

import pytest
from feed_scene import CONTRACT, NOW, set_up
from icalendar import Calendar
from sqlalchemy import Engine

from duecourse.models.database import writing
from duecourse.tracking.calendars.feeds import create_feed, rotate_feed


@pytest.mark.parametrize("alarms", [False, True])
@pytest.mark.parametrize("titles_only", [False, True])
def test_alarms_and_details_are_the_persons_choice_and_survive_a_new_address(
    engine: Engine, alarms: bool, titles_only: bool
) -> None:
    one = set_up(engine)
    one.add(date(2022, 2, 20), subject="ABC Inc., 1, Report, 1/1/22-1/31/22")
    choices = {"alarms": alarms, "titles_only": titles_only}
    with writing(engine) as session:
        feed, _ = create_feed(session, person_id=one.person_id, contract_id=CONTRACT, now=NOW, **choices)
        assert feed.id is not None
        _, token = rotate_feed(session, feed.id, person_id=one.person_id, now=NOW)
    events = Calendar.from_ical(one.served(token=token).body).walk("VEVENT")
    deadlines = [event for event in events if event["UID"].startswith("d-")]
    assert len(deadlines) == len(events) - 1 > 2
    assert all(bool(event.walk("VALARM")) is alarms for event in deadlines)
    assert any("ABC Inc." in str(event.get("DESCRIPTION", "")) for event in events) is not titles_only
