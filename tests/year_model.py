"""Which mails must a simulated year send? A model of a hundred lines, which shares nothing with the notices' own code.

It knows the contracts' rules as the calendar states them, what happened, and what people chose; it says for each step
of the clock who gets which mail with which items in which section.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from year_scene import STORM, Act, Human, amended, contracts

from duecourse.calendar.collecting import internal_date
from duecourse.calendar.due import Moved
from duecourse.calendar.occurrences import occurrences
from duecourse.calendar.schedule import Contract

DAY, STEPS = timedelta(days=1), (-14, -7, -1, 0, 1, 3)
Item = tuple[int, str, str]
"""A deliverable: the number of its contract, its obligation and its occurrence."""
Mail = tuple[str, str, frozenset[Any]]
"""To whom, of which kind, and its lines: each a section and an item, or how many dates changed in which contract."""


@dataclass
class State:
    """What is known of one deliverable."""

    due_on: date
    due_at: datetime
    party: str
    parts: bool
    period_end: date | None
    submitted: datetime | None = None
    returned: datetime | None = None
    again_by: datetime | None = None
    excused: bool = False
    over: bool = False
    """Accepted, waived or dropped."""

    @property
    def is_open(self) -> bool:
        return not self.over and (self.submitted is None or self.returned is not None)

    @property
    def limit(self) -> datetime:
        return max(self.due_at, self.again_by or self.due_at)


class Model:
    """The year as it must be."""

    def __init__(self, people: dict[str, Human]) -> None:
        self.people, self.held, self.items = people, dict[int, Contract](), dict[Item, State]()
        self.told, self.waits, self.mailed = set[Any](), dict[Any, datetime | None](), set[tuple[str, date]]()
        self.news: list[tuple[Any, str, frozenset[Any], datetime | None]] = []

    def zone(self, who: Human) -> ZoneInfo:
        parts = who.managers_of + who.liaison_of + who.fiscal_of + who.backs_up + who.member_of
        return ZoneInfo(who.chosen_zone or min(contracts()[n].contract.zone for n in parts))

    def plan(self, n: int, contract: Contract) -> list[State]:
        """Take a contract as it holds now; return what is due at another moment, is new or is gone."""
        self.held[n], known = contract, {key for key in self.items if key[0] == n}
        changed = []
        for each in occurrences(contract):
            key, at = (n, each.obligation.id, each.key), each.moment
            new = State(at.due_on, at.due_at, each.obligation.party, bool(each.obligation.collected), None)
            new.excused = bool(each.excused)
            new.period_end = each.window.end if each.window else None
            old = self.items.setdefault(key, new)
            known.discard(key)
            if old is new or (old.due_at != at.due_at and (old.submitted is None or old.returned is not None)):
                old.due_on, old.due_at, old.excused = at.due_on, at.due_at, bool(each.excused)
                changed.append(old)
        return changed + [self.items[key] for key in known]

    def happen(self, act: Act) -> None:
        """Let something happen."""
        state = self.items.get((act.contract, act.obligation, act.occurrence))
        match act.what:
            case "submit" if state:
                state.submitted, state.returned = act.at, None
            case "return" if state:
                zone, state.returned = self.held[act.contract].zone, act.at
                until = self.held[act.contract].days(act.at.date()).add(act.at.date(), 10)
                state.again_by = datetime.combine(until + DAY, time(0), ZoneInfo(zone))
            case "accept" | "waive" if state:
                state.over = True
            case "close":
                closed = {n: held for n, held in self.held.items() if held.calendar == "US-WA"}
                self.change({n: replace(held, closures=(STORM,)) for n, held in closed.items()}, act.at)
            case "amend":
                closures = self.held[act.contract].closures
                self.change({act.contract: replace(amended(act.contract)[0], closures=closures)}, act.at)
            case "move" | "extend":
                held, key = self.held[act.contract], (act.obligation, act.occurrence)
                moved = Moved(act.on or date.min, None, "", "", act.what == "extend")
                self.change({act.contract: replace(held, moved={**held.moved, key: moved})}, act.at)

    def change(self, contracts: dict[int, Contract], at: datetime) -> None:
        """Let dates of contracts change; everybody with a part in one is told, once."""
        changed = {n: found for n, contract in contracts.items() if (found := self.plan(n, contract))}
        for who in self.people.values():
            mine = [n for n in changed if n in who.managers_of + who.liaison_of + who.fiscal_of + who.backs_up]
            soonest = min((each.due_at for n in mine for each in changed[n] if each.due_at > at), default=None)
            if mine:
                lines = frozenset(("moved", n, len(changed[n])) for n in mine)
                self.news.append((who.email, at.isoformat(), lines, soonest))

    def next_mail(self, who: Human, n: int, now: datetime, news: datetime | None, before: datetime | None) -> Any:
        """When the daily mail goes that tells of something; None when all are too late."""
        zone, days = self.zone(who), self.held[n].days(now.date())
        at = lambda on: datetime.combine(on, time(who.hour), zone)  # noqa: E731
        first = now.astimezone(zone).date()
        if (who.email, first) in self.mailed or (news is not None and news > at(first)):
            first += DAY
        if who.pause and who.pause[0] <= now.astimezone(zone).date() <= who.pause[1]:
            first, before = max(first, who.pause[1] + DAY), None
        on = first
        while not days.is_business_day(on):
            on += DAY
        return next((at(day) for day in (on, first) if before is None or at(day) < before), None)

    def owed(self, now: datetime) -> Iterator[tuple[Human, Item, str, bool, str, datetime | None]]:
        """Say what is owed: to whom, of which item, its rung, whether at once, its section, and when it was if news."""
        near = now + 40 * DAY
        for key, s in self.items.items():
            recent = s.submitted is not None and not s.over and now - s.submitted < 9 * DAY
            if (s.due_at > near and not recent) or not (s.is_open or recent):
                continue
            n, held = key[0], self.held[key[0]]
            entered, ends, zone = contracts()[n].entered_at, held.end, ZoneInfo(held.zone)
            liaisons = [who for who in self.people.values() if n in who.liaison_of + who.fiscal_of]
            if recent and s.party == "contractor" and not s.returned and s.due_at >= entered:
                yield from ((who, key, f"in {s.submitted}", False, "changed", s.submitted) for who in liaisons)
            late = now >= s.limit
            if not s.is_open or (late and (s.limit < entered or s.excused)) or s.due_at > near:
                continue
            owners = self.owners(n, now.astimezone(zone).date()) if s.party == "contractor" else liaisons
            due_on = s.due_on if s.limit == s.due_at else (s.limit - timedelta(seconds=1)).astimezone(zone).date()
            if s.returned and now - s.returned <= 35 * DAY:
                yield from ((who, key, "returned", True, "", None) for who in owners)
                yield from ((who, key, "returned", False, "changed", s.returned) for who in liaisons)
            for who in owners:
                rung = self.rung((*STEPS, *who.more), due_on, zone, now, max(ends + 60 * DAY, due_on + 3 * DAY))
                if (
                    rung
                    and entered <= rung[1]
                    and now - rung[1] <= 35 * DAY
                    and rung[1] > (s.returned or entered - DAY)
                ):
                    yield who, key, f"{rung[0]}", rung[0] == 0, "overdue" if late else "due", None
            copy = self.rung((3,), due_on, zone, now, max(ends + 60 * DAY, due_on + 3 * DAY), weekly=False)
            is_copied = copy and now - copy[1] <= 35 * DAY and copy[1] > (s.returned or copy[1] - DAY)
            for who in liaisons if s.party == "contractor" and late else ():
                if is_copied:
                    yield who, key, "3", False, "changed", None
                elif now - s.limit <= 9 * DAY:
                    yield who, key, "overdue", False, "changed", s.limit

    def rung(
        self, steps: tuple[int, ...], due_on: date, zone: ZoneInfo, now: datetime, ends: date, weekly: bool = True
    ) -> tuple[int, datetime] | None:
        """Return the latest step that was reached by 6 in the morning, and when."""
        reached = now.astimezone(zone) - timedelta(hours=6)
        since = (reached.replace(tzinfo=None).date() - due_on).days
        last = max(steps)
        offsets = [*steps, *([last + (since - last) // 7 * 7] if weekly and since - last >= 7 else [])]
        offset = max((each for each in offsets if each <= since), default=None)
        if offset is None or due_on + offset * DAY > ends:
            return None
        return offset, datetime.combine(due_on + offset * DAY, time(6), zone)

    def owners(self, n: int, on: date) -> list[Human]:
        """Return who is told of what the contractor owes: the managers, or whoever stands in for them on that day."""
        found: dict[str, Human] = {}
        for who in self.people.values():
            if n in who.managers_of and who.away and who.away[0] <= on <= who.away[1]:
                found |= {each.email: each for each in self.people.values() if n in each.backs_up}
            elif n in who.managers_of and who.pause and who.pause[0] <= on <= who.pause[1]:
                found[who.substitute] = self.people[who.substitute]
            elif n in who.managers_of:
                found[who.email] = who
        return list(found.values())

    def parts(self, now: datetime) -> Iterator[tuple[Human, Item, str, bool, str, datetime | None, datetime]]:
        """Say of which internal dates the members of a subcontractor are reminded."""
        for key, s in self.items.items():
            n, held = key[0], self.held[key[0]]
            for who in self.people.values() if s.parts and s.is_open and s.limit > contracts()[n].entered_at else ():
                if n in who.member_of and held.programs:
                    due_on = s.due_on if s.limit == s.due_at else (s.limit - timedelta(seconds=1)).date()
                    own = internal_date(
                        due_on, held.days(due_on), review=held.programs.review, zone=held.zone, period_end=s.period_end
                    )
                    rung = self.rung(STEPS, own.on, ZoneInfo(held.zone), now, held.end + 60 * DAY)
                    if rung and rung[1] >= contracts()[n].entered_at:
                        yield who, key, f"part {rung[0]}", rung[0] == 0, "parts", None, own.at

    def step(self, now: datetime) -> set[Mail]:
        """Return the mails that must go out when the clock shows `now`."""
        sent: set[Mail] = set()
        waiting: dict[str, list[tuple[Any, frozenset[Any]]]] = defaultdict(list)
        owed = [(*each, self.items[each[1]].limit) for each in self.owed(now)] + list(self.parts(now))
        for who, key, rung, at_once, section, news, limit in owed:
            s = self.items[key]
            name = (who.email, key, s.due_at if section != "parts" else limit, rung, s.returned)
            if name in self.told:
                continue
            if at_once:
                self.told.add(name)
                kind = "part due today" if section == "parts" else "due today" if rung == "0" else rung
                sent.add((who.email, kind, frozenset({key})))
                continue
            before = limit if now < limit and section != "changed" else None
            if name not in self.waits:
                self.waits[name] = self.next_mail(who, key[0], now, news, before)
            assert self.waits[name] is not None, name
            waiting[who.email].append((name, frozenset({(section, key)})))
        for news_item in list(self.news):
            email, at, lines, before = news_item
            n, named = min(line[1] for line in lines), (email, at, lines)
            if named not in self.waits:
                self.waits[named] = self.next_mail(self.people[email], n, now, datetime.fromisoformat(at), before)
            if self.waits[named] is None:
                sent.add((email, "dates changed", lines))
                self.news.remove(news_item)
            else:
                waiting[email].append((named, lines))
        for email, who in self.people.items():
            local = now.astimezone(self.zone(who))
            ready = [each for each in waiting[email] if (self.waits[each[0]] or now) <= now]
            if (email, local.date()) in self.mailed or local.hour < who.hour:
                continue
            if ready:
                sent.add((email, "daily", frozenset().union(*(lines for _, lines in ready))))
                self.told |= {name for name, _ in ready}
                self.news = [each for each in self.news if each[:3] not in {name for name, _ in ready}]
                self.mailed.add((email, local.date()))
            elif who.nothing_due_on == local.weekday() and not waiting[email] and not self.is_busy(who, now):
                sent.add((email, "nothing due", frozenset()))
                self.mailed.add((email, local.date()))
        return sent

    def is_busy(self, who: Human, now: datetime) -> bool:
        """Whether something of a manager's is due within a week, or overdue."""
        return any(
            s.is_open and s.due_at < now + 7 * DAY and s.party == "contractor" and key[0] in who.managers_of
            for key, s in self.items.items()
        )
