"""Which duties of a contract are covered, where does each one live, and when does it fall due, for example?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from duecourse.calendar import words
from duecourse.calendar.anchored_rules import starting_event
from duecourse.calendar.business_days import Roll
from duecourse.calendar.event_rules import said
from duecourse.calendar.occurrences import occurrences
from duecourse.calendar.periods import add_months
from duecourse.calendar.rule_words import closed_days_in_words, rule_in_words, threshold_in_words
from duecourse.calendar.schedule import Contract, Event, Obligation

_HEAD = """\
# What is covered

`duecourse coverage` writes this page, and a test compares it with the contract files. Each duty that the contracts were
read for stands here under its id, with the place where it lives: an *obligation* has dates, and a *check* is shown on
the contract's page. The example is the first date from a year into the contract on; where an obligation waits
for an event, the event is taken to happen then.
"""
_MONTHS_IN = 12


def coverage(contracts: Iterable[tuple[str, Contract]]) -> str:
    """Return, as Markdown, tables of all duties of these contracts, each given with the name of its file."""
    return _HEAD + "".join(_section(file, contract) for file, contract in contracts)


def _section(file: str, contract: Contract) -> str:
    obligations = words.count(len(contract.obligations), "obligation")
    checks = words.count(len(contract.checks), "check")
    lines = [
        "",
        f"## {file}",
        "",
        f"{contract.name} ({contract.number}): {obligations} and {checks}.",
        "",
        "| id | title | lives as | rule | for example |",
        "| --- | --- | --- | --- | --- |",
    ]
    for obligation in contract.obligations:
        rule = [rule_in_words(contract, obligation), closed_days_in_words(obligation)]
        said_rule = "; ".join(part for part in rule if part)
        lines.append(_row(obligation.id, obligation.title, "obligation", said_rule, _example(contract, obligation)))
    for check in contract.checks:
        rule_of_check = threshold_in_words(check.threshold) if check.threshold else "no date"
        lines.append(_row(check.id, check.title, "check", rule_of_check, ""))
    return "\n".join(lines) + "\n"


def _example(contract: Contract, obligation: Obligation) -> str:
    on, event = _sample_day(contract), starting_event(obligation.rule)
    happened = [Event(event, datetime.combine(on, time(12), ZoneInfo(contract.zone)))] if event else []
    found = [each for each in occurrences(contract, happened, flow=obligation.flow) if each.obligation == obligation]
    if not found:
        return ""
    shown = next((each for each in found if each.moment.nominal_on >= on), found[-1])
    what = f"{said(event)} on {words.day(on)}" if event else shown.label
    return f"{what}: {shown.moment.phrase()}"


def _sample_day(contract: Contract) -> date:
    return contract.days().roll(min(add_months(contract.start, _MONTHS_IN), contract.end), Roll.FOLLOWING)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', ' ') for cell in cells)} |"
