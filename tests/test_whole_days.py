"""Do schedulers write everything once: two of them over whole days, on nights when clocks change, and slow ones?

The rows F43, F45, F53, F54 and F58 of the faults.
"""

from __future__ import annotations

import email
import os
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo

import county
import pytest
from parts import REPOSITORY
from sqlalchemy import Engine
from sqlmodel import select
from unplanned import context_on, load_unplanned, mails_of, noticed, slots_of

from duecourse.engine.context import Context
from duecourse.engine.embedded import EmbeddedClock
from duecourse.engine.jobs import JOBS, Job, job_named
from duecourse.engine.run import run_due, run_slot
from duecourse.engine.schedules import EveryMinutes
from duecourse.models import Deliverable, DueChange
from duecourse.models.database import connect, reading

PACIFIC = ZoneInfo("America/Los_Angeles")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
# An ordinary Monday, the day whose night has no 2:30 AM, and the one that has 1:30 AM twice.
DAYS = [datetime(2026, 11, 23, tzinfo=UTC), datetime(2027, 3, 14, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)]


class Stepped:
    """A clock that stands still between the steps of a test."""

    def __init__(self, shows: datetime) -> None:
        self.shows = shows

    def now(self) -> datetime:
        return self.shows


def stepped(engine: Engine, mails: Path, clock: Stepped, process: str) -> Context:
    context = context_on(engine, mails=mails, showing=clock.shows)
    return replace(context, clock=clock, process=process)  # type: ignore[arg-type]


def message_ids(mails: Path) -> Counter[str]:
    """Return how often each mail went out."""
    return Counter(str(email.message_from_bytes(path.read_bytes())["Message-ID"]) for path in mails.glob("*.eml"))


@pytest.mark.parametrize("day", DAYS, ids=lambda day: f"{day:%Y-%m-%d}")
def test_two_schedulers_over_a_whole_day_do_each_slot_once_and_send_each_mail_once(
    engine: Engine, tmp_path: Path, day: datetime
) -> None:
    mails, clock = tmp_path / "mails", Stepped(day)
    load_unplanned(engine, now=day - timedelta(days=1))
    both = [stepped(engine, mails, clock, name) for name in ("one", "other")]
    reminders = job_named("reminders")
    with ThreadPoolExecutor(2) as pool:
        # From the local midnight until the mails of the next day; those nights are Sundays, when nobody gets any.
        for step in range(19):
            clock.shows = day + 4 * HOUR + 2 * HOUR * step
            list(pool.map(lambda context: run_due(context, engine_name="embedded"), both))
            # And as if the ledger had let both of them: a slot of its own for each.
            slots = [clock.shows + timedelta(microseconds=n + 1) for n in range(2)]
            run = lambda each: run_slot(each[0], reminders, each[1], engine_name="embedded")  # noqa: E731
            list(pool.map(run, zip(both, slots, strict=True)))
    sent = message_ids(mails)
    assert sent and set(sent.values()) == {1}
    assert len(sent) == mails_of(engine)
    assert noticed(engine)
    for job in JOBS:
        entries = slots_of(engine, job.name)
        assert {entry.state for entry in entries} == {"done"}
        assert {entry.attempts for entry in entries} == {1}
        if job.divides:
            local = [entry.slot.astimezone(PACIFIC).date() for entry in entries]
            assert len(local) == len(set(local)), "twice on one local day"


LONG = 2.5
"""Seconds that a slow job takes: more than two intervals."""


class Overlapping:
    """A slow job that notes how many of its runs there are at once."""

    def __init__(self) -> None:
        self.now, self.most, self.runs, self._lock = 0, 0, 0, threading.Lock()
        self.third = threading.Event()

    def verb(self, _context: Context, _now: datetime) -> str:
        with self._lock:
            self.now, self.runs = self.now + 1, self.runs + 1
            self.most = max(self.most, self.now)
            if self.runs == 3:
                self.third.set()
        time.sleep(LONG)
        with self._lock:
            self.now -= 1
        raise RuntimeError("so that each tick runs it")


