"""What time is it, really or in a demonstration?

Only composition roots (the command line, the web application, a flow's entry) ask a clock; every rule takes
``now`` as an argument.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock that runs at the world's pace, shifted by a constant.

    ``shift`` is zero for the real time. A demonstration clock is shifted so that it started at a chosen instant.
    """

    shift: timedelta = timedelta(0)

    @classmethod
    def showing(cls, instant: datetime) -> Clock:
        """Return a clock that shows `instant` (aware) now and runs on from there."""
        return cls(shift=instant - datetime.now(UTC))

    def now(self) -> datetime:
        """Return the present instant of this clock, in UTC."""
        return datetime.now(UTC) + self.shift

    @property
    def is_demonstration(self) -> bool:
        """Whether this clock shows another time than the world's."""
        return self.shift != timedelta(0)
