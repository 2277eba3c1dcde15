"""Which jobs are there, when is each due, and what does it do?

The planning jobs run after the hours in which clocks change, and before the offices open in the Eastern zone. They
stand five minutes apart, and the jobs of the notices a minute, so that a worker on a small machine does not start them
all at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time
from functools import partial

from sqlmodel import select

from duecourse.calendar import words
from duecourse.engine.context import Context
from duecourse.engine.notice_jobs import escalate, remind, send_digests, take_incoming
from duecourse.engine.outside_jobs import tell_webhooks
from duecourse.engine.schedules import DailyAt, EveryMinutes, Schedule
from duecourse.errors import NotFound
from duecourse.language.said import say, say_in
from duecourse.models import ContractRow
from duecourse.models.database import reading, snapshot, writing
from duecourse.notifications.drift import alarm_on_drift
from duecourse.notifications.reachability import check_reachability, unchanged_reach
from duecourse.tracking.planning import Planned, plan
from duecourse.tracking.verifying import verify_everything


@dataclass(frozen=True, slots=True)
class Job:
    """Something that is done for every slot of its schedule.

    `verb` takes the context and the present instant, brings things up to that instant, and says in words what it did.
    Run again, it finds nothing more to do.
    """

    name: str
    does: str
    schedule: Schedule
    verb: Callable[[Context, datetime], str]
    divides: bool = False
    """Whether its work may be divided among shards of contracts."""
    after_planning: bool = False
    """Whether it waits while another process plans: what is planned in part looks wrong."""
    is_outside: bool = False
    """Whether it asks a server that may keep it waiting: it runs beside the others, and is tried once for each slot."""
    at_each_tick: bool = False
    """Whether the embedded clock also does it between its slots, since somebody waits for what just happened."""


def job_named(name: str) -> Job:
    """Return the job with this name; raises NotFound, with the names that there are."""
    for job in JOBS:
        if job.name == name:
            return job
    raise NotFound(f"There is no job “{name}”. The jobs are: {', '.join(job.name for job in JOBS)}.")


def plan_kind(context: Context, now: datetime, *, flow: str) -> str:
    """Bring the deliverables of one kind of schedule in line with all contracts, and say what that changed."""
    with writing(context.engine) as session:
        of_shard = None
        if not context.shard.is_whole:
            of_shard = context.shard.among(session.exec(select(ContractRow.id)).all())
        planned = plan(session, now=now, actor=f"flow:{flow}", flow=flow, contract_ids=of_shard)
    return _said(planned)


def look_for_the_unreachable(context: Context, now: datetime) -> str:
    """Find the open items for which nobody can be reached, tell the liaisons what is new of that, and say how many."""
    with reading(context.engine) as session:
        unchanged = unchanged_reach(session, now=now)
    if unchanged is not None:
        return str(unchanged)
    with writing(context.engine) as session:
        return str(check_reachability(session, now=now, base_url=context.base_url, sender=context.sender))


def verify_all(context: Context, now: datetime) -> str:
    """Recompute every date and standing and check the audit log; say what disagrees, and alarm whom it concerns."""
    with snapshot(context.engine) as session:
        found = verify_everything(session, now=now)
    if not found.is_whole:
        with writing(context.engine) as session:
            alarm_on_drift(session, found, now=now, base_url=context.base_url, sender=context.sender)
    return str(found)


def _said(planned: Planned) -> str:
    changes = {"added": planned.added, "moved": planned.moved, "withdrew": planned.withdrawn}
    parts = [f"{verb} {words.count(n, 'deliverable')}" for verb, n in changes.items() if n]
    return words.joined(parts) if parts else "nothing to change"


def _planning(flow: str, minute: int, what: str) -> Job:
    schedule = DailyAt(time(4, minute), "America/Los_Angeles")
    return Job(flow, say("Plans %(what)s.", what=what), schedule, partial(plan_kind, flow=flow), divides=True)


JOBS = (
    _planning("monthly-enrollment", 0, say_in("job", "the monthly enrollment reports")),
    _planning("quarterly-reports", 5, say_in("job", "the quarterly reports")),
    _planning("invoices", 10, say_in("job", "the invoices")),
    _planning("data-entry", 15, say_in("job", "the windows for entering and correcting data")),
    _planning("consent-list", 20, say_in("job", "the consent status lists")),
    _planning("corrective-action", 25, say_in("job", "the steps that a corrective action notice starts")),
    _planning("one-time-and-annual", 30, say_in("job", "what is due once, or once a year")),
    _planning("meetings", 35, say_in("job", "the meetings that a contract asks for")),
    _planning("staff-and-participants", 40, say_in("job", "the windows that start with what happens to one person")),
    _planning("records", 45, say_in("job", "the days until which records are kept")),
    Job(
        "reachability",
        say("Finds the open items for which nobody can be reached, and tells the liaisons."),
        # A deadline of which nobody hears is told at once, not the next morning.
        EveryMinutes(5),
        look_for_the_unreachable,
    ),
    Job(
        "verification",
        say("Recomputes every date and standing, checks the audit log, and alarms when something disagrees."),
        DailyAt(time(5, 0), "America/Los_Angeles"),
        verify_all,
        after_planning=True,
    ),
    Job("reminders", say("Writes the reminders that are owed, and sends them."), EveryMinutes(5), remind),
    Job(
        "escalation",
        say("Tells others what is late or came in, and has whom no mail reached told another way."),
        EveryMinutes(5, after=1),
        escalate,
    ),
    Job(
        "digests",
        say("Writes the daily mails whose hour has come, and sends them."),
        EveryMinutes(5, after=2),
        send_digests,
    ),
    Job(
        "incoming-mail",
        say("Fetches the mails that came into the mailbox, and keeps them."),
        EveryMinutes(5, after=3),
        take_incoming,
        is_outside=True,
    ),
    Job(
        "webhooks",
        say("Tells the programs that people named what happened to their deliverables."),
        EveryMinutes(5, after=4),
        tell_webhooks,
        is_outside=True,
        at_each_tick=True,
    ),
)