@pytest.mark.parametrize(("threads", "most"), [(1, 1), (4, 4)], ids=["as it is", "control: four at once"])
def test_a_scan_that_takes_longer_than_its_interval_never_runs_beside_itself_nor_makes_up_for_what_it_missed(
    engine: Engine, tmp_path: Path, threads: int, most: int
) -> None:
    now = datetime(2026, 11, 23, 18, 2, tzinfo=UTC)
    slow = Overlapping()
    job = Job("invoices", "Takes long.", EveryMinutes(5), slow.verb)
    context = context_on(engine, mails=tmp_path / "mails", showing=now)
    clock = EmbeddedClock(context, interval=timedelta(seconds=1), jobs=[job], runner=_without_the_ledger)
    if threads > 1:
        clock._scheduler.configure(
            executors={"default": {"type": "threadpool", "max_workers": threads}},
            job_defaults={"max_instances": threads, "misfire_grace_time": None},
        )
    began = time.monotonic()
    clock.start()
    assert slow.third.wait(60)
    clock.stop()
    assert (slow.most > 1) == (most > 1)
    if threads == 1:
        assert slow.runs <= (time.monotonic() - began) / LONG


def _without_the_ledger(context: Context, job: Job, _slot: datetime) -> object:
    # The ledger would hide what the clock does.
    try:
        return job.verb(context, context.clock.now())
    except RuntimeError:
        return None


# What an upgrade of the time zones does: everything recomputed by a program that knows other rules.
AFTER_AN_UPGRADE = """
import sys
from datetime import datetime
from duecourse.models.database import connect, reading, writing
from duecourse.tracking.planning import plan
from duecourse.tracking.verifying import verify_everything
engine, now = connect(sys.argv[1]), datetime.fromisoformat(sys.argv[2])
with reading(engine) as session:
    found = verify_everything(session, now=now)
    print(sum("another date" in line for lines in found.drift.values() for line in lines))
with writing(engine) as session:
    print(plan(session, now=now, actor="upgrade", cause="the rules of the time zone changed").moved)
"""


def after_an_upgrade(url: str, now: datetime, *, zones: Path) -> list[int]:
    """Return how many dates the check finds wrong, and how many the planning moves, under other rules of the zones."""
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY), "PYTHONTZPATH": str(zones)}
    command = [sys.executable, "-c", AFTER_AN_UPGRADE, url, now.isoformat()]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return [int(line) for line in done.stdout.split()]


def test_new_rules_of_a_time_zone_move_what_is_open_and_nothing_that_is_in(
    sqlite_template: Path, tmp_path: Path
) -> None:
    """Washington has decided to stay on daylight time once the Congress lets it: winter's deadlines move by an hour."""
    url = f"sqlite:///{shutil.copyfile(sqlite_template, tmp_path / 'county.sqlite')}"
    engine, now = connect(url), datetime(2022, 11, 10, 17, tzinfo=UTC)
    county.track(engine, now)
    handed_in = county.uid(engine, "3.02")
    county.hand_in(engine, handed_in, at=now)
    before = due_moments(engine)

    same, other = tmp_path / "same", tmp_path / "other"
    for zones in (same, other):
        (zones / "America").mkdir(parents=True)
    known = Path(str(files("tzdata") / "zoneinfo"))
    shutil.copyfile(known / "America" / "Los_Angeles", same / "America" / "Los_Angeles")
    shutil.copyfile(known / "Etc" / "GMT+7", other / "America" / "Los_Angeles")

    # The control: an upgrade with the same rules.
    assert after_an_upgrade(url, now, zones=same) == [0, 0]
    wrong, moved = after_an_upgrade(url, now, zones=other)
    after = due_moments(engine)
    changed = {uid for uid in before if before[uid] != after[uid]}
    assert wrong >= moved == len(changed) > 10
    assert handed_in not in changed
    assert {before[uid] - after[uid] for uid in changed} == {HOUR}
    assert all(at.astimezone(PACIFIC).dst() == timedelta(0) for uid, at in before.items() if uid in changed)
    with reading(engine) as session:
        causes = session.exec(select(DueChange.cause)).all()
    assert causes.count("the rules of the time zone changed") == moved
    engine.dispose()


def due_moments(engine: Engine) -> dict[str, datetime]:
    with reading(engine) as session:
        return dict(session.exec(select(Deliverable.uid, Deliverable.due_at)).all())
