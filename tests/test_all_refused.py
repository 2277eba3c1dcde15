"""When mail to everybody at a contractor comes back, who hears of it, and when? The row F23 of the faults."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import visits
from mail_server import MailServer, mail_server
from sqlalchemy import update
from sqlmodel import col, select
from unplanned import context_on
from visits import LIAISON, MANAGER, NOW, WA, World

from duecourse.engine.context import Context
from duecourse.engine.jobs import JOBS, Job, look_for_the_unreachable
from duecourse.engine.run import run_due
from duecourse.engine.schedules import DailyAt
from duecourse.models import Notice, Person
from duecourse.models.database import writing
from duecourse.notifications.reachability import UNREACHABLE
from duecourse.notifications.smtp import SmtpTransport
from duecourse.notifications.suppression import suppress

filled, make_world, world = visits.filled, visits.make_world, visits.world
FIVE_MINUTES = timedelta(minutes=5)
OFTEN = [job for job in JOBS if not job.divides and not job.after_planning]


class Set:
    """A clock that shows what it is set to."""

    def __init__(self, shows: datetime) -> None:
        self.shows = shows

    def now(self) -> datetime:
        return self.shows


def all_arrived(world: World) -> None:
    """Let nothing have been refused so far."""
    with writing(world.engine) as session:
        session.execute(update(Notice).where(col(Notice.state) == "failed").values(state="sent", sent_at=NOW))


def refuse_everybody(world: World) -> None:
    """Let mail to everybody at the contractor have come back for good."""
    with writing(world.engine) as session:
        ana = session.exec(select(Person).where(Person.email == MANAGER)).one()
        first = Notice(
            key="came-back",
            person_id=ana.id or 0,
            rung="before-14",
            owed_at=NOW,
            queued_at=NOW,
            message_id="<x>",
            to_address=MANAGER,
            subject="",
            message=b"",
            next_try_at=NOW,
            state="bounced",
        )
        session.add(first)
        session.flush()
        suppress(session, MANAGER, reply="550 5.1.1 no such user", notice_id=first.id or 0, now=NOW)


def five_minutes_later(world: World, server: MailServer, mails: Path, jobs: list[Job]) -> list[str]:
    """Run what is due now, let all mail be refused, run what is due five minutes later; return what the liaison got."""
    clock = Set(NOW)
    transport = lambda: SmtpTransport("127.0.0.1", server.port, security="none")  # noqa: E731
    context: Context = replace(context_on(world.engine, mails=mails, showing=NOW), clock=clock, transport=transport)  # type: ignore[arg-type]
    run_due(context, engine_name="embedded", jobs=jobs)
    refuse_everybody(world)
    server.mails.clear()
    clock.shows = NOW + FIVE_MINUTES
    assert not [report for report in run_due(context, engine_name="embedded", jobs=jobs) if report.error]
    said = [
        message_from_bytes(mail.content, policy=policy.default) for mail in server.mails if mail.recipient == LIAISON
    ]
    bodies = [mail.get_body(("plain",)) for mail in said]
    return [f"{mail['Subject']}\n{body.get_content()}" for mail, body in zip(said, bodies, strict=True) if body]


def test_the_liaison_hears_within_five_minutes_by_mail_and_on_the_first_page(world: World, tmp_path: Path) -> None:
    all_arrived(world)
    visit = world.visitor(LIAISON)
    assert "Nobody can be reached" not in visit.get("/").text
    with mail_server() as server:
        (text,) = five_minutes_later(world, server, tmp_path / "mails", OFTEN)
    assert text.startswith("Nobody can be reached for ")
    assert f"mail to Ana Ruiz at {MANAGER} was refused for good." in " ".join(text.split())
    assert "Monthly Enrollment Report" in text
    home = visit.get("/").text
    assert '<a href="/unreachable">Nobody can be reached for' in home
    assert "was refused for good" in visit.get("/unreachable").text
    assert "was refused for good" in visit.get(f"/contracts/{WA}").text
    # It is the liaison's to see to: the contractor's people are not shown what concerns them alone.
    assert "Nobody can be reached" not in world.visitor(MANAGER).get("/").text


def test_a_check_once_a_day_would_leave_the_deadline_without_anybody_until_the_next_morning(
    world: World, tmp_path: Path
) -> None:
    """The control: the same fault, with the check as seldom as the planning."""
    all_arrived(world)
    slow = DailyAt(time(4, 50), "America/Los_Angeles")
    seldom = [replace(job, schedule=slow) if job.verb is look_for_the_unreachable else job for job in OFTEN]
    with mail_server() as server:
        assert five_minutes_later(world, server, tmp_path / "mails", seldom) == []
    assert world.rows(select(Notice).where(Notice.rung == UNREACHABLE)) == []
