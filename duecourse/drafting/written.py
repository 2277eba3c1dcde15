"""How is a draft written as a contract file, with its doubts as comments beside what they are about?"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from duecourse.calendar import words
from duecourse.calendar.anchored_rules import PrintedDates
from duecourse.calendar.business_days import Roll
from duecourse.calendar.event_rules import FromEvent
from duecourse.calendar.offsets import Direction, Offset, Unit
from duecourse.calendar.periods import Covers, Every, TermEnd
from duecourse.calendar.rules import DayOfMonth, FromPeriod, LastDayOfMonth, NthBusinessDay, ShortMonth
from duecourse.definitions.resolved import NO_NUMBER
from duecourse.definitions.values import MONTHS
from duecourse.definitions.writing_out import prose, scalar
from duecourse.drafting.comparing import Checked, Line, Verdict
from duecourse.drafting.duties import Duty
from duecourse.drafting.places import place_said
from duecourse.language.catalogue import ENGLISH
from duecourse.language.said import Commas, in_language, say, say_count, say_in

if TYPE_CHECKING:
    from duecourse.drafting.draft import Draft

_WIDEST = 116
_TO_FILL_IN = {
    "id": say("small letters, digits and hyphens; it never changes"),
    "number": say("the contract’s number"),
    "name": say("what people call it"),
    "funder": say("who pays"),
    "contractor": say("who owes the reports"),
    "time_zone": say("such as America/Los_Angeles"),
    "calendar": say("whose offices: US-WA for a state’s, US for the federal ones"),
}
_LONGEST = 2000
_NO_DATE = say_in("date", "nothing")


def written(draft: Draft, *, language: str = ENGLISH) -> str:
    """Return the text of the contract file. What only a person can say is empty, and marked “fill in”.

    The comments are in `language`; what the definition itself holds is recorded, and in English.
    """
    comment = _Comments(language)
    lines = [
        "# yaml-language-server: $schema=contract.schema.json",
        *comment.lines(
            say_count(
                "Drafted from %(file)s: %(num)s row. Read it beside the contract, then use it.",
                "Drafted from %(file)s: %(num)s rows. Read it beside the contract, then use it.",
                draft.rows,
                file=draft.file,
            )
        ),
    ]
    for doubt in draft.doubts:
        lines += comment.lines(Commas(("-", doubt), " "))
    lines += ["format: duecourse-contract/1", "", *_contract(draft, comment), "", "exhibits:"]
    for term in draft.terms:
        guessed = comment.behind(say("guessed")) if term.is_guessed else ""
        lines.append(f"  {scalar(term.name)}:")
        lines += [f"    services_from: {term.starts}{guessed}", f"    services_to: {term.ends}{guessed}"]
        last_day = say("the last day for deliverables, if the contract states one")
        lines.append(f"    # last_day:               {comment.behind(last_day)}")
    lines += ["", "obligations:"]
    checked = {each.obligation_id: each for each in draft.checked}
    for name, duty in draft.duties.items():
        lines += [*_obligation(name, duty, checked.get(name), draft, comment), ""]
    if draft.undated:
        lines.append("checks:")
        lines += comment.lines(
            say("Rows that name neither a date nor a rule. Give a rule to those that are owed by a date."), 2
        )
        for name, each in draft.undated.items():
            clause = f"Exhibit {each.numbers}".strip() if each.numbers else "the deliverables table"
            lines += [f"  - id: {name}", *prose("title", each.title, 4), *prose("clause", clause[:200], 4)]
            lines += [*prose("says", each.says[:_LONGEST], 4), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def line_in_words(line: Line) -> str:
    """Return both dates side by side: ``printed: Sat Jan 22, 2022; by the rule: Mon Jan 24, 2022``."""
    ruled = line.due_on if line.verdict is Verdict.MOVES else line.nominal_on
    return say(
        "printed: %(printed)s; by the rule: %(ruled)s",
        printed=words.day(line.printed_on) if line.printed_on else _NO_DATE,
        ruled=words.day(ruled) if ruled else _NO_DATE,
    )


@dataclass(frozen=True, slots=True)
class _Comments:
    """Writes comments of a file in one language."""

    language: str

    def lines(self, text: str, depth: int = 0) -> list[str]:
        start = f"{' ' * depth}# "
        said = in_language(text, self.language)
        return textwrap.wrap(
            said, _WIDEST, initial_indent=start, subsequent_indent=f"{start}  ", break_long_words=False
        )

    def behind(self, text: str) -> str:
        return f"   # {in_language(text, self.language)}"


def _contract(draft: Draft, comment: _Comments) -> Iterator[str]:
    facts = draft.facts
    given = {
        "id": facts.id,
        "number": facts.number,
        "name": facts.title,
        "funder": facts.funder,
        "contractor": facts.contractor,
        "starts": str(draft.starts),
        "ends": str(draft.ends),
        "time_zone": facts.zone,
        "calendar": facts.calendar,
        "fiscal_year_starts": MONTHS[draft.fiscal_year_starts - 1],
    }
    guessed = comment.behind(say("guessed from the exhibit"))
    yield "contract:"
    for name, value in given.items():
        is_guessed = (name == "starts" and not facts.starts) or (name == "ends" and not facts.ends)
        if not value:
            fill_in = say("fill in: %(what)s", what=_TO_FILL_IN[name])
            yield f"  {name}:                {comment.behind(fill_in)}"
        else:
            yield f"  {name}: {scalar(value)}{guessed if is_guessed else ''}"
    yield "  when_closed:"
    yield f"    roll: {facts.roll or Roll.UNADJUSTED}"
    if facts.cut_off is not None:
        yield f"    cut_off: {facts.cut_off:%H:%M}"


def _obligation(name: str, duty: Duty, checked: Checked | None, draft: Draft, comment: _Comments) -> Iterator[str]:
    series = duty.series
    for remark in duty.remarks:
        yield from comment.lines(remark, 2)
    if checked is not None and duty.printed:
        yield from _compared(checked, len(duty.printed), comment)
    yield f"  - id: {name}"
    yield from prose("title", duty.title, 4)
    yield f"    schedule: {_schedule(duty)}"
    yield from prose("clause", _clause(duty), 4)
    yield "    owed_by: contractor"
    recipient, channel = series.usual("recipient"), series.usual("channel")
    yield from prose("owed_to", (recipient or draft.facts.funder or "the funder")[:200], 4)
    yield f"    channel: {scalar(channel[:200]) if channel else 'not stated'}"
    yield f"    every: {duty.every}"
    yield "    due:"
    for field, value in _rule(duty):
        yield f"      {field}: {value}" if value else f"      {field}:"
    if duty.covers is not Covers.PERIOD:
        yield f"    covers: {duty.covers}"
    if duty.roll is not None and duty.roll is not (draft.facts.roll or Roll.UNADJUSTED):
        moved = say("the printed dates are moved already")
        yield f"    when_closed:           {comment.behind(moved)}"
        yield f"      roll: {duty.roll}"
    yield "    lines:"
    for exhibit, numbers in duty.lines.items():
        yield f"      {scalar(exhibit)}: {scalar(numbers)}"
    if series.words:
        yield from prose("note", f"The exhibit says: {series.words}"[:_LONGEST], 4)


def _compared(checked: Checked, printed: int, comment: _Comments) -> Iterator[str]:
    agreeing = sum(line.verdict in (Verdict.AGREES, Verdict.MOVES) for line in checked.lines)
    yield from comment.lines(
        say("Printed dates that agree with the rule: %(agreeing)s of %(printed)s.", agreeing=agreeing, printed=printed),
        2,
    )
    for line in checked.lines:
        if line.verdict.is_disagreement or line.verdict is Verdict.MOVES:
            both = line_in_words(line)
            where = place_said(line.where)
            yield from comment.lines(say("%(both)s (%(where)s)", both=both, where=where) if where else both, 2)


def _clause(duty: Duty) -> str:
    stated = duty.series.usual("clause")
    if stated:
        return stated[:200]
    numbers = [name if number == NO_NUMBER else f"{name} {number}" for name, number in duty.lines.items()]
    return f"Exhibit, {', '.join(numbers)}"[:200]


def _rule(duty: Duty) -> Iterator[tuple[str, str]]:
    match duty.rule:
        case DayOfMonth(day, months_after, short_month):
            yield from (("rule", "day-of-month"), ("day", str(day)))
            yield from _unless(months_after, 1, "months_after")
            yield from _unless(short_month, ShortMonth.LAST_DAY, "short_month")
        case LastDayOfMonth(months_after, business_day):
            yield "rule", "last-day-of-month"
            yield from _unless(months_after, 1, "months_after")
            yield from _unless("yes" if business_day else "no", "no", "business_day")
        case NthBusinessDay(n, months_after):
            yield from (("rule", "nth-business-day"), ("n", str(n)))
            yield from _unless(months_after, 1, "months_after")
        case FromPeriod(offset, anchor):
            yield "rule", "from-period"
            yield from _offset(offset)
            yield from _unless(anchor, TermEnd.END, "anchor")
        case FromEvent() as rule:
            yield from (("rule", "from-event"), ("event", rule.event))
            yield from _offset(rule.offset)
        case PrintedDates(on, event):
            yield from (("rule", "printed-dates"), ("dates", ""))
            yield from ((f"  {scalar(name)}", str(day)) for name, day in on.items())
            yield from _unless(event, "", "event")


def _offset(offset: Offset) -> Iterator[tuple[str, str]]:
    yield "count", str(offset.count)
    yield from _unless(offset.unit, Unit.CALENDAR_DAYS, "unit")
    yield from _unless(offset.direction, Direction.AFTER, "direction")


def _unless(value: object, usual: object, name: str) -> Iterator[tuple[str, str]]:
    if value != usual:
        yield name, str(value)


def _schedule(duty: Duty) -> str:
    title = duty.title.lower()
    if any(word in title for word in ("invoice", "voucher", "a-19", "a19", "billing", "reimbursement")):
        return "invoices"
    if "consent" in title:
        return "consent-list"
    if "meeting" in title:
        return "meetings"
    return {Every.MONTH: "monthly-enrollment", Every.QUARTER: "quarterly-reports"}.get(
        duty.every, "one-time-and-annual"
    )
