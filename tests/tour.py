"""Which pages does docs/tour.md show, in which world, and what do they say?

The world is the demonstration on a day that never moves. What differs from one making of it to the next (names of rows,
seals, keys) is left out of what is compared.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import exhibits
import httpx
from browser import DESK, PHONE
from sqlmodel import select
from visits import ADDRESS, Visit, World, world_on

from duecourse.calendar.lifecycle import Party
from duecourse.calendar.standing import Standing
from duecourse.cli.demonstration import LIAISON, MANAGER, load_demonstration
from duecourse.clock import Clock
from duecourse.definitions.reading import find_contract
from duecourse.engine.context import context_from
from duecourse.engine.jobs import JOBS
from duecourse.engine.run import run_job
from duecourse.models import Receipt, Submission
from duecourse.models.database import connect, upgrade, writing
from duecourse.settings import load_settings
from duecourse.tracking.acting import By
from duecourse.tracking.action_plans.plan_opening import open_plan
from duecourse.tracking.action_plans.plan_steps import approve, write_step
from duecourse.tracking.action_plans.plans import reach_stage

AT = datetime(2026, 11, 18, 17, tzinfo=UTC)
DEMO, WA, CT = "demo-county", "wa-22-1174", "ct-21oechvs01abc"
ROBIN, ALEX = "robin.diaz@oec.example", "alex.grant@abc.example"
NOBODY = ""


class Stopped(Clock):
    """A clock that always shows the same instant."""

    def now(self) -> datetime:
        """Return that instant."""
        return AT


@dataclass(frozen=True)
class Shot:
    """A page that is shown: who opens it and how, and what it is there for."""

    name: str
    says: str
    who: str
    opens: Callable[[World, Visit], httpx.Response]
    width: int = DESK
    dark: bool = False
    in_spanish: bool = False


def opens(path: str) -> Callable[[World, Visit], httpx.Response]:
    return lambda _world, visit: visit.get(path)


def an_overdue_report(world: World, visit: Visit) -> httpx.Response:
    return visit.get(f"/deliverables/{world.find(DEMO, Standing.OVERDUE, last=True).uid}")


def a_receipt(world: World, visit: Visit) -> httpx.Response:
    submitted = world.find(DEMO, Standing.SUBMITTED)
    query = select(Receipt.uid).join(Submission).where(Submission.deliverable_id == submitted.id)
    return visit.get(f"/receipts/{world.rows(query)[0]}")


def a_plan(world: World, visit: Visit) -> httpx.Response:
    funder, contractor = By(ROBIN, Party.FUNDER), By(ALEX, Party.CONTRACTOR)
    noticed = AT - timedelta(days=70)
    with writing(world.engine) as session:
        said = {
            "reference": "CAP-2026-1",
            "reason": "Visits of June and July are not entered.",
            "form_key": "1",
            "now": AT,
            "by": funder,
        }
        plan = open_plan(session, CT, "corrective-action-plan", notice_at=noticed, **said)  # type: ignore[arg-type]
        reach_stage(session, plan.uid, "draft", happened_at=noticed, form_key="2", now=AT, by=funder)
        for key, title, due_on in (
            ("3", "Name who enters the data", date(2026, 10, 2)),
            ("4", "Enter the missing visits", date(2026, 10, 30)),
            ("5", "Check a month’s data with the liaison", date(2026, 12, 18)),
        ):
            values = {"title": title, "due_on": due_on, "form_key": key, "now": AT, "by": contractor}
            write_step(session, plan.uid, who="program manager", **values)  # type: ignore[arg-type]
        met = noticed + timedelta(days=9)
        reach_stage(session, plan.uid, "meeting", happened_at=met, form_key="6", now=AT, by=funder)
        approve(session, plan.uid, happened_at=met + timedelta(days=2), form_key="7", now=AT, by=funder)
        uid = plan.uid
    return visit.get(f"/contracts/{CT}/plans/{uid}")


def an_amendment(_world: World, visit: Visit) -> httpx.Response:
    before, report, after = find_contract(CT).read_text(encoding="utf-8").partition("  - id: ct-status-report\n")
    earlier = before + report + after.replace("count: 30", "count: 25", 1)
    return visit.post(f"/contracts/{CT}/amend", {"definition": earlier})


def a_draft(_world: World, visit: Visit) -> httpx.Response:
    monthly = [date(2026, month, 20) for month in range(8, 13)] + [date(2027, month, 20) for month in range(1, 8)]
    monthly[5] = date(2027, 1, 22)
    heading = "State Fiscal Year 2027 (July 1, 2026 - June 30, 2027)"
    said = exhibits.as_text(exhibits.of_dates("Monthly Enrollment Report", monthly, heading)).decode()
    facts = {"id": "wa-27-0001", "number": "27-0001", "title": "Home Visiting", "funder": "DCYF"}
    facts |= {"contractor": "Skagit County", "zone": "America/Los_Angeles", "calendar": "US-WA", "roll": "following"}
    return visit.post("/contracts/new", facts | {"cut_off": "08:00", "exhibit": said})


def an_import(_world: World, visit: Visit) -> httpx.Response:
    lines = "name,email,part,contract,backup\nBo Núñez,bo@demo-county.example,leadership,DEMO-1,\n"
    lines += f"Ida Roy,ida.roy@demo-county.example,fiscal staff,DEMO-1,{MANAGER}\n"
    lines += f"Dana Reyes,{MANAGER},program manager,DEMO-1,\n"
    return visit.post(f"/contracts/{DEMO}/import/people", files={"file": ("people.csv", lines.encode())})


def a_mail(_world: World, visit: Visit) -> httpx.Response:
    kept = re.findall(r'href="(/mailbox/[^"]+)"', visit.get("/mailbox").text)
    return visit.get(kept[0])


def a_new_calendar(_world: World, visit: Visit) -> httpx.Response:
    return visit.post("/subscribe", {"form_key": str(UUID(int=8)), "contract": DEMO, "device": "Phone"})


TOUR = (
    Shot(
        "sign-in",
        "People sign in with a link or a code from a mail, or with their agency’s account.",
        NOBODY,
        opens("/sign-in"),
    ),
    Shot(
        "my-work",
        "A program manager’s morning: what is late, what comes this week, one button each.",
        MANAGER,
        opens("/"),
    ),
    Shot(
        "deliverable", "A report: when it is due and why, what came in, who was reminded.", MANAGER, an_overdue_report
    ),
    Shot("receipt", "What was handed in, sealed and signed: anybody can check it.", MANAGER, a_receipt),
    Shot(
        "overdue", "A liaison sees all that is late in one place, and who was told of it.", LIAISON, opens("/overdue")
    ),
    Shot("portfolio", "All contracts by month.", LIAISON, opens("/portfolio")),
    Shot("month", "A month as a sheet.", LIAISON, opens("/month")),
    Shot("agenda", "The same as a list.", MANAGER, opens("/agenda")),
    Shot(
        "contract",
        "A contract’s year: each report in its month, with how it stands.",
        MANAGER,
        opens(f"/contracts/{DEMO}"),
    ),
    Shot(
        "enrollment",
        "Families by month against the limits of the contract.",
        ALEX,
        opens(f"/contracts/{CT}/enrollment"),
    ),
    Shot("plan", "A plan of corrective action, from the notice to its last step.", ROBIN, a_plan),
    Shot("amendment", "An amendment is rehearsed line by line before anything moves.", ROBIN, an_amendment),
    Shot("drafting", "A contract drafted from its exhibit, beside the one date that disagrees.", LIAISON, a_draft),
    Shot("import", "A spreadsheet of people, previewed line by line.", MANAGER, an_import),
    Shot("people", "Who has which part, who stands in, and who is away.", LIAISON, opens(f"/contracts/{DEMO}/people")),
    Shot("calendar", "A calendar link for each program and device.", MANAGER, a_new_calendar),
    Shot("mail", "One mail a day, as it looks in a mail program.", LIAISON, a_mail),
    Shot("operations", "What each job did, and what is due next.", LIAISON, opens("/operations")),
    Shot("in-spanish", "Every page in Spanish, too.", MANAGER, opens("/"), in_spanish=True),
    Shot("dark", "In the dark.", LIAISON, opens("/overdue"), dark=True),
    Shot("phone-my-work", "On a phone: what is due.", MANAGER, opens("/"), width=PHONE),
    Shot("phone-contract", "On a phone: a contract’s year.", MANAGER, opens(f"/contracts/{DEMO}"), width=PHONE),
)


@contextmanager
def the_world(folder: Path) -> Iterator[World]:
    """Serve the demonstration of that day, with every job done once."""
    settings = load_settings(data=folder, mail_folder=folder / "mails", base_url=ADDRESS, second_factor=False)
    upgrade(settings.database)
    engine, clock = connect(settings.database), Stopped()
    with ExitStack() as stack:
        stack.callback(engine.dispose)
        with writing(engine) as session:
            load_demonstration(session, now=AT)
        # Else the page of operations would name this machine and process.
        context = replace(context_from(settings, engine=engine, clock=clock), process="server 1")
        for job in JOBS:
            run_job(context, job, at=AT, engine_name="embedded")
        yield world_on(engine, settings, stack, clock=clock)


def pages(world: World) -> Iterator[tuple[Shot, Visit, httpx.Response]]:
    """Yield each page of the tour, with the browser that opened it; opening some changes the world."""
    visits = {email: world.visitor(email) for email in {shot.who for shot in TOUR}}
    for shot in TOUR:
        visit = visits[shot.who]
        if shot.in_spanish:
            visit.post("/me/language", {"language": "es", "back": "/"})
        answer = shot.opens(world, visit)
        if shot.in_spanish:
            visit.post("/me/language", {"language": "en", "back": "/"})
        assert answer.status_code == 200, (shot.name, answer.status_code, answer.text)
        yield shot, visit, answer


def text_of(page: str) -> str:
    """Return what a page says, without what is new each time that its world is made."""
    text = html.unescape(re.sub(r"<[^>]+>", " ", re.sub(r"(?s)<(script|style|head).*?</\1>", " ", page)))
    return re.sub(
        r"\b\d{6}-[0-9A-F]{4}\b|\b[0-9a-f]{4}( [0-9a-f]{4}){7,}\b|[0-9a-f]{8,}|[\w-]{24,}", "…", " ".join(text.split())
    )
