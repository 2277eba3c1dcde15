"""How are figures, means, thresholds and amounts said to people, exactly?"""

from __future__ import annotations

from fractions import Fraction

from duecourse.calendar.caseload import Result

NOT_YET = "not yet known"


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
    share = f"{limit.percent} percent ({exact(limit.needed)})"
    if result.mean is None:
        return f"{NOT_YET}; {limit.percent} percent is {exact(limit.needed)} of {limit.capacity}"
    verdict = "meets" if result.mean.meets else "below"
    return f"{mixed(result.mean.value)} of {limit.capacity}: {verdict} {share}"


def award_in_words(result: Result) -> str:
    """Say what a quarter earns, as an estimate: the funder checks the data and decides."""
    award = result.test.award
    if award is None:
        return ""
    if result.mean is None:
        return NOT_YET
    if result.award is None:
        return "no award is offered for this quarter"
    return f"about {dollars(result.award)} (an estimate)" if result.award else "none"
