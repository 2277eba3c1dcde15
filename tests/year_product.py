"""How is the simulated year lived: what happens is done by the product's own verbs, and its mails come in by SMTP?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from zoneinfo import ZoneInfo

from mail_server import MailServer
from rows import add_person, add_role
from sqlalchemy import Engine
from sqlmodel import Session, select
from year_model import Mail, Model
from year_scene import (
    BEGIN,
    EASTERN,
    FIRST,
    LAST,
    PACIFIC,
    STORM,
    Act,
    Human,
    amended,
    contracts,
    people,
    script,
)

from duecourse.calendar.lifecycle import Act as Lifecycle
from duecourse.engine.context import Context
from duecourse.engine.jobs import JOBS, Job
from duecourse.models import Absence, Deliverable, Person, RoleName
from duecourse.models.database import writing
from duecourse.notifications.change_notices import owe_change_notices
from duecourse.notifications.messages import Sender
from duecourse.notifications.smtp import SmtpTransport
from duecourse.tracking.acting import By
from duecourse.tracking.amending import accept_amendment
from duecourse.tracking.deciding import decide, set_aside
from duecourse.tracking.deciding_dates import announce_closure, move_date
from duecourse.tracking.extensions.extending import Request
from duecourse.tracking.extensions.granting import Granting, record_granted
from duecourse.tracking.loading import load_contract
from duecourse.tracking.planning import plan
from duecourse.tracking.preferring import Wanted, prefer
from duecourse.tracking.rehearsing import Rehearsal
from duecourse.tracking.staff.absences import set_backup
from duecourse.tracking.subcontractors.members import add_member
from duecourse.tracking.submitting import Sent, submit

SENDER, BASE_URL, WHO = Sender("due@agency.example", "agency.example"), "https://due.example", "operator"
URGENT = {"due today", "part due today", "returned", "dates changed"}
"""The kinds that go alone and at once, beside the one daily mail."""
EACH_STEP = [job for job in JOBS if not job.divides and not job.after_planning]


@dataclass
class Stepped:
    shows: datetime

    def now(self) -> datetime:
        return self.shows


@dataclass
class Year:
    """The product in its year: a database, a clock, a mail server, and what was sent at each step."""

    engine: Engine
    server: MailServer
    clock: Stepped
    people: dict[str, Human]
    model: Model
    sent: Counter[tuple[datetime, Mail]] = field(default_factory=Counter)
    expected: set[tuple[datetime, Mail]] = field(default_factory=set)
    items: dict[str, tuple[int, str, str]] = field(default_factory=dict)
    uids: dict[tuple[int, str, str], str] = field(default_factory=dict)

    def begin(self) -> None:
        with writing(self.engine) as session:
            for n, held in enumerate(contracts()):
                if held.entered_at == BEGIN:
                    self.enter(session, n)
            self.know(session)
            for who in self.people.values():
                self.settle(session, who)

    def enter(self, session: Session, n: int) -> None:
        held, now = contracts()[n], contracts()[n].entered_at
        row = load_contract(session, held.contract, definition=held.definition, now=now, actor=WHO)
        plan(session, now=now, actor=WHO, contract_id=row.id)
        for who in self.people.values():
            for parts, role in (
                (who.managers_of, RoleName.PROGRAM_MANAGER),
                (who.liaison_of, RoleName.PROGRAM_LIAISON),
                (who.fiscal_of, RoleName.FISCAL_LIAISON),
                (who.backs_up, RoleName.FISCAL_STAFF),
            ):
                if n in parts:
                    add_role(session, self.person(session, who.email), row, role)
            if n in who.member_of:
                add_member(session, self.person(session, who.email), row.id, "riverbend", now=now, actor=WHO)
        self.model.plan(n, held.contract)

    def settle(self, session: Session, who: Human) -> None:
        """Record what a person chose."""
        person = self.person(session, who.email)
        stand_in = self.person(session, who.substitute) if who.substitute else None
        wanted = Wanted(who.hour, who.chosen_zone, who.nothing_due_on, who.more, *(who.pause or (None, None)), stand_in)
        prefer(session, person, wanted, now=BEGIN, actor=WHO)
        for n in who.backs_up:
            manager = next(each for each in self.people.values() if n in each.managers_of)
            role, name = RoleName.PROGRAM_MANAGER, contracts()[n].contract.id
            set_backup(session, name, self.person(session, manager.email), role, backup=person, now=BEGIN, actor=WHO)
        if who.away:
            away = {"starts_on": who.away[0], "ends_on": who.away[1], "entered_by": WHO, "entered_at": BEGIN}
            session.add(Absence(person_id=person.id or 0, **away))

    def person(self, session: Session, email: str) -> Person:
        found = session.exec(select(Person).where(Person.email == email)).first()
        return found or add_person(session, email.partition("@")[0], email=email)

    def know(self, session: Session) -> None:
        """Learn the names of the deliverables' pages."""
        for row in session.exec(select(Deliverable)):
            key = int(row.contract_id.removeprefix("contract-")), row.obligation_id, row.occurrence
            self.items[row.uid], self.uids[key] = key, row.uid

    def happen(self, act: Act) -> None:
        with writing(self.engine) as session:
            told = self.done(session, act, self.uids.get((act.contract, act.obligation, act.occurrence), ""))
            owe_change_notices(session, told, cause=act.what, now=act.at, base_url=BASE_URL, sender=SENDER)
        self.model.happen(act)

    def done(self, session: Session, act: Act, uid: str) -> list[Rehearsal]:
        key, by = f"{act}", By(WHO)
        match act.what:
            case "submit":
                submit(session, uid, Sent(act.at, "Jo", "email"), form_key=key, now=act.at, by=by)
            case "return":
                decide(session, uid, Lifecycle.RETURN, comment="Line 4 is wrong.", form_key=key, now=act.at, by=by)
            case "accept":
                decide(session, uid, Lifecycle.ACCEPT, form_key=key, now=act.at, by=by)
            case "waive":
                set_aside(session, uid, Lifecycle.WAIVE, reason="not needed", form_key=key, now=act.at, by=by)
            case "close":
                return announce_closure(session, "US-WA", STORM, now=act.at, actor=WHO)
            case "amend":
                contract, definition = amended(act.contract)
                changed, _ = accept_amendment(
                    session,
                    contract,
                    definition=definition,
                    accepted=None,
                    seal=None,
                    source="A",
                    now=act.at,
                    actor=WHO,
                )
                return [changed]
            case "move":
                assert act.on is not None
                return [move_date(session, uid, on=act.on, cut_off=None, source="a mail", now=act.at, actor=WHO)]
            case _:
                assert act.on is not None
                granted = record_granted(
                    session,
                    uid,
                    Request(act.at, "Jo", "flooded"),
                    Granting(act.on, override_reason="flood"),
                    decided_at=act.at,
                    decided_by="Lee",
                    form_key=key,
                    now=act.at,
                    by=by,
                )
                return [granted.rehearsal]
        return []

    def step(self, context: Context, now: datetime, jobs: list[Job]) -> None:
        self.clock.shows = now
        for job in jobs:
            job.verb(context, now)
        for mail in self.server.mails:
            self.sent[now, self.read(mail.recipient, mail.content)] += 1
        self.server.mails.clear()
        self.server.commands.clear()
        self.server.in_clear = b""
        self.expected |= {(now, mail) for mail in self.model.step(now)}

    def read(self, recipient: str, content: bytes) -> Mail:
        """Return a mail as the model says it: to whom, of which kind, and what it lists."""
        mail = message_from_bytes(content)
        subject = str(make_header(decode_header(str(mail["Subject"])))).replace("\n ", " ")
        part = next(part for part in mail.walk() if part.get_content_type() == "text/plain")
        text = part.get_payload(decode=True)
        assert isinstance(text, bytes)
        lines = frozenset(self.lines(text.decode().splitlines()))
        if mail["List-Unsubscribe"]:
            return recipient, "daily", lines
        kinds = {"Due today, ": "due today", "Returned, ": "returned", "Due to the lead": "part due today"}
        kind = next((kind for said, kind in kinds.items() if subject.startswith(said)), subject)
        if re.match(r"(A date|\d+ dates) changed: ", subject):
            return recipient, "dates changed", lines
        if subject.startswith("Nothing of yours is due"):
            return recipient, "nothing due", frozenset()
        return recipient, kind, frozenset(key for _, key in lines)

    def lines(self, text: list[str]) -> Iterator[tuple[object, ...]]:
        headings = {
            "DUE": "due",
            "OVERDUE": "overdue",
            "DUE FROM": "parts",
            "DATES CHANGED": "moved",
            "WHAT": "changed",
        }
        section, count = "moved", 0
        for line in text:
            if line.startswith(tuple(headings)):
                section = max((said for said in headings if line.startswith(said)), key=len, default=section)
                section, count = headings.get(section, section), 0
            count += line.startswith("- ")
            if found := re.match(r" *https://due.example/(deliverables|parts)/([0-9a-f-]{36})", line):
                yield section, self.items[found[2]]
            elif section == "moved" and (found := re.match(r" *https://due.example/contracts/contract-(\d\d)$", line)):
                yield "moved", int(found[1]), count
                count = 0


