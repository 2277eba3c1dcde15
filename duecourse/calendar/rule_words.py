"""By which rule is an obligation due, said to a person?"""

from __future__ import annotations

from duecourse.calendar import words
from duecourse.calendar.anchored_rules import FromContract, FromDeliverable, WithDeliverable, WithNextDeliverable
from duecourse.calendar.business_days import Roll
from duecourse.calendar.event_rules import FromEvent
from duecourse.calendar.offsets import Unit
from duecourse.calendar.periods import periods_in
from duecourse.calendar.rules import FromPeriod, NthBusinessDay, PeriodRule
from duecourse.calendar.schedule import Contract, Obligation, Rule
from duecourse.calendar.thresholds import Threshold


def rule_in_words(contract: Contract, obligation: Obligation) -> str:
    """Return an obligation's rule without any date: ``by the 20th of the month after the month of service``."""
    rule = obligation.rule
    if isinstance(rule, PeriodRule):
        starts = contract.fiscal_year_starts
        period = next(periods_in(obligation.every, contract.start, contract.end, fiscal_year_starts=starts))
        return rule.words(period)
    if isinstance(rule, WithDeliverable | WithNextDeliverable | FromDeliverable):
        return rule.words(contract.obligation(rule.obligation).title)
    return rule.words()


def closed_days_in_words(obligation: Obligation) -> str:
    """Return what becomes of a date on which offices are closed, or an empty text where it stands or cannot be one."""
    closed = obligation.closed_day
    if closed.roll is Roll.UNADJUSTED or _is_never_closed(obligation.rule):
        return ""
    which = {
        Roll.FOLLOWING: "the next business day",
        Roll.PRECEDING: "the last business day before",
        Roll.MODIFIED_FOLLOWING: "the next business day, or the last one before where that is in the next month",
    }[closed.roll]
    cut_off = f", before {words.clock_time(closed.cut_off)}" if closed.cut_off else ""
    return f"when offices are closed, {which}{cut_off}"


def threshold_in_words(threshold: Threshold) -> str:
    """Return what the figures of a quarter are held against."""
    share = f"{threshold.percent} percent of {threshold.capacity}"
    said = f"the mean of a quarter's three monthly figures is at least {share}"
    return (
        f"{said}; it matters when {threshold.consecutive} quarters in a row miss it"
        if threshold.consecutive > 1
        else said
    )


def _is_never_closed(rule: Rule) -> bool:
    """Tell whether a rule names open days only, or takes its date from a deliverable that has been rolled already."""
    if isinstance(rule, NthBusinessDay | WithDeliverable | WithNextDeliverable):
        return True
    counted = isinstance(rule, FromEvent | FromPeriod | FromContract | FromDeliverable) and rule.offset
    return bool(counted and counted.unit is Unit.BUSINESS_DAYS and counted.count and not counted.strictly_before)
