"""What would the definition of a contract be, as its exhibit prints it?"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TextIO

from duecourse.calendar import state_days, words
from duecourse.calendar.business_days import Roll
from duecourse.calendar.words import ZONES
from duecourse.cli.given import day, time_of_day
from duecourse.definitions.values import MONTHS
from duecourse.drafting.draft import Draft, draft
from duecourse.drafting.facts import Facts
from duecourse.drafting.kinds import LARGEST, read_exhibit
from duecourse.drafting.written import line_in_words, written
from duecourse.errors import BadInput, NotFound

_LONGEST_TEXT = 200


def add_draft(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument(
        "exhibit", metavar="FILE", help="the exhibit: text, CSV, XLSX, DOCX or PDF; - reads a text typed in"
    )
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="write the draft to this new file instead of printing it"
    )
    parser.add_argument("--checks", action="store_true", help="print the table of checks alone, and no draft")
    parser.add_argument("--id", default="", metavar="ID", help="the contract's id: small letters, digits and hyphens")
    parser.add_argument("--number", default="", metavar="TEXT", help="the contract's number")
    parser.add_argument("--title", default="", metavar="TEXT", help="what people call the contract")
    parser.add_argument("--funder", default="", metavar="TEXT", help="who pays")
    parser.add_argument("--contractor", default="", metavar="TEXT", help="who owes the reports")
    parser.add_argument("--start", metavar="DATE", help="the contract's first day")
    parser.add_argument("--end", metavar="DATE", help="the contract's last day")
    parser.add_argument("--zone", default="", choices=list(ZONES), metavar="ZONE", help="such as America/Los_Angeles")
    parser.add_argument("--calendar", default="", metavar="CALENDAR", help="whose offices, such as US-WA")
    parser.add_argument("--fiscal-year-starts", choices=MONTHS, metavar="MONTH", help="such as July")
    parser.add_argument("--when-closed", choices=list(Roll), help="what becomes of a date on a closed day")
    parser.add_argument("--cut-off", metavar="HH:MM", help="due before this time on the day to which it moved")
    parser.set_defaults(verb=_draft)


def _draft(given: argparse.Namespace) -> int:
    made = draft(read_exhibit(_content(given.exhibit), name=given.exhibit), _facts(given))
    text = written(made)
    if given.checks:
        _print_checks(made, sys.stdout)
        return 0
    if given.out is not None:
        try:
            with given.out.open("x", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            raise BadInput(f"--out: {given.out} cannot be written: {error.strerror}. Name a new file.") from error
        print(f"{given.out}: {words.count(len(made.duties), 'obligation')} from {words.count(made.rows, 'row')}.")
    else:
        print(text, end="")
    _print_checks(made, sys.stderr)
    return 0


def _content(name: str) -> bytes:
    try:
        if name == "-":
            return sys.stdin.buffer.read(LARGEST + 1)
        with Path(name).open("rb") as file:
            return file.read(LARGEST + 1)
    except OSError as error:
        raise NotFound(f"The exhibit {name} cannot be read: {error.strerror}.") from error


def _facts(given: argparse.Namespace) -> Facts:
    known = state_days.known_codes()
    if given.calendar and not set(given.calendar.split("+")) <= known:
        raise BadInput(
            f"--calendar: “{given.calendar}” is not a calendar. Use US-WA for a state's, US for the federal ones."
        )
    for name in ("id", "number", "title", "funder", "contractor"):
        said = getattr(given, name)
        if len(said) > _LONGEST_TEXT or not said.isprintable():
            raise BadInput(f"--{name}: write one line of at most {_LONGEST_TEXT} characters.")
    starts = day(given.start, "--start") if given.start else None
    ends = day(given.end, "--end") if given.end else None
    if starts and ends and ends <= starts:
        raise BadInput("--end: the contract would end before it starts. Check both dates.")
    return Facts(
        id=given.id,
        number=given.number.strip(),
        title=given.title.strip(),
        funder=given.funder.strip(),
        contractor=given.contractor.strip(),
        starts=starts,
        ends=ends,
        zone=given.zone,
        calendar=given.calendar,
        fiscal_year_starts=MONTHS.index(given.fiscal_year_starts) + 1 if given.fiscal_year_starts else None,
        roll=Roll(given.when_closed) if given.when_closed else None,
        cut_off=time_of_day(given.cut_off, "--cut-off") if given.cut_off else None,
    )


def _print_checks(made: Draft, to: TextIO) -> None:
    for each in made.checked:
        printed = sum(line.printed_on is not None for line in each.lines)
        verdict = f"{words.count(each.off, 'date disagrees', 'dates disagree')}" if each.off else "agrees"
        print(f"{each.obligation_id}: {each.rule}; {words.count(printed, 'date')} printed, {verdict}", file=to)
        for line in each.lines:
            said = f"{line_in_words(line)}  {line.verdict.upper() if line.verdict.is_disagreement else line.verdict}"
            print(f"  {line.number:<6} {said}{f'  ({line.where})' if line.where else ''}", file=to)
    dated = {each.obligation_id for each in made.checked}
    for name in made.duties:
        if name not in dated:
            print(f"{name}: no date before an event happens", file=to)
    for name, undated in made.undated.items():
        print(f"{name}: neither a date nor a rule; kept as a check ({undated.title})", file=to)
    for doubt in made.doubts:
        print(f"Look at this: {doubt}", file=to)
    if made.asked:
        print(f"To fill in: {', '.join(made.asked)}.", file=to)
