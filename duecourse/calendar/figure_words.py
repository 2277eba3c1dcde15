"""How are figures, means, thresholds and amounts said to people, exactly?"""

from __future__ import annotations

from fractions import Fraction

from duecourse.calendar.caseload import Result
from duecourse.calendar.enrollment import Measure
from duecourse.language.said import say, say_in

NOT_YET = say("not yet known")
_MEASURES = {Measure.SERVED: say_in("measure", "served"), Measure.ACTIVE: say_in("measure", "active")}


def measure(of: Measure) -> str:
    """Return a measure as it is said: ``served``."""
    return _MEASURES[of]


def mixed(number: Fraction) -> str:
    """Return an exact number as people write it: ``44``, ``44 1/3``, ``2/3``."""
    whole, rest = divmod(number.numerator, number.denominator)
    if not rest:
        return str(whole)
    part = f"{rest}/{number.denominator}"
    return f"{whole} {part}" if whole else part


def exact(number: Fraction) -> str:
    """Return an exact number with its decimals where they end, else as a fraction: ``44.2``, ``10.2``, ``44 1/3``."""
    rest = number.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if rest != 1:
        return mixed(number)
    # Fractions of slots come from percents and hundredths of FTE: four decimals hold every one of them.
    return f"{float(number):.4f}".rstrip("0").rstrip(".")


def dollars(cents: int) -> str:
    """Return ``$506.30``, ``$0.00`` or ``$1,560.00``."""
    return f"${cents // 100:,}.{cents % 100:02d}"


def in_words(result: Result) -> str:
    """Say what a test of a quarter came to: ``44 1/3 of 52: meets 85 percent (44.2)``."""
    limit = result.test.threshold
    values = {"percent": limit.percent, "needed": exact(limit.needed), "capacity": limit.capacity}
    if result.mean is None:
        return say("not yet known; %(percent)s percent is %(needed)s of %(capacity)s", **values)
    values["mean"] = mixed(result.mean.value)
    if result.mean.meets:
        return say("%(mean)s of %(capacity)s: meets %(percent)s percent (%(needed)s)", **values)
    return say("%(mean)s of %(capacity)s: below %(percent)s percent (%(needed)s)", **values)


def award_in_words(result: Result) -> str:
    """Say what a quarter earns, as an estimate: the funder checks the data and decides."""
    award = result.test.award
    if award is None:
        return ""
    if result.mean is None:
        return NOT_YET
    if result.award is None:
        return say("no award is offered for this quarter")
    if not result.award:
        return say_in("award", "none")
    return say("about %(dollars)s (an estimate)", dollars=dollars(result.award))
