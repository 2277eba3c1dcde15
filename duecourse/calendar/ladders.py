"""On which days before and after a due date is somebody told, who is told, and of what?

A ladder is a list of steps. Days are counted from the due date, each time anew. The usual ladder has a step 14, 7 and
1 days before it, on the day, 1 and 3 days after it (the last with a copy to the liaisons), and then one every week.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any

from duecourse.calendar import words
from duecourse.calendar.business_days import BusinessCalendar
from duecourse.language.said import Commas, noted_count, say, say_count, say_in

_WEEK = 7
_BEFORE = noted_count("%(days)s day before", "%(days)s days before")
_AFTER = noted_count("%(days)s day after", "%(days)s days after")


class Audience(StrEnum):
    """Who is told at a step."""

    OWNER = "owner"
    """Whoever has to submit it: the program managers, and whoever stands in for them."""
    BACKUP = "backup"
    SUPERVISOR = "supervisor"
    LEADERSHIP = "leadership"
    PROGRAM_LIAISON = "program liaison"
    FISCAL_LIAISON = "fiscal liaison"

    @property
    def is_liaison(self) -> bool:
        """Whether the funder's liaisons are meant."""
        return self in (Audience.PROGRAM_LIAISON, Audience.FISCAL_LIAISON)


OWNER = frozenset({Audience.OWNER})
LIAISONS = frozenset({Audience.PROGRAM_LIAISON, Audience.FISCAL_LIAISON})
SENIORS = frozenset({Audience.SUPERVISOR, Audience.LEADERSHIP})


@dataclass(frozen=True, slots=True)
class Step:
    """So many days after the due date (before it when negative), in calendar or business days, and who is told then.

    With `prepare` it is a step of the work, such as “draft ready”, and no reminder to submit.
    """

    offset: int
    business: bool = False
    to: frozenset[Audience] = OWNER
    prepare: str = ""

    @property
    def furthest(self) -> int:
        """The most calendar days that can lie between it and the due date."""
        return abs(self.offset) * 2 + _WEEK if self.business else abs(self.offset)

    def on(self, due_on: date, days: BusinessCalendar | None) -> date:
        """Return the day of the step; `days` may be None for one in calendar days."""
        if self.business and days is not None:
            return days.add(due_on, self.offset)
        return due_on + timedelta(days=self.offset)


@dataclass(frozen=True, slots=True)
class Ladder:
    """Steps in any order; with `weekly`, the owner is told every week after the last one that follows the due date."""

    steps: tuple[Step, ...]
    weekly: bool = True

    @property
    def furthest_before(self) -> int:
        """The most calendar days before a due date at which its first step can lie."""
        return max((step.furthest for step in self.steps if step.offset < 0), default=0)

    @property
    def has_business_days(self) -> bool:
        """Whether a step is counted in business days."""
        return any(step.business for step in self.steps)

    @property
    def last_after(self) -> int:
        """The calendar days after the due date from which the weekly steps are counted, the first a week later."""
        return max((s.offset for s in self.steps if s.offset >= 0 and not s.business and not s.prepare), default=0)

    def said(self) -> str:
        """Say when the owner is reminded: ``14, 7 and 1 days before, on the day, 1 and 3 days after, then weekly``."""
        offsets = sorted({(s.offset, s.business) for s in self.steps if s.to & OWNER and not s.prepare})
        parts = []
        for side, days in (
            (_BEFORE, [(-n, b) for n, b in offsets if n < 0]),
            (None, [(n, b) for n, b in offsets if n == 0]),
            (_AFTER, [(n, b) for n, b in offsets if n > 0]),
        ):
            if days and side is None:
                parts.append(say_in("reminder", "on the day"))
            elif days and side is not None:
                numbers = words.joined([say("%(days)s business", days=n) if b else str(n) for n, b in days])
                parts.append(say_count(*side, days[-1][0], days=numbers))
        return Commas((*parts, say("then weekly until it is submitted")) if self.weekly else tuple(parts))

    def with_more(self, offsets: tuple[int, ...]) -> Ladder:
        """Return the ladder of somebody who asked to be told on more days."""
        return Ladder((*self.steps, *(Step(offset) for offset in offsets)), self.weekly)


USUAL = Ladder((Step(-14), Step(-7), Step(-1), Step(0), Step(1), Step(3, to=OWNER | LIAISONS)))
FIRST_OFFSET = -USUAL.furthest_before


@dataclass(frozen=True, slots=True)
class NoticeTerms:
    """What a contract says of notices: its calendar of business days, its ladder, and those of single obligations."""

    calendar: str = ""
    ladder: Ladder = USUAL
    obligations: dict[str, Ladder] = field(default_factory=dict)

    def of(self, obligation_id: str) -> Ladder:
        """Return the ladder of an obligation."""
        return self.obligations.get(obligation_id, self.ladder)

    @property
    def furthest_before(self) -> int:
        """The most calendar days before a due date at which any of its ladders begins."""
        return max(ladder.furthest_before for ladder in (self.ladder, *self.obligations.values()))

    def text(self) -> str:
        """Return the terms as JSON, as `terms_from` reads them."""
        said: dict[str, Any] = {"calendar": self.calendar}
        if self.ladder != USUAL:
            said["ladder"] = _plain(self.ladder)
        if self.obligations:
            said["obligations"] = {name: _plain(ladder) for name, ladder in self.obligations.items()}
        return json.dumps(said)


@lru_cache(maxsize=4096)
def terms_from(text: str) -> NoticeTerms:
    """Return the terms that `NoticeTerms.text` wrote; the usual ones for an empty text."""
    said = json.loads(text) if text else {}
    return NoticeTerms(
        said.get("calendar", ""),
        _ladder(said["ladder"]) if "ladder" in said else USUAL,
        {name: _ladder(each) for name, each in said.get("obligations", {}).items()},
    )


def _plain(ladder: Ladder) -> dict[str, Any]:
    steps = [[step.offset, step.business, sorted(step.to), step.prepare] for step in ladder.steps]
    return {"steps": steps, "weekly": ladder.weekly}


def _ladder(said: dict[str, Any]) -> Ladder:
    steps = (
        Step(offset, business, frozenset(map(Audience, to)), prepare) for offset, business, to, prepare in said["steps"]
    )
    return Ladder(tuple(steps), said["weekly"])
