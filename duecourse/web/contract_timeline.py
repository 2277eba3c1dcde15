"""What happened to a contract in its term: when it began, its amendments, its plans of action, and when it ends?

Drawn as one line of time; the list below it says the same in words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from duecourse.calendar import words
from duecourse.calendar.schedule import Contract
from duecourse.language.said import say
from duecourse.models import ContractRow
from duecourse.tracking.action_plans.plan_story import Story
from duecourse.web.plan_words import where_it_stands
from duecourse.web.render import date_alone

WIDTH, HEIGHT = 600, 40
_EDGE, _LINE = 10, 20


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing on the line of time; `kind` is how it is drawn. `on` is None where its day is not known here."""

    on: date | None
    kind: str
    title: str
    label: str = ""
    link: str = ""
    until: date | None = None
    at: float = 0.0
    """Its place in the drawing, and where it ends, if it lasts."""
    to: float = 0.0


@dataclass(frozen=True, slots=True)
class Timeline:
    """The marks in order of time, and the place of today, None outside of the drawing."""

    marks: tuple[Mark, ...]
    today: float | None
    width: int = WIDTH
    height: int = HEIGHT
    line: int = _LINE
    edge: int = _EDGE


def timeline_of(row: ContractRow, stated: Contract, plans: Sequence[Story], *, today: date) -> Timeline:
    """Return the line of time of a contract."""
    marks = list(_marks(row, stated, plans, today))
    known = [mark.on for mark in marks if mark.on is not None]
    first, last = min(known), max([*known, *(mark.until for mark in marks if mark.until is not None)])
    days = max((last - first).days, 1)

    def place(on: date) -> float:
        return round(_EDGE + (WIDTH - 2 * _EDGE) * (on - first).days / days, 1)

    drawn = [
        Mark(
            mark.on,
            mark.kind,
            mark.title,
            mark.label,
            mark.link,
            mark.until,
            place(mark.on) if mark.on else 0.0,
            place(mark.until) if mark.until else 0.0,
        )
        for mark in sorted(marks, key=lambda mark: (mark.on is None, mark.on or today))
    ]
    return Timeline(tuple(drawn), place(today) if first <= today <= last else None)


def _marks(row: ContractRow, stated: Contract, plans: Sequence[Story], today: date) -> Iterator[Mark]:
    yield Mark(row.start_on, "edge", say("The contract begins."))
    for amendment in stated.amendments:
        signed, effective = amendment.executed_on, amendment.effective_on
        said = [
            say("Signed %(day)s.", day=date_alone(signed))
            if signed
            else say("The day of its signature is not known here.")
        ]
        if signed and effective and signed > effective:
            said.append(say("What it asks for from before that day cannot be late."))
        if amendment.ends:
            said.append(say("The contract then ends on %(day)s.", day=date_alone(amendment.ends)))
        if effective:
            name = say("%(amendment)s takes effect.", amendment=amendment.name)
        else:
            name = say("%(amendment)s: its first day is not known here.", amendment=amendment.name)
        yield Mark(effective, "amendment", name, words.following(*said))
    for plan in plans:
        zone = ZoneInfo(row.zone)
        opened, ended = _day(plan.plan.opened_at, zone), plan.shape.ended_at
        until = _day(ended, zone) if ended else max(today, opened)
        link = f"/contracts/{row.id}/plans/{plan.plan.uid}"
        title = f"{plan.process.title}, {plan.plan.reference}"
        yield Mark(opened, "plan", title, where_it_stands(plan), link, until)
    ends = say("The contract ends: it has ended.") if today > row.end_on else say("The contract ends.")
    yield Mark(row.end_on, "edge", ends)


def _day(at: datetime, zone: ZoneInfo) -> date:
    return at.astimezone(zone).date()