def steps(acts: list[Act]) -> list[datetime]:
    """Return the instants at which something can happen: each mail hour of somebody, and after whatever happened."""
    found = {act.at + timedelta(minutes=5) for act in acts if act.what != "accept"}
    for day in range((LAST - FIRST).days + 1):
        on = FIRST + timedelta(days=day)
        # At weekends the one thing that goes out is due on that very day, or before anybody's next mail.
        for at, zone in ((time(7), EASTERN), (time(7), PACIFIC), (time(10, 5), PACIFIC))[on.weekday() > 4 :]:
            found.add(datetime.combine(on, at, ZoneInfo(zone)).astimezone(UTC))
    return sorted(found)


def live(year: Year, *, until: date = LAST, acts: list[Act] | None = None) -> None:
    """Live through the year, up to the end of a day."""
    acts = script() if acts is None else acts
    context = Context(
        engine=year.engine,
        clock=year.clock,  # type: ignore[arg-type]
        base_url=BASE_URL,
        sender=SENDER,
        transport=lambda: SmtpTransport("127.0.0.1", year.server.port, security="none"),
        process="the year",
    )
    waiting, planned = list(acts), FIRST
    for now in steps(acts):
        if now.date() > until:
            break
        for n, held in enumerate(contracts()):
            if BEGIN < held.entered_at <= now and not any(key[0] == n for key in year.uids):
                with writing(year.engine) as session:
                    year.enter(session, n)
                    year.know(session)
        while waiting and waiting[0].at <= now:
            year.happen(waiting.pop(0))
        is_quarter = now.date() >= planned
        planned = planned + timedelta(days=92) if is_quarter else planned
        year.step(context, now, list(JOBS) if is_quarter else list(EACH_STEP))


def started(engine: Engine, server: MailServer) -> Year:
    who = people()
    year = Year(engine, server, Stepped(BEGIN), who, Model(who))
    year.begin()
    return year
