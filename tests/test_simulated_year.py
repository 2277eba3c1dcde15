"""Does a whole year of sixty contracts send exactly the mails that it must, and one a day to each person?

The clock stands still and is set from one instant to the next at which something can happen; the mails go through a
real SMTP server. What must arrive is worked out by a model of its own (year_model.py).
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from mail_server import mail_server
from sqlalchemy import Engine
from sqlmodel import Session
from year_model import Mail
from year_product import URGENT, Year, live, started
from year_scene import FIRST

from duecourse.models.database import connect

# Longer than usual, for a machine that has others to serve.
pytestmark = [pytest.mark.timeout(900), pytest.mark.long]


def said(mails: set[tuple[datetime, Mail]]) -> list[str]:
    return [f"{at:%a %Y-%m-%d %H:%M} {mail}" for at, mail in sorted(mails, key=lambda one: (one[0], str(one[1])))][:20]


def check(year: Year) -> None:
    """Raise AssertionError unless what was sent is what had to be, once, and one mail a day but for what is urgent."""
    assert said(year.sent.keys() - year.expected) == [], "sent, and not owed"
    assert said(year.expected - year.sent.keys()) == [], "owed, and not sent"
    assert set(year.sent.values()) == {1}, "sent twice"
    daily = Counter(
        (to, at.astimezone(year.model.zone(year.people[to])).date())
        for at, (to, kind, _) in year.sent
        if kind not in URGENT
    )
    assert [each for each, count in daily.items() if count > 1] == [], "two mails a day"


@pytest.fixture
def new_database(sqlite_template: Path, tmp_path: Path) -> Iterator[Engine]:
    engine = connect(f"sqlite:///{shutil.copyfile(sqlite_template, tmp_path / 'year.sqlite')}")
    yield engine
    engine.dispose()


def test_a_year_sends_exactly_what_the_model_says_and_one_mail_a_day_but_for_what_is_urgent(
    new_database: Engine,
) -> None:
    with mail_server() as server:
        year = started(new_database, server)
        live(year)
    check(year)
    kinds = Counter(kind for _, (_, kind, _) in year.sent)
    assert kinds.keys() == URGENT | {"daily", "nothing due"}
    sections = Counter(line[0] for _, (_, kind, lines) in year.sent if kind == "daily" for line in lines)
    assert sections.keys() == {"due", "overdue", "parts", "moved", "changed"}
    assert kinds["daily"] > 2000


@pytest.mark.parametrize("migrated_database_url", ["postgresql"], indirect=True)
def test_the_first_weeks_are_the_same_on_the_other_database(engine: Engine) -> None:
    with mail_server() as server:
        year = started(engine, server)
        live(year, until=FIRST + timedelta(days=20))
    check(year)


def alone(*_: object) -> bool:
    return True


def unseen(_session: Session, rows: Iterable[Any], *, now: datetime) -> set[str]:
    return {row.key for row in rows}


FAULTS = {
    "every notice goes alone": (["notice_rows.goes_at_once"], alone, 8),
    "nothing is looked at again": (["bundling.still_wanted", "claiming.still_wanted"], unseen, 40),
}
"""What is planted for a control: where in the notices, what takes its place, and by which day it shows."""


@pytest.mark.parametrize("fault", FAULTS)
def test_the_model_notices_what_is_planted(new_database: Engine, fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    places, instead, days = FAULTS[fault]
    for place in places:
        monkeypatch.setattr(f"duecourse.notifications.{place}", instead)
    with mail_server() as server:
        year = started(new_database, server)
        live(year, until=FIRST + timedelta(days=days))
    with pytest.raises(AssertionError, match="sent, and not owed"):
        check(year)
