"""What did a correction of figures change among the quarters, and from what to what?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from duecourse.calendar.caseload import Figure, Result, months, results
from duecourse.calendar.enrollment import Enrollment


@dataclass(frozen=True, slots=True)
class Correction:
    """One figure that took the place of another, with each test of a quarter that came out otherwise before it."""

    was: Figure
    now: Figure
    changed: tuple[tuple[Result, Result], ...]
    """Each test whose mean was known before, as it was and as it became."""

    @property
    def at(self) -> datetime:
        """When it was entered."""
        return self.now.entered_at


def corrections(terms: Enrollment, figures: Sequence[Figure], *, fiscal_year_starts: int) -> list[Correction]:
    """Return what was corrected, the newest first; `figures` are all that were entered, in the order of their entry."""
    found = []
    for at, figure in enumerate(figures):
        was = next((e for e in figures[at - 1 :: -1] if (e.month, e.cell) == (figure.month, figure.cell)), None)
        if at == 0 or was is None:
            continue
        before, after = (
            results(terms, months(terms, figures[:end]), fiscal_year_starts=fiscal_year_starts) for end in (at, at + 1)
        )
        pairs = zip(before, after, strict=True)
        changed = tuple((one, other) for one, other in pairs if one.mean is not None and one.mean != other.mean)
        found.append(Correction(was, figure, changed))
    return found[::-1]
